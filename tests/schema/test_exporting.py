"""A list as a file: all of it, as the caller sees it, and nothing that a spreadsheet would execute."""

import base64
import csv
import io
import uuid
from typing import Any

import openpyxl
import orjson
import psycopg
import pytest

from schema import listing
from schema.contract import graphql_schema
from schema.listing import listing_of
from schema.tabular import ExportFormat, written
from server.kit.errors import Invalid
from tests.driving import Client, Reply, Server

EXPORT = (
    "mutation($input: ExportListInput!) { exportList(input: $input) { __typename"
    " ... on Problem { code message path } ... on ListExported { fileName mediaType rows content } } }"
)
INSTITUTIONS = """
query($kind: InstitutionKind!) {
  institutions(filter: {kind: {eq: $kind}}, orderBy: [{field: NAME}], first: 3) {
    nodes { id ...Told district { name } sites { address } }
  }
}
fragment Told on Institution { name kind people { phone } openedOn }
"""


async def export(client: Client, query: str, format_: str = "NDJSON", **given: Any) -> Reply:
    fields = {"district": "fengtai", "query": query, "format": format_, "idempotencyKey": uuid.uuid4().hex}
    return await client(EXPORT, input=fields | given)


def content(reply: Reply) -> bytes:
    return base64.b64decode(reply.data["exportList"]["content"])


@pytest.fixture
def officer(server: Server) -> Client:
    return server.client("fengtai-officer")


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE_MAXIMUM", 2)


async def listed(client: Client) -> list[dict[str, Any]]:
    text = INSTITUTIONS.replace("first: 3", "first: 100")
    return (await client(text, kind="COMMUNITY_HEALTH_CENTRE")).data["institutions"]["nodes"]


async def test_every_page_is_in_it_and_each_row_is_the_querys(
    samples: None, officer: Client, pages_of_two: None
) -> None:
    rows = await listed(officer)
    assert len(rows) > 2
    reply = await export(officer, INSTITUTIONS, variables={"kind": "COMMUNITY_HEALTH_CENTRE"})
    assert [orjson.loads(line) for line in content(reply).splitlines()] == rows
    assert reply.data["exportList"]["rows"] == len(rows)


async def test_a_workbook_has_headings_and_labels_in_chinese(samples: None, officer: Client) -> None:
    rows = await listed(officer)
    reply = await export(officer, INSTITUTIONS, "XLSX", variables={"kind": "COMMUNITY_HEALTH_CENTRE"})
    book = openpyxl.load_workbook(io.BytesIO(content(reply)))
    data, notes = book["数据"], book["说明"]
    headings = [cell.value for cell in data[1]]
    assert headings == [
        "标识",
        "机构名称",
        "类别",
        "负责人·联系电话（脱敏）",
        "正式运营日期",
        "辖区·名称",
        "在用场所·地址",
    ]
    assert [row[1].value for row in data.iter_rows(min_row=2)] == [row["name"] for row in rows]
    assert {row[2].value for row in data.iter_rows(min_row=2)} == {"社区卫生服务中心"}
    assert ("行数", str(len(rows))) in list(notes.iter_rows(values_only=True))
    assert reply.data["exportList"]["fileName"].endswith(".xlsx")


async def test_a_csv_opens_as_utf_8(samples: None, officer: Client) -> None:
    raw = content(await export(officer, INSTITUTIONS, "CSV", variables={"kind": "COMMUNITY_HEALTH_CENTRE"}))
    assert raw.startswith("\N{ZERO WIDTH NO-BREAK SPACE}".encode())
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [line[1] for line in lines[1:]] == [row["name"] for row in await listed(officer)]


