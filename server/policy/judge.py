"""Which version judges which rule, and the decisions of one pack about one subject.

Not retroactive (A-X-2): every rule is judged by the version that was in force when its facts came together, which
need not be the one in force today; two rules of one pack may be judged by different versions.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from server.policy.decision import Decision
from server.policy.derive import derive_facts, is_aggregate
from server.policy.documents import Register
from server.policy.evaluate import CompiledPolicy, CompiledRule, compile_policy, decide, evaluate
from server.policy.events import History
from server.policy.facts import Facts
from server.policy.model import PolicyVersion
from server.policy.timeline import count_from, in_force, version_for


class Book:
    """The published versions of one pack, compiled as they are needed."""

    def __init__(self, versions: Iterable[PolicyVersion], register: Register) -> None:
        self.versions = tuple(versions)
        self.register = register
        self._compiled: dict[str, CompiledPolicy] = {}

    def compiled(self, version: PolicyVersion) -> CompiledPolicy:
        found = self._compiled.get(version.digest)
        if found is None:
            found = self._compiled[version.digest] = compile_policy(version, self.register)
        return found

    def in_force(self, on: date) -> PolicyVersion | None:
        return in_force(self.versions, on)

    def facts(
        self,
        version: PolicyVersion,
        history: History,
        *,
        as_of: date,
        known_at: datetime,
        occurrence: Collection[str] | None = None,
    ) -> Facts:
        """The facts that the version's rules name, from the first day that counts under it."""
        return derive_facts(
            history,
            version,
            as_of=as_of,
            known_at=known_at,
            count_from=count_from(self.versions, version),
            names=self.compiled(version).fact_names,
            occurrence=occurrence,
        )

    def standing(self, history: History, *, as_of: date, known_at: datetime) -> tuple[Decision, ...]:
        """One decision per rule of the version in force on the day, each judged by the version that A-X-2 names.

        Empty where no version is in force: then nothing can be proposed.
        """
        current = self.in_force(as_of)
        if current is None:
            return ()
        facts = self.facts(current, history, as_of=as_of, known_at=known_at)
        compiled = self.compiled(current)
        bound = compiled.bind(facts)
        decisions = []
        earlier: dict[str, Facts] = {}
        for rule in compiled.rules:
            happened, judging = self._judging(current, rule, facts, as_of)
            if not happened or (judging is not None and judging.digest == current.digest):
                decisions.append(decide(compiled, rule, facts, bound))
            elif judging is None:
                decisions.append(
                    decide(compiled, rule, facts, bound).set_aside_because("有关事实发生时没有施行中的版本，不予判定")
                )
            else:
                if judging.digest not in earlier:
                    earlier[judging.digest] = self.facts(judging, history, as_of=as_of, known_at=known_at)
                decisions.append(self._under(judging, rule, compiled, earlier[judging.digest], facts))
        return tuple(decisions)

    def finding(
        self, history: History, *, occurrence: Collection[str], as_of: date, known_at: datetime
    ) -> tuple[Decision, ...]:
        """What the pack says about one finding: judged by the version in force on the day it occurred.

        ``occurrence``: the ids of its events, in ``history``; the earliest decides.  ``as_of``: the day of the
        decision about it.  Empty where no version was in force when it occurred.  Raises: ValueError where no event
        has such an id.
        """
        days = [event.happened_on for event in history.events if event.id in occurrence]
        if not days:
            raise ValueError("no event of the finding is in the history")
        judging = version_for(self.versions, occurred_on=min(days), as_of=as_of)
        if judging is None:
            return ()
        facts = self.facts(judging, history, as_of=as_of, known_at=known_at, occurrence=occurrence)
        return evaluate(self.compiled(judging), facts)

    def application(
        self, history: History, *, submitted_on: date, as_of: date, known_at: datetime
    ) -> tuple[Decision, ...]:
        """What an admission pack says about an application: judged by the version in force when it was submitted.

        ``as_of``: the day up to which declarations and determinations are taken into account.  Empty where no version
        was in force on the day of submission.
        """
        judging = version_for(self.versions, occurred_on=submitted_on, as_of=as_of)
        if judging is None:
            return ()
        facts = self.facts(judging, history, as_of=as_of, known_at=known_at)
        return evaluate(self.compiled(judging), facts)

    def _judging(
        self, current: PolicyVersion, rule: CompiledRule, facts: Facts, as_of: date
    ) -> tuple[bool, PolicyVersion | None]:
        """Whether anything happened that the rule's condition is about, and the version in force when it came
        together.
        """
        first = count_from(self.versions, current)
        sources = [
            (is_aggregate(name), source)
            for name in rule.conditions
            if name in facts.known
            for source in facts.known[name].sources
            if source.occurred_on >= first  # what merely is so (open since long ago) did not happen under any version
        ]
        totals = [source.decided_on or source.occurred_on for aggregate, source in sources if aggregate]
        if totals:
            return True, version_for(self.versions, last_decided_on=max(totals), as_of=as_of)
        single = [source.occurred_on for _, source in sources]
        if single:
            return True, version_for(self.versions, occurred_on=min(max(single), as_of), as_of=as_of)
        return False, None

    def _under(
        self, judging: PolicyVersion, rule: CompiledRule, current: CompiledPolicy, facts: Facts, facts_now: Facts
    ) -> Decision:
        compiled = self.compiled(judging)
        for candidate in compiled.rules:
            if candidate.rule.code == rule.rule.code:
                return decide(compiled, candidate, facts)
        for candidate in compiled.rules:
            if candidate.rule.concept == rule.rule.concept:
                return decide(compiled, candidate, facts)
        label = f"有关事实发生于版本 {judging.number} 施行期间，该版本没有本规则，不溯及既往"
        return decide(current, rule, facts_now).set_aside_because(label)
