"""Official documents on paper: made anew from what was issued, each time somebody asks.

A kind has its own templates, ``templates/<KIND>.docx`` and ``<KIND>.typ``, or the general ones.  The Word files are
ordinary ones with places to fill in (``templates/README.md``), which an official can edit without us.
"""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

from server.kit.clause import Clause
from server.papers.model import Paper
from server.policy.documents import Register

TEMPLATES: Final = Path(__file__).parent / "templates"
_GENERAL: Final = TEMPLATES / "GENERAL.docx"
_GENERAL_PAGES: Final = TEMPLATES / "GENERAL.typ"


def docx_of(paper: Paper, cite: Callable[[Clause], str]) -> bytes:
    """The document as a Word file; ``cite`` says a clause in words."""
    from docxtpl import DocxTemplate  # loaded by whoever prints: it takes its memory

    own = TEMPLATES / f"{paper.kind}.docx"
    template = DocxTemplate(own if own.exists() else _GENERAL)
    template.render(_places(paper, cite), autoescape=True)
    properties = template.docx.core_properties
    properties.title, properties.author, properties.subject = paper.title, paper.issuer, paper.number
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


def pdf_of(paper: Paper, cite: Callable[[Clause], str]) -> bytes:
    """The document as PDF/A, the same bytes each time."""
    own = TEMPLATES / f"{paper.kind}.typ"
    told = {
        "number": paper.number,
        "title": paper.title,
        "issuer": paper.issuer,
        "addressee": paper.addressee,
        "issued_on": chinese_date(paper.issued_on),
        "fields": paper.fields,
        "clauses": _cited(paper, cite),
        "remedies": paper.remedies,
        "digest": paper.digest,
    }
    from server.papers import typesetting  # by far the largest library of all: loaded by whoever asks for pages

    return typesetting.pdf_of(own if own.exists() else _GENERAL_PAGES, told, made_on=paper.issued_on)


def _cited(paper: Paper, cite: Callable[[Clause], str]) -> str:
    return "、".join(cite(one) for one in paper.clauses)


def _places(paper: Paper, cite: Callable[[Clause], str]) -> dict[str, Any]:
    """What a template may name."""
    from docxtpl import Listing

    return {
        "number": paper.number,
        "title": paper.title,
        "issuer": paper.issuer,
        "addressee": paper.addressee,
        "issued_on": chinese_date(paper.issued_on),
        "fields": [{"label": label, "text": Listing(text)} for label, text in paper.fields],
        "field": {label: Listing(text) for label, text in paper.fields},
        "clauses": _cited(paper, cite),
        "remedies": paper.remedies,
        "digest": paper.digest,
    }


def chinese_date(day: date) -> str:
    """The day as official documents write it: 2026年9月1日 (GB/T 9704-2012, 7.3.5.4: no zeros in front)."""
    return f"{day.year}年{day.month}月{day.day}日"


def citing(register: Register) -> Callable[[Clause], str]:
    """Says a clause by its document's title and number: 《…办法》（门卫发〔2026〕3号）第二十条(三)."""

    def cite(clause: Clause) -> str:
        document = register.documents.get(clause.document)
        if document is None:
            return str(clause)
        number = f"（{document.number}）" if document.number else ""
        return f"《{document.title}》{number}{clause.anchor}"

    return cite