@pytest.mark.parametrize("format_", [ExportFormat.CSV, ExportFormat.XLSX])
def test_nothing_is_a_formula(format_: ExportFormat) -> None:
    columns = listing_of(graphql_schema(), "{ sites { nodes { address institution { name } } } }").columns
    rows = [{"address": text, "institution": None} for text in ("=1+1", "+1", "-1", "@A1", "\t=1", "坏\x01字", "好")]
    made = written(format_, columns, rows, {})
    if format_ is ExportFormat.CSV:
        cells = [line[0] for line in csv.reader(io.StringIO(made.decode("utf-8-sig")))][1:]
        assert not [one for one in cells if one.startswith(("=", "+", "-", "@", "\t"))]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(made))["数据"]
        assert {cell.data_type for (cell, _) in sheet.iter_rows(min_row=2)} == {"s"}


async def test_rights_are_the_querys(samples: None, server: Server) -> None:
    staff = server.client("fengtai-institution")
    seen = (await staff("{ institutions(first: 100) { nodes { name } } }")).data["institutions"]["nodes"]
    reply = await export(staff, "{ institutions { edges { node { name } } } }")
    found = [orjson.loads(line) for line in content(reply).splitlines()]
    assert [one["node"] for one in found] == seen if "node" in found[0] else found == seen
    assert (await export(server.client(None), "{ institutions { nodes { name } } }")).codes == ["UNAUTHENTICATED"]
    assert (await export(server.client("mentougou-officer"), "{ institutions { nodes { name } } }")).codes == [
        "FORBIDDEN"
    ]
    foreign = await export(
        server.client("fengtai-officer"), '{ institutions(district: "mentougou") { nodes { name } } }'
    )
    assert foreign.data["exportList"]["code"] == "INVALID"


async def test_the_trail_tells_the_list_and_not_the_filter(samples: None, officer: Client, superuser: str) -> None:
    await export(officer, '{ sites(filter: {address: {contains: "秘密的路"}}) { nodes { address } } }', "CSV")
    with psycopg.connect(superuser) as connection:
        rows = connection.execute("SELECT after FROM audit_entry WHERE action = 'exported' ORDER BY id DESC LIMIT 1")
        assert rows.fetchone() == ({"list": "sites", "rows": 0, "format": "CSV"},)


@pytest.mark.parametrize(
    ("query", "variables", "why"),
    [
        ("{ institutions {", None, "无法解析"),
        ("mutation { unmask }", None, "查询"),
        ("{ institutions { nodes { name } } sites { nodes { id } } }", None, "恰有一个列表"),
        ("{ districts { name } }", None, "不是可以翻页的列表"),
        ("{ institutions { totalCount } }", None, "nodes"),
        ("{ institutions { nodes { __typename } } }", None, "没有任何字段"),
        ("query($exportAfter: String) { sites(after: $exportAfter) { nodes { id } } }", None, "exportAfter"),
        ("{ institutions { nodes { nothing } } }", None, "没有任何字段"),
        ("{ institutions(filter: {nothing: 1}) { nodes { name } } }", None, "未能执行"),
        ("query($n: Int!) { institutions { nodes { name } } }", {"n": "x"}, "未能执行"),
        ("{ institutions { nodes { name } } }", ["no object"], "变量应为对象"),
    ],
)
async def test_what_is_no_list_is_refused(samples: None, officer: Client, query: str, variables: Any, why: str) -> None:
    given = {} if variables is None else {"variables": variables}
    refused = (await export(officer, query, **given)).data["exportList"]
    assert refused["code"] == "INVALID"
    assert why in refused["message"]


async def test_too_long_a_list_is_refused(
    samples: None, officer: Client, pages_of_two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.exporting.ROWS_MOST", 2)
    refused = (await export(officer, "{ institutions { nodes { name } } }")).data["exportList"]
    assert "超过 2 行" in refused["message"]


def test_a_heading_is_a_fields_term_or_its_alias() -> None:
    text = "{ institutions { nodes { 名: id } } }"
    with pytest.raises(Invalid):
        listing_of(graphql_schema(), text)
    text = "{ institutions { nodes { called: name sites { area: areaM2 } } } }"
    assert [one.heading for one in listing_of(graphql_schema(), text).columns] == ["called", "在用场所·area"]
