"""Schemes and cycles: defining, adopting, planning, opening, publishing."""

from datetime import date
from uuid import UUID

from server.assessment import rules, store
from server.assessment.actions import ORGANISERS, change, held, made
from server.assessment.model import (
    KINDS_OF,
    SETTLED,
    AssessmentLevel,
    AssessmentStatus,
    CycleStatus,
    Scheme,
    SchemeStatus,
)
from server.assessment.tables import (
    assessment,
    assessment_cycle,
    assessment_indicator,
    assessment_scheme,
    assessment_score,
)
from server.assessment.terms import terms_on
from server.kit import clock, names
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotAllowed
from server.kit.ids import new_id
from server.policy.shelf import Shelved
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.reviews.facts import period_of
from server.tasks.actions import open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind


async def define_scheme(act: Act, shelved: Shelved, wanted: Scheme) -> UUID:
    """A draft of a scheme: the next number of its code.

    Implements: FT-2-1-1, FT-2-1-2a, FT-2-1-2b.  Raises: NotAllowed, PolicyNotEnabled, Invalid.
    """
    act.require(*ORGANISERS)
    rules.check_scheme(wanted, terms_on(shelved, act.tenant_id, clock.today()))
    scheme_id = new_id()
    after = {
        "code": names.normalise(wanted.code, path=("input", "code"), limit=40),
        "number": await store.next_number(act.connection, act.tenant_id, wanted.code),
        "title": names.normalise(wanted.title, path=("input", "title")),
        "level": wanted.level,
        "status": SchemeStatus.DRAFT,
        "pass_line": wanted.pass_line,
        "excellent_line": wanted.excellent_line,
    }
    await store.insert_rows(act.connection, assessment_scheme, [made(act, scheme_id, after)])
    indicators = [
        {
            "tenant_id": act.tenant_id,
            "id": new_id(),
            "scheme_id": scheme_id,
            "position": at,
            "code": one.code,
            "domain": one.domain,
            "title": names.normalise(one.title, path=("input", "indicators", str(at - 1), "title")),
            "weight": one.weight,
            "max_score": one.max_score,
            "assessor": one.assessor,
            "data_source": one.data_source,
        }
        for at, one in enumerate(wanted.indicators, 1)
    ]
    await store.insert_rows(act.connection, assessment_indicator, indicators)
    await act.note("defined", "assessment_scheme", scheme_id, after=after | {"indicators": len(indicators)})
    return scheme_id


async def adopt_scheme(act: Act, scheme_id: UUID, *, expected_version: int) -> None:
    """The scheme is what new cycles assess by, instead of earlier ones of its code.

    By somebody else than its author.  Raises: NotAllowed, NotFound, OutOfDate, Conflict.
    """
    act.require(*ORGANISERS)
    row = await held(act, assessment_scheme, scheme_id, expected_version)
    if row["status"] != SchemeStatus.DRAFT:
        raise Conflict(f"方案状态为“{SchemeStatus(row['status']).label}”，不能再采用", path=("input", "scheme"))
    if row["created_by"] == act.actor.subject:
        raise NotAllowed("方案应由起草人以外的人员采用")
    await store.retire_schemes(act.connection, act.tenant_id, row["code"])
    after = {"status": SchemeStatus.ADOPTED, "adopted_on": clock.today(), "adopted_by": act.actor.subject}
    await change(act, assessment_scheme, "adopted", row, after)


async def plan_cycle(
    act: Act, shelved: Shelved, scheme_id: UUID, *, name: str, self_report_by: date, assess_by: date
) -> UUID:
    """A cycle of the adopted scheme; ``name`` is its period: ``2026`` or ``2026Q4``.

    Implements: A-FT-9.  Raises: NotAllowed, NotFound, PolicyNotEnabled, Invalid, Conflict.
    """
    act.require(*ORGANISERS)
    scheme = await store.load(act.connection, assessment_scheme, act.tenant_id, scheme_id)
    if scheme["status"] != SchemeStatus.ADOPTED:
        raise Conflict("方案尚未采用或已停用，请先采用方案", path=("input", "scheme"))
    period = period_of(name)
    if period is None or period.until is None:
        raise Invalid("周期应写作年份（如 2026）或季度（如 2026Q4）", path=("input", "name"))
    terms = terms_on(shelved, act.tenant_id, clock.today())
    rules.check_period(period, terms, name)
    if assess_by < self_report_by:
        raise Invalid("考核截止日期不能早于自评截止日期", path=("input", "assessBy"))
    if await store.find_cycle(act.connection, act.tenant_id, scheme["level"], name):
        raise Conflict(f"{AssessmentLevel(scheme['level']).label}的 {name} 考核周期已存在", path=("input", "name"))
    cycle_id = new_id()
    after = {
        "scheme_id": scheme_id,
        "level": scheme["level"],
        "name": name,
        "from_on": period.from_on,
        "until": period.until,
        "self_report_by": self_report_by,
        "assess_by": assess_by,
        "status": CycleStatus.PLANNED,
        "policy_digest": terms.digest,
    }
    await store.insert_rows(act.connection, assessment_cycle, [made(act, cycle_id, after)])
    await act.note("planned", "assessment_cycle", cycle_id, after=after, policy_digest=terms.digest)
    return cycle_id


