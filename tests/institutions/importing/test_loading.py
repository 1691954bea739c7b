"""Files into the register, on a real database."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from server.development.demo import REAL
from server.districts.files import load_districts
from server.importing import Read, load_file, read_file, write_rejects
from tests.driving import Server

HEADER = ["机构名称", "地址", "区", "登记号", "统一社会信用代码", "类别", "上级机构"]


def file_of(folder: Path, rows: Sequence[Sequence[str]], name: str = "名册.csv") -> Path:
    """A list in a file of the form its name says."""
    path = folder / name
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in (HEADER, *rows):
            book.worksheets[0].append(list(row))
        book.save(path)
    else:
        text = io.StringIO()
        csv.writer(text).writerows([HEADER, *rows])
        path.write_bytes(text.getvalue().encode("gb18030" if "国标" in name else "utf-8-sig"))
    return path


async def load(server: Server, path: Path, *, dry_run: bool = False) -> tuple[Read, dict[str, tuple[int, int]]]:
    """What was read, and by district how many rows were added and known."""
    wanted = load_districts()
    read = read_file(path, wanted, None, lambda _: None)
    done = await load_file(server.app.pools, read, wanted, dry_run=dry_run, progress=lambda _: None)
    return read, {code: (one.added, one.known) for code, one in done.items()}


@pytest.mark.parametrize("name", ["一.csv", "二·国标.csv", "三.xlsx"])
async def test_importing_twice_changes_nothing(server: Server, tmp_path: Path, name: str) -> None:
    mark = name[0]
    rows = [
        [
            f"延庆{mark}号社区卫生服务站",
            f"延庆区{mark}路1号",
            "",
            f"YQ-{mark}-1",
            "",
            "",
            f"延庆{mark}号社区卫生服务中心",
        ],
        [f"延庆{mark}号社区卫生服务中心", f"延庆区{mark}路2号", "延庆区", "", "", "", ""],
        [f"怀柔{mark}号诊所", f"怀柔区{mark}路3号", "", "", "", "", ""],
    ]
    path = file_of(tmp_path, rows, name)
    _, tried = await load(server, path, dry_run=True)
    _, first = await load(server, path)
    _, second = await load(server, path)
    assert tried == first == {"yanqing": (2, 0), "huairou": (1, 0)}
    assert second == {"yanqing": (0, 2), "huairou": (0, 1)}
    found = await server.client("municipal-analyst")(
        "query($n: String!) { institutions(filter: {name: {contains: $n}}, orderBy: [{field: KIND}]) {"
        " nodes { name kind source district { code } parent { name } } } }",
        n=f"{mark}号",
    )
    nodes = {one["name"]: one for one in found.data["institutions"]["nodes"]}
    assert nodes[rows[0][0]]["parent"] == {"name": rows[1][0]}
    assert nodes[rows[2][0]]["kind"] == "OTHER_MEDICAL"
    assert {one["source"] for one in nodes.values()} == {"IMPORT"}


async def test_a_known_registration_number_is_recognised_under_another_name(server: Server, tmp_path: Path) -> None:
    await load(server, file_of(tmp_path, [["平谷甲站", "平谷区甲路1号", "", "PG-77", "", "", ""]]))
    _, again = await load(server, file_of(tmp_path, [["平谷乙站", "平谷区乙路9号", "", "PG-77", "", "", ""]]))
    assert again == {"pinggu": (0, 1)}


async def test_rejected_rows_can_be_mended_and_imported(server: Server, tmp_path: Path) -> None:
    rows = [["无区诊所", "幸福路1号", "", "", "", "", ""], ["密云好诊所", "密云区好路1号", "", "", "", "", ""]]
    read, first = await load(server, file_of(tmp_path, rows))
    assert first == {"miyun": (1, 0)}
    assert [reject.line for reject in read.rejected] == [2]
    rejected = tmp_path / "待改.csv"
    write_rejects(rejected, read)
    rejected.write_text(rejected.read_text("utf-8-sig").replace("幸福路1号", "密云区幸福路1号"), encoding="utf-8-sig")
    again, second = await load(server, rejected)
    assert (second, again.rejected) == ({"miyun": (1, 0)}, [])


async def test_the_published_list_names_real_districts(server: Server) -> None:
    read, done = await load(server, REAL)
    assert sum(map(sum, done.values())) == read.count == 76
    assert "kaifaqu" not in done
    assert sorted(reject.line for reject in read.rejected) == [17, 28, 77]
