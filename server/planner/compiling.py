"""From selections to one SQL statement: each root field a scalar subquery of JSON text, each link one below it.

Links are correlated subqueries, joined on the tenant besides their own columns; every type is read under its row rules
(``predicates.visible``), wherever it stands.  Lists are ordered inside their aggregate, which costs no second sort where the
rows come sorted already.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

from server.planner import groups, pages
from server.planner.binding import (
    Catalogue,
    Column,
    Computed,
    Constant,
    Embedded,
    Grouping,
    Key,
    Kind,
    Link,
    Many,
    NodeKey,
    One,
    Paged,
    Root,
    Shape,
    Type,
)
from server.planner.keyset import Cursors, fixed_order
from server.planner.plan import MISSING, Asked, AskedNodes, Plan
from server.planner.predicates import Filters, joined, render, visible
from server.planner.rendering import (
    NULL,
    Json,
    Sql,
    column,
    constant,
    members,
    node_id,
    or_null,
    quoted,
    text_sql,
)
from server.planner.scope import Scope
from server.planner.selection import Selection
from server.planner.slots import Places, Slots, Values

_SHAPES = {One: Shape.ONE, Many: Shape.LIST, Paged: Shape.PAGE}


def compile_plan(
    catalogue: Catalogue, roles: frozenset[str], cursors: Cursors, asked: Sequence[Asked | AskedNodes]
) -> Plan:
    """The statement that answers these root fields for a caller with these roles.

    Raises: BadInput for arguments outside their limits, as far as they are known already.
    """
    compiler = Compiler(catalogue, roles, cursors)
    plan = compiler.plan(asked)
    if not compiler.months:
        return plan
    shorter = Compiler(catalogue, roles, cursors, whole_months=True).plan(asked)
    return replace(plan, shorter=(tuple(compiler.months), shorter))


class Compiler:
    """One statement in the making.

    ``whole_months``: for values of which all of ``months`` hold, the tests that the statement without it found.
    """

    def __init__(
        self, catalogue: Catalogue, roles: frozenset[str], cursors: Cursors, *, whole_months: bool = False
    ) -> None:
        self.catalogue = catalogue
        self.whole_months = whole_months
        self.months: list[Callable[[Values], bool]] = []
        self.cursors = cursors
        self.places = Places()
        # Which district's role runs the statement is no matter of its text.
        self.scope = Scope("", roles, Slots(("scope",)))
        self.filters = Filters(catalogue, self.scope, self.places)
        self._aliases = count(1)

    def plan(self, asked: Sequence[Asked | AskedNodes]) -> Plan:
        """The statement for these root fields."""
        alone = self._alone(asked[0]) if len(asked) == 1 else None
        if alone is None:
            json = members((one.selection.key, self._root(n, one)) for n, one in enumerate(asked))
            alone = f"SELECT {text_sql(json)}", ()
        sql, absent = alone
        return Plan(
            sql,
            tuple(self.places.binders),
            tuple(self.places.checks),
            frozenset(self.places.secrets),
            "".join(map(str, absent)).encode(),
        )

    def alias(self) -> str:
        """A table alias that no other part of the statement bears."""
        return f"t{next(self._aliases)}"

    # Root fields -----------------------------------------------------------------------------------------------------

    def _alone(self, asked: Asked | AskedNodes) -> tuple[str, Json] | None:
        """The statement for one object, which is a row of its own, and the answer where there is none.

        A subquery with its coalesce would cost as much again as a small statement itself.
        """
        if isinstance(asked, AskedNodes) or asked.root is None or asked.root.shape is not Shape.ONE:
            return None
        root, selection, alias = asked.root, asked.selection, self.alias()
        type_ = self.catalogue.types[root.target]
        if self.scope.hides(type_):
            return None
        arguments = render(asked.condition, alias, Slots(("roots", 0)), self.places)
        where = conjunction(arguments, visible(type_, alias, self.scope, self.places))
        json = members([(selection.key, self.object(type_, selection.children, alias))])
        rest = self._rest(type_, root.key, alias, where, unique=_names_key(asked, root, type_))
        return f"SELECT {text_sql(json)} {rest}", members([(selection.key, (_absent(0, root),))])

    def _root(self, n: int, asked: Asked | AskedNodes) -> Json:
        if isinstance(asked, AskedNodes):
            return self._nodes(n, asked)
        if asked.root is None:
            return constant(asked.constant)
        root, selection, alias = asked.root, asked.selection, self.alias()
        type_ = self.catalogue.types[root.target]
        if root.grouping is not None:
            return self._groups(n, root.grouping, type_, asked)
        absent = _absent(n, root)
        if self.scope.hides(type_) or (root.shape is Shape.PAGE and not pages.reads(selection)):
            return self._unread(type_, selection, root.shape, root.order, absent)
        arguments = render(asked.condition, alias, Slots(("roots", n)), self.places)
        where = conjunction(arguments, visible(type_, alias, self.scope, self.places))
        match root.shape:
            case Shape.PAGE:
                return pages.connection(self, type_, selection, root.order, alias, where)
            case Shape.LIST:
                return self._list(type_, selection, root.key, alias, where)
            case _:
                unique = _names_key(asked, root, type_)
                found = self._first(type_, selection.children, root.key, alias, where, unique=unique)
                return (Sql(f"coalesce({found}, {quoted(absent)})"),)

    def _groups(self, n: int, grouping: Grouping, type_: Type, asked: Asked) -> Json:
        """The groups of the rows; where there are more than may be, the mark of a field without an answer."""
        excess = f"{MISSING}{n}{MISSING}"
        if self.scope.hides(type_):
            with self._checking():
                groups.listed(self, grouping, type_, asked.selection, lambda _: "true", excess)
            return ("[]",)

        def where(alias: str) -> str:
            arguments = render(asked.condition, alias, Slots(("roots", n)), self.places)
            return conjunction(arguments, visible(type_, alias, self.scope, self.places))

        return groups.listed(self, grouping, type_, asked.selection, where, excess)

    def _nodes(self, n: int, asked: AskedNodes) -> Json:
        """Objects by node id, in the order of the ids; null for each that is not there for this caller."""
        at = Slots(("roots", n))
        tags = self.places.put(at["tags"], Kind.INT, many=True)
        tenants = self.places.put(at["tenants"], Kind.INT, many=True)
        ids = self.places.put(at["ids"], Kind.UUID, many=True)
        cases = []
        for tag in sorted(asked.tags):
            type_ = self.catalogue.by_tag(tag)
            if type_ is None or type_.name not in asked.selection.cases:
                continue
            if self.scope.hides(type_):
                self.check(type_, asked.selection.cases[type_.name])
                continue
            alias = self.alias()
            where = conjunction(
                f"{alias}.tenant_id = p.tenant_id AND {alias}.id = p.id",
                visible(type_, alias, self.scope, self.places),
            )
            object_ = text_sql(self.object(type_, asked.selection.cases[type_.name], alias))
            cases.append(f"WHEN {tag} THEN (SELECT {object_} FROM {type_.table} {alias} WHERE {where})")
        node = f"coalesce(CASE p.tag {' '.join(cases)} END, 'null')" if cases else "'null'"
        source = f"unnest({tags}, {tenants}, {ids}) WITH ORDINALITY AS p(tag, tenant_id, id, n)"
        listed = f"SELECT '[' || string_agg({node}, ',' ORDER BY p.n) || ']' FROM {source}"
        return (Sql(f"coalesce(({listed}), '[]')"),)

    # Objects ---------------------------------------------------------------------------------------------------------

    def object(self, type_: Type, children: Sequence[Selection], alias: str) -> Json:
        """The row under ``alias`` as an object."""
        return members((child.key, self._field(type_, child, alias)) for child in children)

    def _field(self, type_: Type, child: Selection, alias: str) -> Json:
        if child.name == "__typename":
            return constant(type_.name)
        match type_.fields[child.name]:
            case Column() as binding:
                return column(binding, alias)
            case NodeKey() | Computed():
                return node_id(type_.tag or 0, alias)
            case Constant(value):
                return constant(value)
            case Embedded() as binding:
                return self._embedded(binding, child, alias)
            case One(link) | Many(link) | Paged(link) as binding:
                return self._follow(binding, link, child, alias)

    def _follow(self, binding: One | Many | Paged, link: Link, child: Selection, parent: str) -> Json:
        """What stands at the end of a link."""
        target, shape = self.catalogue.types[link.target], _SHAPES[type(binding)]
        order = binding.order if isinstance(binding, Paged) else ""
        if self.scope.hides(target) or (shape is Shape.PAGE and not pages.reads(child)):
            return self._unread(target, child, shape, order, "null")
        alias = self.alias()
        where = conjunction(joined(link, parent, alias), visible(target, alias, self.scope, self.places))
        match binding:
            case One():
                return or_null(self._first(target, child.children, None, alias, where, unique=link.unique))
            case Many(_, key):
                return self._list(target, child, key, alias, where)
            case Paged():
                return pages.connection(self, target, child, order, alias, where)

    def _unread(self, type_: Type, selection: Selection, shape: Shape, order: str, absent: str) -> Json:
        """The answer where the caller may read no row of the type, or asks for nothing that depends on rows.

        The table is not so much as named, for the database role may have no right to it.
        """
        if shape is Shape.PAGE:
            with self._checking():
                pages.connection(self, type_, selection, order, self.alias(), "true")
            return pages.empty(type_, selection)
        self.check(type_, selection.children)
        return ("[]",) if shape is Shape.LIST else (absent,)

    def check(self, type_: Type, children: Sequence[Selection]) -> None:
        """See to it that arguments below hold their limits, as where there are rows."""
        with self._checking():
            self.object(type_, children, self.alias())

    @contextmanager
    def _checking(self) -> Iterator[None]:
        """What is compiled inside the block is thrown away; its arguments are checked all the same."""
        kept = self.places, self.filters
        self.places = scratch = Places()
        self.filters = Filters(self.catalogue, self.scope, scratch)
        try:
            yield
        finally:
            self.places, self.filters = kept
            self.places.adopt_checks(scratch)

    def _embedded(self, binding: Embedded, child: Selection, alias: str) -> Json:
        columns = self.catalogue.embedded[binding.type]
        json = members(
            (part.key, constant(binding.type) if part.name == "__typename" else column(columns[part.name], alias))
            for part in child.children
        )
        if binding.present == "true":
            return json
        present = binding.present.replace("{t}", alias)
        return (Sql(f"CASE WHEN {present} THEN {text_sql(json)} ELSE {text_sql(NULL)} END"),)

    def _first(
        self, type_: Type, children: Sequence[Selection], key: Key | None, alias: str, where: str, unique: bool = False
    ) -> str:
        """The first row as an object: an SQL expression, NULL where there is no row."""
        object_ = text_sql(self.object(type_, children, alias))
        return f"(SELECT {object_} {self._rest(type_, key, alias, where, unique=unique)})"

    def _rest(self, type_: Type, key: Key | None, alias: str, where: str, *, unique: bool) -> str:
        """Where the first row comes from."""
        order = "" if unique else f" ORDER BY {fixed_order(type_, key).clause(alias, backward=False)} LIMIT 1"
        return f"FROM {type_.table} {alias} WHERE {where}{order}"

    def _list(self, type_: Type, child: Selection, key: Key | None, alias: str, where: str) -> Json:
        object_ = text_sql(self.object(type_, child.children, alias))
        order = fixed_order(type_, key).clause(alias, backward=False)
        listed = f"string_agg({object_}, ',' ORDER BY {order})"
        return (Sql(f"coalesce((SELECT '[' || {listed} || ']' FROM {type_.table} {alias} WHERE {where}), '[]')"),)


_EQUALS = re.compile(r"\{t\}\.(\w+) = :\w+")


def _names_key(asked: Asked, root: Root, type_: Type) -> bool:
    """Whether what the arguments name is a key, so that there is nothing to choose among."""
    equal = [_EQUALS.fullmatch(one) for one in asked.condition.split(" AND ")]
    columns = {one[1] for one in equal if one is not None} if all(equal) else set()
    return root.unique or any(key <= columns for key in type_.keys)


def _absent(n: int, root: Root) -> str:
    """What stands for the row of the root field with this number where there is none."""
    return f"{MISSING}{n}{MISSING}" if root.required else "null"


def conjunction(*conditions: str) -> str:
    """All of the conditions; what is always true is left out."""
    parts = [one for one in conditions if one != "true"]
    if len(parts) > 1:
        parts = [f"({one})" for one in parts]
    return " AND ".join(parts) or "true"
