"""What the day brings by itself: nobody asks, and the missed day is proposed all the same."""

from datetime import date
from typing import Any

from server import daily
from server.insurance.actions.stepping import Ground
from server.kit import clock
from tests.licensing.story import Story

_OFFICER = "mentougou-officer"


async def the_day(story: Story) -> dict[str, daily.Done]:
    """What it brought, by district."""
    app = story.server.app
    shelf, calendars = app.engine.policies, app.engine.calendars
    ground = Ground(await shelf.current(), await calendars.current())
    return {one.code: one async for one in daily.run(app.pools, shelf, ground, None)}


async def test_a_missed_opening_is_proposed_once_by_the_day_itself(story: Story) -> None:
    with story.at(date(2026, 12, 1)):
        licence = await story.licensed(award=story.award(opening_by=date(2027, 1, 29)))
    text = "query($id: ID!) { proposals(filter: {institution: {id: {eq: $id}}}) { nodes { status effects rule { code } } } }"

    async def proposals() -> list[dict[str, Any]]:
        found = await story.ask(_OFFICER, text, id=licence["institution"]["id"])
        return list(found["proposals"]["nodes"])

    with clock.frozen(date(2027, 1, 29)):
        await the_day(story)
        assert await proposals() == []
    with story.at(date(2027, 1, 30)):
        done = await the_day(story)
        assert await proposals() == [{"status": "OPEN", "effects": ["CANCEL_LICENCE"], "rule": {"code": "MTG-22-1"}}]
        assert all(one.failed is None for one in done.values()), done
        assert done["mentougou"].missed >= 1
        assert done["mentougou"].proposed >= 1
        assert (await the_day(story))["mentougou"].proposed == 0
        assert (await story.licence(licence))["status"] == "ACTIVE"  # a rule proposes, a person decides
