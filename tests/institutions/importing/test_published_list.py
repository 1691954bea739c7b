"""The city's list as published in 2020: untidy on purpose, read in three forms with one result."""

import csv
import io
from collections import Counter

import openpyxl
import pytest

from server.institutions.importing import candidates, reading
from server.institutions.importing.model import Candidate, KindBasis, Reject
from server.institutions.importing.resolving import Districts
from server.settings import ROOT

PUBLISHED = ROOT / "server" / "development" / "beijing_medical_institutions_2020.csv"

ACCEPTED = {
    "110101": 6,
    "110102": 8,
    "110105": 11,
    "110106": 9,
    "110107": 4,
    "110108": 6,
    "110109": 2,
    "110111": 4,
    "110112": 3,
    "110113": 3,
    "110114": 10,
    "110115": 4,
    "110116": 1,
    "110117": 3,
    "110118": 1,
    "110119": 1,
}


def as_gb18030() -> bytes:
    return PUBLISHED.read_text("utf-8").encode("gb18030")


def as_xlsx() -> bytes:
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(PUBLISHED.read_text("utf-8"))):
        book.worksheets[0].append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def run(data: bytes, districts: Districts, district_code: str | None = None) -> list[Candidate | Reject]:
    with reading.opened(io.BytesIO(data)) as sheet:
        return list(candidates.candidates(sheet.rows, districts, district_code=district_code))


def test_rows_that_name_their_district_are_accepted(districts: Districts) -> None:
    values = run(PUBLISHED.read_bytes(), districts)
    accepted = Counter(value.district_code for value in values if isinstance(value, Candidate))
    assert len(values) == 79
    assert dict(sorted(accepted.items())) == ACCEPTED


def test_rows_that_do_not_are_rejected_with_the_reason(districts: Districts) -> None:
    rejected = [value for value in run(PUBLISHED.read_bytes(), districts) if isinstance(value, Reject)]
    unnamed = "未写明所属区，不能由街道或道路推断，请在“区”列写明"
    assert [(reject.line, *reject.raw, reject.reason) for reject in rejected] == [
        (17, "民航总医院", "北京朝外高井甲一号", unnamed),
        (
            28,
            "首都医科大学附属北京同仁医院亦庄院区",
            "大兴区经济技术开发区西环南路2号",
            "地址或名称提到“经济技术开发区”，可能属北京经济技术开发区或大兴区，管辖须由人指定，请在“区”列写明",
        ),
        (77, "首都医科大学附属复兴医院", "复兴门外大街甲20号", unnamed),
    ]


def test_one_institution_bears_a_community_name_in_brackets_in_each_of_two_districts(districts: Districts) -> None:
    values = run(PUBLISHED.read_bytes(), districts)
    kinds = Counter((value.kind, value.kind_basis) for value in values if isinstance(value, Candidate))
    assert kinds == {
        ("OTHER_MEDICAL", KindBasis.DEFAULT): 74,
        ("COMMUNITY_HEALTH_CENTRE", KindBasis.SECOND_NAME): 2,
    }


@pytest.mark.parametrize("form", [as_gb18030, as_xlsx])
def test_other_forms_give_the_same(districts: Districts, form: object) -> None:
    assert callable(form)
    assert run(form(), districts) == run(PUBLISHED.read_bytes(), districts)
