"""``shequ documents``, as an operator types it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from server import installation
from tests import typed
from tests.test_contract import CONTRACT

CODES = "query Codes { districts { code } }\r\n"
Shequ = Callable[..., tuple[int, str, str]]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def shequ(superuser: str, role_secret: str) -> Shequ:
    """Runs the command against this worker's database: exit code, output, messages."""
    settings = {"SHEQU_DATABASE_URL": installation.server_dsn(superuser), "SHEQU_ROLE_SECRET": role_secret}

    def run(*arguments: str) -> tuple[int, str, str]:
        done = typed.shequ("documents", *arguments, **settings)
        return done.code, done.out, done.err

    return run


def test_a_folder_is_registered_listed_checked_and_withdrawn(shequ: Shequ, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "codes.graphql").write_bytes(CODES.encode())
    (tmp_path / "readme.md").write_text("not a document")
    name = f"sha256:{digest(CODES)}"
    code, out, err = shequ("register", str(tmp_path), "--client", "portal")
    assert (code, out) == (0, f"{name}  pages/codes.graphql\n")
    assert "新登记 1 个" in err
    assert "新登记 0 个" in shequ("register", str(tmp_path))[2]
    code, out, _ = shequ("list")
    assert name[:19] in out
    assert "portal" in out
    assert shequ("check")[0] == 0
    assert shequ("withdraw", name)[0] == 0
    assert name[:19] not in shequ("list")[1]
    assert shequ("withdraw", name)[0] != 0


def test_contract_operations_can_be_registered(shequ: Shequ, tmp_path: Path) -> None:
    text = (CONTRACT / "district_directory.graphql").read_text(encoding="utf-8")
    (tmp_path / "directory.graphql").write_text(text, encoding="utf-8")
    assert shequ("register", str(tmp_path))[0] == 0
    assert shequ("withdraw", digest(text))[0] == 0


@pytest.mark.parametrize(
    "manifest",
    [
        {digest(CODES): CODES},
        {f"sha256:{digest(CODES)}": CODES},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": digest(CODES), "name": "Codes", "type": "query", "body": CODES}],
        },
    ],
    ids=["relay and codegen", "prefixed", "apollo"],
)
def test_manifests_of_three_compilers(shequ: Shequ, tmp_path: Path, manifest: object) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    code, out, _ = shequ("register", str(path))
    assert code == 0
    assert out.startswith(f"sha256:{digest(CODES)}")
    assert shequ("withdraw", digest(CODES))[0] == 0


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("{", "不是有效的 JSON"),
        ("[]", "JSON 对象"),
        (json.dumps({hashlib.md5(CODES.encode(), usedforsecurity=False).hexdigest(): CODES}), "SHA256"),
        (json.dumps({digest(CODES): CODES + " "}), "SHA-256"),
        (json.dumps({digest(CODES): 7}), "不是文本"),
        (json.dumps({digest("{"): "{"}), "不符合当前模式"),
        (json.dumps({digest("{ nothing }"): "{ nothing }"}), "nothing"),
    ],
)
def test_what_cannot_be_registered_is_said_and_nothing_is(
    shequ: Shequ, tmp_path: Path, manifest: str, says: str
) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(manifest, encoding="utf-8")
    before = shequ("list")[1]
    code, out, err = shequ("register", str(path))
    assert (code, out) == (1, "")
    assert says in err
    assert shequ("list")[1] == before


def test_an_empty_folder_and_bytes_that_are_no_text(shequ: Shequ, tmp_path: Path) -> None:
    assert "没有" in shequ("register", str(tmp_path))[2]
    (tmp_path / "a.graphql").write_bytes(b"\xff")
    assert "无法读取" in shequ("register", str(tmp_path))[2]
