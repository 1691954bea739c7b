"""The register of source documents."""

from datetime import date
from pathlib import Path

import pytest

from server.kit.clause import Clause
from server.policy.canonical import text_digest
from server.policy.catalogue import Catalogue
from server.policy.documents import Register, load_document
from server.policy.dumping import dump_document
from server.policy.problems import PolicyRejected


def document_files(tenants: Path) -> list[Path]:
    return sorted((tenants / "documents").glob("*.yaml"))


def test_every_document_is_registered_once_with_number_and_date_as_it_has_them(register: Register) -> None:
    documents = {slug: (d.number, d.issued_on) for slug, d in register.documents.items()}
    assert documents == {
        "mentougou-2026-3": ("门卫发〔2026〕3号", date(2026, 4, 2)),
        "fengtai-plan": (None, None),
        "beijing-2017-social-medicine": (None, date(2017, 4, 11)),
        "beijing-insurance-2025-4": ("京医保中心发〔2025〕4号", date(2025, 3, 17)),
        "beijing-community-hospital-2022": (None, None),
    }


def test_clauses_stand_word_for_word(register: Register) -> None:
    clause = register.find(Clause("mentougou-2026-3", "第二十条(三)"))
    assert clause is not None
    assert clause.text == "（三）医疗机构不良执业行为一个积分周期内累计积分达 6 分的；"
    assert clause.sha256 == text_digest(clause.text)
    cards = register.find(Clause("fengtai-plan", "二(四)第二句前段"))
    assert cards is not None
    assert cards.text.startswith("一年内累计两次黄牌警告或连续两个绩效考核周期考核不合格")


def test_documents_export_as_they_were_read(tenants: Path) -> None:
    for path in document_files(tenants):
        text = path.read_text()
        assert dump_document(load_document(text, path.name)) == text


def test_a_slip_of_the_hand_in_a_clause_is_found(tenants: Path) -> None:
    path = tenants / "documents" / "mentougou-2026-3.yaml"
    text = path.read_text().replace("累计积分达 6 分的", "累计积分达 8 分的")
    with pytest.raises(PolicyRejected) as caught:
        load_document(text, path.name)
    (problem,) = caught.value.problems
    assert problem.code == "CLAUSE_CHANGED"
    line = text[: text.index("达 8 分")].count("\n") + 1
    assert problem.file == path.name
    assert problem.line == line - 1  # the clause begins with its anchor, one line above its text


def test_a_clause_registered_twice_is_refused() -> None:
    text = (
        "slug: d\ntitle: 甲\nissuer: 乙\nlevel: DISTRICT\njurisdiction: x\n"
        "clauses:\n  - {anchor: 第一条, text: 甲}\n  - {anchor: 第一条, text: 乙}\n"
    )
    with pytest.raises(PolicyRejected) as caught:
        load_document(text, "d.yaml")
    assert [(p.code, p.line) for p in caught.value.problems] == [("DUPLICATE_CLAUSE", 8)]


def test_a_document_registered_twice_is_refused(catalogue: Catalogue) -> None:
    document = catalogue.register.documents["fengtai-plan"]
    with pytest.raises(PolicyRejected):
        Register.of([document, document])


def test_no_personal_number_is_registered(register: Register) -> None:
    import re

    for clause in register.clauses().values():
        assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", clause.text)
        assert not re.search(r"(?<!\d)\d{17}[\dX](?!\d)", clause.text)
