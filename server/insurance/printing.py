"""The forms and lists on paper: Word and Excel files filled from the templates beside this module.

``templates/`` holds ordinary office files, which an official can edit without us; they name 仿宋 and the other typefaces of
official documents for Chinese text.  Personal values are printed as their masks alone: what leaves the platform as a file
never holds an identity number, a telephone or an account in the clear; the applicant adds them by hand before stamping.
"""

import copy
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from server.insurance.form import Form
from server.insurance.form_rules import shown
from server.insurance.model import PersonRole, notice
from server.insurance.rules import COMMITMENTS
from server.kit.terms import Term
from server.policy.documents import Register

TEMPLATES: Final = Path(__file__).parent / "templates"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF: Final = "application/pdf"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ORDINALS: Final = "一二三四五六七八九"
_FIRST_ROW: Final = 4


class PrintKind(Term):
    """What of one application can be printed."""

    ANNEX_1 = "ANNEX_1", "定点医疗机构申请表"
    ANNEX_2_1 = "ANNEX_2_1", "申请承诺书"
    ANNEX_2_2 = "ANNEX_2_2", "管理责任承诺书"


class PrintFormat(Term):
    """As what it is printed."""

    OFFICE = "OFFICE", "Word 或 Excel 文件"
    PDF = "PDF", "PDF/A 版式文件"


class ListKind(Term):
    """Which list can be printed."""

    PUBLICITY = "PUBLICITY", "公示名单"
    ANNOUNCEMENT = "ANNOUNCEMENT", "公布名单"


@dataclass(frozen=True, slots=True)
class Printed:
    """A file as it is handed out."""

    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Names the content."""
        return sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Filed:
    """What the annexes are filled from: the form, the masks of its personal values by path, and the case's own values."""

    number: str
    applied_on: date
    received_at: str
    form: Form
    masks: Mapping[str, str]
    accepted: tuple[int, ...]
    signed_on: date | None
    guarantor_name: str | None
    guarantor_code: str | None
    guarantee_signed_on: date | None


def annex(kind: PrintKind, filed: Filed, register: Register, format_: PrintFormat = PrintFormat.OFFICE) -> Printed:
    """One annex of the application: a Word file to edit and stamp, or pages with their fonts inside."""
    applicant = filed.form.institution_name
    places: dict[str, Any] = {"applicant": applicant, "number": filed.number, "applied_on": chinese(filed.applied_on)}
    match kind:
        case PrintKind.ANNEX_1:
            places |= _annex_1(filed)
        case PrintKind.ANNEX_2_1:
            places |= {"commitments": _commitments(filed, register), "signed_on": _signed(filed.signed_on)}
        case PrintKind.ANNEX_2_2:
            places |= {
                "guarantor_name": filed.guarantor_name or "______",
                "guarantor_code": filed.guarantor_code or "______",
                "guarantee_signed_on": _signed(filed.guarantee_signed_on),
            }
    stem, name = kind.lower().replace("_", "-"), f"{filed.number} {applicant} {kind.label}"
    if format_ is PrintFormat.PDF:
        return Printed(f"{name}.pdf", PDF, _pages(f"{stem}.typ", places, filed.applied_on))
    from docxtpl import DocxTemplate  # loaded by whoever prints: it takes its memory

    template = DocxTemplate(TEMPLATES / f"{stem}.docx")
    template.render(places, autoescape=True)
    template.docx.core_properties.title = f"{kind.label} {filed.number}"
    template.docx.core_properties.author = applicant
    out = io.BytesIO()
    template.save(out)
    return Printed(f"{name}.docx", DOCX, out.getvalue())


def listed(
    kind: ListKind, title: str, note: str, rows: Sequence[Sequence[Any]], *, made_on: date | None = None
) -> Printed:
    """A list: ``rows`` in the order of the template's headings, their number in front made here.

    An Excel file, or with ``made_on`` pages.
    """
    name = {ListKind.PUBLICITY: "publicity-list.xlsx", ListKind.ANNOUNCEMENT: "announcement-list.xlsx"}[kind]
    from openpyxl import load_workbook  # as above

    book = load_workbook(TEMPLATES / name)
    sheet = book.active
    assert sheet is not None, "a template has a sheet"
    if made_on is not None:
        headings = [str(cell.value) for cell in sheet[_FIRST_ROW - 1]]
        told = [[str(n), *(_told(value) for value in row)] for n, row in enumerate(rows, start=1)]
        places = {"title": title, "note": note, "headings": headings, "rows": told}
        return Printed(f"{title}.pdf", PDF, _pages("list.typ", places, made_on))
    sheet["A1"], sheet["A2"] = title, note
    pattern = list(sheet[_FIRST_ROW])
    for n, row in enumerate(rows):
        for column, value in enumerate((n + 1, *row), start=1):
            cell = sheet.cell(_FIRST_ROW + n, column, _cell(value))
            cell.font = copy.copy(pattern[column - 1].font)
            cell.border = copy.copy(pattern[column - 1].border)
    out = io.BytesIO()
    book.save(out)
    return Printed(f"{title}.xlsx", XLSX, out.getvalue())


