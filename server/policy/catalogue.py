"""The policy data of a folder laid out like ``tenants/``: documents, every jurisdiction's packs, templates."""

from dataclasses import dataclass
from pathlib import Path

from server.policy.documents import Document, Register, load_document
from server.policy.loading import load_pack
from server.policy.model import PolicyPack
from server.policy.problems import PolicyRejected, Problem
from server.policy.terms import Kind

DOCUMENTS, TEMPLATES, CASES = "documents", "templates", "cases"
FILE_OF: dict[Kind, str] = {kind: kind.value.lower().replace("_", "-") + ".yaml" for kind in Kind}
"""Where a jurisdiction's pack of a kind stands inside the jurisdiction's folder."""


@dataclass(frozen=True)
class Catalogue:
    """``templates`` by style; ``warnings``: what a second person should weigh."""

    register: Register
    packs: tuple[PolicyPack, ...]
    templates: dict[str, tuple[PolicyPack, ...]]
    warnings: tuple[Problem, ...]

    def find(self, jurisdiction: str, kind: Kind) -> PolicyPack | None:
        return next((p for p in self.packs if p.jurisdiction == jurisdiction and p.kind is kind), None)


def read_catalogue(folder: Path) -> Catalogue:
    """Everything in the folder; file names in messages are relative to it.

    A jurisdiction's other files (``district.yaml``) are not policy and are left alone.
    Raises: PolicyRejected with every error of every file; documents first, since packs cite them.
    """
    problems: list[Problem] = []
    documents: list[Document] = []
    for path in sorted((folder / DOCUMENTS).glob("*.yaml")):
        try:
            documents.append(load_document(path.read_bytes(), str(path.relative_to(folder))))
        except PolicyRejected as rejected:
            problems += rejected.problems
    if problems:
        raise PolicyRejected(problems)
    register = Register.of(documents)
    packs: list[PolicyPack] = []
    templates: dict[str, tuple[PolicyPack, ...]] = {}
    warnings: list[Problem] = []
    for path, kind, style in _pack_files(folder):
        try:
            name = str(path.relative_to(folder))
            pack, found = load_pack(path.read_bytes(), name, register, template=style is not None)
        except PolicyRejected as rejected:
            problems += rejected.problems
            continue
        warnings += found
        problems += _misplaced(pack, path, name, kind, style)
        if style is None:
            packs.append(pack)
        else:
            templates[style] = (*templates.get(style, ()), pack)
    if problems:
        raise PolicyRejected(problems)
    return Catalogue(register, tuple(packs), templates, tuple(warnings))


def _pack_files(folder: Path) -> list[tuple[Path, Kind, str | None]]:
    kinds = {name: kind for kind, name in FILE_OF.items()}
    found: list[tuple[Path, Kind, str | None]] = []
    for place in sorted(child for child in folder.iterdir() if child.is_dir() and child.name != DOCUMENTS):
        styles = sorted(place.iterdir()) if place.name == TEMPLATES else [place]
        for holder in styles:
            style = holder.name if place.name == TEMPLATES else None
            found += [(path, kinds[path.name], style) for path in sorted(holder.glob("*.yaml")) if path.name in kinds]
    return found


def _misplaced(pack: PolicyPack, path: Path, name: str, kind: Kind, style: str | None) -> list[Problem]:
    problems = []
    if pack.kind is not kind:
        problems.append(
            Problem("MISPLACED", f"{pack.kind} 政策应放在 {FILE_OF[pack.kind]}", file=name, line=1, column=1)
        )
    if style is None and pack.jurisdiction != path.parent.name:
        message = f"jurisdiction 为 {pack.jurisdiction}，与文件夹 {path.parent.name} 不符"
        problems.append(Problem("MISPLACED", message, file=name, line=1, column=1))
    return problems
