"""Premises and entrustment agreements over GraphQL, on awards made by rows: how they came about is told elsewhere."""

import uuid
from typing import Any

import psycopg
import pytest

from schema.tags import OPERATOR_APPLICATION_TAG
from server.kit.ids import NodeId, new_id
from tests.driving import Client, Server
from tests.selection.world import DISTRICT, TENANT, act, failing, on, persona, stranger

AGREEMENT = "agreement { id version number status inForceOn endedOn breaches { use occurredOn remedy } }"
PLACE = {"name": "社区服务用房", "areaM2": "300.00", "ownerKind": "GOVERNMENT", "ownerName": "区机关事务管理服务中心"}


@pytest.fixture(scope="module")
def officer(server: Server) -> Client:
    return persona(server, "mentougou-officer")


def awarded(superuser: str, status: str = "CONFIRMED") -> str:
    """The id of an application in this status, with its call and gap."""
    gap, call, application = new_id(), new_id(), new_id()
    mine = {"tenant": TENANT, "gap": gap, "call": call, "application": application, "status": status}
    with psycopg.connect(superuser) as connection:
        connection.execute(
            "INSERT INTO service_gap (tenant_id, id, name, sort_key, batch, area, population, status, status_since_on,"
            " created_by, source) VALUES (%(tenant)s, %(gap)s, '戊区', 'wu', '一', '戊区', 1, 'OPERATOR_DETERMINED',"
            " '2027-01-08', 'tests', 'SAMPLE')",
            mine,
        )
        connection.execute(
            "INSERT INTO selection_call (tenant_id, id, title, status, published_on, closes_on, publicity_working_days,"
            " method, tie_rule, policy_digest, created_by, source) VALUES (%(tenant)s, %(call)s, '遴选', 'AWARDED',"
            " '2026-11-23', '2026-12-18', 5, 'AVERAGE', 'COMMISSION_DECIDES', 'x', 'tests', 'SAMPLE')",
            mine,
        )
        connection.execute(
            "INSERT INTO call_gap (tenant_id, id, call_id, gap_id, outcome) VALUES (%(tenant)s, gen_random_uuid(),"
            " %(call)s, %(gap)s, 'AWARDED')",
            mine,
        )
        connection.execute(
            "INSERT INTO operator_application (tenant_id, id, call_id, gap_id, number, subject, operator_name,"
            " operator_key, operator_kind, operating_nature, route, status, submitted_at, submitted_on, proposed,"
            " confirmed_on, opening_by, created_by, source) VALUES (%(tenant)s, %(application)s, %(call)s, %(gap)s,"
            " '选告〔2026〕1号-001', 'stranger:entrusted', '戊中心', 'k', 'INDIVIDUAL', 'NON_PROFIT', 'NEW', %(status)s,"
            " now(), '2026-12-01', 'ELIGIBLE', '2027-01-08', '2027-06-30', 'tests', 'SAMPLE')",
            mine,
        )
    return str(NodeId(OPERATOR_APPLICATION_TAG, TENANT, application))


async def place(officer: Client, **given: Any) -> dict[str, Any]:
    """Registered premises at an address of their own, or the problem."""
    fields = {"district": DISTRICT, "address": f"永定镇试验路{uuid.uuid4().hex[:8]}号"} | PLACE
    shown = "... on PremisesRegistered { premises { id version } }"
    return await act(officer, "registerPremises", shown, **fields | given)


async def draft(officer: Client, premises: str, application: str, **given: Any) -> dict[str, Any]:
    """A drafted agreement, or the problem."""
    fields = {"termFromOn": "2027-01-15", "termUntil": "2030-01-15", "openingBy": "2027-05-31"}
    shown = f"... on AgreementDrafted {{ {AGREEMENT} }}"
    return await act(officer, "draftAgreement", shown, premises=premises, application=application, **fields | given)


