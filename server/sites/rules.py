"""What may be done to gaps, premises and agreements: pure checks, no I/O."""

from datetime import date
from decimal import Decimal

from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.sites.model import AGREEMENT_NEXT, GAP_NEXT, AgreementStatus, GapStatus, OwnerKind

GAPS_MOST = 50
_POPULATION_MOST = 2_000_000
_AREA_MOST = Decimal(100_000)


def check_gap_step(
    name: str, status: GapStatus, to: GapStatus, *, clause: Clause | None, path: tuple[str, ...]
) -> None:
    """Pass where the gap may go from ``status`` to ``to`` (requirements A.7, machine 1). Raises: Conflict."""
    if to not in GAP_NEXT[status]:
        raise Conflict(f"空白点“{name}”现为“{status.label}”，不能变为“{to.label}”", path=path, clause=clause)


def check_population(population: int, path: tuple[str, ...]) -> None:
    """Raises: Invalid for a population that no area of a district has."""
    if not 0 <= population <= _POPULATION_MOST:
        raise Invalid(f"人口应在 0 到 {_POPULATION_MOST} 之间，实际为 {population}", path=path)


def check_area(area_m2: Decimal, path: tuple[str, ...]) -> None:
    """Raises: Invalid for a floor area that no premises have."""
    if not 0 < area_m2 <= _AREA_MOST:
        raise Invalid(f"面积应大于 0、不超过 {_AREA_MOST} 平方米，实际为 {area_m2}", path=path)


def check_agreement_step(status: AgreementStatus, to: AgreementStatus, *, clause: Clause | None) -> None:
    """Pass where the agreement may go from ``status`` to ``to`` (machine 5). Raises: Conflict."""
    if to not in AGREEMENT_NEXT[status]:
        raise Conflict(
            f"委托协议现为“{status.label}”，不能变为“{to.label}”", path=("input", "agreement"), clause=clause
        )


def check_entrustable(owner: OwnerKind, *, clause: Clause | None) -> None:
    """Only premises that are not the operator's own are entrusted to it: their ownership stays as it is.

    Implements: MTG-18-1.  Raises: Conflict.
    """
    if owner is OwnerKind.OPERATOR:
        raise Conflict("该用房为举办主体自有，无须也不能签订委托协议", path=("input", "premises"), clause=clause)


def check_term(term_from_on: date, term_until: date, opening_by: date, awarded_opening_by: date) -> None:
    """The agreement states a term, and a last day to open within it, not later than the award allows.

    Implements: MTG-18-2 (the use right lasts as long as the term), MTG-22-1 with A-MTG-10.  Raises: Invalid.
    """
    if term_until <= term_from_on:
        raise Invalid(f"期限届满之次日应晚于起始日 {term_from_on}，实际为 {term_until}", path=("input", "termUntil"))
    if not term_from_on <= opening_by < term_until:
        raise Invalid(
            f"开放运行期限应在合同期内（{term_from_on} 起，至 {term_until} 前），实际为 {opening_by}",
            path=("input", "openingBy"),
        )
    if opening_by > awarded_opening_by:
        raise Invalid(
            f"开放运行期限不能晚于确定举办主体时规定的 {awarded_opening_by}，实际为 {opening_by}",
            path=("input", "openingBy"),
        )


def check_breach(
    owner: OwnerKind, in_force_on: date | None, occurred_on: date, found_on: date, *, clause: Clause | None
) -> None:
    """A prohibited use is a breach where the premises are entrusted and it occurred while they were.

    A mortgage of the operator's own property is no breach of article 18 (X-6); for medical facilities of a non-profit
    institution the statutes may say otherwise, which is for the authority to look into.
    Implements: MTG-18-3, X-6.  Raises: Conflict, Invalid.
    """
    if owner is OwnerKind.OPERATOR:
        raise Conflict(
            "用房为举办主体自有，以其抵押、融资不属于委托用房条款所禁止的情形；非营利性机构的医疗设施另依法律处理",
            path=("input", "agreement"),
            clause=clause,
        )
    if in_force_on is None or occurred_on < in_force_on:
        raise Invalid(
            f"违约行为应发生在用房交付之日（{in_force_on or '尚未交付'}）以后，实际为 {occurred_on}",
            path=("input", "occurredOn"),
        )
    if found_on < occurred_on:
        raise Invalid(f"认定日期不能早于发生日期 {occurred_on}，实际为 {found_on}", path=("input", "foundOn"))
