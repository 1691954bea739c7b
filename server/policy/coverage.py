"""Which clause is implemented where: computed from the policy data, so that the table cannot go stale."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.kit.clause import Clause
from server.policy.catalogue import FILE_OF, Catalogue
from server.policy.documents import ClauseText
from server.policy.model import PolicyPack, PolicyVersion
from server.policy.nodes import leaves_of


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a clause is used: a rule, a parameter, or a version's effective date."""

    pack: str
    jurisdiction: str
    file: str
    what: str
    name: str

    def __str__(self) -> str:
        return f"{self.what} `{self.name}` in `tenants/{self.jurisdiction}/{self.file}`"


@dataclass(frozen=True, slots=True)
class Coverage:
    """One clause.  Sound when it is used, or says why not, and not both."""

    clause: Clause
    text: ClauseText
    uses: tuple[Use, ...]

    @property
    def sound(self) -> bool:
        return bool(self.uses) != bool(self.text.not_a_rule)


def coverage(catalogue: Catalogue) -> tuple[Coverage, ...]:
    """Every registered clause with its uses, in the order of the documents.  Templates implement nothing."""
    uses: dict[Clause, list[Use]] = {}
    for pack in catalogue.packs:
        for version in pack.versions:
            for clause, what, name in _uses(version):
                use = Use(pack.code, _where(pack), FILE_OF[pack.kind], what, name)
                if use not in uses.setdefault(clause, []):
                    uses[clause].append(use)
    return tuple(
        Coverage(clause, text, tuple(uses.get(clause, ()))) for clause, text in catalogue.register.clauses().items()
    )


def _where(pack: PolicyPack) -> str:
    return pack.jurisdiction or ""


def _uses(version: PolicyVersion) -> Iterable[tuple[Clause, str, str]]:
    if version.effective_clause is not None:
        yield version.effective_clause, "effective date of", version.pack
    for parameter in version.parameters:
        if parameter.clause is not None:
            yield parameter.clause, "parameter", parameter.key
    for rule in version.rules:
        cited = [leaf.cite for tree in (rule.when, rule.applies_to) if tree for leaf in leaves_of(tree)]
        for clause in (*rule.cites, *cited):
            if clause is not None:
                yield clause, "rule", rule.code
    if version.applies_to is not None:
        for leaf in leaves_of(version.applies_to):
            if leaf.cite is not None:
                yield leaf.cite, "scope of", version.pack


def markdown(catalogue: Catalogue) -> str:
    """The whole of ``docs/sources.md``."""
    lines = [
        "# Which clause is implemented where",
        "",
        "Computed from `tenants/` by `server.policy.coverage`; a test compares this page with it. A clause is",
        "implemented by a rule, a parameter or an effective date that cites it, or says in `tenants/documents/`",
        "why it is none and which area carries it out.",
    ]
    rows = coverage(catalogue)
    for slug, document in catalogue.register.documents.items():
        lines += ["", f"## {document.title}", ""]
        about = [f"`{slug}`", document.number or "no number", document.issuer]
        about.append(f"issued {document.issued_on}" if document.issued_on else "no date of issue")
        lines += [", ".join(about), "", "| clause | requirements | implemented by |", "|---|---|---|"]
        for row in rows:
            if row.clause.document == slug:
                requirements = ", ".join(row.text.requirements)
                lines.append(f"| {row.clause.anchor} | {requirements} | {_implemented(row)} |")
    return "\n".join(lines) + "\n"


def _implemented(row: Coverage) -> str:
    if row.uses:
        by_file: dict[str, dict[str, list[str]]] = {}
        for use in row.uses:
            file = f"`tenants/{use.jurisdiction}/{use.file}`"
            by_file.setdefault(file, {}).setdefault(use.what, []).append(f"`{use.name}`")
        return "; ".join(
            f"{file}: " + ", ".join(f"{what} {', '.join(names)}" for what, names in uses.items())
            for file, uses in by_file.items()
        )
    areas = ", ".join(f"`server/{area}`" for area in row.text.handled_by)
    return f"{row.text.not_a_rule} ({areas})" if areas else f"{row.text.not_a_rule}"
