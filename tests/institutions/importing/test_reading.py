"""Files as districts send them, and files that are not lists of institutions."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.institutions.importing import reading, xlsx_source
from server.institutions.importing.model import Row
from server.kit.errors import Invalid


def read(data: bytes) -> list[Row]:
    with reading.opened(io.BytesIO(data)) as sheet:
        return list(sheet.rows)


def workbook(rows: Iterable[Iterable[Any]], *, before: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    if before:
        before(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part rewritten, or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return stream.getvalue()


LIST = "机构名称,地址,备注\r\n甲医院,昌平区一号,\r\n\r\n乙医院（分院）,朝阳区二号,好\r\n"
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_and_delimiters_read_alike(encoding: str, delimiter: str) -> None:
    rows = read(LIST.replace(",", delimiter).encode(encoding))
    assert [(row.line, dict(row.cells)) for row in rows] == [
        (2, {"name": "甲医院", "address": "昌平区一号"}),
        (4, {"name": "乙医院（分院）", "address": "朝阳区二号"}),
    ]
    assert rows[1].raw == ("乙医院（分院）", "朝阳区二号", "好")


def test_excel_reads_like_csv() -> None:
    table = [["机构名称", "地址", "备注"], ["甲医院", "昌平区一号"], [], ["乙医院（分院）", "朝阳区二号", "好"]]
    rows = read(workbook(table))
    assert [(row.line, row.cells) for row in rows] == [(row.line, row.cells) for row in read(LIST.encode())]


@pytest.mark.parametrize(
    ("written", "column"),
    [
        ("name", "name"),
        ("名称*", "name"),
        ("机构名称（必填）", "name"),
        ("医疗机构名称：", "name"),
        ("institutionName", "name"),
    ],
)
def test_headers_for_the_name(written: str, column: str) -> None:
    with reading.opened(io.BytesIO(f"{written},x\n甲,乙\n".encode())) as sheet:
        assert sheet.header.columns == (column, None)
        assert sheet.header.unknown == ("x",)


def test_all_columns_are_known_in_both_languages() -> None:
    chinese = "名称,地址,行政区,登记号,统一社会信用代码,机构类型,经营性质,电话,上级机构,原因"
    english = "name,address,district,registration_no,uscc,kind,operating_nature,phone,parent_name,reason"
    for header in (chinese, english):
        with reading.opened(io.BytesIO(f"{header}\n甲\n".encode())) as sheet:
            assert ",".join(column or "?" for column in sheet.header.columns) == english
            assert sheet.header.unknown == ()


def test_titles_above_the_header_are_skipped() -> None:
    data = "北京市医疗机构名单\n\n（2020年）,,\n序号;名称;地址\n1;甲医院;昌平区一号\n"
    (row,) = read(data.encode())
    assert (row.line, row.cells) == (5, {"name": "甲医院", "address": "昌平区一号"})


def test_first_visible_sheet_with_a_header_is_read() -> None:
    def rearrange(book: openpyxl.Workbook) -> None:
        book.worksheets[0].sheet_state = "hidden"
        book.create_sheet("说明").append(["填表说明"])
        for row in [["名单"], ["名称", "电话", "日期"], ["甲医院", 67891234, date(2026, 1, 31)]]:
            if len(book.worksheets) < 3:
                book.create_sheet("名单")
            book.worksheets[2].append(row)

    (row,) = read(workbook([["名称"], ["不应读到"]], before=rearrange))
    assert (row.line, row.cells) == (3, {"name": "甲医院", "phone": "67891234"})
    assert row.raw == ("甲医院", "67891234", "2026-01-31")


def test_quoted_cells_keep_their_commas_and_the_line_is_where_the_row_begins() -> None:
    rows = read('名称,地址,备注\n甲医院,"昌平区,一号","两\n行"\n乙医院,朝阳区,\n'.encode())
    assert [row.line for row in rows] == [2, 4]
    assert rows[0].cells["address"] == "昌平区,一号"
    assert rows[0].problem is None


def test_text_that_excel_protected_is_taken_as_meant() -> None:
    (row,) = read('名称,登记号,电话\n甲医院,"=""001""",\'+86 10 67891234\n'.encode())
    assert row.cells == {"name": "甲医院", "registration_no": "001", "phone": "+86 10 67891234"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("甲\x00医院,昌平区,", "“名称”中有换行或不可见的控制字符（U+0000）"),
        ('甲医院,"昌平区\n一号",', "“地址”中有换行或不可见的控制字符（U+000A）"),
        ("甲医院,昌平区\u202e一号,", "U+202E"),
        ("甲医院,昌平区,,多一格", "该行单元格多于表头的 3 列"),
        ("院" * 4001 + ",昌平区,", "“名称”超过 4000 个字符"),
        ("甲医院,#N/A,", "“地址”是公式错误 #N/A"),
    ],
)
def test_a_row_that_cannot_be_used_says_why_and_the_others_go_on(line: str, says: str) -> None:
    rows = read(f"名称,地址,备注\n{line}\n乙医院,朝阳区,\n".encode())
    assert says in (rows[0].problem or "")
    assert rows[1].problem is None