async def change(officer: Client, verb: str, payload: str, agreement: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The agreement after this verb, or the problem."""
    done = await act(
        officer,
        verb,
        f"... on {payload} {{ {AGREEMENT} }}",
        agreement=agreement["id"],
        expectedVersion=agreement["version"],
        **given,
    )
    found: dict[str, Any] = done.get("agreement", done)
    return found


async def signed(officer: Client, superuser: str) -> dict[str, Any]:
    """An agreement that both parties signed on 2027-01-10."""
    application = awarded(superuser)
    with on("2027-01-10"):
        premises = (await place(officer))["premises"]["id"]
        agreement = (await draft(officer, premises, application))["agreement"]
        names = {"signedForAuthority": "区卫生健康委负责人", "signedForOperator": "戊中心负责人"}
        found = await change(officer, "signAgreement", "AgreementSigned", agreement, **names)
    assert found["status"] == "SIGNED", found
    return found | {"premises": premises, "application": application}


async def test_the_life_of_an_agreement(server: Server, officer: Client, superuser: str) -> None:
    agreement = await signed(officer, superuser)
    assert agreement["number"].startswith("委协〔2027〕")
    with on("2027-01-14"):
        early = await change(officer, "handOverPremises", "PremisesHandedOver", agreement)
        assert (early["code"], early["clause"]["anchor"]) == ("INVALID", "第十八条")
    with on("2027-01-15"):
        agreement = await change(officer, "handOverPremises", "PremisesHandedOver", agreement)
        assert (agreement["status"], agreement["inForceOn"]) == ("IN_FORCE", "2027-01-15")
        own = await stranger(server, "entrusted")("{ entrustmentAgreements { nodes { id } } }")
        assert own.body["data"]["entrustmentAgreements"]["nodes"] == [], "nobody is an applicant by a row alone"
    with on("2029-12-31"):
        running = {"expired": True, "reason": "期满"}
        early = await change(officer, "endAgreement", "AgreementEnded", agreement, **running)
        # The measures ended on 2029-04-01; the agreement made under them goes on, and is ended by them.
        assert (early["path"], early["clause"]["anchor"]) == (["input", "expired"], "第十八条")
    with on("2029-03-30"):
        ended = await change(
            officer, "endAgreement", "AgreementEnded", agreement, expired=False, reason="责令退出社区卫生服务体系"
        )
        assert (ended["status"], ended["endedOn"]) == ("TERMINATED", "2029-03-30"), ended
        over = await change(officer, "endAgreement", "AgreementEnded", ended, expired=False, reason="再次")
        assert over["code"] == "CONFLICT"


async def test_a_draft_that_is_not_signed_is_given_up(officer: Client, superuser: str) -> None:
    application = awarded(superuser)
    with on("2027-01-10"):
        premises = (await place(officer))["premises"]["id"]
        agreement = (await draft(officer, premises, application))["agreement"]
        bound = await act(
            officer, "withdrawApplication", "", application=application, expectedVersion=1, reason="举办主体书面放弃"
        )
        assert (bound["code"], bound["clause"]["anchor"]) == ("CONFLICT", "第十八条")
        given_up = {"expired": False, "reason": "双方未达成一致"}
        ended = await change(officer, "endAgreement", "AgreementEnded", agreement, **given_up)
        assert (ended["status"], ended["number"]) == ("TERMINATED", None)
        assert (await draft(officer, premises, application))["__typename"] == "AgreementDrafted"


async def test_a_forbidden_use_is_a_breach_that_can_be_made_good(officer: Client, superuser: str) -> None:
    agreement = await signed(officer, superuser)
    breach = {"use": "MORTGAGE", "facts": "以配套用房办理抵押登记"}
    with on("2027-01-15"):
        waiting = await change(officer, "findBreach", "BreachFound", agreement, **breach, occurredOn="2027-01-15")
        assert waiting["code"] == "CONFLICT"
        agreement = await change(officer, "handOverPremises", "PremisesHandedOver", agreement)
    with on("2027-03-01"):
        for day in ("2027-01-14", "2027-03-02"):
            wrong = await change(officer, "findBreach", "BreachFound", agreement, **breach, occurredOn=day)
            assert wrong["code"] == "INVALID", wrong
        found = await change(officer, "findBreach", "BreachFound", agreement, **breach, occurredOn="2027-02-20")
        assert found["status"] == "BREACH_FOUND", found
        assert [one["use"] for one in found["breaches"]] == ["MORTGAGE"]
        found = await change(officer, "remedyBreach", "BreachRemedied", found, remedy="抵押登记已注销")
        assert (found["status"], found["breaches"][0]["remedy"]) == ("IN_FORCE", "抵押登记已注销")


async def test_the_operators_own_premises_are_outside_article_18(officer: Client, superuser: str) -> None:
    """X-6: what the operator owns is not entrusted to it, so a mortgage of it is no breach of an agreement."""
    application = awarded(superuser)
    with on("2027-01-10"):
        own = (await place(officer, ownerKind="OPERATOR", ownerName="戊中心"))["premises"]["id"]
        refused = await draft(officer, own, application)
    assert (refused["code"], refused["path"], refused["clause"]["anchor"]) == (
        "CONFLICT",
        ["input", "premises"],
        "第十八条",
    )


async def test_premises_are_entrusted_once_at_a_time_and_keep_their_owner(officer: Client, superuser: str) -> None:
    agreement = await signed(officer, superuser)
    with on("2027-01-11"):
        twice = await draft(officer, agreement["premises"], awarded(superuser))
        assert "已委托" in twice["message"]
        shown = "... on PremisesAmended { premises { id version name } }"
        fields = {**PLACE, "address": "永定镇别处9号", "premises": agreement["premises"], "expectedVersion": 1}
        changed = await act(officer, "amendPremises", shown, **fields | {"ownerName": "某开发公司"})
        assert (changed["code"], changed["path"]) == ("CONFLICT", ["input", "ownerKind"])
        renamed = await act(officer, "amendPremises", shown, **fields | {"name": "社区服务用房一层"})
        assert renamed["premises"]["name"] == "社区服务用房一层", renamed


async def test_an_agreement_rests_on_an_award_and_its_opening_deadline(officer: Client, superuser: str) -> None:
    with on("2027-01-10"):
        premises = (await place(officer))["premises"]["id"]
        none = await draft(officer, premises, awarded(superuser, "NOT_SELECTED"))
        assert (none["code"], none["path"]) == ("CONFLICT", ["input", "application"])
        application = awarded(superuser)
        late = await draft(officer, premises, application, openingBy="2027-07-01")
        assert (late["path"], "2027-06-30" in late["message"]) == (["input", "openingBy"], True)
        empty = await draft(officer, premises, application, termUntil="2027-01-15")
        assert empty["path"] == ["input", "termUntil"]
        same = await place(officer, address="永定镇同址路1号")
        again = await place(officer, address="永定镇 同址路1号")
        assert (same["__typename"], again["path"]) == ("PremisesRegistered", ["input", "address"])
        assert (await place(officer, areaM2="0"))["path"] == ["input", "areaM2"]


async def test_others_keep_no_premises(server: Server) -> None:
    fields = {"district": DISTRICT, "address": "某处"} | PLACE
    for name in ("mentougou-applicant", "fengtai-officer", "municipal-health"):
        assert (await failing(persona(server, name), "registerPremises", **fields)).codes == ["FORBIDDEN"]
