"""Supporting premises 配套用房 and the agreements by which they are entrusted 委托协议."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.documents import actions as documents
from server.kit import clock, names, prose
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.sites import rules, store
from server.sites.actions.gaps import KEEPERS
from server.sites.actions.steps import (
    AGREEMENT,
    check_step,
    check_version,
    held,
    issue,
    move,
    remind_of_hand_over,
    remind_of_return,
)
from server.sites.model import AgreementStatus, OwnerKind, ProhibitedUse
from server.tasks import actions as tasks
from server.tasks.model import Task, TaskKind

SIGNED_COPY = "委托协议签署件"
EVIDENCE = "违约证据"


@dataclass(frozen=True, slots=True)
class Premises:
    """Premises as they are registered."""

    name: str
    address: str
    area_m2: Decimal
    owner_kind: OwnerKind
    owner_name: str
    gap_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Award:
    """What an agreement rests on: the operator that was determined for a gap, and by when it must open."""

    application_id: UUID
    gap_id: UUID
    subject: str
    operator_name: str
    opening_by: date
    institution_id: UUID | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the parties agree; ``until`` is the first day after the term."""

    from_on: date
    until: date
    opening_by: date
    further: str | None = None


async def register_premises(act: Act, wanted: Premises) -> UUID:
    """Premises for medical care in community service buildings.

    Implements: MTG-18-1.  Raises: NotAllowed, Invalid, NotFound (the gap), Conflict (the address is registered).
    """
    act.require(*KEEPERS)
    values = await _premises(act, wanted)
    if await store.find_premises_at(act.connection, act.tenant_id, values["match_key"]):
        raise Conflict("该地址的配套用房已登记", path=("input", "address"))
    premises_id = new_id()
    row = {"tenant_id": act.tenant_id, "id": premises_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_premises(act.connection, row | values)
    await act.note("registered", "premises", premises_id, after=values)
    return premises_id


async def amend_premises(act: Act, premises_id: UUID, *, expected_version: int, wanted: Premises) -> None:
    """The premises described anew; while they are entrusted their owner stays as it is (资产权属不变).

    Implements: MTG-18-1.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*KEEPERS)
    before = await store.load_premises(act.connection, act.tenant_id, premises_id)
    check_version(before, expected_version)
    after = await _premises(act, wanted)
    other = await store.find_premises_at(act.connection, act.tenant_id, after["match_key"])
    if other not in (None, premises_id):
        raise Conflict("该地址的配套用房已登记", path=("input", "address"))
    owner = ("owner_kind", "owner_name")
    live = await store.find_live_agreement(act.connection, act.tenant_id, premises_id)
    if live is not None and any(before[key] != after[key] for key in owner):
        raise Conflict("用房正在委托期内，资产权属不得变更", path=("input", "ownerKind"))
    await store.update_premises(act.connection, act.tenant_id, premises_id, after)
    await act.note("amended", "premises", premises_id, before={key: before[key] for key in after}, after=after)


async def draft_agreement(act: Act, procedure: Procedure, premises_id: UUID, award: Award, terms: Terms) -> UUID:
    """An agreement to be signed, on an award: term, opening deadline, the four uses that are forbidden.

    Implements: MTG-18-1, MTG-18-2, MTG-18-3, MTG-22-1, A-MTG-10.
    Raises: NotAllowed, NotFound, Invalid, Conflict (the premises are the operator's own, or entrusted already).
    """
    act.require(*KEEPERS)
    clause = procedure.clause("MTG-18-1")
    try:
        place = await store.load_premises(act.connection, act.tenant_id, premises_id)
    except NotFound:
        raise NotFound(path=("input", "premises")) from None
    rules.check_entrustable(OwnerKind(place["owner_kind"]), clause=clause)
    if place["gap_id"] not in (None, award.gap_id):
        raise Conflict("该用房是为另一空白点配套的", path=("input", "premises"), clause=clause)
    rules.check_term(terms.from_on, terms.until, terms.opening_by, award.opening_by)
    live = await store.find_live_agreement(act.connection, act.tenant_id, premises_id)
    if live is not None:
        raise Conflict(f"该用房已委托“{live['operator_name']}”使用", path=("input", "premises"), clause=clause)
    agreement_id = new_id()
    values = {
        "premises_id": premises_id,
        "application_id": award.application_id,
        "gap_id": award.gap_id,
        "institution_id": award.institution_id,
        "operator_name": award.operator_name,
        "term_from_on": terms.from_on,
        "term_until": terms.until,
        "opening_by": terms.opening_by,
        "prohibited_uses": [one.value for one in ProhibitedUse],
        "terms": prose.optional(terms.further, path=("input", "terms"), limit=4000),
        "status": AgreementStatus.DRAFT,
    }
    row = {"tenant_id": act.tenant_id, "id": agreement_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_agreement(act.connection, row | values)
    await act.note("drafted", AGREEMENT, agreement_id, after=values, policy_digest=procedure.digest)
    return agreement_id


async def sign_agreement(
    act: Act,
    procedure: Procedure,
    agreement_id: UUID,
    award: Award,
    *,
    expected_version: int,
    for_authority: str,
    for_operator: str,
    document_ids: tuple[UUID, ...] = (),
) -> None:
    """Both parties signed today; the agreement has a number, and the premises are to be handed over on its first day.

    Implements: MTG-18-1, MTG-18-3.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    agreement = await held(act, agreement_id, expected_version)
    check_step(procedure, agreement, AgreementStatus.SIGNED)
    signers = {
        "signed_for_authority": names.normalise(for_authority, path=("input", "signedForAuthority"), limit=50),
        "signed_for_operator": names.normalise(for_operator, path=("input", "signedForOperator"), limit=50),
    }
    place = await store.load_premises(act.connection, act.tenant_id, agreement["premises_id"])
    uses = "、".join(ProhibitedUse(one).label for one in agreement["prohibited_uses"])
    number = await issue(
        act,
        PaperKind.ENTRUSTMENT_AGREEMENT,
        agreement,
        award.subject,
        title=f"{place['name']}委托协议",
        fields={
            "委托方": "区卫生健康委",
            "受托方": agreement["operator_name"],
            "用房": f"{place['name']}（{place['address']}，{place['area_m2']}平方米）",
            "资产权属": f"{place['owner_name']}，委托期间权属不变",
            "合同期": f"{agreement['term_from_on']}起，至{agreement['term_until']}前",
            "开放运行期限": str(agreement["opening_by"]),
            "使用权": "合同期内、保持公益性质不变，拥有使用权",
            "禁止": f"不得以该用房{uses}",
            "其他约定": agreement["terms"] or "无",
            "签字": f"{signers['signed_for_authority']}、{signers['signed_for_operator']}",
        },
        clauses=procedure.clauses(("MTG-18-1", "MTG-18-2", "MTG-18-3", "MTG-22-1")),
    )
    await documents.take(act, document_ids, subject_type=AGREEMENT, subject_id=agreement_id, purpose=SIGNED_COPY)
    values = signers | {"signed_on": clock.today(), "number": number}
    await move(act, procedure, agreement, AgreementStatus.SIGNED, values)
    await remind_of_hand_over(act, procedure, agreement, place["name"])


async def hand_over_premises(act: Act, procedure: Procedure, agreement_id: UUID, *, expected_version: int) -> None:
    """The operator has the use of the premises from today on.

    Implements: MTG-18-2.  Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid (before the term).
    """
    agreement = await held(act, agreement_id, expected_version)
    today = clock.today()
    check_step(procedure, agreement, AgreementStatus.IN_FORCE, only_from=AgreementStatus.SIGNED)
    if not agreement["term_from_on"] <= today < agreement["term_until"]:
        raise Invalid(
            f"用房应在合同期内（{agreement['term_from_on']}起，至{agreement['term_until']}前）交付，今天为 {today}",
            path=("input", "agreement"),
            clause=procedure.clause("MTG-18-2"),
        )
    await move(act, procedure, agreement, AgreementStatus.IN_FORCE, {"in_force_on": today})
    await tasks.finish(act, subject_id=agreement_id, kind=TaskKind.HAND_OVER_PREMISES)
    await remind_of_return(act, procedure, agreement)


async def find_breach(
    act: Act,
    procedure: Procedure,
    agreement_id: UUID,
    *,
    expected_version: int,
    use: ProhibitedUse,
    occurred_on: date,
    facts: str,
    subject: str,
    document_ids: tuple[UUID, ...] = (),
) -> UUID:
    """A finding that the entrusted premises were put to a forbidden use; its id.  What follows is for people to decide.

    Implements: MTG-18-3, X-6.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    agreement = await held(act, agreement_id, expected_version)
    clause = procedure.clause("MTG-18-3")
    place = await store.load_premises(act.connection, act.tenant_id, agreement["premises_id"])
    today = clock.today()
    if agreement["status"] not in (AgreementStatus.IN_FORCE, AgreementStatus.BREACH_FOUND):
        rules.check_agreement_step(AgreementStatus(agreement["status"]), AgreementStatus.BREACH_FOUND, clause=clause)
    rules.check_breach(OwnerKind(place["owner_kind"]), agreement["in_force_on"], occurred_on, today, clause=clause)
    breach_id = new_id()
    values = {
        "agreement_id": agreement_id,
        "use": use,
        "occurred_on": occurred_on,
        "found_on": today,
        "facts": prose.checked(facts, path=("input", "facts"), limit=2000),
    }
    mine = {"tenant_id": act.tenant_id, "id": breach_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_breach(act.connection, values | mine)
    await documents.take(act, document_ids, subject_type="agreement_breach", subject_id=breach_id, purpose=EVIDENCE)
    await act.note("found", "agreement_breach", breach_id, after=values, policy_digest=procedure.digest)
    if agreement["status"] == AgreementStatus.IN_FORCE:
        await move(act, procedure, agreement, AgreementStatus.BREACH_FOUND, {})
    await issue(
        act,
        PaperKind.AGREEMENT_BREACH,
        agreement,
        subject,
        title=f"关于{place['name']}违约使用的认定书",
        fields={
            "协议": agreement["number"],
            "受托方": agreement["operator_name"],
            "违约情形": f"以委托用房{use.label}",
            "发生日期": str(occurred_on),
            "事实": str(values["facts"]),
        },
        clauses=procedure.clauses(("MTG-18-3",)),
    )
    await tasks.open_task(
        act,
        Task(
            TaskKind.REMEDY_BREACH,
            f"处理“{agreement['operator_name']}”以委托用房{use.label}的违约",
            AGREEMENT,
            agreement_id,
            agreement["institution_id"],
            Role.DISTRICT_OFFICER,
            clause=clause,
            consequence="可以责令改正，或依协议终止委托",
        ),
    )
    return breach_id


async def remedy_breach(
    act: Act, procedure: Procedure, agreement_id: UUID, *, expected_version: int, remedy: str
) -> None:
    """All open breaches of the agreement were made good; it goes on.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict (there is none).
    """
    agreement = await held(act, agreement_id, expected_version)
    check_step(procedure, agreement, AgreementStatus.IN_FORCE, only_from=AgreementStatus.BREACH_FOUND)
    values = {"remedied_on": clock.today(), "remedy": prose.checked(remedy, path=("input", "remedy"))}
    for breach in await store.list_open_breaches(act.connection, act.tenant_id, agreement_id):
        await store.update_breach(act.connection, act.tenant_id, breach["id"], values)
        await act.note("remedied", "agreement_breach", breach["id"], after=values)
    await move(act, procedure, agreement, AgreementStatus.IN_FORCE, {})
    await tasks.finish(act, subject_id=agreement_id, kind=TaskKind.REMEDY_BREACH)


async def _premises(act: Act, wanted: Premises) -> dict[str, Any]:
    if wanted.gap_id is not None:
        try:
            await store.load_gap(act.connection, act.tenant_id, wanted.gap_id)
        except NotFound:
            raise NotFound(path=("input", "gap")) from None
    rules.check_area(wanted.area_m2, ("input", "areaM2"))
    address = names.normalise(wanted.address, path=("input", "address"))
    return {
        "name": names.normalise(wanted.name, path=("input", "name"), limit=100),
        "address": address,
        "match_key": names.match_key(address),
        "area_m2": wanted.area_m2,
        "owner_kind": wanted.owner_kind,
        "owner_name": names.normalise(wanted.owner_name, path=("input", "ownerName")),
        "gap_id": wanted.gap_id,
    }
