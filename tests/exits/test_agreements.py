"""The agreements that an exit ends, those that are not its to end, and what a revoked decision restores."""

from datetime import date
from typing import Any

import psycopg

from schema.tags import INSURANCE_AGREEMENT_TAG
from server.insurance.tables import designation, designation_agreement
from server.kit.ids import NodeId, new_id
from server.sites.actions.ending import note_institution
from tests.db.rows import insert
from tests.driving import Server
from tests.exits.driving import Case, to_be_executed
from tests.selection.world import on, persona
from tests.sites.test_entrusting import awarded, change, draft, place
from tests.supervision.driving import Officer

DAY = "2027-02-01"
EFFECTS = ("ORDER_EXIT", "TERMINATE_AGREEMENTS")
AGREEMENT = """query($id: ID!) { node(id: $id) { ... on EntrustmentAgreement { status endedOn endReason endReference
  version exitCase { id } gap { status } institution { id } premises { id } } } }"""


class Story:
    """An institution that works in entrusted premises, and two officers who work on one day."""

    def __init__(self, server: Server, superuser: str) -> None:
        self.client = persona(server, "mentougou-officer")
        self.first = Officer.of(server, "mentougou-officer", date.fromisoformat(DAY))
        self.second = Officer.of(server, "mentougou-admin", date.fromisoformat(DAY))
        self.superuser = superuser
        self.premises = ""

    async def opened(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """The institution, its agreement that runs, and another that is a draft."""
        institution = str((await self.first.register("mentougou", operatorKind="SOCIAL_ORGANISATION"))["id"])
        application = awarded(self.superuser)
        with psycopg.connect(self.superuser) as connection:
            connection.execute(
                "UPDATE operator_application SET opened_institution_id = %s WHERE id = %s",
                [NodeId.parse(institution).id, NodeId.parse(application).id],
            )
        with on("2027-01-15"):
            self.premises = (await place(self.client))["premises"]["id"]
            running = (await draft(self.client, self.premises, application))["agreement"]
            names = {"signedForAuthority": "区卫生健康委负责人", "signedForOperator": "戊中心负责人"}
            running = await change(self.client, "signAgreement", "AgreementSigned", running, **names)
            running = await change(self.client, "handOverPremises", "PremisesHandedOver", running)
            other = (await place(self.client))["premises"]["id"]
            drafted = (await draft(self.client, other, application))["agreement"]
        assert (running["status"], drafted["status"]) == ("IN_FORCE", "DRAFT")
        return institution, running, drafted

    async def agreement(self, one: dict[str, Any]) -> dict[str, Any]:
        """The agreement as it is now."""
        found: dict[str, Any] = (await self.first.ask(AGREEMENT, id=one["id"])).data["node"]
        return found

    async def tasks(self, subject: str, status: str = "OPEN") -> list[str]:
        """What is to be done about it."""
        text = """query($id: ID!, $status: TaskStatus!) {
          tasks(filter: {subject: {eq: $id}, status: {eq: $status}}) { nodes { kind } } }"""
        found = (await self.second.ask(text, id=subject, status=status)).data["tasks"]["nodes"]
        return [one["kind"] for one in found]

    async def papers(self, subject: str) -> dict[str, dict[str, Any]]:
        """The documents of a case by kind."""
        text = """query($id: ID!) { papers(filter: {subject: {eq: $id}}) {
          nodes { kind number fields { label text } clauses { anchor } } } }"""
        found = (await self.first.ask(text, id=subject)).data["papers"]["nodes"]
        return {one["kind"]: one for one in found}

    async def executed(self, institution: str) -> Case:
        """The case that ordered the exit, carried out."""
        case = await to_be_executed(self.first, self.second, institution, *EFFECTS)
        await case.take("executeExit", withoutPlanBecause="房屋险情，立即停诊")
        assert case.seen["status"] == "EXECUTED", case.seen
        return case


async def test_an_executed_exit_ends_what_was_entrusted_to_the_institution(server: Server, superuser: str) -> None:
    story = Story(server, superuser)
    institution, running, drafted = await story.opened()
    assert await story.tasks(running["id"]) == ["RETURN_PREMISES"]
    case = await story.executed(institution)
    number = (await story.papers(case.id))["EXIT_DECISION"]["number"]
    ended = {(one["id"], one["status"], one["endedOn"], one["endReference"]) for one in case.seen["endedAgreements"]}
    assert ended == {(one["id"], "TERMINATED", DAY, number) for one in (running, drafted)}
    assert case.seen["agreementsLeft"] == []
    now = await story.agreement(running)
    assert (now["exitCase"], number in now["endReason"]) == ({"id": case.id}, True)
    assert now["gap"]["status"] == "OPERATOR_DETERMINED", (
        "the area is re-opened with the licence, not with the agreement"
    )
    assert await story.tasks(running["id"]) == []
    paper = (await story.papers(running["id"]))["AGREEMENT_ENDED"]
    assert [one["anchor"] for one in paper["clauses"]] == [case.seen["clause"]["anchor"]]
    with psycopg.connect(superuser) as connection:
        noted = connection.execute(
            "SELECT action, policy_digest IS NOT NULL FROM audit_entry WHERE subject_id = %s AND after ->> 'exit_case_id'"
            " = %s",
            [NodeId.parse(running["id"]).id, str(NodeId.parse(case.id).id)],
        ).fetchall()
        events = connection.execute(
            "SELECT topic FROM outbox_event WHERE payload ->> 'id' = %s ORDER BY xact, id",
            [str(NodeId.parse(running["id"]).id)],
        ).fetchall()
    assert noted == [("terminated", True)]
    assert ("entrustment_agreement.terminated",) in events
    once_more = await case.take("executeExit", withoutPlanBecause="房屋险情")
    assert once_more["__typename"] == "Conflicting"
    with on("2027-02-02"):
        application = awarded(superuser)
        anew = await draft(story.client, story.premises, application, termFromOn="2027-02-02")
    assert anew["agreement"]["status"] == "DRAFT", "the premises are free"


async def test_an_agreement_whose_term_is_over_expires_and_others_are_left_alone(
    server: Server, superuser: str
) -> None:
    story = Story(server, superuser)
    institution, running, _ = await story.opened()
    _, elsewhere, _ = await story.opened()
    with psycopg.connect(superuser) as connection:
        connection.execute(
            "UPDATE entrustment_agreement SET term_until = '2027-01-31', opening_by = '2027-01-20' WHERE id = %s",
            [NodeId.parse(running["id"]).id],
        )
    await story.executed(institution)
    assert (await story.agreement(running))["status"] == "EXPIRED"
    untouched = await story.agreement(elsewhere)
    assert (untouched["status"], untouched["exitCase"]) == ("IN_FORCE", None)


async def test_the_insurance_agreement_is_named_and_is_its_agencys_to_end(server: Server, superuser: str) -> None:
    story = Story(server, superuser)
    institution = str((await story.first.register("mentougou", operatorKind="SOCIAL_ORGANISATION"))["id"])
    node, holder, agreement = NodeId.parse(institution), new_id(), new_id()
    made = {"tenant_id": node.tenant_id, "institution_id": node.id, "created_by": "tests", "source": "SAMPLE"}
    day = date(2027, 1, 4)
    with psycopg.connect(superuser) as connection:
        kept = {"status": "ACTIVE", "category": "COMMUNITY_HEALTH_STATION", "included_on": day, "signed_on": day}
        locked = {"institution_name": "试验站", "locked_until": date(2028, 1, 4)}
        insert(connection, designation, made | kept | locked | {"id": holder})
        terms = {"signed_on": day, "from_on": day, "until": date(2029, 1, 4), "remind_on": date(2028, 10, 4)}
        numbered = {"id": agreement, "designation_id": holder, "number": f"医协{agreement.hex[:8]}", "status": "ACTIVE"}
        insert(connection, designation_agreement, made | terms | numbered)
    case = await story.executed(institution)
    assert case.seen["endedAgreements"] == []
    assert case.seen["agreementsLeft"] == [f"医保服务协议 {numbered['number']}"]
    theirs = str(NodeId(INSURANCE_AGREEMENT_TAG, node.tenant_id, agreement))
    assert await story.tasks(theirs) == ["END_INSURANCE_AGREEMENT"]
    await case.take("appealExit", kind="LITIGATION", on=DAY, because="不服")
    await case.take("concludeExitAppeal", outcome="REVOKED", on=DAY, reason="事实不清")
    assert (await story.tasks(theirs), await story.tasks(theirs, "CANCELLED")) == ([], ["END_INSURANCE_AGREEMENT"])


async def test_a_decision_revoked_on_appeal_has_ended_no_agreement(server: Server, superuser: str) -> None:
    story = Story(server, superuser)
    institution, running, drafted = await story.opened()
    case = await story.executed(institution)
    with on(DAY):
        application = awarded(superuser)
        taken = await story.first.ask(
            AGREEMENT.replace("status endedOn", "premises { id } status endedOn"), id=drafted["id"]
        )
        other = taken.data["node"]["premises"]["id"]
        await draft(story.client, other, application)
    await case.take("appealExit", kind="RECONSIDERATION", on=DAY, because="不服")
    await case.take("concludeExitAppeal", outcome="REVOKED", on=DAY, reason="事实不清")
    assert (case.seen["status"], case.seen["institution"]["status"]) == ("WITHDRAWN", "OPERATING")
    restored, gone = await story.agreement(running), await story.agreement(drafted)
    assert (restored["status"], restored["endedOn"], restored["exitCase"]) == ("IN_FORCE", None, None)
    assert (gone["status"], gone["exitCase"]) == ("TERMINATED", {"id": case.id}), "its premises are somebody else's now"
    assert await story.tasks(running["id"]) == ["RETURN_PREMISES"]
    fields = {one["label"]: one["text"] for one in (await story.papers(case.id))["EXIT_REVOKED"]["fields"]}
    assert (fields["恢复履行的委托协议"], fields["不能恢复的委托协议"]) == (running["number"], "（未签订）")


async def test_an_agreement_made_before_the_institution_is_known_becomes_its_own(
    server: Server, superuser: str
) -> None:
    story = Story(server, superuser)
    institution, running, _ = await story.opened()
    with psycopg.connect(superuser) as connection:
        row = NodeId.parse(running["id"]).id
        connection.execute("UPDATE entrustment_agreement SET institution_id = NULL WHERE id = %s", [row])
        (application,) = connection.execute(
            "SELECT application_id FROM entrustment_agreement WHERE id = %s", [row]
        ).fetchone() or (None,)
    async with server.acting("mentougou-officer") as act:
        await note_institution(act, application, NodeId.parse(institution).id)
    assert (await story.agreement(running))["institution"] == {"id": institution}
