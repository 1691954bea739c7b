"""Files used in cases: reuse, whose they are, and who reads them from then on."""

from uuid import UUID

import pytest

from server.documents import actions
from server.kit.actor import Role
from server.kit.errors import Invalid, NotFound
from server.kit.ids import NodeId, new_id
from tests.documents.conftest import Uploads
from tests.driving import Server


async def test_a_file_handed_in_once_is_used_again_and_told_where(server: Server, applicant: Uploads) -> None:
    document = await applicant.stored(purpose="营业执照")
    first, second = new_id(), new_id()
    for case in (first, second, second):
        async with server.acting("mentougou-applicant") as act:
            await actions.take(
                act,
                [NodeId.parse(document).id],
                subject_type="licence_application",
                subject_id=case,
                purpose="主体资格",
            )
    shown = await applicant.shown(document, "uses { subjectType purpose }")
    assert shown["uses"] == [{"subjectType": "licence_application", "purpose": "主体资格"}] * 2


async def test_only_stored_files_of_ones_own_are_handed_in(
    server: Server, applicant: Uploads, officer: Uploads
) -> None:
    waiting = NodeId.parse((await applicant.ask())["document"]["id"]).id
    theirs = NodeId.parse(await officer.stored()).id
    own = NodeId.parse(await applicant.stored()).id

    async def take(persona: str, *ids: UUID) -> None:
        async with server.acting(persona) as act:
            await actions.take(act, ids, subject_type="case", subject_id=new_id(), purpose="证明")

    with pytest.raises(Invalid) as not_yet:
        await take("mentougou-applicant", own, waiting)
    assert not_yet.value.path == ("input", "documents", "1")
    for missing in (theirs, new_id()):
        with pytest.raises(NotFound) as unknown:
            await take("mentougou-applicant", missing)
        assert unknown.value.path == ("input", "documents", 0)
    await take("mentougou-officer", own)


async def test_an_expert_reads_the_files_of_a_case_until_recused(server: Server, applicant: Uploads) -> None:
    document, case = await applicant.stored(), new_id()
    one, other = (Uploads(server, server.client(f"mentougou-expert-{n}")) for n in (1, 2))
    async with server.acting("mentougou-applicant") as act:
        await actions.take(
            act, [NodeId.parse(document).id], subject_type="selection_application", subject_id=case, purpose="方案"
        )
    assert await one.shown(document) is None
    subject = server.personas["mentougou-expert-1"].subject
    async with server.acting("mentougou-officer") as act:
        await actions.open_case(act, "selection_application", case, readers=[subject, subject])
    shown = await one.shown(document, "status downloadUrl uses { purpose }")
    assert shown["status"] == "STORED"
    assert shown["uses"] == []
    assert (await server.http.get(shown["downloadUrl"])).status_code == 200
    assert await other.shown(document) is None
    async with server.acting("mentougou-officer") as act:
        await actions.close_case_to(act, "selection_application", case, subject)
    assert await one.shown(document) is None


async def test_the_agency_reads_the_files_of_the_cases_it_was_given(server: Server, samples: None) -> None:
    staff = Uploads(server, server.client("fengtai-institution"), "fengtai")
    agency = Uploads(server, server.client("fengtai-agency"), "fengtai")
    document, case = await staff.stored(), new_id()
    async with server.acting("fengtai-officer") as act:
        await actions.take(
            act, [NodeId.parse(document).id], subject_type="designation_case", subject_id=case, purpose="申请表"
        )
    assert await agency.shown(document) is None
    async with server.acting("fengtai-officer") as act:
        await actions.open_case(act, "designation_case", case, roles=[Role.AGENCY_OFFICER])
    assert (await agency.shown(document))["status"] == "STORED"
