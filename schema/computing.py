"""Fields of planned types that Python computes: called once for all rows of a selection, put where the planner left ids."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from schema.lookahead import Later
from server.kit.ids import NodeId
from server.planner.selection import Selection

#: An object of the answer, the response key in it, and where it stands.
Place = tuple[dict[str, Any], str, Path]


async def fill_in(executor: Any, answers: Iterable[tuple[Selection, Any, Path]]) -> None:
    """Replace each computed field's node id by its value, completed as graphql-core completes it.

    ``answers`` are values of selections with their paths. An error of a field nulls it, or, where it may
    not be null, the whole answer.
    """
    tags = {type_.name: type_.tag for type_ in executor.context_value.engine.catalogue.types.values()}
    wanted: dict[int, tuple[Later, list[Place]]] = {}
    for selection, value, path in answers:
        for one, place in _places(selection, value, path, tags):
            wanted.setdefault(id(one), (one.later, []))[1].append(place)
    for later, places in wanted.values():
        await _compute(executor, later, places)


def _places(
    selection: Selection, value: Any, path: Path, tags: Mapping[str, int | None]
) -> Iterator[tuple[Selection, Place]]:
    if isinstance(value, list):
        for n, one in enumerate(value):
            yield from _places(selection, one, Path(path, n, None), tags)
    elif isinstance(value, dict):
        for child in selection.children:
            yield from _child(child, value, path, tags)
        for type_name, children in selection.cases.items():
            for child in children:
                if child.later is None or _is_of(value.get(child.key), tags[type_name]):
                    yield from _child(child, value, path, tags)


def _child(
    child: Selection, value: dict[str, Any], path: Path, tags: Mapping[str, int | None]
) -> Iterator[tuple[Selection, Place]]:
    here = Path(path, child.key, None)
    if child.later is not None:
        yield child, (value, child.key, here)
    elif child.key in value:
        yield from _places(child, value[child.key], here, tags)


def _is_of(text: Any, tag: int | None) -> bool:
    return isinstance(text, str) and len(text) == 28 and NodeId.parse(text).tag == tag


async def _compute(executor: Any, later: Later, places: list[Place]) -> None:
    """One call of the field's resolver for all places; each value completed at its own."""
    first = later.details[0]
    definition = executor.schema.get_field(later.parent, first.node.name.value)
    nodes = [one.node for one in later.details]
    info = executor.build_resolve_info(definition, nodes, later.parent, places[0][2])
    ids = [NodeId.parse(container[key]) for container, key, _ in places]
    try:
        arguments = get_argument_values(
            definition, first.node, executor.variable_values, first.fragment_variable_values, executor.hide_suggestions
        )
        values = await definition.resolve(ids, info, **arguments)
    except Exception as error:
        values = [error] * len(ids)
    for (container, key, path), value in zip(places, values, strict=True):
        try:
            done = executor.complete_value(definition.type, later.details, info, path, value, None)
            container[key] = await done if executor.is_awaitable(done) else done
        except Exception as error:
            executor.handle_field_error(error, definition.type, later.details, path)
            container[key] = None
