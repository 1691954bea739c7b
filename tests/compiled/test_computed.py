"""What Python computes for all rows of a selection at once is what it computes for each row asked for by itself.

The other half of the law in ``test_generated``, which leaves these fields out: there the planner gives an id and no more.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.compiled.generated import COMPUTED
from tests.driving import Server

#: Each computed field with arguments of its own, under an alias, in a fragment or not.
FIELDS = {
    ("Institution", "standing"): """
      now: standing { evaluatedOn decisions { outcome concept } }
      ... on Institution { standing(on: "2026-06-01") { decisions { outcome } } }""",
    ("District", "policy"): """
      admission: policy(kind: ADMISSION) { id version digest effectiveFrom }
      ...Exit""",
    ("District", "enabledPolicies"): """
      enabledPolicies { kind version }
      then: enabledPolicies(on: "2030-01-01") { kind version }""",
}
EXIT = 'fragment Exit on District { exit: policy(kind: EXIT, on: "2026-11-01") { id digest } }'


def test_these_fields_are_computed() -> None:
    # Those of the areas that come later are held to the same in their own tests.
    assert FIELDS.keys() <= COMPUTED


def asked_of(type_: str) -> str:
    return " ".join(text for (owner, _), text in FIELDS.items() if owner == type_)


def found(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in the answer that bear an id of their own."""
    if isinstance(value, list):
        for one in value:
            yield from found(one)
    elif isinstance(value, dict):
        if "its" in value:
            yield value
        for name, one in value.items():
            if name != "its":
                yield from found(one)


LISTS = {
    "a page": ("Institution", "{ institutions(first: 8) { nodes { its: id %s } } }"),
    "under rows of a page": (
        "Institution",
        "{ institutions(first: 3) { nodes { parent { its: id %s } stations(first: 2) { nodes { its: id %s } } } } }",
    ),
    "under groups": (
        "District",
        "{ institutionGroups(groupBy: [DISTRICT]) { key { district { its: id %s } } count } }",
    ),
    "a short list": ("District", "{ districts { its: id %s } }"),
    "beside each other": (
        "District",
        '{ a: district(code: "fengtai") { its: id %s } viewer { memberships { district { its: id %s } } } }',
    ),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("persona", ["fengtai-officer", "municipal-analyst"])
async def test_many_are_as_each(server: Server, samples: None, persona: str, name: str) -> None:
    type_, text = LISTS[name]
    client, fields = server.client(persona), asked_of(type_)
    tail = EXIT if type_ == "District" else ""
    many = list(found((await client(text.replace("%s", fields) + tail)).data))
    assert many or name == "under rows of a page"
    for one in many:
        each = await client(
            f"query($id: ID!) {{ node(id: $id) {{ ... on {type_} {{ its: id {fields} }} }} }}{tail}", id=one["its"]
        )
        assert each.data["node"] == one
