"""What one version says differently from another, in terms of its meaning: values, rules, citations; not lines
of text.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.policy.canonical import jsonable
from server.policy.model import Parameter, PolicyVersion, Rule
from server.policy.parameters import PARAMETERS


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.  ``before`` and ``after`` are text; None where it was, or is, not there.

    ``path``: ``effectiveFrom``, ``parameters.cards_to_transform`` (its value),
    ``parameters.cards_to_transform.clause``, ``rules.FT-2-4-5-CARDS`` (added or removed),
    ``rules.FT-2-4-5-CARDS.when.any.0.expr``.  Parameters and rules are known by key and code, so moving one is no
    change.
    """

    path: str
    before: str | None
    after: str | None

    @property
    def sentence(self) -> str:
        """In an official's words."""
        if self.before is None:
            return f"{self.path} 新增：{self.after}"
        if self.after is None:
            return f"{self.path} 删除：{self.before}"
        return f"{self.path} 由“{self.before}”改为“{self.after}”"


_NAMES = {"source_status": "sourceStatus", "applies_to": "appliesTo"}


def diff(before: PolicyVersion | None, after: PolicyVersion) -> tuple[Change, ...]:
    """Every difference, heading first, then parameters, then rules; nothing exactly when the digests are equal.

    ``before`` None: everything is new.
    """
    old = {} if before is None else before.content()
    new = after.content()
    changes = list(_heading(old, new))
    old_parameters = {} if before is None else {p.key: p for p in before.parameters}
    new_parameters = {p.key: p for p in after.parameters}
    for key in [*old_parameters, *(key for key in new_parameters if key not in old_parameters)]:
        changes += _parameter(key, old_parameters.get(key), new_parameters.get(key))
    old_rules = {} if before is None else {rule.code: rule for rule in before.rules}
    new_rules = {rule.code: rule for rule in after.rules}
    for code in [*old_rules, *(code for code in new_rules if code not in old_rules)]:
        changes += _rule(code, old_rules.get(code), new_rules.get(code))
    changes += _order("parameters", tuple(old_parameters), tuple(new_parameters))
    changes += _order("rules", tuple(old_rules), tuple(new_rules))
    return tuple(changes)


def _heading(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    was, now = dict(old.get("effective", {})), dict(new.get("effective", {}))
    for key, name in (("from", "effectiveFrom"), ("until", "effectiveUntil")):
        yield from _values(name, was.pop(key, None), now.pop(key, None))
    yield from _values("effective", was or None, now or None)
    for key in ("pack", "kind", "jurisdiction", "title", "documents", "note", "applies_to"):
        yield from _values(_NAMES.get(key, key), old.get(key), new.get(key))


def _parameter(key: str, old: Parameter | None, new: Parameter | None) -> Iterator[Change]:
    path = f"parameters.{key}"
    was, now = old.text if old else None, new.text if new else None
    if was != now:
        yield Change(path, was, now)
    if old is None or new is None:
        return
    before, after = old.plain(), new.plain()
    for name in dict.fromkeys([*before, *after]):
        if name not in ("key", "value"):
            yield from _values(f"{path}.{_NAMES.get(name, name)}", before.get(name), after.get(name))


def _rule(code: str, old: Rule | None, new: Rule | None) -> Iterator[Change]:
    path = f"rules.{code}"
    if old is None or new is None:
        yield Change(path, old.title if old else None, new.title if new else None)
        return
    before, after = old.plain(), new.plain()
    for name in dict.fromkeys([*before, *after]):
        yield from _values(f"{path}.{_NAMES.get(name, name)}", before.get(name), after.get(name))


def _order(path: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    """Only where nothing was added or removed: the order itself is content, since the digest is taken over it."""
    if old and sorted(old) == sorted(new) and old != new:
        yield Change(f"{path}.order", "、".join(old), "、".join(new))


def _values(path: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _values(f"{path}.{_NAMES.get(key, key)}", old.get(key), new.get(key))
    elif _tables(old) or _tables(new):
        old, new = old or [], new or []
        for index in range(max(len(old), len(new))):
            was = old[index] if index < len(old) else None
            now = new[index] if index < len(new) else None
            yield from _values(f"{path}.{index}", was, now)
    else:
        yield Change(path, _text(old), _text(new))


def _tables(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return str(value.get("label") or value.get("expr") or jsonable(value))
    if isinstance(value, (list, tuple)):
        return "、".join(filter(None, map(_text, value)))
    return str(jsonable(value))


def label_of(version: PolicyVersion, change: Change) -> str:
    """What the change is about, in Chinese: the parameter's or rule's own name."""
    head, _, rest = change.path.partition(".")
    if head == "parameters":
        key = rest.split(".")[0]
        found = next((p.label for p in version.parameters if p.key == key), None)
        return found or (PARAMETERS[key].label if key in PARAMETERS else key)
    if head == "rules":
        return next((rule.title for rule in version.rules if rest.startswith(rule.code)), rest)
    return {"effectiveFrom": "施行日期", "effectiveUntil": "失效日期"}.get(change.path, change.path)
