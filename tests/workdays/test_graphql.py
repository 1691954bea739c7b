"""The calendar over GraphQL."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from server.kit.actor import Role
from server.kit.ids import new_id
from server.policy.terms import SourceStatus
from server.tasks.actions import due_after, open_task
from server.tasks.model import DayUnit, Task, TaskKind
from server.workdays.seed import provisional_year
from tests.driving import Server
from tests.test_contract import operation

LOAD = """mutation($input: LoadWorkYearInput!) { loadWorkYear(input: $input) { __typename
    ... on WorkYearLoaded { changedDays year { year status notice } }
    ... on Problem { code message path } } }"""


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2026-10-01", (2026, 4, "2026-10-08", "2026-10-13", False, "OFFICIAL")),
        ("2026-10-10", (2026, 4, "2026-10-08", "2026-10-13", True, "OFFICIAL")),
        ("2026-10-13", (2026, 4, "2026-10-08", "2026-10-13", True, "OFFICIAL")),
        ("2026-10-14", (2027, 1, "2027-01-04", "2027-01-08", False, "PROVISIONAL")),
    ],
)
async def test_designation_window(server: Server, on: str, expected: tuple[Any, ...]) -> None:
    window = (await server.client(None)(operation("designation_window"), on=on)).data["designationWindow"]
    assert tuple(window.values()) == expected


async def test_a_day_says_what_it_is_and_on_what_authority(server: Server) -> None:
    text = "query($on: Date!) { workday(on: $on) { kind isWorkday calendarStatus } }"
    made_up = await server.client(None)(text, on="2026-02-14")
    assert made_up.data["workday"] == {
        "kind": "ADJUSTED_WORKDAY",
        "isWorkday": True,
        "calendarStatus": "OFFICIAL",
    }
    guessed = (await server.client(None)(text, on="2027-05-01")).data["workday"]
    assert (guessed["kind"], guessed["calendarStatus"]) == ("LEGAL_HOLIDAY", "PROVISIONAL")
    assert (await server.client(None)(text, on="1999-01-01")).codes == ["BAD_USER_INPUT"]


async def test_working_days_are_counted_over_the_make_up_days(server: Server) -> None:
    reply = await server.client(None)(
        '{ workingDayDeadline(start: "2026-09-28", workingDays: 5) { on calendarStatus } }'
    )
    assert reply.data["workingDayDeadline"] == {"on": "2026-10-10", "calendarStatus": "OFFICIAL"}


async def test_a_notice_makes_a_year_official_for_everybody(server: Server) -> None:
    days = [
        {"on": day.on.isoformat(), "kind": day.kind.value, "name": day.name or "假日"}
        for day in provisional_year(2028).days
        if day.kind == "LEGAL_HOLIDAY"
    ]
    # One day more than the estimate: the first working day after New Year is free.
    free = next(day.on for day in provisional_year(2028).days if day.on > date(2028, 1, 1) and day.is_workday)
    entries = [*days, {"on": free.isoformat(), "kind": "ADJUSTED_DAY_OFF", "name": "元旦"}]
    listed = "\n".join(f"  - {{on: {one['on']}, kind: {one['kind']}, name: {one['name']}}}" for one in entries)
    text = f"year: 2028\nnumber: 试验通知\nissued_on: 2027-11-01\ndays:\n{listed}\n"
    given = {"notice": text, "idempotencyKey": uuid.uuid4().hex}
    assert (await server.client("fengtai-admin")(LOAD, input=given)).codes == ["FORBIDDEN"]
    waiting = {district: await wait_until(server, district, free) for district in ("fengtai", "mentougou")}
    done = (await server.client("municipal-health")(LOAD, input=given)).data["loadWorkYear"]
    assert done["year"] == {"year": 2028, "status": "OFFICIAL", "notice": "试验通知"}
    again = given | {"idempotencyKey": uuid.uuid4().hex}
    refused = (await server.client("municipal-health")(LOAD, input=again)).data["loadWorkYear"]
    assert (refused["__typename"], refused["path"]) == ("Conflicting", ["replaces"])
    seen = (await server.client(None)("{ workYear(year: 2028) { status days { on kind } } }")).data["workYear"]
    assert {"on": free.isoformat(), "kind": "ADJUSTED_DAY_OFF"} in seen["days"]
    # What was counted over the estimate is counted again, in every district.
    for district, before in waiting.items():
        (task,) = (await server.client(f"{district}-officer")(DUE)).data["tasks"]["nodes"]
        assert (task["dueBefore"], task["provisional"]) == (before, False)
        assert task["dueOn"] > before


DUE = """{ tasks(filter: { subjectType: { eq: "work_year" } }) { nodes { dueOn dueBefore provisional } } }"""


async def wait_until(server: Server, district: str, on: date) -> str:
    """The day of a new task that is due on the working day ``on``, as it is counted before the notice."""
    start, source = on - timedelta(days=1), SourceStatus.PLATFORM_DEFAULT
    async with server.acting(f"{district}-officer") as act:
        due = await due_after(act, start, 1, DayUnit.WORKING, rule="一个工作日", source=source)
        title, kind = "随日历变动的待办", TaskKind.DECIDE_PROPOSAL
        await open_task(act, Task(kind, title, "work_year", new_id(), None, Role.DISTRICT_OFFICER, due=due))
    assert due.provisional
    return due.on.isoformat()


@pytest.mark.parametrize("text", ["", "year: 2028", "[1, 2", "year: 2028\nnumber: x\nissued_on: y\ndays: []"])
async def test_what_is_no_notice_is_refused(server: Server, text: str) -> None:
    given = {"notice": text, "idempotencyKey": uuid.uuid4().hex}
    refused = (await server.client("municipal-health")(LOAD, input=given)).data["loadWorkYear"]
    assert refused["__typename"] == "InvalidInput"
