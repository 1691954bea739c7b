"""Every check of one version's content.  All problems are found, not just the first.

Pure and total: a version built by hand, read from YAML or sent by a caller is checked by the same code; the reader adds
file and line where there is a file.
"""

from collections import Counter
from collections.abc import Iterator

from server.kit.clause import Clause
from server.policy.check_parameters import check_parameters
from server.policy.check_rules import check_rules, trees_of
from server.policy.documents import Level, Register
from server.policy.model import PolicyVersion
from server.policy.nodes import Leaf, walk
from server.policy.problems import Path, Problem, Severity
from server.policy.terms import DISTRICT_KINDS, MUNICIPAL_KINDS, SourceStatus
from server.policy.timeline import check_period


def check_version(version: PolicyVersion, register: Register, *, template: bool = False) -> tuple[Problem, ...]:
    """Every problem of the version's content, in the order of the document.

    A ``template`` may leave jurisdiction and effective date open, and may rest on any district's documents.  Dates
    against other versions and against today are ``timeline.check_succession``'s business.
    """
    problems = [*_check_effective(version, template), *check_period(version)]
    problems += _check_place(version, register)
    problems += _check_documents(version, register)
    problems += check_parameters(version)
    problems += check_rules(version)
    problems += _check_citations(version, register, template)
    return tuple(problems)


def _check_effective(version: PolicyVersion, template: bool) -> Iterator[Problem]:
    if version.effective_from is None:
        if not template:
            message = "未填写施行日期；原文没有的，由本区填写后方可发布"
            yield Problem("EFFECTIVE_FROM_REQUIRED", message, ("effective", "from"))
        return
    if version.effective_status is SourceStatus.FROM_CLAUSE:
        if version.effective_clause is None:
            message = "施行日期标为原文规定，须引用条款；原文没有的请标为 UNVERIFIED 并说明"
            yield Problem("CLAUSE_REQUIRED", message, ("effective", "clause"))
    elif version.effective_note is None:
        yield Problem("NOTE_REQUIRED", "施行日期不出自原文，须以 note 说明由谁、依据什么确定", ("effective", "note"))


def _check_place(version: PolicyVersion, register: Register) -> Iterator[Problem]:
    """Municipal kinds belong to the municipality, the others to districts."""
    municipal = {d.jurisdiction for d in register.documents.values() if d.level is Level.MUNICIPAL}
    if version.jurisdiction is None:
        return
    if version.kind in MUNICIPAL_KINDS and version.jurisdiction not in municipal:
        yield Problem("KIND_OUT_OF_PLACE", f"{version.kind.label}政策由市级制定，各区不能自定", ("kind",))
    if version.kind in DISTRICT_KINDS and version.jurisdiction in municipal:
        yield Problem("KIND_OUT_OF_PLACE", f"{version.kind.label}政策由各区制定", ("kind",))


def _check_documents(version: PolicyVersion, register: Register) -> Iterator[Problem]:
    for index, slug in enumerate(version.documents):
        if slug not in register.documents:
            yield Problem("UNKNOWN_DOCUMENT", f"文件 {slug} 未登记；请先登记文件及其条款", ("documents", index))


def _citations(version: PolicyVersion) -> Iterator[tuple[Path, Clause]]:
    if version.effective_clause is not None:
        yield ("effective", "clause"), version.effective_clause
    for index, parameter in enumerate(version.parameters):
        if parameter.clause is not None:
            yield ("parameters", index, "clause"), parameter.clause
    for index, rule in enumerate(version.rules):
        for place, clause in enumerate(rule.cites):
            yield ("rules", index, "cites", place), clause
    for path, tree in trees_of(version):
        for below, _, node in walk(tree):
            if isinstance(node, Leaf) and node.cite is not None:
                yield (*path, *below, "cite"), node.cite


def _check_citations(version: PolicyVersion, register: Register, template: bool) -> Iterator[Problem]:
    foreign: Counter[str] = Counter()
    first: dict[str, Path] = {}
    for path, clause in _citations(version):
        document = register.documents.get(clause.document)
        if document is None:
            yield Problem("UNKNOWN_DOCUMENT", f"文件 {clause.document} 未登记；请先登记文件及其条款", path)
        elif register.find(clause) is None:
            yield Problem("UNKNOWN_CLAUSE", f"文件 {clause.document} 中没有登记条款 {clause.anchor}", path)
        elif clause.document not in version.documents:
            yield Problem("DOCUMENT_NOT_LISTED", f"引用了 {clause.document}，但未列入 documents", path)
        elif not template and document.level is Level.DISTRICT and document.jurisdiction != version.jurisdiction:
            foreign[clause.document] += 1
            first.setdefault(clause.document, path)
    if version.kind in DISTRICT_KINDS:
        for slug, times in foreign.items():
            message = f"有 {times} 处引用其他区的文件 {slug}；请登记本区文件并改引，使规则有本区依据"
            yield Problem("BORROWED_CITATION", message, first[slug], severity=Severity.WARNING)
