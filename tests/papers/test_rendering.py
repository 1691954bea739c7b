"""Official documents as files: what they say, in which fonts, and that nothing in them is taken for a template."""

import io
from datetime import date

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from server.districts.files import TENANTS
from server.kit.clause import Clause
from server.kit.ids import new_id
from server.papers.model import Paper, PaperKind
from server.papers.rendering import citing, docx_of, pdf_of
from server.policy.catalogue import read_catalogue

CITE = citing(read_catalogue(TENANTS).register)
CLAUSE = Clause("mentougou-2026-3", "第二十条(三)")


def paper(**more: object) -> Paper:
    told = {
        "kind": PaperKind.NOTICE,
        "number": "告〔2026〕3号",
        "title": "责令限期整改告知书",
        "addressee": "示例社区卫生服务中心",
        "issuer": "示例区卫生健康委员会",
        "issued_on": date(2026, 9, 1),
        "fields": (("事由", "未按时校验"), ("要求", "十五日内改正")),
        "clauses": (CLAUSE,),
        "remedies": "如不服本决定，可依法申请行政复议。",
        "digest": "ab" * 32,
    }
    return Paper(id=new_id(), **(told | more))  # type: ignore[arg-type]


def lines(content: bytes) -> list[str]:
    return [one.text for one in docx.Document(io.BytesIO(content)).paragraphs if one.text]


def test_the_document_says_what_was_issued() -> None:
    content = docx_of(paper(), CITE)
    assert lines(content) == [
        "示例区卫生健康委员会",
        "责令限期整改告知书",
        "告〔2026〕3号",
        "示例社区卫生服务中心：",
        "事由：未按时校验",
        "要求：十五日内改正",
        "依据：《门头沟区社会力量举办社区卫生服务机构管理办法（试行）》（门卫发〔2026〕3号）第二十条(三)。",
        "如不服本决定，可依法申请行政复议。",
        "示例区卫生健康委员会",
        "2026年9月1日",
    ]
    read = docx.Document(io.BytesIO(content))
    assert "ab" * 32 in read.sections[0].footer.paragraphs[0].text
    assert (read.core_properties.title, read.core_properties.author) == ("责令限期整改告知书", "示例区卫生健康委员会")


def test_what_is_not_there_leaves_no_line() -> None:
    told = lines(docx_of(paper(fields=(), clauses=(), remedies=None), CITE))
    assert told[3:5] == ["示例社区卫生服务中心：", "示例区卫生健康委员会"]


@pytest.mark.parametrize(("style", "font", "size"), [("Normal", "仿宋_GB2312", 16), ("Title", "宋体", 22)])
def test_chinese_is_set_in_the_fonts_of_official_documents(style: str, font: str, size: int) -> None:
    found = docx.Document(io.BytesIO(docx_of(paper(), CITE))).styles[style]
    assert found.element.rPr.rFonts.get(qn("w:eastAsia")) == font
    assert found.font.size.pt == size


TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"), include_characters="\n"), min_size=1, max_size=60)


@settings(max_examples=25)
@given(st.one_of(TEXT, st.sampled_from(["{{ 7 * 7 }}", "{% raw %}", "<w:p/>&amp;", "{{ digest }}", "甲\n乙", "]]>"])))
def test_any_text_is_text_and_nothing_else(text: str) -> None:
    told = lines(docx_of(paper(fields=(("事由", text),), clauses=()), CITE))
    assert "\n".join(told).replace("\n", "") == "".join(
        [
            "示例区卫生健康委员会责令限期整改告知书告〔2026〕3号示例社区卫生服务中心：",
            f"事由：{text}",
            "如不服本决定，可依法申请行政复议。示例区卫生健康委员会2026年9月1日",
        ]
    ).replace("\n", "")


def test_the_page_is_an_archivable_pdf_with_its_font_inside() -> None:
    content = pdf_of(paper(), CITE)
    assert content.startswith(b"%PDF-1.7")
    assert b"NotoSerifSC" in content
    assert b"pdfaid:part>2<" in content
    assert content == pdf_of(paper(), CITE)
    assert content != pdf_of(paper(title="另一标题"), CITE)


@pytest.mark.parametrize(
    "text", ["#panic(1)", "$x$ *a* _b_", '"]; #read("/etc/passwd")', "<a> @b", "甲\n乙", "漷县镇、潭柘寺、鑫"]
)
def test_no_text_is_taken_for_a_page_command(text: str) -> None:
    assert pdf_of(paper(fields=(("事由", text),), title=text), CITE).startswith(b"%PDF")
