"""What an operation costs, before it runs: computed from its document and its coerced variables, never from rows.

One for every object that may be read. A field that answers with an object costs 1; a connection costs 1 besides its page
size times what each row costs, and 1 more for ``totalCount``, which is a statement of its own; a plain list costs its
assumed size times what each item costs; a mutation costs ``MUTATION``.  Scalars cost nothing.  Fields that merge are
counted once, fields left out by ``@skip`` or ``@include`` not at all, and of the types an abstract field may have, the
dearest counts.

An operation is compiled once into an *amount*: a number, or where variables matter a small function of them, so that a
repeat costs microseconds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)

from server.kit.actor import Actor, Role
from server.kit.meter import Meter, Rate
from server.planner.grouping import GROUPS_MOST
from server.planner.keyset import PAGE_DEFAULT, PAGE_MAXIMUM

MUTATION = 10
#: How many items a plain list is taken to hold where SIZES does not say.
LIST_SIZE = 5
#: How many groups a list of them is taken to hold where ``first`` does not say.
GROUPS_SIZE = 200
#: Plain lists of another size, by type and field.
SIZES: Mapping[str, int] = {
    "Query.districts": 17,
    "Query.insuranceAgencies": 17,
    "District.authorities": 12,
    "WorkYear.days": 40,
    "PolicyComparison.rows": 17,
    "PolicyVersion.parameters": 20,
    "PolicyVersion.rules": 10,
    "InstitutionStanding.decisions": 15,
    "Query.reviewGroups": GROUPS_SIZE,
    "Query.institutionGroups": GROUPS_SIZE,
}

#: PLATFORM_DEFAULT. The budget of one request, by role: whoever holds several roles has the largest.
BUDGETS: Mapping[Role, int] = {
    Role.PUBLIC: 2_000,
    Role.APPLICANT: 3_000,
    Role.INSTITUTION_STAFF: 5_000,
    Role.EXPERT: 5_000,
    Role.DEPARTMENT_OFFICER: 10_000,
    Role.AGENCY_OFFICER: 10_000,
    Role.DISTRICT_OFFICER: 10_000,
    Role.DISTRICT_ADMINISTRATOR: 10_000,
    Role.MUNICIPAL_ANALYST: 20_000,
    Role.MUNICIPAL_HEALTH_OFFICER: 20_000,
    Role.MUNICIPAL_INSURANCE_OFFICER: 20_000,
    Role.PLATFORM_OPERATOR: 5_000,
}

#: PLATFORM_DEFAULT. What one person may spend in a minute: twelve of the dearest requests, or hundreds of ordinary ones.
#: Callers without a token are told apart by address alone, and a whole office may have one.
PER_MINUTE: Mapping[Role, int] = {**{role: 12 * budget for role, budget in BUDGETS.items()}, Role.PUBLIC: 120_000}
#: PLATFORM_DEFAULT. What all people of one jurisdiction may spend in a minute together, in one process.
TOGETHER_PER_MINUTE = 1_200_000
#: What may be spent at once is what flows back in this part of a minute, or the dearest request twice.
_BURST = 6


def meter_of(per_minute: Mapping[Role, int] | None = None, together: int = TOGETHER_PER_MINUTE) -> Meter:
    """A meter with these rates in the place of the usual ones, which hold for every role that is not named."""
    rates = {
        role: Rate(rate, max(rate // _BURST, 2 * BUDGETS[role]))
        for role, rate in {**PER_MINUTE, **(per_minute or {})}.items()
    }
    return Meter(rates, Rate(together, max(together // _BURST, 2 * max(BUDGETS.values()))))


Variables = Mapping[str, Any]
#: What a request with these coerced variables costs.
Cost = Callable[[Variables], int]

_Amount = int | Cost
#: A condition on variables: each named one has this truth value. Empty: always.
_Guard = tuple[tuple[str, bool], ...]
_Found = Sequence[tuple[_Guard, FieldNode]]
_Sets = Sequence[tuple[_Guard, SelectionSetNode | None]]


def budget_of(actor: Actor | None) -> int:
    """The most that one request of this caller may cost."""
    if actor is None:
        return BUDGETS[Role.PUBLIC]
    budget: int | None = actor.kept.get(budget_of)
    if budget is None:
        held = [BUDGETS[grant.role] for grant in actor.grants]
        budget = actor.kept[budget_of] = max(held, default=BUDGETS[Role.PUBLIC])
    return budget


def cost_of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Cost:
    """The cost of a validated operation, as a function of its coerced variables."""
    amount = _Compiler(schema, document).operation(operation)
    if isinstance(amount, int):
        return lambda _: amount
    return amount


class _Compiler:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }

    def operation(self, node: OperationDefinitionNode) -> _Amount:
        root = cast(GraphQLObjectType, self._schema.get_root_type(node.operation))
        sets = [((), node.selection_set)]
        amount = self._object(root, sets)
        if node.operation is OperationType.MUTATION:
            fields = self._collect(root, sets).values()
            amount = _plus([amount, *(_when(_guards(found), MUTATION) for found in fields)])
        return amount

    def _composite(self, type_: GraphQLNamedType, sets: _Sets) -> _Amount:
        if is_object_type(type_):
            return self._object(type_, sets)
        if not is_abstract_type(type_):
            return 0
        cases: dict[tuple[int, ...], _Amount] = {}
        for one in self._schema.get_possible_types(type_):
            # Most possible types are not told apart by any fragment: each combination is reckoned once.
            chosen = tuple(id(node) for found in self._collect(one, sets).values() for _, node in found)
            if chosen not in cases:
                cases[chosen] = self._object(one, sets)
        return _most(list(cases.values()))

    def _object(self, type_: GraphQLObjectType, sets: _Sets) -> _Amount:
        return _plus([self._field(type_, found) for found in self._collect(type_, sets).values()])

    def _field(self, parent: GraphQLObjectType, found: _Found) -> _Amount:
        node = found[0][1]
        name = node.name.value
        definition = self._schema.get_field(parent, name)
        if definition is None or name.startswith("__"):
            return 0
        named = get_named_type(definition.type)
        if is_leaf_type(named):
            return 0
        sets = [(guard, one.selection_set) for guard, one in found]
        if _is_connection(named):
            amount = _plus([1, self._page(named, node, sets)])
        else:
            amount = _plus([1, self._composite(named, sets)])
            if _is_list(definition):
                amount = _times(_list_size(f"{parent.name}.{name}", node), amount)
        return _when(_guards(found), amount)

    def _page(self, type_: GraphQLObjectType, node: FieldNode, sets: _Sets) -> _Amount:
        rows: list[_Amount] = []
        asked: list[_Guard] = []
        total: _Amount = 0
        for found in self._collect(type_, sets).values():
            name = found[0][1].name.value
            inner = [(guard, one.selection_set) for guard, one in found]
            if name == "totalCount":
                total = _when(_guards(found), 1)
            elif name in ("edges", "nodes"):
                asked += _guards(found)
                below = cast(GraphQLObjectType, get_named_type(type_.fields[name].type))
                if name == "nodes":
                    rows.append(self._composite(below, inner))
                else:
                    # An edge is no object of its own; what its fields hold is reckoned to the row.
                    rows.append(_plus([self._edge(below, part) for part in self._collect(below, inner).values()]))
        each = _when(asked, _plus([1, *rows])) if asked else 0
        return _plus([total, _times(_page_size(node), each)])

    def _edge(self, type_: GraphQLObjectType, found: _Found) -> _Amount:
        definition = self._schema.get_field(type_, found[0][1].name.value)
        if definition is None:
            return 0
        return self._composite(get_named_type(definition.type), [(guard, one.selection_set) for guard, one in found])

    def _collect(self, type_: GraphQLObjectType, sets: _Sets) -> dict[str, list[tuple[_Guard, FieldNode]]]:
        """Fields by response key, each with the condition under which it is selected."""
        fields: dict[str, list[tuple[_Guard, FieldNode]]] = {}
        for guard, selections in sets:
            self._gather(type_, guard, selections, fields)
        return fields

    def _gather(
        self,
        type_: GraphQLObjectType,
        outer: _Guard,
        selections: SelectionSetNode | None,
        fields: dict[str, list[tuple[_Guard, FieldNode]]],
    ) -> None:
        for one in selections.selections if selections else ():
            guard = _guarded(outer, one)
            if guard is None:
                continue
            if isinstance(one, FieldNode):
                key = (one.alias or one.name).value
                fields.setdefault(key, []).append((guard, one))
            elif isinstance(one, InlineFragmentNode):
                if one.type_condition is None or self._applies(type_, one.type_condition.name.value):
                    self._gather(type_, guard, one.selection_set, fields)
            else:
                fragment = self._fragments[cast(FragmentSpreadNode, one).name.value]
                if self._applies(type_, fragment.type_condition.name.value):
                    self._gather(type_, guard, fragment.selection_set, fields)

    def _applies(self, type_: GraphQLObjectType, condition: str) -> bool:
        named = self._schema.get_type(condition)
        if named is type_:
            return True
        return is_abstract_type(named) and self._schema.is_sub_type(named, type_)


def _is_connection(type_: GraphQLNamedType) -> TypeGuard[GraphQLObjectType]:
    return isinstance(type_, GraphQLObjectType) and "edges" in type_.fields and "pageInfo" in type_.fields


def _is_list(definition: GraphQLField) -> bool:
    type_ = definition.type
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def _argument(node: FieldNode, name: str) -> Any:
    """The value node of this argument, or None."""
    return next((one.value for one in node.arguments or () if one.name.value == name), None)


def _page_size(node: FieldNode) -> _Amount:
    first, last = (_integer(_argument(node, name)) for name in ("first", "last"))

    def size(variables: Variables) -> int:
        wanted = last(variables) if callable(last) else last
        if wanted is None:
            wanted = first(variables) if callable(first) else first
        # Outside its limits the page is refused later, with words of its own.
        return PAGE_DEFAULT if wanted is None else max(0, min(wanted, PAGE_MAXIMUM))

    return size if callable(first) or callable(last) else size({})


def _integer(value: Any) -> int | Callable[[Variables], int | None] | None:
    if isinstance(value, VariableNode):
        name = value.name.value
        return lambda variables: variables.get(name)
    return int(value.value) if isinstance(value, IntValueNode) else None


def _list_size(field: str, node: FieldNode) -> _Amount:
    ids = _argument(node, "ids")
    if isinstance(ids, ListValueNode):
        return len(ids.values)
    if isinstance(ids, VariableNode):
        name = ids.name.value
        return lambda variables: len(variables.get(name) or ())
    usual = SIZES.get(field, LIST_SIZE)
    first = _integer(_argument(node, "first"))
    if first is None:
        return usual

    def size(variables: Variables) -> int:
        wanted = first(variables) if callable(first) else first
        return usual if wanted is None else max(0, min(wanted, GROUPS_MOST))

    return size if callable(first) else size({})


# Amounts -------------------------------------------------------------------------------------------------------------


def _plus(amounts: Iterable[_Amount]) -> _Amount:
    constant, varying = 0, []
    for one in amounts:
        if isinstance(one, int):
            constant += one
        else:
            varying.append(one)
    if not varying:
        return constant
    return lambda variables: constant + sum([one(variables) for one in varying])


def _times(size: _Amount, amount: _Amount) -> _Amount:
    if isinstance(size, int):
        if isinstance(amount, int):
            return size * amount
        return lambda variables: size * amount(variables)
    if isinstance(amount, int):
        return lambda variables: size(variables) * amount
    return lambda variables: size(variables) * amount(variables)


def _most(amounts: Sequence[_Amount]) -> _Amount:
    constant = max((one for one in amounts if isinstance(one, int)), default=0)
    varying = [one for one in amounts if not isinstance(one, int)]
    if not varying:
        return constant
    return lambda variables: max(constant, *[one(variables) for one in varying])


def _when(guards: Sequence[_Guard], amount: _Amount) -> _Amount:
    """The amount where one of the guards holds, else nothing."""
    if () in guards or amount == 0:
        return amount

    def guarded(variables: Variables) -> int:
        for guard in guards:
            if all(bool(variables.get(name)) is wanted for name, wanted in guard):
                return amount if isinstance(amount, int) else amount(variables)
        return 0

    return guarded


def _guards(found: _Found) -> list[_Guard]:
    return [guard for guard, _ in found]


def _guarded(outer: _Guard, node: Any) -> _Guard | None:
    """The condition with the node's own ``@skip`` and ``@include`` added; None where it never holds."""
    guard = outer
    for directive in node.directives or ():
        if directive.name.value not in ("skip", "include"):
            continue
        wanted = directive.name.value == "include"
        value = directive.arguments[0].value
        if isinstance(value, VariableNode):
            guard = (*guard, (value.name.value, wanted))
        elif value.value is not wanted:
            return None
    return guard
