"""How long things may take here: by the district's admission pack where it says so, else by the city's limits.

The statutes' own limits stand in the municipal DEADLINES pack, because they hold in every district; what a district has
decided for itself stands in its ADMISSION pack and goes before.  Verification is statutory: it needs no ADMISSION pack.
Applications do: without one the district has no such procedure.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from server.kit.actor import MUNICIPALITY
from server.kit.clause import Clause
from server.kit.errors import PolicyNotEnabled
from server.policy.judge import Book
from server.policy.model import Parameter, PolicyVersion, Rule
from server.policy.shelf import Shelved
from server.policy.store import Kept
from server.policy.terms import Kind, SourceStatus
from server.tasks.model import DayUnit

_UNITS = {"WORKING": DayUnit.WORKING, "CALENDAR": DayUnit.CALENDAR}


@dataclass(frozen=True, slots=True)
class Limit:
    """A length with where it comes from; ``rule`` tells it in Chinese."""

    n: int
    unit: DayUnit
    rule: str
    source: SourceStatus
    clause: Clause | None


@dataclass(frozen=True)
class Limits:
    """The parameters that licensing goes by on one day in one district."""

    on: date
    admission: PolicyVersion | None
    book: Book | None
    municipal: PolicyVersion | None
    exit: PolicyVersion | None

    @classmethod
    def of(cls, shelved: Shelved, tenant_id: int, on: date) -> "Limits":
        """What is in force on the day."""
        book = shelved.book(tenant_id, Kind.ADMISSION)
        own = shelved.in_force(tenant_id, Kind.ADMISSION, on)
        city = shelved.in_force(MUNICIPALITY, Kind.DEADLINES, on)
        leaving = shelved.in_force(tenant_id, Kind.EXIT, on)
        return cls(on, _version(own), book, _version(city), _version(leaving))

    def required(self) -> PolicyVersion:
        """The district's admission pack.  Raises: PolicyNotEnabled."""
        if self.admission is None:
            raise PolicyNotEnabled(
                f"本区 {self.on} 没有施行中的{Kind.ADMISSION.label}政策，不能办理设置审批和执业登记申请；请"
                "先由区管理员发布政策",
                kind=Kind.ADMISSION,
            )
        return self.admission

    def clause(self, requirement: str) -> Clause | None:
        """Where the documents that the admission pack rests on say what the requirement names; None where they do not."""
        if self.admission is None or self.book is None:
            return None
        return self.book.register.of_requirement(requirement, self.admission.documents)

    def find(self, key: str) -> Parameter | None:
        """The parameter of the district, else of the city."""
        for version in (self.admission, self.municipal):
            if version is not None and version.value(key) is not None:
                return version.parameter(key)
        return None

    def parameter(self, key: str) -> Parameter:
        """Raises: PolicyNotEnabled where neither pack in force states it."""
        found = self.find(key)
        if found is None:
            raise PolicyNotEnabled(
                f"{self.on} 施行中的{Kind.ADMISSION.label}政策和{Kind.DEADLINES.label}都没有参数 {key}，不能计算期限；"
                "请联系市级管理员发布期限日历",
                kind=Kind.DEADLINES,
            )
        return found

    def value(self, key: str) -> Any:
        """The parameter's value.  Raises: PolicyNotEnabled."""
        return self.parameter(key).value

    def days(self, key: str, *, unit: DayUnit | None = None) -> Limit:
        """A limit in days: working days or calendar days as ``licensing_day_unit`` says, unless the unit is given."""
        counted = unit or _UNITS[self.value("licensing_day_unit")]
        return self._limit(self.parameter(key), counted)

    def months(self, key: str) -> Limit:
        """A limit in months."""
        return self._limit(self.parameter(key), DayUnit.MONTHS)

    def cycle_months(self, beds: int) -> Limit:
        """How often a licence with so many beds is verified.

        The district's own cycle goes before the statutory one, which is longer for many beds.
        Implements: MTG-21-1, A-MTG-3.
        """
        own = None if self.admission is None else self.admission.value("verification_months")
        if own is None and beds >= self.value("verification_many_beds"):
            return self.months("verification_months_many_beds")
        return self.months("verification_months")

    def suspension(self) -> tuple[int, int, Parameter]:
        """The shortest and the longest 暂缓校验 in months (A-MTG-2)."""
        found = self.parameter("suspension_months")
        least, most = found.value
        return least, most, found

    def cites(self, rule: str) -> tuple[Clause, ...]:
        """What the district's exit rule of this code cites; nothing where it has no such rule any more."""
        try:
            return () if self.exit is None else self.exit.rule(rule).cites
        except KeyError:
            return ()

    def exit_rule(self, concept: str) -> Rule | None:
        """The district's exit rule about this concept."""
        rules = () if self.exit is None else self.exit.rules
        return next((rule for rule in rules if rule.concept == concept), None)

    def _limit(self, found: Parameter, unit: DayUnit) -> Limit:
        told = {DayUnit.WORKING: "个工作日", DayUnit.CALENDAR: "日", DayUnit.MONTHS: "个月"}[unit]
        rule = f"{found.label} {found.value} {told}"
        return Limit(found.value, unit, rule, found.source_status, found.clause)


def _version(kept: Kept | None) -> PolicyVersion | None:
    return None if kept is None else kept.version
