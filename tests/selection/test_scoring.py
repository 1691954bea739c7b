"""Scoring: sealed until all are in, for everybody; by those alone who may."""

import re
from typing import Any

import psycopg
import pytest

from tests.driving import Client, Server
from tests.selection.world import (
    CALL,
    SCHEME,
    act,
    add_expert,
    all_scored,
    decide,
    determined,
    experts,
    failing,
    identify,
    on,
    persona,
    publish,
    score,
    seen,
    step,
    stranger,
    submit,
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
    before = told(superuser)  # other stories on this database may hold the digits
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
    assert told(superuser) == before


def told(superuser: str) -> dict[str, int]:
    """How many rows of each table hold the score or its comment in the clear, whoever looks."""
    with psycopg.connect(superuser) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = {}
        for (table,) in tables:
            # Behind a colon the digits are an instant's seconds, never a score's.
            sql = f"SELECT count(*) FROM {table} t WHERE t::text ~ %s"
            row = connection.execute(sql, [rf"(^|[^:0-9]){re.escape(ODD)}|封存评语"]).fetchone()  # type: ignore[arg-type]
            assert row is not None
            found[table] = row[0]
    return found


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


async def test_an_expert_does_not_score_their_own_employer(server: Server, officer: Client) -> None:
    """The second operator's employee sits on the committee; whatever they say, they owe no sheet for it."""
    with on("2026-11-23"):
        (gap,) = await identify(officer, ["利害关系区"])
        call = (await publish(officer, [gap["id"]], criteria=SCHEME))["call"]
        # Names of their own: who applied in another story on a later day is not an applicant yet on this one.
        made = {n: await submit(stranger(server, f"interested{n}"), call["id"], gap["id"], n) for n in (1, 2)}
    fourth = await add_expert(server)
    with on(DAY):
        call = await step(officer, "closeCall", "CallClosed", call)
        waiting = await step(officer, "beginEvaluation", "EvaluationBegun", call)
        assert (waiting["code"], waiting["path"]) == ("CONFLICT", ["input", "call"])
        assert "未作资格审查" in waiting["message"]
        for one in made.values():
            await determined(server, one["application"])
            await decide(officer, one["application"])
        none = await step(officer, "beginEvaluation", "EvaluationBegun", call)
        assert none["message"] == "尚未组建专家委员会"
        few = await step(officer, "formCommittee", "CommitteeFormed", call, members=experts(server)[:2], quorum=2)
        assert few["path"] == ["input", "members"]
        strangers = [{**experts(server)[0], "subject": "persona:mentougou-officer"}, *experts(server)[1:]]
        unknown = await step(officer, "formCommittee", "CommitteeFormed", call, members=strangers, quorum=3)
        assert unknown["path"] == ["input", "members", "0", "subject"]
        call = await step(officer, "formCommittee", "CommitteeFormed", call, members=experts(server), quorum=3)
        call = await step(officer, "beginEvaluation", "EvaluationBegun", call)
        criteria = await criteria_of(officer, call["id"])
        own = await score(fourth, made[2]["application"]["id"], criteria, 1.0)
        assert (own["code"], own["clause"]["anchor"]) == ("CONFLICT", "第七条")
        assert (await score(fourth, made[1]["application"]["id"], criteria, 0.5))["__typename"] == "ScoresSealed"
        text = "query($id: ID!) { operatorApplication(id: $id) { id } }"
        assert (await fourth(text, id=made[2]["application"]["id"])).codes == ["NOT_FOUND"]
        assert (await fourth(text, id=made[1]["application"]["id"])).codes == []
        members = {one["name"]: one["id"] for one in (await seen(officer, call["id"]))["committee"]}
        excused = await act(
            officer,
            "recuseExpert",
            "... on ExpertRecused { member { recusals { kind } sheets { status } } }",
            member=members["专家1"],
            application=made[1]["application"]["id"],
            kind="EXCUSED",
            reason="因病不能评分",
        )
        assert sorted(one["status"] for one in excused["member"]["sheets"]) == ["AWAITED", "DROPPED"], excused
        away = await score(persona(server, "mentougou-expert-1"), made[1]["application"]["id"], criteria, 0.5)
        assert (away["code"], away["clause"]["anchor"]) == ("CONFLICT", "第七条")


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