def _pages(template: str, places: Mapping[str, Any], made_on: date) -> bytes:
    from server.papers import typesetting  # by far the largest library of all: loaded by whoever asks for pages

    return typesetting.pdf_of(TEMPLATES / template, _texts(places), made_on=made_on)


def _texts(value: Any) -> Any:
    """Every leaf as text: templates of pages put them side by side."""
    if isinstance(value, Mapping):
        return {name: _texts(one) for name, one in value.items()}
    return [_texts(one) for one in value] if isinstance(value, list) else str(value)


def chinese(day: date | None) -> str:
    """The day as official documents write it: 2026年9月1日; blank where there is none."""
    return "" if day is None else f"{day.year}年{day.month}月{day.day}日"


def _signed(day: date | None) -> str:
    return chinese(day) or "    年  月  日"


def _cell(value: Any) -> Any:
    """A cell's value; a text that a spreadsheet would take for a formula stays a text."""
    text = _told(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text if not isinstance(value, int) else value


def _told(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(getattr(value, "label", value))


def _annex_1(filed: Filed) -> dict[str, Any]:
    form, masks = filed.form, filed.masks
    licence, parent, has = form.licence, form.parent_designation, form.capabilities
    plain = {one.name: _text(getattr(form, one.name)) for one in fields(form)}
    period = ""
    if licence is not None and (licence.valid_from or licence.valid_through_on):
        period = f"{chinese(licence.valid_from)}至{chinese(licence.valid_through_on)}"
    persons = {role.lower(): _person(form, masks, role) for role in PersonRole}
    return {
        "received_at": filed.received_at,
        "form": plain
        | {
            "bank_branch": _text(form.bank and form.bank.branch),
            "licence_issued_on": chinese(licence.issued_on if licence else None),
            "licence_period": period,
            "parent_name": _text(parent and parent.name),
            "parent_code": _text(parent and parent.code),
        },
        "personal": {"bank_account": masks.get("bank.account", "")},
        "persons": persons | {"both": _both(persons)},
        "has": {one.name: _text(getattr(has, one.name)) for one in fields(has)}
        | {
            # One box on paper for several answers: 是 where all are.
            "core_rules": _all(has.insurance_rules, has.finance_rules, has.statistics_rules, has.quality_rules),
            "bases": _all(
                has.drug_base, has.service_item_base, has.facility_base, has.consumable_base, has.disease_base
            ),
            "information_system": f"是，{has.information_system}" if has.information_system else "否",
        },
        "staffing": [_line(one) for one in form.staffing],
        "total": {"headcount": form.headcount, "first_registered": form.first_registered},
        "departments": [_line(one) for one in form.departments],
        "equipment": [_line(one) for one in form.equipment],
    }


def _person(form: Form, masks: Mapping[str, str], role: PersonRole) -> dict[str, str]:
    one = form.person(role)
    path = role.lower()
    return {
        "name": one.name if one else "",
        "phone": masks.get(f"{path}.phone", ""),
        "identity_number": masks.get(f"{path}.identity_number", ""),
    }


def _both(persons: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """主要负责人（实际控制人）: one cell for two roles (A-MIC-6)."""
    principal, controller = persons["principal"], persons["actual_controller"]
    return {name: principal[name] + (f"（{controller[name]}）" if controller[name] else "") for name in principal}


def _line(row: Any) -> dict[str, str]:
    return {one.name: _text(getattr(row, one.name)) for one in fields(row)}


def _all(*answers: bool | None) -> str:
    return "" if all(one is None for one in answers) else shown(all(answers))


def _text(value: Any) -> str:
    if value is None or isinstance(value, tuple):
        return ""
    return chinese(value) if isinstance(value, date) else shown(value)


def _commitments(filed: Filed, register: Register) -> list[dict[str, str]]:
    """The nine commitments in the notice's own words; one that was not made says so."""
    found = []
    for n in COMMITMENTS:
        clause = register.find(notice(f"附件2-1第{_ORDINALS[n - 1]}项"))
        text = clause.text if clause is not None else f"第 {n} 项"
        found.append({"text": text, "mark": "" if n in filed.accepted else "（未承诺）"})
    return found
