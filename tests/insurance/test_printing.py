"""Annexes and lists as office files; mail to the agency's mailbox, against a sink."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from docx import Document
from openpyxl import load_workbook

from server import installation
from server.insurance.printing import ListKind, listed
from server.insurance.smtp import Smtp
from server.kit import clock
from tests.driving import Server
from tests.insurance.world import IN_WINDOW, Office, act, identity_number

PAPER = (
    "query($a: ID!, $k: DesignationPaperKind!) { designationPaper(application: $a, kind: $k)"
    " { name mediaType sha256 contentBase64 } }"
)


def words(content: bytes) -> str:
    """All text of a Word file."""
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


async def paper(client: Any, application: str, kind: str) -> str:
    reply = await client(PAPER, a=application, k=kind)
    return words(base64.b64decode(reply.data["designationPaper"]["contentBase64"]))


async def test_the_annexes_say_what_was_submitted_and_no_number_in_the_clear(office: Office) -> None:
    applicant = await office.applicant(kind="COMMUNITY_HEALTH_STATION")
    agency = await office.agency("fengtai")
    with clock.frozen(IN_WINDOW):
        application = (await applicant.submit())["application"]
        first = await paper(applicant.client, application["id"], "ANNEX_1")
        second = await paper(agency, application["id"], "ANNEX_2_1")
        third = await paper(agency, application["id"], "ANNEX_2_2")
    for text in (
        applicant.name,
        application["number"],
        "集体",
        "非营利性",
        "全科",
        "3（3）",
        "DR",
        "示例型×1",
        "2026年10月9日",
    ):
        assert text in first
    assert "138****8000" in first
    assert "张示例" in first
    for text in (identity_number(applicant.number), "13800138000", "6222020200112233445", "{{", "{%"):
        assert text not in first + second + third
    assert "九、我单位如本次签订定点医疗机构医疗保障服务协议" in second
    assert "不在失信被执行人名单中" in second
    assert "示例社区卫生服务中心（定点编码 06110001）同意" in third
    stranger = await office.applicant()
    assert (await stranger.client(PAPER, a=application["id"], k="ANNEX_1")).codes == ["NOT_FOUND"]
    assert (await office.server.client(None)(PAPER, a=application["id"], k="ANNEX_1")).codes == ["NOT_FOUND"]


@pytest.mark.parametrize("kind", ["ANNEX_1", "ANNEX_2_1", "ANNEX_2_2"])
async def test_pages_carry_their_chinese_fonts_inside(office: Office, kind: str) -> None:
    applicant = await office.applicant(kind="COMMUNITY_HEALTH_STATION")
    text = (
        "query($a: ID!, $k: DesignationPaperKind!) { designationPaper(application: $a, kind: $k, format: PDF)"
        " { name mediaType contentBase64 } }"
    )
    with clock.frozen(IN_WINDOW):
        application = (await applicant.submit())["application"]
        found = (await applicant.client(text, a=application["id"], k=kind)).data["designationPaper"]
    pages = base64.b64decode(found["contentBase64"])
    assert (found["mediaType"], found["name"].rsplit(".", 1)[-1], pages[:5]) == ("application/pdf", "pdf", b"%PDF-")
    # Every font that is named is embedded, and it is the Chinese one that is enclosed.
    assert b"NotoSerifSC" in pages
    assert b"/FontFile" in pages


def test_every_run_of_the_templates_names_a_chinese_typeface() -> None:
    folder = Path(__file__).parents[2] / "server" / "insurance" / "templates"
    for file in sorted(folder.glob("*.docx")):
        document = Document(str(file))
        paragraphs = [*document.paragraphs]
        paragraphs += [one for t in document.tables for row in t.rows for cell in row.cells for one in cell.paragraphs]
        for run in (run for one in paragraphs for run in one.runs if run.text.strip()):
            named = run._element.rPr.rFonts.get(
                "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia"
            )
            assert named, (file.name, run.text)


def test_a_list_is_a_sheet_in_which_no_text_is_a_formula() -> None:
    rows = [("丰台区", "=1+1", "社区卫生服务站", "试验路1号", date(2026, 10, 26), date(2026, 11, 2))]
    printed = listed(ListKind.PUBLICITY, "试验名单", "共 1 家", rows)
    sheet = load_workbook(io.BytesIO(printed.content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[3]] == ["序号", "区", "医疗机构名称", "类别", "地址", "公示日期", "公示期末日"]
    assert [cell.value for cell in sheet[4]] == [
        1,
        "丰台区",
        "'=1+1",
        "社区卫生服务站",
        "试验路1号",
        "2026-10-26",
        "2026-11-02",
    ]


async def test_the_lists_are_published_without_a_token(office: Office) -> None:
    text = "query($k: DesignationListKind!) { designationList(kind: $k, year: 2026, quarter: 4) { name sizeBytes } }"
    for kind, name in (
        ("PUBLICITY", "2026年第四季度新增医疗保障定点医疗机构评估合格名单（公示）.xlsx"),
        ("ANNOUNCEMENT", "2026年第四季度新增医疗保障定点医疗机构名单.xlsx"),
    ):
        found = (await office.server.client(None)(text, k=kind)).data["designationList"]
        assert found["name"] == name
        assert found["sizeBytes"] > 1000


class Sink:
    """Takes every message; refuses the first so many."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refusals = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusals:
            self.refusals -= 1
            return "451 try again"
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.taken.append(found)
        return "250 OK"


