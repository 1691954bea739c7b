"""Variables of an operation: coerced as graphql-core does, by functions made once a type; and their shape.

The *shape* of variables is what the text of a statement depends on: which fields of an input are given, which are null,
how many members ``and`` and ``or`` have, every Boolean, and the whole value where it is an order.  Two requests of one
shape share a statement and differ in its parameters only.  Both are found in one walk over what was sent.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature
from graphql.utilities.coerce_input_value import coerce_default_value

from server.planner.slots import Slot

Path = tuple[str | int, ...]
#: What tells two shapes apart, in the order of the walk; which mark is which follows from the type.
Marks = list[Hashable]
#: The coerced value of what was sent, which is not null; leaves its marks. Raises: NotCoercible.
Read = Callable[[Any, Marks], Any]
#: The coerced value, at a path, with slots for all that its shape leaves open.
Open = Callable[[Any, Path], Any]

_END = -1
_ABSENT = "absent"
_INT_MOST = 2**31 - 1


class NotCoercible(Exception):
    """A value does not fit its type. graphql-core, asked again, says so in its own words."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads values of one input type."""

    read: Read
    open: Open


class Readers:
    """The readers of one schema's input types, each made once."""

    def __init__(self) -> None:
        self._objects: dict[str, Reader] = {}

    def of(self, type_: GraphQLInputType) -> Reader:
        """The reader of this type, null included."""
        if is_non_null_type(type_):
            return _required(self._bare(type_.of_type))
        return _nullable(self._bare(type_))

    def _bare(self, type_: Any) -> Reader:
        if is_list_type(type_):
            item = type_.of_type.of_type if is_non_null_type(type_.of_type) else type_.of_type
            listed = _objects if is_list_type(item) or is_input_object_type(item) else _values
            return listed(self.of(type_.of_type))
        if not is_input_object_type(type_):
            return _leaf(type_)
        known = self._objects.get(type_.name)
        if known is None:
            known = self._objects[type_.name] = _object(type_, self.of)
        return known


def _nullable(inner: Reader) -> Reader:
    read_inner, open_inner = inner.read, inner.open

    def read(value: Any, marks: Marks) -> Any:
        if value is None:
            marks.append(None)
            return None
        return read_inner(value, marks)

    return Reader(read, lambda value, path: None if value is None else open_inner(value, path))


def _required(inner: Reader) -> Reader:
    read_inner = inner.read

    def read(value: Any, marks: Marks) -> Any:
        if value is None:
            raise NotCoercible
        return read_inner(value, marks)

    return Reader(read, inner.open)


def _leaf(type_: GraphQLLeafType) -> Reader:
    """Scalars and enums: one parameter; a Boolean is all shape."""
    coerce: Callable[[Any], Any] = type_.coerce_input_value

    def read(value: Any, marks: Marks) -> Any:
        try:
            coerced = coerce(value)
        except Exception as error:
            raise NotCoercible from error
        marks.append(True)
        return coerced

    def read_boolean(value: Any, marks: Marks) -> bool:
        if value is not True and value is not False:
            raise NotCoercible
        marks.append(value)
        return bool(value)

    def read_string(value: Any, marks: Marks) -> str:
        if not isinstance(value, str):
            raise NotCoercible
        marks.append(True)
        return value

    def read_int(value: Any, marks: Marks) -> Any:
        if type(value) is int and -_INT_MOST <= value <= _INT_MOST:
            marks.append(True)
            return value
        return read(value, marks)

    if type_ is GraphQLBoolean:
        return Reader(read_boolean, lambda value, _: value)
    reading: Read = read
    if type_ is GraphQLString:
        reading = read_string
    elif type_ is GraphQLInt:
        reading = read_int
    elif isinstance(type_, GraphQLEnumType):
        reading = _enum(type_)
    return Reader(reading, lambda _, path: Slot(path))


def _enum(type_: GraphQLEnumType) -> Read:
    known = {name: type_.coerce_input_value(name) for name in type_.values}

    def read(value: Any, marks: Marks) -> Any:
        if not isinstance(value, str) or value not in known:
            raise NotCoercible
        marks.append(True)
        return known[value]

    return read


def _values(item: Reader) -> Reader:
    """Lists of scalars or enums: one parameter, an array."""
    read_item = item.read

    def read(value: Any, marks: Marks) -> Any:
        unmarked: Marks = []
        coerced = [read_item(one, unmarked) for one in (value if isinstance(value, list) else (value,))]
        marks.append(True)
        return coerced

    return Reader(read, lambda _, path: Slot(path))


