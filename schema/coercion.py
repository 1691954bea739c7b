"""Variables of an operation: coerced as graphql-core does, by readers made once a type; and their shape.

The *shape* of variables is what the text of a statement depends on: which fields of an input are given, which are null,
how many members ``and`` and ``or`` have, every Boolean, and the whole value where it is an order.  Two requests of one
shape share a statement and differ in its parameters only.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    Undefined,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature
from graphql.utilities.coerce_input_value import coerce_default_value

from server.planner.slots import Slot


class NotCoercible(Exception):
    """A value does not fit its type. graphql-core, asked again, says so in its own words."""


class Reader(ABC):
    """Reads values of one input type."""

    @abstractmethod
    def coerce(self, value: Any) -> Any:
        """The value as graphql-core coerces it. Raises: NotCoercible."""

    @abstractmethod
    def shape(self, value: Any) -> Hashable:
        """The shape of a coerced value."""

    @abstractmethod
    def opened(self, value: Any, path: tuple[str | int, ...]) -> Any:
        """The coerced value with slots for all that its shape leaves open; ``path`` is the value's own place."""


class _Leaf(Reader):
    """Scalars and enums: one parameter."""

    def __init__(self, type_: GraphQLLeafType) -> None:
        self._coerce: Callable[[Any], Any] = type_.coerce_input_value
        self._whole = type_ is GraphQLBoolean

    def coerce(self, value: Any) -> Any:
        try:
            return self._coerce(value)
        except Exception as error:
            raise NotCoercible from error

    def shape(self, value: Any) -> Hashable:
        return bool(value) if self._whole else True

    def opened(self, value: Any, path: tuple[str | int, ...]) -> Any:
        return value if self._whole else Slot(path)


class _Nullable(Reader):
    def __init__(self, inner: Reader) -> None:
        self._inner = inner

    def coerce(self, value: Any) -> Any:
        return None if value is None else self._inner.coerce(value)

    def shape(self, value: Any) -> Hashable:
        return None if value is None else self._inner.shape(value)

    def opened(self, value: Any, path: tuple[str | int, ...]) -> Any:
        return None if value is None else self._inner.opened(value, path)


class _Required(Reader):
    def __init__(self, inner: Reader) -> None:
        self._inner = inner
        self.shape = inner.shape  # type: ignore[method-assign]
        self.opened = inner.opened  # type: ignore[method-assign]

    def coerce(self, value: Any) -> Any:
        if value is None:
            raise NotCoercible
        return self._inner.coerce(value)

    def shape(self, value: Any) -> Hashable:
        return self._inner.shape(value)

    def opened(self, value: Any, path: tuple[str | int, ...]) -> Any:
        return self._inner.opened(value, path)


class _Values(Reader):
    """Lists of scalars or enums: one parameter, an array."""

    def __init__(self, item: Reader) -> None:
        self._item = item

    def coerce(self, value: Any) -> Any:
        coerce = self._item.coerce
        return [coerce(one) for one in value] if isinstance(value, list) else [coerce(value)]

    def shape(self, value: Any) -> Hashable:
        return True

    def opened(self, value: Any, path: tuple[str | int, ...]) -> Any:
        return Slot(path)


class _Objects(_Values):
    """Lists of input objects (or of lists): each member is part of the shape."""

    def shape(self, value: Any) -> Hashable:
        return tuple([self._item.shape(one) for one in value])

    def opened(self, value: Any, path: tuple[str | int, ...]) -> Any:
        return [self._item.opened(one, (*path, n)) for n, one in enumerate(value)]


class _Object(Reader):
    """Input objects: which fields are given is part of the shape."""

    def __init__(self, type_: GraphQLInputObjectType, reader_of: Callable[[GraphQLInputType], Reader]) -> None:
        self._type = type_
        self._reader_of = reader_of
        # What else may be made of it is graphql-core's matter; to us it is one value.
        self._plain = type_.out_type is GraphQLInputObjectType.out_type

    @cached_property
    def _fields(self) -> dict[str, tuple[str, Reader, Any, bool]]:
        # Read when first needed: input types refer to themselves and to each other.
        return {
            name: (
                one.out_name or name,
                self._reader_of(one.type),
                coerce_default_value(one),
                is_required_input_field(one),
            )
            for name, one in self._type.fields.items()
        }

    @cached_property
    def _readers(self) -> dict[str, Reader]:
        return {out: reader for out, reader, _, _ in self._fields.values()}

    def coerce(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise NotCoercible
        fields = self._fields
        for name in value:
            if name not in fields:
                raise NotCoercible
        coerced: dict[str, Any] = {}
        for name, (out, reader, default, required) in fields.items():
            if name in value:
                coerced[out] = reader.coerce(value[name])
            elif required:
                raise NotCoercible
            elif default is not Undefined:
                coerced[out] = default
        if self._plain:
            return coerced
        try:
            return self._type.out_type(coerced)  # a @oneOf input sees to it here that exactly one field is given
        except Exception as error:
            raise NotCoercible from error

    def shape(self, value: Any) -> Hashable:
        if not self._plain:
            return True
        readers = self._readers
        return tuple([(name, readers[name].shape(one)) for name, one in value.items()])

    def opened(self, value: Any, path: tuple[str | int, ...]) -> Any:
        if not self._plain:
            return Slot(path)
        readers = self._readers
        return {name: readers[name].opened(one, (*path, name)) for name, one in value.items()}


class Readers:
    """The readers of one schema's input types, each made once."""

    def __init__(self) -> None:
        self._objects: dict[str, _Object] = {}

    def of(self, type_: GraphQLInputType) -> Reader:
        """The reader of this type."""
        if is_non_null_type(type_):
            return _Required(self._nullable(type_.of_type))
        return _Nullable(self._nullable(type_))

    def _nullable(self, type_: Any) -> Reader:
        if is_list_type(type_):
            item = type_.of_type.of_type if is_non_null_type(type_.of_type) else type_.of_type
            kind = _Objects if is_list_type(item) or is_input_object_type(item) else _Values
            return kind(self.of(type_.of_type))
        if is_input_object_type(type_):
            known = self._objects.get(type_.name)
            if known is None:
                known = self._objects[type_.name] = _Object(type_, self.of)
            return known
        return _Leaf(type_)


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

    def coerce(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The coerced values of the variables that have one.

        Raises: NotCoercible.
        """
        coerced: dict[str, Any] = {}
        for one in self._variables:
            if one.name in given:
                try:
                    coerced[one.name] = one.reader.coerce(given[one.name])
                except RecursionError as error:
                    raise NotCoercible from error
            elif one.default is not Undefined:
                coerced[one.name] = one.default
            elif one.required:
                raise NotCoercible
        return coerced

    def shape(self, values: Mapping[str, Any]) -> Hashable:
        """The shape of coerced values."""
        return tuple(
            [
                _frozen(values[one.name]) if one.whole else one.reader.shape(values[one.name])
                for one in self._variables
                if one.name in values
            ]
        ) + tuple([one.name for one in self._variables if one.name not in values])

    def opened(self, values: Mapping[str, Any], source: str) -> dict[str, Any]:
        """The coerced values with slots, below ``source``, for all that their shape leaves open."""
        return {
            one.name: values[one.name] if one.whole else one.reader.opened(values[one.name], (source, one.name))
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
