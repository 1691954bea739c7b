"""Materials of a case: taken for their places on the checklist, used again where handed in before, and complete or not."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from server.documents.actions import take
from server.kit.errors import Invalid, NotFound
from server.licensing import store
from server.licensing.actions.steps import is_officer
from server.licensing.errors import MaterialsMissing
from server.licensing.lists import Material, MaterialFor
from server.licensing.model import ApplicationKind
from server.record.acts import Act

PURPOSE = {
    ApplicationKind.SETUP: MaterialFor.SETUP,
    ApplicationKind.REGISTRATION: MaterialFor.REGISTRATION,
}
Documents = Sequence[tuple[str, UUID]]


async def take_materials(
    act: Act, case: str, case_id: UUID, checklist: Mapping[str, Material], documents: Documents
) -> None:
    """Note the use of the documents, each for its material.

    Raises: Invalid for a material that is not on the list, NotFound for a document that is not theirs.
    """
    for place, (code, document_id) in enumerate(documents):
        path = ("input", "documents", str(place))
        if code not in checklist:
            raise Invalid(f"清单中没有材料 {code}；可用：{'、'.join(checklist)}", path=(*path, "material"))
        await take(act, [document_id], subject_type=case, subject_id=case_id, purpose=code, path=path)


async def reuse(
    act: Act, case: str, case_id: UUID, checklist: Mapping[str, Material], cases: Sequence[UUID]
) -> list[str]:
    """What is not on file yet but was handed in before is used again; the codes of those materials.

    Implements: BJ17-2-2d.
    """
    on_file = await store.list_on_file(act.connection, case_id)
    lacking = [code for code in checklist if code not in on_file]
    shared = [code for code in lacking if checklist[code].of_operator and not is_officer(act)]
    found = await store.list_reusable(act.connection, cases, act.actor.subject, lacking, shared)
    used = []
    for code, document_id in found.items():
        try:
            await take(act, [document_id], subject_type=case, subject_id=case_id, purpose=code)
        except NotFound:
            continue  # somebody else's document of the same case: theirs to hand in
        used.append(code)
    return used


def check_complete(checklist: Mapping[str, Material], wanted: Sequence[str], on_file: Mapping[str, object]) -> None:
    """Raises: MaterialsMissing, naming every one."""
    lacking = [code for code in wanted if code not in on_file]
    if lacking:
        told = "、".join(f"{checklist[code].title}（{code}）" if code in checklist else code for code in lacking)
        raise MaterialsMissing(f"尚缺材料：{told}", path=("input", "documents"), materials=lacking)
