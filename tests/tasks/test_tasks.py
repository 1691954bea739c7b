"""Tasks: their days, who sees which, and what closes them."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.development.samples import first_centre
from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.clock import frozen
from server.kit.ids import NodeId, new_id
from server.policy.terms import SourceStatus
from server.tasks import actions, rules
from server.tasks.model import DayUnit, Due, Task, TaskKind
from server.workdays.seed import seeded
from tests.driving import Server

CALENDAR = seeded(2028)
KIND = TaskKind.DECIDE_PROPOSAL


def due(start: date, n: int, unit: DayUnit, *, counts_first_day: bool = False) -> Due:
    source = SourceStatus.FROM_CLAUSE
    return rules.due_on(CALENDAR, start, n, unit, rule="规则", source=source, counts_first_day=counts_first_day)


def test_each_unit_is_counted_in_its_own_way() -> None:
    # Design, "Test vectors": five working days over the National Day; calendar days and months move at their end only.
    start = date(2026, 9, 28)
    assert due(start, 5, DayUnit.WORKING).on == date(2026, 10, 10)
    assert due(start, 5, DayUnit.CALENDAR).on == date(2026, 10, 8)
    assert due(date(2026, 8, 3), 2, DayUnit.MONTHS).on == date(2026, 10, 8)
    assert due(start, 5, DayUnit.FIXED) == Due(
        start, "规则", None, DayUnit.FIXED, None, False, SourceStatus.FROM_CLAUSE
    )


def test_a_day_that_a_notice_may_move_is_provisional() -> None:
    assert not due(date(2026, 11, 2), 5, DayUnit.WORKING).provisional
    assert due(date(2026, 12, 28), 5, DayUnit.WORKING).provisional


@given(
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    st.integers(1, 60),
    st.sampled_from([DayUnit.WORKING, DayUnit.CALENDAR]),
)
def test_a_longer_period_never_ends_earlier_and_ends_on_a_working_day(start: date, n: int, unit: DayUnit) -> None:
    shorter, longer = due(start, n, unit), due(start, n + 1, unit)
    assert start < shorter.on <= longer.on
    assert CALENDAR.day(shorter.on).is_workday


def task(case: UUID, role: Role, **more: object) -> Task:
    return Task(KIND, f"给{role.label}的待办", "institution", case, None, role, **more)  # type: ignore[arg-type]


async def test_everybody_sees_what_is_theirs_to_do(server: Server, samples: None) -> None:
    case = first_centre("fengtai")
    subject = server.personas["fengtai-market-regulation"].subject
    wanted = {
        "officer": task(case, Role.DISTRICT_OFFICER),
        "agency": task(case, Role.AGENCY_OFFICER),
        "market": task(case, Role.DEPARTMENT_OFFICER, department="MARKET_REGULATION"),
        "civil": task(case, Role.DEPARTMENT_OFFICER, department="CIVIL_AFFAIRS"),
        "staff": Task(KIND, "机构", "institution", case, case, Role.INSTITUTION_STAFF),
        "mine": task(case, Role.AGENCY_OFFICER, assignee=subject),
    }
    async with server.acting("fengtai-officer") as act:
        ids = {await actions.open_task(act, one): name for name, one in wanted.items()}
    seen = {}
    for persona in ("officer", "admin", "agency", "market-regulation", "institution"):
        seen[persona] = await names(server, f"fengtai-{persona}", ids)
    assert seen == {
        "officer": {"officer", "market", "civil", "staff"},
        "admin": set(wanted),
        "agency": {"agency", "mine"},
        "market-regulation": {"market", "mine"},
        "institution": {"staff"},
    }
    assert await names(server, "municipal-health", ids) == set(wanted)
    assert await names(server, "mentougou-officer", ids) == set()
    assert await names(server, None, ids) == set()


async def names(server: Server, persona: str | None, ids: dict[UUID, str]) -> set[str]:
    text = (
        "query($c: String) { tasks(first: 100, after: $c, filter: { status: { eq: OPEN } })"
        " { nodes { id } pageInfo { hasNextPage endCursor } } }"
    )
    after, found = None, set()
    while True:
        page = (await server.client(persona)(text, c=after)).data["tasks"]
        found |= {NodeId.parse(one["id"]).id for one in page["nodes"]}
        if not page["pageInfo"]["hasNextPage"]:
            return {ids[one] for one in found if one in ids}
        after = page["pageInfo"]["endCursor"]


SHOWN = """query($case: ID!) { tasks(filter: { subject: { eq: $case } }) { nodes {
  title status dueOn dueRule dueDays dueUnit dueFromOn dueSource provisional overdue consequence closedOn
  clause { document anchor text } subject { id __typename } } } }"""


async def test_a_task_says_its_day_its_rule_and_what_follows(server: Server, samples: None) -> None:
    officer = server.client("mentougou-officer")
    page = await officer("{ institutions(filter: { source: { eq: SAMPLE } }, first: 1) { nodes { id } } }")
    node = page.data["institutions"]["nodes"][0]["id"]
    case = NodeId.parse(node).id
    async with server.acting("mentougou-officer") as act:
        ends = await actions.due_after(
            act, date(2026, 9, 28), 5, DayUnit.WORKING, rule="五个工作日", source=SourceStatus.PLATFORM_DEFAULT
        )
        clause = Clause("mentougou-2026-3", "第二十条(三)")
        await actions.open_task(
            act,
            Task(
                KIND,
                "补正",
                "institution",
                case,
                case,
                Role.DISTRICT_OFFICER,
                due=ends,
                clause=clause,
                consequence="视为撤回",
            ),
        )
    (shown,) = (await officer(SHOWN, case=node)).data["tasks"]["nodes"]
    assert shown["subject"] == {"id": node, "__typename": "Institution"}
    assert shown["clause"]["anchor"] == "第二十条(三)"
    assert shown["clause"]["text"]
    del shown["subject"], shown["clause"]
    assert shown == {
        "title": "补正",
        "status": "OPEN",
        "dueOn": "2026-10-10",
        "dueRule": "五个工作日",
        "dueDays": 5,
        "dueUnit": "WORKING",
        "dueFromOn": "2026-09-28",
        "dueSource": "PLATFORM_DEFAULT",
        "provisional": False,
        "overdue": True,
        "consequence": "视为撤回",
        "closedOn": None,
    }
    late = await officer("{ tasks(filter: { overdue: { eq: true } }) { nodes { title } } }")
    assert {"title": "补正"} in late.data["tasks"]["nodes"]
    with frozen(date(2026, 11, 20)):
        async with server.acting("mentougou-officer") as act:
            assert await actions.finish(act, subject_id=case) == 1
            assert await actions.finish(act, subject_id=case) == 0
            assert await actions.cancel(act, subject_id=case) == 0
    (shown,) = (await officer(SHOWN, case=node)).data["tasks"]["nodes"]
    assert (shown["status"], shown["closedOn"], shown["overdue"]) == ("DONE", "2026-11-20", False)


async def test_only_the_named_kind_is_closed_and_other_cases_are_left_alone(server: Server) -> None:
    case, other = new_id(), new_id()
    async with server.acting("mentougou-officer") as act:
        for one in (case, case, other):
            await actions.open_task(act, task(one, Role.DISTRICT_OFFICER))
        assert await actions.cancel(act, subject_id=case, kind=KIND) == 2
        assert await actions.cancel(act, subject_id=other) == 1


async def test_a_day_that_the_calendar_moves_is_counted_again_once(server: Server) -> None:
    case = new_id()
    # As it was counted when the National Day of 2026 was still an estimate: a plain week.
    guessed = Due(
        date(2026, 10, 5), "五个工作日", 5, DayUnit.WORKING, date(2026, 9, 28), True, SourceStatus.FROM_CLAUSE
    )
    settled = replace(guessed, on=date(2026, 9, 1), provisional=False)
    async with server.acting("mentougou-officer") as act:
        moving = await actions.open_task(act, task(case, Role.DISTRICT_OFFICER, due=guessed))
        await actions.open_task(act, task(case, Role.DISTRICT_OFFICER, due=settled))
        assert await actions.recount(act) == 1
        assert await actions.recount(act) == 0
    moved = (await server.client("mentougou-officer")(DAYS)).data["tasks"]["nodes"]
    (found,) = (one for one in moved if NodeId.parse(one["id"]).id == moving)
    del found["id"]
    assert found == {"dueOn": "2026-10-10", "dueBefore": "2026-10-05", "provisional": False}


DAYS = """{ tasks(first: 100, orderBy: [{ field: CREATED_AT, direction: DESC }])
  { nodes { id dueOn dueBefore provisional } } }"""

ASSIGN = """mutation($input: AssignTaskInput!) { assignTask(input: $input) { __typename
  ... on TaskAssigned { task { assignee version } } ... on Problem { code path } } }"""


async def test_a_task_is_assigned_to_a_member_who_holds_its_role(server: Server, samples: None) -> None:
    case, admin = new_id(), server.personas["fengtai-admin"].subject
    market = server.personas["fengtai-market-regulation"].subject
    async with server.acting("fengtai-officer") as act:
        departments = await actions.open_task(act, task(case, Role.DEPARTMENT_OFFICER, department="MARKET_REGULATION"))
        agencys = await actions.open_task(act, task(case, Role.AGENCY_OFFICER))
        tenant = act.tenant_id

    async def assign(persona: str, one: UUID, assignee: str | None, version: int = 1) -> object:
        key = f"{persona}-{one}-{assignee}-{version}"
        wanted = {"task": str(NodeId(32, tenant, one)), "assignee": assignee, "expectedVersion": version}
        reply = await server.client(persona)(ASSIGN, input=wanted | {"idempotencyKey": key})
        if "errors" in reply.body:
            return reply.codes[0]
        answer = reply.data["assignTask"]
        return answer.get("code") or (answer["task"]["assignee"], answer["task"]["version"])

    assert await assign("fengtai-officer", departments, admin) == "INVALID"
    assert await assign("fengtai-officer", departments, market) == (market, 2)
    assert await assign("fengtai-market-regulation", departments, None) == "OUT_OF_DATE"
    assert await assign("fengtai-market-regulation", departments, None, 2) == (None, 3)
    assert await assign("fengtai-officer", agencys, None) == "NOT_FOUND"
    assert await assign("fengtai-market-regulation", agencys, None) == "NOT_FOUND"
    assert await assign("fengtai-institution", departments, None, 3) == "FORBIDDEN"
    agency = server.personas["fengtai-agency"].subject
    assert await assign("fengtai-agency", agencys, agency) == (agency, 2)
    async with server.acting("fengtai-officer") as act:
        await actions.finish(act, subject_id=case)
    assert await assign("fengtai-admin", departments, market, 4) == "CONFLICT"
