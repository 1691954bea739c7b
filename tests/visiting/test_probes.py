"""Randomised probes: whatever an attacker asks, nothing of a tenant where they hold nothing comes back.

``SHEQU_PROBES`` says how many (``make probes`` sends 12 000 and prints what was asked); in the suite there are few.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from graphql import GraphQLInputObjectType, get_nullable_type
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from schema.contract import graphql_schema
from schema.reading import NODE, NODES
from tests.compiled.generated import Generated, Pools, operations
from tests.visiting.ground import CATALOGUE, SEATS, SUBJECTS, Attacker, Ground, leaks
from tests.visiting.test_permissions import MUTATIONS, made_input

PROBES = int(os.environ.get("SHEQU_PROBES", "150"))
_FIELDS = [*CATALOGUE.roots, NODE, NODES]
#: What became of the probes, by kind and code.
TOLD: Counter[str] = Counter()
_LEAK = "leak"


@pytest.fixture(scope="module", autouse=True)
def told(ground: Ground) -> Iterator[None]:
    """Ids for the probes to send, and at the end what became of them."""
    POOLS.ids = ground.ids
    before = ground.probes
    yield
    leaked = TOLD.pop(_LEAK, 0)
    print(f"\n{ground.probes - before} probes, {leaked} leaks; {dict(TOLD.most_common())}")


class _Late(Pools):
    """Ids that are known once the ground is laid."""

    def __init__(self) -> None:
        super().__init__({"Institution": ["nothing"]})


POOLS = _Late()
QUERIES = operations(graphql_schema(), _FIELDS, POOLS)


@st.composite
def writings(draw: st.DrawFn) -> Generated:
    """A mutation about another district's objects."""
    name, seat = draw(st.sampled_from(sorted(MUTATIONS))), draw(st.sampled_from(SEATS))
    type_ = get_nullable_type(MUTATIONS[name].args["input"].type)
    assert isinstance(type_, GraphQLInputObjectType)
    given_ = made_input(type_, seat, {})
    for field, value in given_.items():
        if str(type_.fields[field].type) == "ID!" and value is not None:
            given_[field] = draw(st.sampled_from([one for ids in POOLS.ids.values() for one in ids]))
    text = f"mutation($input: {type_.name}!) {{ {name}(input: $input) {{ __typename }} }}"
    return Generated(text, {"input": given_})


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@seed(20261122)
@settings(
    max_examples=PROBES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    asked=st.one_of(QUERIES, QUERIES, QUERIES, writings()),
    name=st.sampled_from(["nobody", *SUBJECTS]),
)
async def test_nothing_of_another_tenant_comes_back(ground: Ground, asked: Generated, name: str) -> None:
    note(f"{name}: {asked.text}\n{asked.variables}")
    await held(ground, ground.attackers[name], asked)


async def test_the_probes_would_notice(ground: Ground) -> None:
    """A mark, or an id, of somebody else's is found wherever it stands."""
    officer, other = ground.attackers["attacker:DISTRICT_OFFICER@fengtai"], SEATS[1]
    text = f'{{ institutions(district: "{other}", first: 1) {{ nodes {{ %s }} }} }}'
    theirs = ground.attackers["attacker:both"]
    for field in ("name", "id"):
        _, body = await ground.ask(theirs, text % field, {})
        assert leaks(theirs, body, "") == []
        assert leaks(officer, body, "") != []


async def held(ground: Ground, attacker: Attacker, asked: Generated) -> None:
    """The attacker learns nothing of anybody else's."""
    answer, body = await ground.ask(attacker, asked.text, asked.variables)
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}
    kind = "mutation" if asked.text.startswith("mutation") else "query"
    TOLD[f"{kind}: {' '.join(sorted(codes)) or ('answered' if answer.executed else 'refused')}"] += 1
    assert "INTERNAL_SERVER_ERROR" not in codes
    found = leaks(attacker, body, f"{asked.text} {asked.variables}")
    TOLD[_LEAK] += len(found)
    assert found == []
