"""What a procedure takes from the packs in force: that there is one, its parameters, and the clause to name in a refusal."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from server.kit.clause import Clause
from server.kit.errors import PolicyNotEnabled
from server.policy.events import EventKind
from server.policy.judge import Book
from server.policy.model import Parameter, PolicyVersion
from server.policy.shelf import Shelved
from server.policy.terms import SCOPE_OF, FactScope, Kind
from server.policy.timeline import count_from
from server.policy.vocabulary import FACTS


@dataclass(frozen=True)
class Enabled:
    """A pack with the version that holds on a day."""

    book: Book
    version: PolicyVersion

    @property
    def counts_from(self) -> date:
        """The first day whose events count (A-X-2)."""
        return count_from(self.book.versions, self.version)

    def parameter(self, key: str) -> Parameter:
        """The parameter.  Raises: PolicyNotEnabled where the version does not state it."""
        for one in self.version.parameters:
            if one.key == key:
                return one
        kind = self.version.kind.label
        raise PolicyNotEnabled(f"本区施行中的{kind}政策没有写明参数 {key}，请先在政策中补充", clause=self.clause)

    def value(self, key: str) -> Any:
        """The parameter's value.  Raises: PolicyNotEnabled."""
        return self.parameter(key).value

    @property
    def clause(self) -> Clause | None:
        """Where the pack says that it holds from its first day; its first rule's first citation where it does not."""
        if self.version.effective_clause is not None:
            return self.version.effective_clause
        return self.version.rules[0].cites[-1] if self.version.rules else None


def find_enabled(shelved: Shelved, tenant_id: int, kind: Kind, on: date) -> Enabled | None:
    """The district's own pack as it holds on the day; None where none does."""
    book, kept = shelved.book(tenant_id, kind), shelved.in_force(tenant_id, kind, on)
    return None if book is None or kept is None else Enabled(book, kept.version)


def require_enabled(shelved: Shelved, tenant_id: int, kind: Kind, on: date) -> Enabled:
    """The district's own pack as it holds on the day.  Raises: PolicyNotEnabled."""
    found = find_enabled(shelved, tenant_id, kind, on)
    if found is None:
        raise PolicyNotEnabled(f"本区在 {on} 没有施行中的{kind.label}政策，不能办理此事项")
    return found


def clause_on(shelved: Shelved, tenant_id: int, event: EventKind, on: date) -> Clause | None:
    """The clause for the sake of which events of this kind are kept: of the first rule in force that asks for them."""
    for kind in Kind:
        if SCOPE_OF.get(kind) is not FactScope.INSTITUTION:
            continue
        enabled = find_enabled(shelved, tenant_id, kind, on)
        for rule in enabled.book.compiled(enabled.version).rules if enabled else ():
            if any(event in FACTS[name].events for name in rule.conditions):
                return rule.rule.cites[0]
    return None
