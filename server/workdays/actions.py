"""Loading an official year."""

from server.kit.actor import Role
from server.kit.ids import stable_id
from server.record.acts import Act
from server.workdays import notice, rules, store

#: Who makes a year of the calendar official.
CALENDAR_KEEPERS = frozenset({Role.MUNICIPAL_HEALTH_OFFICER, Role.MUNICIPAL_INSURANCE_OFFICER, Role.PLATFORM_OPERATOR})


async def load_notice(act: Act, text: str) -> tuple[int, int]:
    """The notice's year, now official, and how many days that were worked are now free or the other way round.

    Deadlines computed over such days must be computed again; the event tells who keeps any.
    Implements: A-MIC-1 (调休 and make-up days), MIC-3-1a.
    Raises: NotAllowed, Invalid, Conflict.
    """
    act.require(*CALENDAR_KEEPERS)
    parsed = notice.parse(text)
    before = await store.hold_calendar(act.connection)
    after = notice.apply(before, parsed)
    for year, days in after.years.items():
        if before.years.get(year) != days:
            await store.replace_year(act.connection, days)
    changed = rules.changed_days(before, after)
    await act.note(
        "made_official",
        "work_year",
        stable_id("work-year", str(parsed.year)),
        after={"year": parsed.year, "notice": parsed.number, "changed_days": list(changed)},
    )
    return parsed.year, len(changed)
