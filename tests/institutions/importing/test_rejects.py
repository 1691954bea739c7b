"""The reject file: opens in Excel, comes back once mended."""

import csv
import io

import pytest

from server.institutions.importing import candidates, reading, rejects
from server.institutions.importing.model import Candidate, Reject
from server.institutions.importing.resolving import Districts


def run(data: bytes, districts: Districts) -> tuple[list[Candidate], bytes]:
    """The candidates of a file and its reject file."""
    with reading.opened(io.BytesIO(data)) as sheet:
        values = list(candidates.candidates(sheet.rows, districts))
        stream = io.BytesIO()
        bad = [value for value in values if isinstance(value, Reject)]
        assert rejects.write(stream, sheet.header, bad) == len(bad)
    return [value for value in values if isinstance(value, Candidate)], stream.getvalue()


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


LIST = "序号,名称,地址,备注\n1,甲医院,昌平区一号,好\n2,乙医院,某路2号,\n3,丙医院\n".encode("gb18030")


def test_reject_file_has_the_columns_of_the_file_and_the_reason(districts: Districts) -> None:
    good, data = run(LIST, districts)
    assert [candidate.name for candidate in good] == ["甲医院"]
    assert data.startswith(b"\xef\xbb\xbf")
    reason = "未写明所属区，不能由街道或道路推断，请在“区”列写明"
    assert table(data) == [
        ["序号", "名称", "地址", "备注", "原因"],
        ["2", "乙医院", "某路2号", "", f"第 3 行：{reason}"],
        ["3", "丙医院", "", "", f"第 4 行：{reason}"],
    ]


def test_unmended_rows_are_rejected_again_with_one_reason_column(districts: Districts) -> None:
    _, once = run(LIST, districts)
    good, twice = run(once, districts)
    assert good == []
    assert table(twice)[0] == ["序号", "名称", "地址", "备注", "原因"]
    assert [row[:4] for row in table(twice)] == [row[:4] for row in table(once)]


def test_mended_rows_are_accepted(districts: Districts) -> None:
    _, data = run(LIST, districts)
    mended = data.decode("utf-8-sig").replace("某路2号", "朝阳区某路2号").replace("丙医院,", "丙医院,延庆区")
    good, rest = run(mended.encode("utf-8-sig"), districts)
    assert [(candidate.name, candidate.district_code) for candidate in good] == [
        ("乙医院", "110105"),
        ("丙医院", "110119"),
    ]
    assert len(table(rest)) == 1


@pytest.mark.parametrize("cell", ["=1+1", "+86 67891234", "-1", "@SUM(A1)", "=HYPERLINK(1)"])
def test_no_cell_runs_as_a_formula_and_reading_gives_it_back(districts: Districts, cell: str) -> None:
    _, data = run(f"名称,备注\n甲医院,{cell}\n".encode(), districts)
    assert table(data)[1][1] == f"'{cell}"
    with reading.opened(io.BytesIO(data)) as sheet:
        assert next(sheet.rows).raw[1] == cell


def test_control_characters_become_visible(districts: Districts) -> None:
    _, data = run("名称,地址\n甲\x00医院,昌平区\n".encode(), districts)
    assert b"\x00" not in data
    assert table(data)[1][0] == "甲\ufffd医院"


def test_row_with_too_many_cells_stays_rejected_until_they_are_gone(districts: Districts) -> None:
    _, data = run("名称,地址\n甲医院,昌平区,一号\n".encode(), districts)
    assert table(data)[1][0::3] == ["甲医院", "一号"]
    good, again = run(data, districts)
    assert good == []
    assert "多于表头" in table(again)[1][2]


def test_the_stream_stays_open_even_when_reading_breaks(districts: Districts) -> None:
    stream = io.BytesIO()
    with reading.opened(io.BytesIO(LIST)) as sheet:
        header = sheet.header

    def breaking() -> list[Reject]:
        raise RuntimeError("the file ended")

    with pytest.raises(RuntimeError):
        rejects.write(stream, header, (reject for reject in breaking()))
    assert not stream.closed
