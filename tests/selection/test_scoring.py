"""Scoring: sealed until all are in, for everybody; by those alone who may."""

from typing import Any

import psycopg
import pytest

from tests.driving import Client, Server
from tests.selection.world import (
    CALL,
    act,
    add_expert,
    all_scored,
    failing,
    on,
    persona,
    score,
    seen,
    step,
    stranger,
    under_evaluation,
)

DAY = "2026-12-21"
#: Marks in the scores by which a leak would be found.
ODD = "17.31"


@pytest.fixture(scope="module")
def officer(server: Server) -> Client:
    return persona(server, "mentougou-officer")


@pytest.fixture(scope="module")
async def case(server: Server) -> dict[str, Any]:
    """A call under evaluation with two applications."""
    call, ids = await under_evaluation(server)
    return {"call": call, "ids": ids}


async def criteria_of(client: Client, call: str) -> list[dict[str, Any]]:
    return list((await seen(client, call))["criteria"])


async def test_no_one_reads_a_score_before_all_sheets_are_in(
    server: Server, officer: Client, case: dict[str, Any], superuser: str
) -> None:
    call, first = case["call"], case["ids"][11]
    text = (
        "query($id: ID!) { operatorApplication(id: $id) { totalScore rank sheets { id status total"
        " scores { score comment } } } }"
    )
    with on(DAY):
        criteria = await criteria_of(officer, call["id"])
        expert = persona(server, "mentougou-expert-1")
        done = await score(
            expert,
            first,
            criteria,
            0,
            scores=[{"criterion": one["id"], "score": ODD, "comment": "封存评语"} for one in criteria],
        )
        assert done["__typename"] == "ScoresSealed", done
        for name in ("mentougou-officer", "mentougou-admin", "municipal-analyst", "mentougou-expert-1"):
            found = (await persona(server, name)(text, id=first)).data["operatorApplication"]
            assert (found["totalScore"], found["rank"]) == (None, None)
            own = [one for one in found["sheets"] if one["id"] == done["sheet"]["id"]]
            assert [(one["status"], one["total"], one["scores"]) for one in own] == [("SEALED", None, [])]
            assert name != "mentougou-expert-1" or found["sheets"] == own
        refused = await step(officer, "openScores", "ScoresOpened", call)
        assert (refused["code"], refused["clause"]["anchor"]) == ("CONFLICT", "第十条")
    told_nowhere(superuser)


def told_nowhere(superuser: str) -> None:
    """No row of any table holds what was said with a score in the clear, whoever looks."""
    with psycopg.connect(superuser) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            # Of the score itself nothing can be said here: other tests open theirs, and instants hold the same digits.
            for mark in ("封存评语",):
                row = connection.execute(
                    f"SELECT count(*) FROM {table} t WHERE t::text ~ %s",  # type: ignore[arg-type]
                    (mark,),
                ).fetchone()
                assert row == (0,), (table, mark)


async def test_an_expert_scores_an_application_once(server: Server, officer: Client, case: dict[str, Any]) -> None:
    with on(DAY):
        criteria = await criteria_of(officer, case["call"]["id"])
        expert = persona(server, "mentougou-expert-2")
        assert (await score(expert, case["ids"][11], criteria, 0.5))["__typename"] == "ScoresSealed"
        again = await score(expert, case["ids"][11], criteria, 0.9)
    assert (again["code"], again["path"], again["clause"]["anchor"]) == (
        "CONFLICT",
        ["input", "application"],
        "第十条",
    )


@pytest.mark.parametrize("wrong", ["60.01", "-0.01", "1.001"])
async def test_a_score_out_of_range_is_refused(
    server: Server, officer: Client, case: dict[str, Any], wrong: str
) -> None:
    with on(DAY):
        criteria = await criteria_of(officer, case["call"]["id"])
        scores = [{"criterion": criteria[0]["id"], "score": wrong}, {"criterion": criteria[1]["id"], "score": "1"}]
        refused = await score(persona(server, "mentougou-expert-3"), case["ids"][12], criteria, 0, scores=scores)
    assert (refused["code"], refused["path"], refused["clause"]["anchor"]) == (
        "INVALID",
        ["input", "scores", "0", "score"],
        "第十条",
    )