def test_unread_columns_may_hold_anything() -> None:
    (row,) = read("名称,备注\n甲医院,#N/A\x00\n".encode())
    assert row.problem is None


def test_codes_that_excel_made_numbers_are_refused() -> None:
    table = [["名称", "登记号", "电话"], ["甲医院", 123456789012345678, 67891234.0], ["乙医院", 1.2e17, 67891234.5]]
    rows = read(workbook(table))
    assert ["“登记号”被 Excel 存为数字" in (row.problem or "") for row in rows] == [True, True]
    assert [row.cells["phone"] for row in rows] == ["67891234", "67891234.5"]


def test_formulas_give_their_stored_value_and_errors_are_refused() -> None:
    data = workbook([["名称", "地址"], ["甲医院", "#REF!"], ["乙医院", "=A2"]])
    rows = read(data)
    assert "公式错误 #REF!" in (rows[0].problem or "")
    assert rows[1].cells == {"name": "乙医院"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "文件为空"),
        (b"\n\n", "未找到“名称”列"),
        ("机构,住址\n甲,乙\n".encode(), "未找到“名称”列.*文件首行为：机构、住址"),
        ("名称,机构名称\n甲,乙\n".encode(), "表头有含义相同的列：名称、机构名称"),
        (("名称" + ",列" * 200).encode(), "表头超过 100 列"),
        ('名称,地址\n甲,"未配对\n'.encode() * 3, "第 2 行起无法读取：引号未配对"),
        ('名称,地址\n甲,"乙"丙\n'.encode(), "第 2 行起无法读取"),
        (b"name\n" + b"x" * 10_000_000, "一格超过 131072 个字符"),
        ("名称,地址\n甲医院,昌平区\n".encode("utf-16-le"), "既不是 UTF-8 也不是 GB18030（GBK）编码（第 2 行"),
        ("名称,地址\n甲医院,昌平区\n".encode("utf-16")[:-1], "不是有效的 UTF-16 编码（第 2 行"),
        ("name,address\nソフト,\u3042\n".encode("shift_jis") + b"\xff", "也不是 GB18030（GBK）编码（第 "),
        ("name,地址\n甲医院,昌平区南口镇\n".encode().replace("口".encode(), b"\xff\xfe"), "第 2 行有损坏的字节"),
        (("名称,地址\n" + "甲医院,昌平区南口镇\n" * 9000).encode()[:-2], "第 9001 行有损坏的字节"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "旧版 .xls 或加了密码"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "(编码|未找到)"),
        (b"PK\x03\x04 not a zip", "已损坏或不是工作簿"),
    ],
)
def test_files_that_cannot_be_read_are_refused_as_a_whole(data: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        read(data)
    assert refused.value.path == ("file",)


def with_shared_strings(data: bytes) -> bytes:
    """The workbook as Excel writes it: texts in a table of their own (openpyxl writes them into the cells)."""
    texts: list[bytes] = []

    def shared(match: re.Match[bytes]) -> bytes:
        texts.append(match[2])
        return b'<c r="%s" t="s"><v>%d</v></c>' % (match[1], len(texts) - 1)

    inline = re.compile(rb'<c r="(\w+)" t="inlineStr"><is><t>(.*?)</t></is></c>')
    moved = with_part(data, SHEET, lambda part: inline.sub(shared, part))
    table = b"".join(b"<si><t>%s</t></si>" % text for text in texts)
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    declared = b'<Override PartName="/%s" ContentType="%s"/></Types>' % (STRINGS.encode(), STRINGS_TYPE)
    typed = with_part(moved, "[Content_Types].xml", lambda part: part.replace(b"</Types>", declared))
    return with_part(typed, STRINGS, lambda _: b'<sst xmlns="%s">%s</sst>' % (namespace, table))


STRINGS = "xl/sharedStrings.xml"
STRINGS_TYPE = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
GOOD = with_shared_strings(workbook([["name", "address"], ["A", "昌平区"], ["B", "朝阳区"]]))


def test_texts_in_a_table_of_their_own_are_read() -> None:
    assert [dict(row.cells) for row in read(GOOD)] == [
        {"name": "A", "address": "昌平区"},
        {"name": "B", "address": "朝阳区"},
    ]


@pytest.mark.parametrize(
    "data",
    [
        GOOD[: len(GOOD) // 2],
        with_part(GOOD, SHEET, lambda part: part[: len(part) * 3 // 4]),
        with_part(GOOD, SHEET, lambda part: part.replace(b'r="A2"', b'r="??"')),
        with_part(GOOD, STRINGS, lambda part: part[:-20]),
        with_part(GOOD, STRINGS, lambda _: b'<sst xmlns="http://x"/>'),
        with_part(GOOD, "xl/workbook.xml", lambda _: b"<workbook/>"),
        with_part(GOOD, "[Content_Types].xml", lambda _: b"not xml"),
    ],
    ids=["half", "part of a sheet", "bad cell", "part of the texts", "no texts", "no sheets", "no types"],
)
def test_damaged_workbooks_are_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"已损坏或不是工作簿|未找到“名称”列"):
        read(data)


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(Invalid, match="已损坏或不是工作簿"):
        read(stream.getvalue())


@pytest.mark.parametrize(
    ("part", "size"),
    [(SHEET, xlsx_source.MOST_UNPACKED + 1), ("xl/styles.xml", xlsx_source.MOST_UNPACKED_PART + 1)],
)
def test_a_workbook_that_unpacks_too_large_is_refused_unopened(part: str, size: int) -> None:
    bomb = with_part(GOOD, part, lambda _: bytes(size))
    assert len(bomb) < 1_000_000
    with pytest.raises(Invalid, match="解压后过大（上限 128 MB）"):
        read(bomb)


def test_entities_are_not_expanded_without_end() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY e0 "{"x" * 1000}">{levels}]>'.encode()
    bomb = with_part(GOOD, STRINGS, lambda part: doctype + part.replace(b"<t>A</t>", b"<t>&e9;</t>"))
    with pytest.raises(Invalid, match="已损坏或不是工作簿"):
        read(bomb)


@pytest.mark.parametrize("claimed", [b"A1:XFD1048576", b"A1:A1"])
def test_claimed_dimensions_are_not_believed(claimed: bytes) -> None:
    data = with_part(GOOD, SHEET, lambda part: part.replace(b'ref="A1:B3"', b'ref="%s"' % claimed))
    assert claimed in zipfile.ZipFile(io.BytesIO(data)).read(SHEET)
    assert [row.cells["name"] for row in read(data)] == ["A", "B"]


def test_a_stray_cell_at_the_end_of_the_sheet_is_one_more_row() -> None:
    def stray(book: openpyxl.Workbook) -> None:
        book.worksheets[0]["XFD4"] = "x"
        book.worksheets[0]["A1048576"] = "丙医院"

    rows = read(workbook([["名称", "地址"], ["甲医院", "昌平区"]], before=stray))
    assert [row.line for row in rows] == [2, 1048576]


def test_wide_sheets_are_refused() -> None:
    with pytest.raises(Invalid, match="表头超过 100 列"):
        read(workbook([["名称", *["列"] * 200]]))


def test_a_cell_of_ten_megabytes_is_one_bad_row() -> None:
    # As text, or as references, where lxml wrote the workbook.
    written = ("昌平区".encode(), "昌平区".encode("ascii", "xmlcharrefreplace"))

    def huge(part: bytes) -> bytes:
        for one in written:
            part = part.replace(one, b"x" * 10_000_000)
        return part

    data = with_part(GOOD, STRINGS, huge)
    rows = read(data)
    assert "“address”超过 4000 个字符" in (rows[0].problem or "")
    assert len(rows[0].raw[1]) == 4001
    assert rows[1].problem is None


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(Invalid, match="一次最多导入 100000 行"):
        read(b"name\n" + b"x\n" * 100_001)


def test_too_large_a_file_is_refused() -> None:
    with pytest.raises(Invalid, match="文件最大 64 MB"):
        read(b"name\n" + b" " * reading.MOST_BYTES)


def test_the_stream_stays_open() -> None:
    for data in (LIST.encode(), GOOD):
        stream = io.BytesIO(data)
        with reading.opened(stream) as sheet:
            next(sheet.rows)
        assert not stream.closed


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for start in (b"", b"name,address\n", b"PK\x03\x04"):
        try:
            rows = read(start + data)
        except Invalid:
            continue
        assert all(row.line > 1 for row in rows)
