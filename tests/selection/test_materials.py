"""Files in applications, and who becomes an applicant how."""

from typing import Any

import psycopg
import pytest

from schema.tags import DOCUMENT_TAG
from server.kit import clock
from server.kit.ids import NodeId, new_id
from tests.driving import Client, Server
from tests.selection.world import (
    TENANT,
    act,
    decide,
    determined,
    experts,
    failing,
    identify,
    on,
    persona,
    publish,
    seen,
    step,
    stranger,
    submit,
)

DAY = "2026-11-24"
ENROL = "... on ApplicantEnrolled { district }"


@pytest.fixture(scope="module")
def officer(server: Server) -> Client:
    return persona(server, "mentougou-officer")


def stored(superuser: str, subject: str, status: str = "STORED") -> str:
    """The id of a file that this person uploaded."""
    row = {"tenant": TENANT, "id": new_id(), "by": subject, "status": status}
    done = status == "STORED"
    with psycopg.connect(superuser) as connection:
        connection.execute(
            "INSERT INTO document (tenant_id, id, name, media_type, status, size_bytes, sha256, place, stored_at,"
            " uploaded_by, upload_until) VALUES (%(tenant)s, %(id)s, '证书.pdf', 'application/pdf', %(status)s, 10,"
            " %(sha)s, %(place)s, %(at)s, %(by)s, now() + interval '1 day')",
            row
            | {"sha": "0" * 64 if done else None, "place": "x" if done else None, "at": clock.now() if done else None},
        )
    return str(NodeId(DOCUMENT_TAG, TENANT, row["id"]))  # type: ignore[arg-type]


async def test_a_file_serves_every_application_of_its_owner_and_is_read_by_who_must(
    server: Server, officer: Client, superuser: str
) -> None:
    owner, other = stranger(server, "papers"), stranger(server, "no papers")
    document = stored(superuser, "stranger:papers")
    pending = stored(superuser, "stranger:papers", "UPLOADING")
    with on("2026-11-23"):
        gaps = [one["id"] for one in await identify(officer, ["材料甲区", "材料乙区"])]
        call = (
            await publish(officer, gaps, materials=[{"name": "主体资格证明"}, {"name": "方案", "mandatory": False}])
        )["call"]
        shown = await server.client(None)(
            "query($id: ID!) { selectionCall(id: $id) { materials { id name mandatory } } }", id=call["id"]
        )
        asked = shown.data["selectionCall"]["materials"]
        assert [(one["name"], one["mandatory"]) for one in asked] == [("主体资格证明", True), ("方案", False)]
    with on(DAY):
        foreign = {"call": call["id"], "gap": gaps[0], "route": "NEW", "operatingNature": "NON_PROFIT"}
        foreign |= {"operator": {"name": "张三", "kind": "INDIVIDUAL"}, "materials": [document]}
        assert (await failing(other, "submitApplication", **foreign)).codes == ["NOT_FOUND"]
        waiting = await submit(owner, call["id"], gaps[0], 101, materials=[pending])
        assert (waiting["path"], "完成上传" in waiting["message"]) == (["input", "materials", "0"], True)
        answers = {"material": asked[0]["id"], "document": document}
        first = await submit(owner, call["id"], gaps[0], 101, materialsFor=[answers])
        second = await submit(owner, call["id"], gaps[1], 101, materials=[document])
        assert [one["__typename"] for one in (first, second)] == ["ApplicationSubmitted"] * 2, (first, second)
    text = "query($id: ID!) { operatorApplication(id: $id) { materials { required { name } document { name } } } }"
    read = [{"required": {"name": "主体资格证明"}, "document": {"name": "证书.pdf"}}]
    application = first["application"]["id"]
    expert = persona(server, "mentougou-expert-1")
    with on(DAY):
        for client in (owner, officer):
            assert (await client(text, id=application)).data["operatorApplication"]["materials"] == read
        assert (await expert(text, id=application)).codes == ["NOT_FOUND"]
    with on("2026-12-19"):
        call = await step(officer, "closeCall", "CallClosed", call)
        for one in (first, second):
            await determined(server, one["application"])
            await decide(officer, one["application"])
        call = await step(officer, "formCommittee", "CommitteeFormed", call, members=experts(server)[:3], quorum=3)
        call = await step(officer, "beginEvaluation", "EvaluationBegun", call)
        assert (await expert(text, id=application)).data["operatorApplication"]["materials"] == read
        tasks = await expert(
            "{ tasks(filter: {kind: {eq: SCORE_APPLICATION}, status: {eq: OPEN}}) { nodes { title } } }"
        )
        assert len([one for one in tasks.data["tasks"]["nodes"] if "第101" in one["title"]]) == 2
        members = (await seen(officer, call["id"]))["committee"]
        assert len(members) == 3


async def test_whoever_enrols_is_an_applicant_at_once_and_reads_no_more_than_their_own(server: Server) -> None:
    somebody = stranger(server, "enrolling")
    done = await act(somebody, "enrolAsApplicant", ENROL, district="mentougou", name="王五")
    assert done == {"__typename": "ApplicantEnrolled", "district": "mentougou"}
    viewer = await somebody("{ viewer { memberships { role district { code } } } institutions { totalCount } }")
    assert viewer.data["viewer"]["memberships"] == [{"role": "APPLICANT", "district": {"code": "mentougou"}}]
    assert viewer.data["institutions"]["totalCount"] == 0
    again = await act(somebody, "enrolAsApplicant", ENROL, district="mentougou", name="王五")
    assert again["__typename"] == "ApplicantEnrolled"
    elsewhere = await act(somebody, "enrolAsApplicant", ENROL, district="fengtai", name="王五")
    assert elsewhere["code"] == "POLICY_NOT_ENABLED"


async def test_whoever_was_revoked_does_not_enrol_again_by_themselves(server: Server) -> None:
    somebody, admin = stranger(server, "revoked"), persona(server, "mentougou-admin")
    await act(somebody, "enrolAsApplicant", ENROL, district="mentougou", name="赵六")
    found = await admin(
        '{ members(district: "mentougou", filter: {subject: {eq: "stranger:revoked"}}) { nodes { id version } } }'
    )
    (member,) = found.data["members"]["nodes"]
    given: dict[str, Any] = {"member": member["id"], "expectedVersion": member["version"]}
    done = await act(
        admin, "revokeMembership", "... on MembershipRevoked { member { until } }", **given, reason="冒用他人身份"
    )
    assert done["member"]["until"] == clock.today().isoformat()
    refused = await act(somebody, "enrolAsApplicant", ENROL, district="mentougou", name="赵六")
    assert (refused["code"], "区管理员" in refused["message"]) == ("CONFLICT", True)
