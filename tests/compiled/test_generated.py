"""The law of the compiler: whatever is asked, the statement answers what the oracle answers."""

import orjson
from hypothesis import HealthCheck, assume, example, given, note, settings
from hypothesis import strategies as st

from schema.contract import bindings, graphql_schema
from schema.reading import NODE, NODES
from tests.compiled.awkward import node_ids
from tests.compiled.conftest import PERSONAS, Register
from tests.compiled.generated import Generated, Pools, operations
from tests.compiled.oracle import Answer, naive_answer, same

CATALOGUE = bindings()
OPERATIONS = operations(graphql_schema(), [*CATALOGUE.roots, NODE, NODES], Pools(node_ids(CATALOGUE)))


async def planned_answer(register: Register, persona: str | None, asked: Generated) -> Answer:
    answer = await register.server.app.operations.answer(register.request(persona), asked.text, asked.variables)
    body = orjson.loads(orjson.dumps(answer.body))
    codes = [(error.get("path"), error["extensions"]["code"], error["message"]) for error in body.get("errors", ())]
    # Too large for the limits of the API, which are tested elsewhere.
    assume(answer.executed or codes[0][1] not in ("GRAPHQL_VALIDATION_FAILED", "MAX_COST_EXCEEDED"))
    assert answer.executed, codes
    assert all(code != "INTERNAL_SERVER_ERROR" for _, code, _ in codes), codes
    return Answer(body["data"], [(tuple(path), code) for path, code, _ in codes])


#: What groups are not grouped by is null, but what is asked below it holds its limits.
UNGROUPED = "query($n: Int = -1) { reviewGroups { key { district { institutions(first: $n) { nodes { id } } } } } }"


@example(asked=Generated(UNGROUPED, {}), persona=None)
@example(asked=Generated(UNGROUPED, {"n": 1}), persona="fengtai-officer")
@given(asked=OPERATIONS, persona=st.sampled_from(PERSONAS))
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
async def test_planned_is_naive(register: Register, asked: Generated, persona: str | None) -> None:
    note(f"{persona}: {asked.text}\n{asked.variables}")
    planned = await planned_answer(register, persona, asked)
    naive = await naive_answer(register.server.app.operations, register.request(persona), asked.text, asked.variables)
    if planned.data is None:
        # One error of several reaches the caller: the first that leaves no data.
        assert naive.data is None
        assert set(planned.errors) <= set(naive.errors)
        return
    assert sorted(planned.errors) == sorted(naive.errors)
    assert same(planned.data, naive.data), (planned.data, naive.data)
