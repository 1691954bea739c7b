"""The working-day calendar."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import strawberry

from schema.acting import Ref, mutation, perform, request_of
from schema.planned import Binds, field_of, not_resolved, planned, resolved
from schema.problems import Conflicting, InvalidInput
from schema.rows import EVERYONE
from schema.tags import CALENDAR_YEAR_TAG
from schema.terms import term
from server.insurance.actions.recalculating import tell_windows
from server.insurance.actions.stepping import Ground
from server.insurance.keeping import recalculate_everywhere
from server.insurance.parameters import terms_on
from server.kit import clock
from server.kit.actor import MUNICIPALITY
from server.kit.errors import BadInput
from server.kit.ids import NodeId, stable_id
from server.planner.binding import Key, Kind, Link, Many, Root, Shape
from server.record.acts import Act
from server.tasks.actions import recount_everywhere
from server.workdays import actions, rules, tables
from server.workdays.errors import YearMissing
from server.workdays.model import CalendarStatus, DayKind
from server.workdays.store import calendar_within

term(DayKind, "日期种类")
term(CalendarStatus, "日历状态 official by a State Council notice, or an estimate")

_WORKING_DAYS_MOST = 1000


@strawberry.type(description="特殊日期 a day with a name or kind of its own")
class WorkDay:
    """A day that is not an ordinary weekday or weekend."""

    on: date = field_of("日期")
    kind: DayKind = field_of("种类")
    name: str | None = field_of("所属节日")


@strawberry.type(description="工作日历年度")
class WorkYear:
    """A year of the calendar."""

    year: int = field_of("年份")
    status: CalendarStatus = field_of("状态 PROVISIONAL years are recomputed when the notice is loaded")
    notice: str = field_of("依据 the notice, or what the estimate rests on")
    days: list[WorkDay] = field_of("法定节日与调休日期 in order; all other days are what their weekday makes them")


@strawberry.type(description="某日")
class Workday:
    """One day as the calendar has it."""

    on: date = strawberry.field(description="日期")
    kind: DayKind = strawberry.field(description="种类")
    name: str | None = strawberry.field(description="所属节日")
    is_workday: bool = strawberry.field(description="是否工作日")
    calendar_status: CalendarStatus = strawberry.field(description="日历状态 of this day")


@strawberry.type(description="期限 the last day that is still in time")
class Deadline:
    """A computed deadline."""

    on: date = strawberry.field(description="最后一日")
    calendar_status: CalendarStatus = strawberry.field(
        description="日历状态 PROVISIONAL when a day it rests on may change"
    )


@strawberry.type
class WorkdayQueries:
    """Root fields of this area."""

    @planned
    def work_years(self) -> list[WorkYear]:
        """工作日历 every year that is kept, in order"""
        not_resolved()

    @planned
    def work_year(self, year: Annotated[int, strawberry.argument(description="年份")]) -> WorkYear | None:
        """某年工作日历 null where the year is not kept"""
        not_resolved()

    @resolved("某日是否工作日")
    async def workday(
        self, info: strawberry.Info, on: Annotated[date, strawberry.argument(description="日期")]
    ) -> Workday:
        calendar = await request_of(info).engine.calendars.current()
        try:
            day, status = calendar.day(on), calendar.status_on(on)
        except YearMissing as missing:
            raise BadInput(missing.message, path=("on",)) from None
        return Workday(on=on, kind=day.kind, name=day.name, is_workday=day.is_workday, calendar_status=status)

    @resolved("工作日期限 so many working days after a day")
    async def working_day_deadline(
        self,
        info: strawberry.Info,
        start: Annotated[date, strawberry.argument(description="起始日")],
        working_days: Annotated[int, strawberry.argument(description="工作日数 0 to 1000")],
        counts_first_day: Annotated[bool, strawberry.argument(description="起始日是否计入")] = False,
    ) -> Deadline:
        if not 0 <= working_days <= _WORKING_DAYS_MOST:
            raise BadInput(f"workingDays 应在 0 到 {_WORKING_DAYS_MOST} 之间", path=("workingDays",))
        calendar = await request_of(info).engine.calendars.current()
        try:
            found = rules.add_working_days(calendar, start, working_days, counts_first_day=counts_first_day)
        except YearMissing as missing:
            raise BadInput(missing.message, path=("start",)) from None
        return Deadline(on=found.on, calendar_status=found.status)


@strawberry.input(description="录入正式工作日安排")
class LoadWorkYearInput:
    """What loading a notice takes."""

    notice: str = strawberry.field(
        description="通知 as YAML or JSON: year, number, issued_on, days of {on | from, through; kind; name}"
    )
    idempotency_key: str = strawberry.field(description="幂等键")


@strawberry.type(description="已录入正式安排")
class WorkYearLoaded:
    """A year made official."""

    year: WorkYear = strawberry.field(description="年度")
    changed_days: int = strawberry.field(description="与原日历工作与否不同的天数")


LoadWorkYearResult = Annotated[WorkYearLoaded | InvalidInput | Conflicting, strawberry.union("LoadWorkYearResult")]


def _loaded(year: int, changed_days: int) -> Any:
    node = NodeId(CALENDAR_YEAR_TAG, MUNICIPALITY, stable_id("work-year", str(year)))
    return WorkYearLoaded(year=Ref(node), changed_days=changed_days)  # type: ignore[arg-type]


@strawberry.type
class WorkdayMutations:
    """Root fields of this area."""

    @mutation(
        "录入国务院办公厅放假通知 makes a provisional year official; by municipal officers", by=actions.CALENDAR_KEEPERS
    )
    async def load_work_year(self, info: strawberry.Info, input: LoadWorkYearInput) -> LoadWorkYearResult:
        request = request_of(info)
        shelved = await request.engine.policies.current()

        async def verb(act: Act) -> Mapping[str, int]:
            before = await calendar_within(act.connection)
            year, changed = await actions.load_notice(act, input.notice)
            after = await calendar_within(act.connection)
            await tell_windows(act, before, after, terms_on(shelved, clock.today()))
            return {"year": year, "changed_days": changed}

        answer = await perform(info, MUNICIPALITY, input, verb, _loaded)
        if isinstance(answer, WorkYearLoaded):
            # In the districts' own transactions, after the municipality's: running it again changes nothing, and so does
            # provisioning, should the process end in between.
            request.engine.calendars.forget()
            districts = await request.engine.directory.districts()
            await recount_everywhere(request.engine.pools, districts, request.request_id)
            ground = Ground(shelved, await request.engine.calendars.current())
            await recalculate_everywhere(request.engine.pools, ground)
        return answer


BINDS = (
    Binds(WorkDay, tables.work_day, EVERYONE, columns={"on": "on_date"}),
    Binds(
        WorkYear,
        tables.work_year,
        EVERYONE,
        tag=CALENDAR_YEAR_TAG,
        fields={"days": Many(Link("WorkDay", (("id", "work_year_id"),)), Key("{t}.on_date", Kind.DATE))},
    ),
)

ROOTS = {
    "workYears": Root("WorkYear", Shape.LIST, key=Key("{t}.year", Kind.INT)),
    "workYear": Root(
        "WorkYear", Shape.ONE, arguments=lambda arguments: ("{t}.year = :year", {"year": arguments["year"]})
    ),
}
