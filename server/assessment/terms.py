"""What the district's packs in force say about assessing."""

from datetime import date

from server.assessment.model import EffectKind
from server.assessment.rules import Terms
from server.kit.clause import Clause
from server.kit.errors import PolicyNotEnabled
from server.policy.grounds import Enabled, find_enabled
from server.policy.shelf import Shelved
from server.policy.terms import Kind


def terms_on(shelved: Shelved, tenant_id: int, on: date) -> Terms:
    """The terms of assessing on the day.

    A pack on assessment says who assesses, in which domains, how long a cycle is, and what follows (FT-2-1).  Where there is
    none, a pack on exits that counts failed assessments makes the procedure needed all the same (MTG-19, MTG-20-2): any
    scheme will do, and nothing but verification rests on the result.

    Raises: PolicyNotEnabled where neither is in force.
    """
    assessing = find_enabled(shelved, tenant_id, Kind.ASSESSMENT, on)
    if assessing is not None:
        return _of_pack(assessing)
    leaving = find_enabled(shelved, tenant_id, Kind.EXIT, on)
    clause = leaving.clause if leaving is not None else None
    if leaving is None or clause is None:
        raise PolicyNotEnabled(f"本区在 {on} 没有施行中的{Kind.ASSESSMENT.label}政策，不能组织考核", path=("input",))
    return Terms(clause, leaving.version.digest)


def _of_pack(pack: Enabled) -> Terms:
    given = {one.key: one for one in pack.version.parameters}
    measures = given.get("failed_assessment_measures")
    cited = [one.clause for one in pack.version.parameters if one.clause is not None]
    clause = pack.clause or cited[0]
    effects: dict[EffectKind, Clause] = dict.fromkeys(EffectKind, clause)
    if measures is not None and measures.clause is not None:
        effects = dict.fromkeys(EffectKind, measures.clause)

    def values(key: str) -> frozenset[str] | None:
        return frozenset(given[key].value) if key in given else None

    return Terms(
        clause=clause,
        digest=pack.version.digest,
        cycle_months=given["assessment_cycle_months"].value if "assessment_cycle_months" in given else None,
        domains=values("indicator_domains"),
        centre_assessors=values("centre_assessors"),
        station_assessor=given["station_assessor"].value if "station_assessor" in given else None,
        failed_measures=tuple(EffectKind(one) for one in measures.value) if measures is not None else (),
        clauses=effects,
    )
