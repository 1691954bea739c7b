"""Score sheets, from bytes and to bytes: what is filled in is read back, and whatever is wrong is named by its cell."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

from server.assessment import rules
from server.assessment.sheets import reading
from server.assessment.sheets.checking import Checked, address, check
from server.assessment.sheets.model import FIRST_COLUMN, FIRST_ROW, MARK, Column, Known
from server.assessment.sheets.reading import read
from server.assessment.sheets.writing import written
from server.kit.cells import TOLD_MOST, CellProblem, FaultyCells
from server.kit.errors import Invalid

CYCLE = uuid4()
COLUMNS = tuple(
    Column(uuid4(), code, title, Decimal(weight), Decimal(most))
    for code, title, weight, most in (
        ("A1", "健康档案", "40", "50"),
        ("1.1", "=SUM(1,1) 家庭医生签约", "35.5", "33.33"),
        ("B/2", "患者满意度", "24.5", "10000"),
    )
)
ALL = frozenset(one.indicator_id for one in COLUMNS)


def known(n: int, **given: Any) -> Known:
    told = {"code": f"PDY{n:05}", "version": n + 1, "mine": ALL, "scores": {}}
    return Known(uuid4(), f"第{n}社区卫生服务中心", **told | given)


KNOWN = tuple(known(n) for n in range(4))


def sheet(rows: tuple[Known, ...] = KNOWN, columns: tuple[Column, ...] = COLUMNS) -> bytes:
    return written(CYCLE, "2026 绩效考核评分表", columns, rows)


def changed(change: Callable[[Any], None], content: bytes | None = None) -> bytes:
    """The workbook after somebody has worked on it."""
    book = openpyxl.load_workbook(io.BytesIO(content or sheet()))
    change(book.worksheets[0])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(cells: dict[str, Any]) -> bytes:
    def change(of: Any) -> None:
        for cell, value in cells.items():
            of[cell] = value

    return changed(change)


def checked(content: bytes, rows: tuple[Known, ...] = KNOWN) -> Checked:
    return check(read(content), COLUMNS, rows)


def places(content: bytes, rows: tuple[Known, ...] = KNOWN) -> list[str | None]:
    return [one.cell for one in checked(content, rows).problems]


# What is filled in is read back ---------------------------------------------------------------------------------------

marks = [st.one_of(st.none(), st.integers(0, int(one.most * 100)).map(lambda n: Decimal(n) / 100)) for one in COLUMNS]
fillings = st.lists(st.tuples(*marks), min_size=len(KNOWN), max_size=len(KNOWN))


@settings(max_examples=25, deadline=None)
@given(fillings)
def test_any_valid_scores_come_back_as_they_were_filled_in(rows: list[tuple[Decimal | None, ...]]) -> None:
    cells = {
        address(FIRST_COLUMN + at, FIRST_ROW + n): float(score)
        for n, row in enumerate(rows)
        for at, score in enumerate(row)
        if score is not None
    }
    wanted = {
        KNOWN[n].assessment_id: given
        for n, row in enumerate(rows)
        if (given := {COLUMNS[at].indicator_id: score for at, score in enumerate(row) if score is not None})
    }
    done = checked(put(cells))
    assert done.problems == ()
    assert done.entries == wanted
    assert done.unchanged == len(KNOWN) - len(wanted)


@settings(max_examples=25, deadline=None)
@given(fillings)
def test_scores_that_are_there_already_are_filled_in_and_are_no_news(rows: list[tuple[Decimal | None, ...]]) -> None:
    held = tuple(
        replace(one, scores={COLUMNS[at].indicator_id: score for at, score in enumerate(row) if score is not None})
        for one, row in zip(KNOWN, rows, strict=True)
    )
    # Whatever became of the assessments since: a row without news stands in nobody's way.
    later = tuple(replace(one, version=one.version + 1, obstacle="考核状态为“已复核”") for one in held)
    for now in (held, later):
        done = checked(sheet(held), now)
        assert (done.entries, done.problems, done.unchanged) == ({}, (), len(KNOWN))


# Whatever is wrong is named by its cell ---------------------------------------------------------------------------------

BROKEN: list[tuple[str, Any, str]] = [
    ("text", "优秀", "文字"),
    ("text that is a number", "12.5", "文本格式"),
    ("full-width digits", "１２．５", "全角"),
    ("a formula", "=1+1", "公式"),
    ("a failed formula", "#DIV/0!", "错误值"),
    ("negative", -0.01, "负数"),
    ("above the mark", 10000.01, "满分"),
    ("far above", 1e300, "满分"),
    ("too many decimals", 1.005, "小数"),
    ("a day", date(2026, 8, 5), "日期"),
    ("a truth", True, "逻辑值"),
]
places_of_scores = st.tuples(st.integers(0, len(COLUMNS) - 1), st.integers(0, len(KNOWN) - 1))


@settings(max_examples=60, deadline=None)
@given(places_of_scores, st.sampled_from(BROKEN))
def test_any_one_broken_cell_is_named(place: tuple[int, int], broken: tuple[str, Any, str]) -> None:
    (at, row), (_, value, word) = place, broken
    cell = address(FIRST_COLUMN + at, FIRST_ROW + row)
    done = checked(put({"E10": 3, "F7": 4} | {cell: value}))
    (problem,) = done.problems
    assert (problem.sheet, problem.cell) == ("考核评分", cell)
    assert (problem.row, problem.column) == (KNOWN[row].name, COLUMNS[at].title)
    assert word in problem.message
    assert problem.remedy
    assert problem.found
    assert problem.limit == f"0 至 {COLUMNS[at].most.normalize():f}，至多两位小数"
    assert done.entries == {}


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-20_000, max_value=20_000, places=3))
@settings(max_examples=40, deadline=None)
def test_a_sheet_takes_just_the_scores_that_are_taken_one_by_one(score: Decimal) -> None:
    problems = checked(put({"G7": float(score)})).problems
    try:
        rules.check_mark(score, COLUMNS[2].most, ("score",))
    except Invalid:
        assert [one.cell for one in problems] == ["G7"]
    else:
        assert problems == ()


def test_a_percentage_is_no_score() -> None:
    def change(of: Any) -> None:
        of["E7"] = 0.9
        of["E7"].number_format = "0%"

    (problem,) = checked(changed(change)).problems
    assert (problem.cell, problem.found) == ("E7", "90%")


def test_a_formula_of_many_cells_is_told_by_its_text() -> None:
    (problem,) = checked(put({"E7": ArrayFormula("E7:E8", "=F7:F8*2")})).problems
    assert (problem.cell, problem.found) == ("E7", "=F7:F8*2")


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_sheet() -> None:
    assert places(put({"G9": -1, "E7": "无", "F7": 34, "E9": "=1"})) == ["E7", "F7", "E9", "G9"]


def test_a_merged_area_hides_scores_and_is_refused() -> None:
    def change(of: Any) -> None:
        of["E7"] = 5
        of.merge_cells("E7:E9")

    assert places(changed(change)) == ["E7"]


def rows_of(change: Callable[[Any], None]) -> Iterator[CellProblem]:
    yield from checked(changed(change)).problems


def test_whose_a_row_is_must_be_plain() -> None:
    def unknown(of: Any) -> None:
        of["C8"] = str(uuid4())
        of["E8"] = 1

    def added(of: Any) -> None:
        of["A11"], of["E11"] = "新社区卫生服务中心", 1

    def twice(of: Any) -> None:
        for at in range(1, 5):
            of.cell(8, at, of.cell(7, at).value)

    def shifted(of: Any) -> None:
        # Names sorted without the hidden columns: every score would be somebody else's.
        of["A7"], of["A8"] = of["A8"].value, of["A7"].value

    def recoded(of: Any) -> None:
        of["B7"] = "PDY99999"

    def told(change: Callable[[Any], None]) -> list[tuple[str | None, str]]:
        return [(one.cell, one.message) for one in rows_of(change)]

    assert told(unknown) == [("A8", "该行不是本周期的考核对象")]
    assert told(added) == [("A11", "该行缺少考核标识（隐藏列 C）")]
    assert told(twice) == [("A8", "与第 7 行是同一机构")]
    assert told(shifted) == [("A7", "机构名称与考核标识不符"), ("A8", "机构名称与考核标识不符")]
    assert told(recoded) == [("B7", "登记号与考核标识不符")]


def test_rows_may_be_left_out_and_moved_whole() -> None:
    def change(of: Any) -> None:
        of["F10"] = 7
        of.delete_rows(8, 2)

    done = checked(changed(change))
    assert done.entries == {KNOWN[3].assessment_id: {COLUMNS[1].indicator_id: Decimal(7)}}
    assert done.unchanged == 1


def test_columns_must_be_the_schemes() -> None:
    def gone(of: Any) -> None:
        of.delete_cols(6)

    def foreign(of: Any) -> None:
        of["H3"], of["H4"], of["H7"] = "别的指标", "Z9", 1

    def nameless(of: Any) -> None:
        of["H8"] = 1

    def twice(of: Any) -> None:
        of["G3"], of["G4"] = of["E3"].value, of["E4"].value

    def swapped(of: Any) -> None:
        of["E3"], of["F3"] = of["F3"].value, of["E3"].value

    assert [(one.cell, one.column) for one in rows_of(gone)] == [(None, COLUMNS[1].title)]
    assert places(changed(foreign)) == ["H4"]
    assert places(changed(nameless)) == ["H8"]
    assert [(one.cell, one.message) for one in rows_of(twice)] == [
        (None, "缺少指标 B/2 一列"),
        ("G4", "指标编号与 E4 重复"),
    ]
    assert places(changed(swapped)) == ["E3", "F3"]


def test_what_is_another_bodys_to_score_is_not_taken() -> None:
    others = replace(KNOWN[0], mine=frozenset({COLUMNS[0].indicator_id}))
    nobodys = replace(KNOWN[1], mine=frozenset())
    rows = (others, nobodys, *KNOWN[2:])
    done = checked(put({"E7": 1, "F7": 2, "E8": 3}), rows)
    assert [(one.cell, one.message) for one in done.problems] == [
        ("F7", "该指标不由您所在单位评分"),
        ("A8", "该机构的考核不由您所在单位评分"),
    ]


def test_news_about_what_was_changed_since_or_cannot_be_scored_is_not_taken() -> None:
    later = replace(KNOWN[0], version=9)
    done_with = replace(KNOWN[1], obstacle="考核状态为“已复核”，不能转为“已考核”")
    done = checked(put({"E7": 1, "E8": 2, "E9": 3}), (later, done_with, *KNOWN[2:]))
    assert [(one.cell, one.found, one.limit) for one in done.problems] == [
        ("A7", "版本 1", "当前版本 9"),
        ("A8", KNOWN[1].name, None),
    ]


def test_at_most_so_many_are_told_and_all_are_counted() -> None:
    problems = [CellProblem("考核评分", f"E{n}", "单元格是文字", "请改正") for n in range(TOLD_MOST + 50)]
    refused = FaultyCells(problems, path=("input",))
    assert (len(refused.problems), refused.total) == (TOLD_MOST, TOLD_MOST + 50)
    assert f"{TOLD_MOST + 50} 处错误" in refused.message


# Files that are no score sheets -------------------------------------------------------------------------------------------


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()


def truncated() -> bytes:
    return sheet()[:-200]


def another() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(part: str, content: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sheet())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for one in old.namelist():
            made.writestr(one, content(old.read(one)) if one == part else old.read(one))
    return out.getvalue()


BLANK = b"<row/>" * 25_000


def entities() -> bytes:
    bomb = b'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    return rewritten("xl/worksheets/sheet1.xml", lambda old: bomb + b"]>" + old.replace(MARK.encode(), b"&j;"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"institution,score\n", "已损坏"),
        (truncated(), "已损坏"),
        (archive(), "已损坏"),
        (another(), "不是本平台下载"),
        (put({"C1": None}), "不是本平台下载"),
        (rewritten("xl/worksheets/sheet1.xml", lambda old: old[: len(old) // 2]), "已损坏"),
        (rewritten("xl/styles.xml", lambda old: old + b" " * reading.UNPACKED_PART_MOST), "解压后过大"),
        (rewritten("xl/worksheets/sheet1.xml", lambda old: old + b" " * reading.UNPACKED_MOST), "解压后过大"),
        (entities(), "已损坏"),
        (rewritten("xl/worksheets/sheet1.xml", lambda old: old + b"<c/>" * reading.TAGS_MOST), "单元格过多"),
        (
            rewritten("xl/worksheets/sheet1.xml", lambda old: old.replace(b"</sheetData>", BLANK + b"</sheetData>")),
            "空行过多",
        ),
        (bytes(reading.BYTES_MOST + 1), "不能超过"),
    ],
    ids=[
        "text",
        "cut off",
        "empty",
        "another",
        "unmarked",
        "broken",
        "styles",
        "bomb",
        "entities",
        "cells",
        "blank rows",
        "large",
    ],
)
def test_what_is_no_score_sheet_is_refused_whole(content: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(content)
    assert words in refused.value.message
    assert refused.value.path == ("input", "document")


def test_a_row_far_down_is_refused_and_an_empty_one_is_not() -> None:
    def styled(of: Any) -> None:
        of["E5000"].number_format = "0.00"

    assert checked(changed(styled)).problems == ()
    with pytest.raises(Invalid) as refused:
        read(put({"E5000": 1}))
    assert "3000 行" in refused.value.message


def test_the_sheet_says_of_itself_what_it_is() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet()))["考核评分"]
    assert book["D1"].value == str(CYCLE)
    assert UUID(book["C7"].value) == KNOWN[0].assessment_id
    assert (book.column_dimensions["C"].hidden, book.protection.sheet) == (True, True)
    assert [book[f"{at}5"].value for at in "EFG"] == [50, 33.33, 10000]
    assert (book["E7"].protection.locked, book["A7"].protection.locked) == (False, True)
    assert (book["F3"].data_type, book["F3"].value) == ("s", COLUMNS[1].title)
    rules_ = {str(one.sqref): (one.type, one.formula1, one.formula2) for one in book.data_validations.dataValidation}
    assert rules_["F7:F10"] == ("decimal", "0", "33.33")