async def open_cycle(act: Act, cycle_id: UUID, *, expected_version: int) -> None:
    """Every institution of the level that operates is to be assessed, and is asked for its self-report.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict (not planned, or no institution to assess).
    """
    act.require(*ORGANISERS)
    cycle = await held(act, assessment_cycle, cycle_id, expected_version)
    if cycle["status"] != CycleStatus.PLANNED:
        raise Conflict(f"周期状态为“{CycleStatus(cycle['status']).label}”，不能开启", path=("input", "cycle"))
    kinds = [str(one) for one in KINDS_OF[AssessmentLevel(cycle["level"])]]
    institutions = await store.list_assessed(act.connection, act.tenant_id, kinds)
    if not institutions:
        raise Conflict("本区没有该类在营机构，无可考核对象", path=("input", "cycle"))
    indicators = await store.list_indicators(act.connection, act.tenant_id, cycle["scheme_id"])
    assessments, scores = [], []
    for one in institutions:
        row = made(
            act,
            new_id(),
            {
                "cycle_id": cycle_id,
                "institution_id": one["id"],
                "centre_id": one["parent_id"],
                "status": AssessmentStatus.OPEN,
            },
        )
        assessments.append(row)
        scores += [
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "assessment_id": row["id"],
                "indicator_id": indicator["id"],
                "institution_id": one["id"],
                "position": indicator["position"],
            }
            for indicator in indicators
        ]
    await store.insert_rows(act.connection, assessment, assessments)
    await store.insert_rows(act.connection, assessment_score, scores)
    await act.note_all(
        "opened", "assessment", [(one["id"], None, {"institution_id": one["institution_id"]}) for one in assessments]
    )
    due = Due(
        on=cycle["self_report_by"],
        rule=f"{cycle['name']} 考核周期自评截止日期",
        days=None,
        unit=DayUnit.FIXED,
        from_on=None,
        provisional=False,
        source=SourceStatus.FROM_CLAUSE,
    )
    for row, one in zip(assessments, institutions, strict=True):
        await open_task(
            act,
            Task(
                kind=TaskKind.SELF_REPORT,
                title=f"提交{cycle['name']}绩效考核自评：{one['name']}",
                subject_type="assessment",
                subject_id=row["id"],
                institution_id=one["id"],
                role=Role.INSTITUTION_STAFF,
                due=due,
                consequence="逾期未自评的，考核单位可直接考核",
            ),
        )
    await change(act, assessment_cycle, "opened", cycle, {"status": CycleStatus.OPEN})


async def publish_cycle(act: Act, cycle_id: UUID, *, expected_version: int) -> None:
    """The results of the cycle are made known, once all are confirmed and no appeal is open.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict.
    """
    act.require(*ORGANISERS)
    cycle = await held(act, assessment_cycle, cycle_id, expected_version)
    if cycle["status"] != CycleStatus.OPEN:
        raise Conflict(f"周期状态为“{CycleStatus(cycle['status']).label}”，不能公布", path=("input", "cycle"))
    left = {AssessmentStatus(one) for one in await store.list_unsettled(act.connection, act.tenant_id, cycle_id)}
    left = left - (SETTLED - {AssessmentStatus.APPEALED})
    if left:
        told = "、".join(sorted(one.label for one in left))
        raise Conflict(f"仍有机构的考核处于：{told}；全部确认后方可公布", path=("input", "cycle"))
    await change(
        act, assessment_cycle, "published", cycle, {"status": CycleStatus.PUBLISHED, "published_on": clock.today()}
    )
