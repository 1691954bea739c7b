"""Controlled vocabularies in the API: every enum value is described by its Chinese term, and can be listed for forms."""

import strawberry

from server.kit.terms import Term

#: Enums by GraphQL name, for ``vocabulary(name:)``.
VOCABULARIES: dict[str, type[Term]] = {}


def term(enum: type[Term], description: str, name: str | None = None) -> None:
    """Make the enum a GraphQL enum, in place; each value's description is its Chinese term.

    ``name`` where the noun alone would not say what it is of: ``PolicyKind``.
    """
    strawberry.enum(enum, name=name, description=description)
    definition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = enum[value.name].label
    VOCABULARIES[definition.name] = enum


@strawberry.type(description="词条 one value of a controlled vocabulary")
class VocabularyTerm:
    """A value with its label."""

    value: str = strawberry.field(description="代码 the value as the API spells it")
    label: str = strawberry.field(description="名称 the Chinese term, for forms and legends")


def vocabulary(name: str) -> list[VocabularyTerm] | None:
    """The values of the enum with this GraphQL name, in their declared order; null where there is none."""
    enum = VOCABULARIES.get(name)
    return None if enum is None else [VocabularyTerm(value=one.value, label=one.label) for one in enum]