async def test_nobody_else_scores(server: Server, officer: Client, case: dict[str, Any]) -> None:
    with on(DAY):
        criteria = await criteria_of(officer, case["call"]["id"])
        given = {"application": case["ids"][11], "scores": [{"criterion": criteria[0]["id"], "score": "1"}]}
        assert (await failing(officer, "submitScores", **given)).codes == ["FORBIDDEN"]
        assert (await failing(stranger(server, "applicant11"), "submitScores", **given)).codes == ["FORBIDDEN"]
        outside = await add_expert(server, "expert:outside")
        assert (await failing(outside, "submitScores", **given)).codes == ["NOT_FOUND"]


async def test_recusals_may_not_leave_too_few_sheets(server: Server, officer: Client) -> None:
    call, ids = await under_evaluation(server, operators=(41,))
    shown = "... on ExpertRecused { member { recusals { kind reason } sheets { status } } }"
    with on(DAY):
        members = {one["name"]: one["id"] for one in (await seen(officer, call["id"]))["committee"]}
        given = {"member": members["专家1"], "application": ids[41], "reason": "与申报主体负责人有亲属关系"}
        own = persona(server, "mentougou-expert-1")
        wrong = await act(own, "recuseExpert", shown, **given, kind="CONFLICT")
        assert wrong["path"] == ["input", "kind"]
        refused = await act(own, "recuseExpert", shown, **given, kind="DECLARED")
        assert (refused["code"], refused["clause"]["anchor"]) == ("CONFLICT", "第十条")
        assert "少于法定人数" in refused["message"]
        foreign = await failing(persona(server, "mentougou-expert-2"), "recuseExpert", **given, kind="DECLARED")
        assert foreign.codes == ["NOT_FOUND"]


async def test_opened_together_the_sheets_make_the_ranking(server: Server, officer: Client) -> None:
    call, ids = await under_evaluation(server, operators=(51, 52), method="WEIGHTED")
    call = await all_scored(server, call, {ids[51]: 0.5, ids[52]: 0.8})
    text = (
        "query($id: ID!) { selectionCall(id: $id) { applications(first: 10, orderBy: [{field: RANK}]) { nodes {"
        " id status rank totalScore scoreMax sheets { status total scores { score criterion { name } } } } } } }"
    )
    ranked = (await officer(text, id=call["id"])).data["selectionCall"]["applications"]["nodes"]
    assert [(one["id"], one["status"], one["rank"], one["totalScore"]) for one in ranked] == [
        (ids[52], "RANKED", 1, "80.00"),
        (ids[51], "RANKED", 2, "50.00"),
    ]
    assert all(len(one["sheets"]) == 3 for one in ranked)
    assert {one["status"] for one in ranked[0]["sheets"]} == {"OPENED"}
    assert {one["score"] for one in ranked[0]["sheets"][0]["scores"]} == {"48.00", "32.00"}
    expert = (await persona(server, "mentougou-expert-1")(text, id=call["id"])).data["selectionCall"]
    assert all(len(one["sheets"]) == 1 for one in expert["applications"]["nodes"])
    with on(DAY):
        twice = await step(officer, "openScores", "ScoresOpened", call)
        assert twice["code"] == "CONFLICT"


async def test_a_trimmed_average_and_a_tie_that_the_commission_decides(server: Server, officer: Client) -> None:
    call, ids = await under_evaluation(server, operators=(61, 62), method="TRIMMED")
    call = await all_scored(server, call, {ids[61]: 0.7, ids[62]: 0.7})
    with on(DAY):
        open_ = await step(officer, "determineOperators", "OperatorsDetermined", call)
        assert (open_["code"], open_["path"]) == ("CONFLICT", ["input", "choices"])
        silent = await step(officer, "determineOperators", "OperatorsDetermined", call, choices=[ids[62]])
        assert silent["path"] == ["input", "reason"]
        done = await act(
            officer,
            "determineOperators",
            f"... on OperatorsDetermined {{ {CALL} }}",
            call=call["id"],
            expectedVersion=(await seen(officer, call["id"]))["version"],
            choices=[ids[62]],
            reason="已在该镇举办机构，便于衔接",
        )
    assert done["call"]["status"] == "DETERMINED", done
    text = "query($id: ID!) { operatorApplication(id: $id) { status tied decisionReason } }"
    chosen = (await officer(text, id=ids[62])).data["operatorApplication"]
    assert chosen == {"status": "SELECTED", "tied": True, "decisionReason": "已在该镇举办机构，便于衔接"}