def _objects(item: Reader) -> Reader:
    """Lists of input objects, or of lists: each member is part of the shape."""
    read_item, open_item = item.read, item.open

    def read(value: Any, marks: Marks) -> Any:
        items = value if isinstance(value, list) else (value,)
        marks.append(len(items))
        return [read_item(one, marks) for one in items]

    return Reader(read, lambda value, path: [open_item(one, (*path, n)) for n, one in enumerate(value)])


def _object(type_: GraphQLInputObjectType, reader_of: Callable[[GraphQLInputType], Reader]) -> Reader:
    """Input objects: which fields are given is part of the shape."""
    # What the schema makes an object of its own of (a ``@oneOf`` input) is never the planner's: one parameter at most.
    plain = type_.out_type is GraphQLInputObjectType.out_type and not type_.is_one_of
    # Filled when first needed: input types refer to themselves and to each other.
    fields: dict[str, tuple[int, str, Read]] = {}
    opens: dict[str, Open] = {}
    absent: dict[str, tuple[str, Any]] = {}
    required: set[str] = set()

    def prepare() -> None:
        for place, (name, one) in enumerate(type_.fields.items()):
            reader, out = reader_of(one.type), one.out_name or name
            fields[name], opens[out] = (place, out, reader.read), reader.open
            if is_required_input_field(one):
                required.add(name)
            elif (default := coerce_default_value(one)) is not Undefined:
                absent[name] = (out, default)

    def read(value: Any, marks: Marks) -> Any:
        if not isinstance(value, dict):
            raise NotCoercible
        if not fields:
            prepare()
        if required and not required <= value.keys():
            raise NotCoercible
        coerced: dict[str, Any] = {}
        for name, one in value.items():
            field = fields.get(name)
            if field is None:
                raise NotCoercible
            place, out, reading = field
            marks.append(place)
            coerced[out] = reading(one, marks)
        marks.append(_END)
        for name, (out, default) in absent.items():
            if name not in value:
                coerced[out] = default
        if plain:
            return coerced
        try:
            return type_.out_type(coerced)  # a @oneOf input sees to it here that exactly one field is given
        except Exception as error:
            raise NotCoercible from error

    def opened(value: Any, path: Path) -> Any:
        if not plain:
            return Slot(path)
        if not fields:
            prepare()
        return {name: opens[name](one, (*path, name)) for name, one in value.items()}

    return Reader(read, opened)


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    reader: Reader
    default: Any
    required: bool
    #: The whole value is part of the shape.
    whole: bool


class Variables:
    """The variables of one operation. ``whole`` names those whose values, not only shapes, enter a statement's text."""

    def __init__(
        self, readers: Readers, signatures: Sequence[GraphQLVariableSignature], whole: Collection[str]
    ) -> None:
        self._variables = [
            _Variable(
                one.name,
                readers.of(one.type),
                Undefined if one.default is None else coerce_default_value(one),
                is_non_null_type(one.type),
                one.name in whole,
            )
            for one in signatures
        ]
        self._reads = [(one.name, one.reader.read, one.whole, one.default, one.required) for one in self._variables]

    def read(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], Hashable]:
        """The coerced values of the variables that have one, and their shape.

        Raises: NotCoercible.
        """
        coerced: dict[str, Any] = {}
        marks: Marks = []
        try:
            for name, read, whole, default, required in self._reads:
                if name in given:
                    if whole:
                        value = coerced[name] = read(given[name], [])
                        marks.append(_frozen(value))
                    else:
                        coerced[name] = read(given[name], marks)
                elif default is not Undefined:
                    coerced[name] = default
                    marks.append(_ABSENT)
                elif required:
                    raise NotCoercible
                else:
                    marks.append(_ABSENT)
        except RecursionError as error:
            raise NotCoercible from error
        return coerced, tuple(marks)

    def opened(self, values: Mapping[str, Any], source: str) -> dict[str, Any]:
        """The coerced values with slots, below ``source``, for all that their shape leaves open."""
        return {
            one.name: values[one.name] if one.whole else one.reader.open(values[one.name], (source, one.name))
            for one in self._variables
            if one.name in values
        }


def _frozen(value: Any) -> Hashable:
    if isinstance(value, dict):
        return tuple([(name, _frozen(one)) for name, one in value.items()])
    if isinstance(value, list):
        return tuple([_frozen(one) for one in value])
    frozen: Hashable = value
    return frozen
