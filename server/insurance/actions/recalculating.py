"""When the official calendar is loaded: windows told anew, and the days of cases that rested on an estimate moved."""

from uuid import UUID

from sqlalchemy import RowMapping, Table

from server.insurance import rules, store, tables
from server.insurance.actions import stepping
from server.insurance.actions.stepping import SUBJECT, Case, Ground
from server.insurance.model import Step
from server.insurance.parameters import Terms
from server.kit import clock
from server.kit.actor import MUNICIPALITY, Role
from server.kit.ids import new_id
from server.record.acts import Act
from server.tasks import actions as tasks
from server.tasks.model import TaskKind
from server.workdays.errors import YearMissing
from server.workdays.model import Calendar, CalendarStatus, Window
from server.workdays.rules import first_working_days


async def tell_windows(act: Act, before: Calendar, after: Calendar, terms: Terms) -> int:
    """A public notice of every window that opens or closes on another day than was told; how many.

    Runs in the municipality's own tenant, in the act that loads the calendar.  Implements: A-MIC-1, MIC-3-1a.
    """
    told = []
    for year in sorted(before.years.keys() & after.years.keys()):
        for month in terms.window_months:
            was, now = _window(before, terms, year, month), _window(after, terms, year, month)
            if was is None or now is None or was.days == now.days:
                continue
            told.append(
                {
                    "tenant_id": MUNICIPALITY,
                    "id": new_id(),
                    "year": year,
                    "quarter": now.quarter,
                    "opened_on_before": was.opens_on,
                    "closed_on_before": was.closes_on,
                    "opens_on": now.opens_on,
                    "closes_on": now.closes_on,
                    "status": now.status,
                    "notice": after.years[year].source,
                    "told_at": clock.now(),
                }
            )
    # A window that moves through its middle alone opens and closes as before: nobody need be told.
    told = [
        one for one in told if (one["opened_on_before"], one["closed_on_before"]) != (one["opens_on"], one["closes_on"])
    ]
    await store.insert_rows(act.connection, tables.designation_window_notice, told)
    for one in told:
        await act.note("moved", tables.designation_window_notice.name, _id(one["id"]), after=one)
    return len(told)


async def recalculate(act: Act, ground: Ground) -> tuple[int, int]:
    """The days of open cases that rested on an estimate, by the calendar as it is now: how many settled, how many moved.

    Whoever must act by such a day gets the task again with the new one.  Runs in a district, any number of times.
    Implements: A-MIC-2, A-MIC-10.
    """
    settled = moved = 0
    for row in await store.list_provisional(act.connection, act.tenant_id):
        terms = ground.terms(row["received_on"])
        due = rules.supplement_due(ground.calendar, terms, row["received_on"])
        if due.status is CalendarStatus.PROVISIONAL and due.on == row["supplement_due_on"]:
            continue
        values = {"supplement_due_on": due.on, "supplement_due_status": due.status}
        await _settle(act, tables.designation_application, row, values)
        settled += 1
        if due.on != row["supplement_due_on"]:
            moved += 1
            await tasks.cancel(act, subject_id=row["id"], kind=TaskKind.HANDLE_DESIGNATION)
            await stepping.remind(
                act,
                Case.of(row),
                TaskKind.HANDLE_DESIGNATION,
                f"正式放假安排已录入：申请 {row['number']} 的一次性告知期限由 {row['supplement_due_on']} 改为 {due.on}",
                Role.AGENCY_OFFICER,
                step=Step.REQUEST_SUPPLEMENT,
                due=stepping.working_due(
                    due,
                    row["received_on"],
                    terms.supplement_working_days,
                    f"自收到材料之日起 {terms.supplement_working_days} 个工作日内一次性告知",
                    terms.source("supplement_working_days"),
                ),
            )
    for row in await store.list_provisional_publicities(act.connection, act.tenant_id):
        terms = ground.terms(row["published_on"])
        due = rules.publicity_due(ground.calendar, terms, row["published_on"])
        if due.status is CalendarStatus.PROVISIONAL and due.on == row["closes_on"]:
            continue
        values = {"closes_on": due.on, "closes_status": due.status}
        await _settle(act, tables.designation_publicity, row, values)
        settled += 1
        if due.on != row["closes_on"]:
            moved += 1
            case = Case(row["application_id"], row["institution_id"])
            title = f"正式放假安排已录入：“{row['institution_name']}”的公示期末日由 {row['closes_on']} 改为 {due.on}"
            for role in (Role.MUNICIPAL_INSURANCE_OFFICER, Role.INSTITUTION_STAFF):
                await stepping.remind(act, case, TaskKind.CONCLUDE_DESIGNATION, title, role, step=Step.NEGOTIATE)
    return settled, moved


async def _settle(act: Act, table: Table, row: RowMapping, values: dict[str, object]) -> None:
    await store.update_row(act.connection, table, act.tenant_id, row["id"], values)
    before = {name: row[name] for name in values}
    subject = SUBJECT if table is tables.designation_application else table.name
    await act.note("recalculated", subject, row["id"], before=before, after=values)


def _window(calendar: Calendar, terms: Terms, year: int, month: int) -> Window | None:
    try:
        return first_working_days(calendar, year, month, terms.window_working_days)
    except YearMissing:
        return None


def _id(value: object) -> UUID:
    assert isinstance(value, UUID)
    return value
