"""What an institution may be: pure checks, no I/O."""

from datetime import date

from server.institutions.model import CENTRE_KINDS, STATION_KINDS, InstitutionKind, InstitutionStatus
from server.kit.errors import Conflict, Invalid

#: An institution in one of these states has left the register's active life; nothing more is done to it here.
ENDED = (InstitutionStatus.CANCELLED, InstitutionStatus.REVOKED, InstitutionStatus.CLOSED, InstitutionStatus.CONVERTED)


def check_population(population: int | None) -> None:
    """Raises: Invalid for a negative population or one beyond any district's."""
    if population is not None and not 0 <= population <= 10_000_000:
        raise Invalid(f"服务人口应在 0 到 10000000 之间，实际为 {population}", path=("input", "servicePopulation"))


def check_not_future(day: date | None, today: date, field: str) -> None:
    """Raises: Invalid for a day that has not come yet."""
    if day is not None and day > today:
        raise Invalid(f"{field} 不能晚于今天（{today}），实际为 {day}", path=("input", field))


def check_active(status: str) -> None:
    """Raises: Conflict for an institution whose registered life has ended."""
    if status in ENDED:
        raise Conflict(
            f"机构状态为“{InstitutionStatus(status).label}”，不能再变更登记信息", path=("input", "institution")
        )


def check_under(child: InstitutionKind, parent: InstitutionKind) -> None:
    """A station or village clinic stands under a centre or township hospital, and nothing else does.

    Implements: FT-2-1-2b (centres assess their stations and village clinics); domain model B.2 (中心→站).
    Raises: Conflict.
    """
    if child not in STATION_KINDS:
        raise Conflict(f"只有社区卫生服务站和村卫生室可以挂靠中心，该机构为{child.label}", path=("input", "station"))
    if parent not in CENTRE_KINDS:
        raise Conflict(f"上级机构应为社区卫生服务中心或乡镇卫生院，该机构为{parent.label}", path=("input", "centre"))