@pytest.fixture(scope="module")
async def sink() -> AsyncIterator[tuple[Sink, int]]:
    handler = Sink()
    listening = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", 0)
    yield handler, listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()


@pytest.fixture(scope="module")
async def mailing(
    superuser: str, role_secret: str, sink: tuple[Sink, int], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Office]:
    """An installation that sends mail, on the same database."""
    smtp = Smtp("127.0.0.1", sink[1], "noreply@shequ.test", start_tls=False)
    running = await Server.start(
        installation.server_dsn(superuser), role_secret, tmp_path_factory.mktemp("mailing"), smtp=smtp
    )
    yield Office(running, superuser)
    await running.stop()


async def test_mail_goes_to_the_agencys_mailbox_with_masks_alone(mailing: Office, sink: tuple[Sink, int]) -> None:
    handler, _ = sink
    applicant = await mailing.applicant()
    shown = "application { id messages { recipient status attempts sentAt failure } }"
    with clock.frozen(IN_WINDOW):
        application = (await applicant.submit())["application"]
        (letter,) = handler.taken
        assert letter["To"] == "ftybxyglk@mail.bjft.gov.cn"
        assert application["number"] in letter["Subject"]
        names = [one.get_filename() or "" for one in letter.iter_attachments()]
        assert [name.rsplit(" ", 1)[-1] for name in names] == ["定点医疗机构申请表.docx", "申请承诺书.docx"]
        whole = "".join(words(one.get_content()) for one in letter.iter_attachments()) + str(letter.get_body())
        assert identity_number(applicant.number) not in whole
        assert "13800138000" not in whole
        # What is not taken waits, and is tried again.
        handler.refusals = 1
        tried = await act(
            applicant.client, "mailDesignation", "DesignationMailed", shown, application=application["id"]
        )
        assert [one["status"] for one in tried["application"]["messages"]] == ["SENT", "PENDING"]
        assert "451" in tried["application"]["messages"][1]["failure"]
        again = await act(
            applicant.client, "mailDesignation", "DesignationMailed", shown, application=application["id"]
        )
        assert [one["status"] for one in again["application"]["messages"]] == ["SENT"] * 3
        assert [one["attempts"] for one in again["application"]["messages"]] == [1, 2, 1]


async def test_an_installation_that_sends_no_mail_says_so(office: Office) -> None:
    applicant = await office.applicant()
    with clock.frozen(IN_WINDOW):
        application = (await applicant.submit())["application"]
        refused = await act(
            applicant.client,
            "mailDesignation",
            "DesignationMailed",
            "application { id }",
            application=application["id"],
        )
    assert refused["code"] == "CONFLICT"
