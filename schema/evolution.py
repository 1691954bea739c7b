"""What changed between two schemas, and what of it would break a caller."""

from dataclasses import dataclass

from graphql import BreakingChange, DangerousChange, build_schema, find_schema_changes


@dataclass(frozen=True, slots=True)
class Changes:
    """What a caller of the earlier schema meets in the later one, in sentences.

    ``breaking``: an operation written for the earlier one may fail.  ``dangerous``: it runs and may still surprise, by a new
    enum value or a new member of a union; callers of this API must expect both.
    """

    breaking: tuple[str, ...]
    dangerous: tuple[str, ...]


def changes(before: str, after: str) -> Changes:
    """The changes from one schema to the next, both as SDL. Raises: GraphQLError where one of them is not."""
    found = find_schema_changes(build_schema(before), build_schema(after))
    return Changes(
        tuple(one.description for one in found if isinstance(one, BreakingChange)),
        tuple(one.description for one in found if isinstance(one, DangerousChange)),
    )
