"""Configuration as code: what a folder of policy files would change in what is published, and in what order.

Pure.  A plan is computed against the published versions as they stood (its *base*) and names them by a digest for each
pack, so that applying it can tell whether they still stand so.  Files state versions; publishing is all that a plan does,
because a published version never changes: what a file says otherwise about one is a problem, not a step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from server.policy.amend import next_number
from server.policy.canonical import digest, jsonable
from server.policy.cases import Case, CaseResult, Verdict, check_conformance
from server.policy.diff import Change, diff
from server.policy.documents import Register
from server.policy.loading import version_from_plain
from server.policy.model import PolicyPack, PolicyVersion
from server.policy.problems import PolicyRejected, Problem, errors_in
from server.policy.terms import Kind
from server.policy.timeline import check_succession, in_force, succeed

FORMAT = 1

#: A pack: the jurisdiction's code and the kind.
Key = tuple[str, Kind]


@dataclass(frozen=True)
class PackState:
    """What is kept of one pack: the published versions, and the numbers that drafts and withdrawn ones have taken."""

    published: tuple[PolicyVersion, ...] = ()
    taken: frozenset[int] = frozenset()

    @property
    def digest(self) -> str:
        """Names what is published and until when."""
        return digest([[one.number, one.digest, one.period.until] for one in self.published])


@dataclass(frozen=True)
class Step:
    """One version to be published.  ``base``: the version that it follows, None where it is the first."""

    version: PolicyVersion
    base: PolicyVersion | None
    changes: tuple[Change, ...]
    affected: tuple[CaseResult, ...] = ()

    @property
    def key(self) -> Key:
        return self.version.jurisdiction or "", self.version.kind


@dataclass(frozen=True)
class Plan:
    """``bases``: the digest of each pack that a step is about, as it stood.  ``problems``: why it cannot be applied."""

    steps: tuple[Step, ...]
    bases: Mapping[Key, str]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def plan(
    packs: Iterable[PolicyPack],
    standing: Mapping[Key, PackState],
    register: Register,
    cases: Sequence[Case],
    *,
    today: date,
    erratum: bool = False,
) -> Plan:
    """What has to be published so that what is in the packs is in force."""
    steps: list[Step] = []
    problems: list[Problem] = []
    notes: list[str] = []
    bases: dict[Key, str] = {}
    for pack in packs:
        key = (pack.jurisdiction or "", pack.kind)
        found = _Reading(pack, standing.get(key, PackState()), register, cases, today, erratum).read()
        steps += found.steps
        problems += found.problems
        notes += found.notes
        if found.steps:
            bases[key] = standing.get(key, PackState()).digest
    return Plan(tuple(steps), bases, tuple(problems), tuple(notes))


class _Reading:
    """One pack of the folder against what is kept of it."""

    def __init__(
        self,
        pack: PolicyPack,
        kept: PackState,
        register: Register,
        cases: Sequence[Case],
        today: date,
        erratum: bool,
    ) -> None:
        self.pack, self.kept, self.register, self.today, self.erratum = pack, kept, register, today, erratum
        self.cases = [case for case in cases if (case.jurisdiction, case.kind) == (pack.jurisdiction, pack.kind)]
        self.steps: list[Step] = []
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    def read(self) -> "_Reading":
        published = {version.number: version for version in self.kept.published}
        result: tuple[PolicyVersion, ...] = self.kept.published
        for version in self.pack.versions:
            known = published.get(version.number)
            if known is not None:
                if known.digest != version.digest:
                    told = "；".join(change.sentence for change in diff(known, version)[:3])
                    self._refuse("IMMUTABLE", version, f"已发布的版本内容不再改变；请恢复原文并新增版本（{told}）")
            elif version.number in self.kept.taken:
                self._refuse("NUMBER_TAKEN", version, f"版本号 {version.number} 已被草案或撤回的版本占用，请用更大的号")
            else:
                result = self._add(version, result)
        self._compare_periods(result)
        missing = sorted(set(published) - {version.number for version in self.pack.versions})
        if missing:
            told = f"{self._name}：文件缺少已发布的版本 {'、'.join(map(str, missing))}；请先 shequ policy export"
            if self.steps:
                self.problems.append(Problem("BEHIND", told))
            else:
                self.notes.append(told)
        return self

    def _add(self, version: PolicyVersion, result: tuple[PolicyVersion, ...]) -> tuple[PolicyVersion, ...]:
        found = errors_in(check_succession(result, version, today=self.today, erratum=self.erratum))
        if found:
            for problem in found:
                self._refuse(problem.code, version, problem.message)
            return result
        start = version.period.from_on
        base = in_force(result, start) or (result[-1] if result else None)
        off = () if base is None else check_conformance(self.cases, base, version, self.register)
        for case in off:
            if case.verdict is Verdict.FAILED:
                message = f"算例 {case.case.rule}“{case.case.name}”不应改变：{'；'.join(case.differences)}"
                self._refuse("CASE_FAILED", version, message)
        affected = tuple(case for case in off if case.verdict is Verdict.AFFECTED)
        self.steps.append(Step(version, base, diff(base, version), affected))
        return succeed(result, version)

    def _compare_periods(self, result: tuple[PolicyVersion, ...]) -> None:
        ends = {version.number: version.period.until for version in result}
        for version in self.pack.versions:
            until = ends.get(version.number, version.period.until)
            if version.period.until != until:
                stated = version.period.until or "（无）"
                message = f"文件所写的终止日为 {stated}，实际将为 {until or '（无）'}；请改写 shortened_until"
                self._refuse("PERIOD_DIFFERS", version, message)

    @property
    def _name(self) -> str:
        return f"{self.pack.jurisdiction} {self.pack.kind.label}"

    def _refuse(self, code: str, version: PolicyVersion, message: str) -> None:
        self.problems.append(Problem(code, f"{self._name} 版本 {version.number}：{message}"))


def reversed_plan(made: Plan, standing: Mapping[Key, PackState], *, effective_from: date) -> Plan:
    """The forward revision that undoes a plan: each version that it followed, published anew from a later day.

    Raises: PolicyRejected where a step followed nothing, so that there is nothing to return to.
    """
    steps, problems, numbers = [], [], dict[Key, int]()
    for step in made.steps:
        if step.base is None:
            message = f"{step.key[0]} {step.key[1].label}政策此前没有版本，无从恢复；请发布写明失效日期的后继版本"
            problems.append(Problem("NOTHING_BEFORE", message))
            continue
        if step.key in numbers:
            continue  # several versions of one pack: the first of them followed what stood before
        kept = standing.get(step.key, PackState())
        numbers[step.key] = max([next_number(kept.published), *(number + 1 for number in kept.taken)])
        version = _again(step.base, numbers[step.key], effective_from)
        current = in_force(kept.published, effective_from)
        steps.append(Step(version, current, diff(current, version)))
    if problems:
        raise PolicyRejected(problems)
    bases = {step.key: standing.get(step.key, PackState()).digest for step in steps}
    return Plan(tuple(steps), bases)


def _again(version: PolicyVersion, number: int, effective_from: date) -> PolicyVersion:
    content = version.content()
    effective = dict(content.get("effective", {}))
    effective |= {
        "from": effective_from,
        "source_status": "UNVERIFIED",
        "note": f"恢复版本 {version.number} 的内容",
    }
    effective.pop("clause", None)
    if version.effective_until is not None and version.effective_until <= effective_from:
        effective.pop("until", None)
    return version_from_plain(content | {"effective": effective}, number)


def plain_plan(made: Plan, touched: Mapping[str, Any]) -> dict[str, Any]:
    """The plan as a file holds it.  ``touched``: by jurisdiction/kind/number, what a simulation said."""
    steps = [
        {
            "jurisdiction": step.key[0],
            "kind": step.key[1].value,
            "number": step.version.number,
            "digest": step.version.digest,
            "base": None if step.base is None else {"number": step.base.number, "content": step.base.content()},
            "content": step.version.content(),
            "changes": [[change.path, change.before, change.after] for change in step.changes],
            "touched": touched.get(name_of(step)),
        }
        for step in made.steps
    ]
    bases = {f"{jurisdiction}/{kind.value}": found for (jurisdiction, kind), found in made.bases.items()}
    plain: dict[str, Any] = jsonable({"format": FORMAT, "bases": bases, "steps": steps})
    return plain


def read_plan(plain: Any, file: str) -> Plan:
    """The plan that the file holds.  Raises: PolicyRejected where it is none, or was altered by hand."""
    try:
        if plain["format"] != FORMAT:
            raise ValueError(plain["format"])
        steps = []
        for one in plain["steps"]:
            version = version_from_plain(one["content"], one["number"])
            if version.digest != one["digest"]:
                raise ValueError(one["digest"])
            kept = one["base"]
            base = None if kept is None else version_from_plain(kept["content"], kept["number"])
            steps.append(Step(version, base, diff(base, version)))
        bases: dict[Key, str] = {}
        for name, found in plain["bases"].items():
            jurisdiction, _, kind = name.partition("/")
            bases[jurisdiction, Kind(kind)] = str(found)
        if {step.key for step in steps} != set(bases):
            raise ValueError("bases")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = "不是 shequ policy plan 写出的计划，或已被改动；请重新生成"
        raise PolicyRejected([Problem("NO_PLAN", message, file=file, line=1, column=1)]) from error
    return Plan(tuple(steps), bases)


def name_of(step: Step) -> str:
    """The step in one word: ``district/EXIT/2``."""
    return f"{step.key[0]}/{step.key[1].value}/{step.version.number}"


def drift(made: Plan, standing: Mapping[Key, PackState]) -> tuple[Key, ...]:
    """The packs that no longer stand as they did when the plan was made."""
    return tuple(key for key, base in made.bases.items() if standing.get(key, PackState()).digest != base)


def pack_of(jurisdiction: str, kind: Kind, versions: Sequence[PolicyVersion]) -> PolicyPack:
    """The published versions as one pack, named as the latest of them is."""
    last = versions[-1]
    return PolicyPack(last.pack, kind, jurisdiction, last.title, tuple(versions))
