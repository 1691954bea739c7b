"""What operators do with what the selection awarded them: registered, open in time, or not and cancelled by article 22."""

from datetime import date
from typing import Any

from tests.driving import Server
from tests.licensing.story import APPLICATION, Story
from tests.selection.world import act, failing, persona, stranger

OFFICER, SECOND = "mentougou-officer", "mentougou-admin"
AREA = "query($id: ID!) { serviceGap(id: $id) { status history { toStatus } } }"


async def area(server: Server, gap: str) -> tuple[str, list[str]]:
    """Where the uncovered area stands, and every status it went through."""
    found = (await persona(server, OFFICER)(AREA, id=gap)).data["serviceGap"]
    return found["status"], [one["toStatus"] for one in found["history"]]


async def register(story: Story, n: int, award: str) -> dict[str, Any]:
    """The licence that the n-th operator applied for itself, issued today; it must open by the day of its award."""
    wanted = story.wanted(
        award=award,
        institutionName=f"第{n}社区卫生服务站",
        operatorName=f"第{n}社区健康服务中心",
        operatorKind="SOCIAL_ORGANISATION",
        documents=story.documents(f"stranger:applicant{n}"),
    )
    shown = f"... on LicenceApplied {{ application {{ {APPLICATION} }} }}"
    rival = await failing(stranger(story.server, "applicant4"), "applyForLicence", **wanted | {"documents": []})
    assert rival.codes == ["NOT_FOUND"]
    filed = await act(stranger(story.server, f"applicant{n}"), "applyForLicence", shown, **wanted)
    assert filed["__typename"] == "LicenceApplied", filed
    case = filed["application"]
    given = {"application": case["id"], "expectedVersion": case["version"]}
    case = (await story.act(OFFICER, "acceptLicenceApplication", **given))["application"]
    licence: dict[str, Any] = (await story.grant(case))["licence"]
    assert (licence["status"], licence["institution"]["status"]) == ("ACTIVE", "PREPARING")
    return licence


async def open_doors(story: Story, licence: dict[str, Any], day: date) -> None:
    """The institution opened that day."""
    at = {"licence": licence["id"], "expectedVersion": licence["version"]}
    opened = await story.act(OFFICER, "recordOpening", **at, on=str(day))
    institution = opened["licence"]["institution"]
    assert (institution["status"], institution["openedOn"]) == ("OPERATING", str(day))
    assert opened["proposals"] == []


async def proposed(story: Story, licence: dict[str, Any]) -> dict[str, Any]:
    """What the pack of exits proposes about a licence whose institution did not open by its day."""
    await story.act(OFFICER, "reviewMissedDays", district="mentougou")
    text = (
        "query($id: ID!) { proposals(filter: {institution: {id: {eq: $id}}}) { nodes {"
        " id version status kind effects rule { code } decision { explanation { clause { anchor } } } } } }"
    )
    found = await story.ask(OFFICER, text, id=licence["institution"]["id"])
    (proposal,) = found["proposals"]["nodes"]
    assert (proposal["status"], proposal["kind"]) == ("OPEN", "EXIT")
    assert (proposal["rule"]["code"], proposal["effects"]) == ("MTG-22-1", ["CANCEL_LICENCE"])
    assert "第二十二条" in {one["clause"]["anchor"] for one in proposal["decision"]["explanation"]}
    one: dict[str, Any] = proposal
    return one


async def notify(story: Story, licence: dict[str, Any], proposal: dict[str, Any]) -> dict[str, Any]:
    """The operator is told that its licence may be cancelled, and has its days to state its case."""
    now = await story.licence(licence)
    ending = await story.act(
        OFFICER,
        "notifyLicenceEnding",
        licence=now["id"],
        expectedVersion=now["version"],
        ground="NOT_OPENED",
        reason="逾期未开放运行",
        proposal={"proposal": proposal["id"], "expectedVersion": proposal["version"]},
    )
    found: dict[str, Any] = ending["ending"]
    assert (found["status"], found["clause"]["anchor"]) == ("NOTIFIED", "第二十二条")
    return found


async def cancel(story: Story, ending: dict[str, Any]) -> None:
    """Decided by somebody else than who gave notice: the licence and its institution are cancelled."""
    decision = {"ending": ending["id"], "expectedVersion": ending["version"], "ended": True, "reason": "情况属实"}
    assert (await story.refused(OFFICER, "decideLicenceEnding", **decision))["code"] == "SECOND_PERSON"
    done = (await story.act(SECOND, "decideLicenceEnding", **decision))["ending"]
    assert (done["status"], done["proposal"]["status"]) == ("ENDED", "ACCEPTED")
    assert (done["licence"]["status"], done["licence"]["institution"]["status"]) == ("CANCELLED", "CANCELLED")
    assert done["licence"]["changes"][-1]["clause"] == {"anchor": "第二十二条"}
