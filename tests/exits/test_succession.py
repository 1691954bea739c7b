"""Successors of other districts: the task in their own tenant, delivered once, closed by answer or withdrawal."""

import asyncio
from typing import Any

import psycopg
import pytest

from server import daily
from server.districts.files import load_districts
from server.exits.delivering import deliver_to
from server.insurance.actions.stepping import Ground
from server.kit.ids import NodeId
from tests.driving import Server
from tests.exits.driving import Case, answered, asked, drafted, opened
from tests.licensing.story import Story
from tests.supervision.driving import Officer

TENANTS = {one.code: one.tenant_id for one in load_districts() if one.tenant_id > 0}
TASKS = """query($id: ID!) { tasks(filter: {subject: {eq: $id}}) { nodes { kind status title role district { code }
  institution { id } subject { id ... on SuccessionRequest { leavingName accepted plan { id } } } } } }"""


@pytest.fixture
def officer(server: Server) -> Officer:
    return Officer.of(server, "mentougou-officer")


@pytest.fixture
def other(server: Server) -> Officer:
    return Officer.of(server, "fengtai-officer")


async def case_of(officer: Officer) -> Case:
    """A case about a new institution."""
    return await opened(officer, officer, (await officer.register("mentougou"))["id"], "ORDER_EXIT")


async def request_to(officer: Officer, case: Case | None = None) -> dict[str, Any]:
    """A request to an institution of another district."""
    plan = await drafted(officer, (case or await case_of(officer)).id)
    request = await asked(officer, plan["id"], 1, successorDistrict="fengtai", successorName="邻区承接站")
    assert "id" in request, request
    return request


async def tasks(who: Officer, request: str) -> list[dict[str, Any]]:
    """The tasks about the request that this person sees."""
    found: list[dict[str, Any]] = (await who.ask(TASKS, id=request)).data["tasks"]["nodes"]
    return found


async def test_the_asked_district_has_the_task_in_its_own_tenant_and_the_asking_one_has_none(
    server: Server, officer: Officer, other: Officer
) -> None:
    request = await request_to(officer)
    (task,) = await tasks(other, request["id"])
    assert (task["kind"], task["status"], task["role"]) == ("ANSWER_SUCCESSION", "OPEN", "DISTRICT_OFFICER")
    assert (task["district"], task["institution"]) == ({"code": "fengtai"}, None)
    assert (task["subject"]["id"], task["subject"]["accepted"], task["subject"]["plan"]) == (request["id"], None, None)
    assert task["subject"]["leavingName"] in task["title"]
    assert "门头沟" in task["title"]
    assert "邻区承接站" in task["title"]
    assert await tasks(officer, request["id"]) == []
    assert await tasks(Officer.of(server, "fengtai-institution"), request["id"]) == []
    theirs = (await other.register("fengtai"))["id"]
    await answered(other, request["id"], theirs)
    (task,) = await tasks(other, request["id"])
    assert (task["status"], task["subject"]["accepted"]) == ("DONE", True)


async def test_a_request_that_is_withdrawn_is_no_task_any_more_and_is_answered_by_nobody(
    officer: Officer, other: Officer
) -> None:
    request = await request_to(officer)
    await officer.do("withdrawSuccessionRequest", "", request=request["id"], expectedVersion=request["version"])
    (task,) = await tasks(other, request["id"])
    assert task["status"] == "CANCELLED"
    theirs = (await other.register("fengtai"))["id"]
    stale = await answered(other, request["id"], theirs)
    assert (stale["__typename"], stale["currentVersion"]) == ("OutOfDate", 2)
    late = await answered(other, request["id"], theirs, expectedVersion=2)
    assert "撤回" in late["message"]


async def test_a_case_that_comes_to_nothing_asks_nobody_any_more(officer: Officer, other: Officer) -> None:
    case = await case_of(officer)
    request = await request_to(officer, case)
    await case.take("withdrawExitCase", because="事实不成立")
    (task,) = await tasks(other, request["id"])
    assert task["status"] == "CANCELLED"


async def test_what_was_not_delivered_is_delivered_by_the_daily_run_and_once(
    server: Server, superuser: str, officer: Officer, other: Officer
) -> None:
    request = await request_to(officer)
    with psycopg.connect(superuser) as connection:
        connection.execute("DELETE FROM task WHERE subject_id = %s", [NodeId.parse(request["id"]).id])
    pools, engine = server.app.pools, server.app.engine
    await asyncio.gather(*(deliver_to(pools, "fengtai", TENANTS["fengtai"], f"run {n}") for n in range(3)))
    assert [one["status"] for one in await tasks(other, request["id"])] == ["OPEN"], "three at once are one"
    with psycopg.connect(superuser) as connection:
        connection.execute("DELETE FROM task WHERE subject_id = %s", [NodeId.parse(request["id"]).id])
    ground = Ground(await engine.policies.current(), await engine.calendars.current())
    for times in (1, 0):
        done = {one.code: one async for one in daily.run(pools, engine.policies, ground, None)}
        assert (done["fengtai"].delivered, done["mentougou"].delivered) == (times, 0)
    (task,) = await tasks(other, request["id"])
    assert task["status"] == "OPEN"
    with psycopg.connect(superuser) as connection:
        rows = connection.execute(
            "SELECT a.tenant_id, a.actor FROM audit_entry a JOIN task t ON t.id = a.subject_id WHERE t.subject_id = %s",
            [NodeId.parse(request["id"]).id],
        ).fetchall()
    assert rows == [(TENANTS["fengtai"], "shequ succession")], "in its own trail, by the platform"


async def test_the_exits_of_an_institution_stand_with_it_as_far_as_the_caller_may_see(
    server: Server, superuser: str, officer: Officer
) -> None:
    institution = (await officer.register("mentougou"))["id"]
    case = await opened(officer, officer, institution, "ORDER_EXIT")
    await drafted(officer, case.id)
    out = {"direction": "OUT_OF_COMMUNITY", "targetKind": "OTHER_MEDICAL", "because": "引导转型"}
    await officer.do("openConversion", "", institution=institution, **out)
    text = """query($id: ID!, $f: ExitCaseFilter) { institution(id: $id) { exitCases(filter: $f) { nodes { id status } }
      conversions(filter: {status: {eq: OPENED}}) { nodes { direction } } continuityPlans { nodes { population } } } }"""
    found = (await officer.ask(text, id=institution)).data["institution"]
    assert found["exitCases"]["nodes"] == [{"id": case.id, "status": "OPENED"}]
    assert found["conversions"]["nodes"] == [{"direction": "OUT_OF_COMMUNITY"}]
    assert found["continuityPlans"]["nodes"] == [{"population": 12000}]
    none = (await officer.ask(text, id=institution, f={"strength": {"eq": "SOFT"}})).data["institution"]
    assert none["exitCases"]["nodes"] == []
    with psycopg.connect(superuser, autocommit=True) as connection:
        staff = Story(server, connection).staff(institution)
    untold = (await Officer.of(server, staff).ask(text, id=institution)).data["institution"]
    assert (untold["exitCases"]["nodes"], len(untold["conversions"]["nodes"])) == ([], 1), "before its notice"
    await case.take("withdrawExitCase", because="事实不成立")
    untold = (await Officer.of(server, staff).ask(text, id=institution)).data["institution"]
    assert untold["exitCases"]["nodes"] == [], "it came to nothing before its notice"
