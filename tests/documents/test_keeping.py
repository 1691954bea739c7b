"""Where bytes are kept, and what an installation may set."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from server.documents.keeping import Files
from server.documents.media import PDF
from server.documents.tickets import Purpose, Ticket, TicketRefused
from server.documents.vault import Vault, VaultUnknown
from server.kit import clock
from server.kit.ids import new_id
from server.settings import Settings, SettingsError

SETTINGS = {"database_url": "postgresql://db/shequ", "role_secret": SecretStr("a role secret of the tests")}


@pytest.mark.parametrize("address", ["folder", "url"])
async def test_a_folder_keeps_whole_files_alone(tmp_path: Path, address: str) -> None:
    folder = tmp_path / "made" / "when needed"
    vault = Vault.at(folder if address == "folder" else folder.as_uri())
    content = b"x" * 700_000
    await vault.put("8/2026/11/one", io.BytesIO(content))
    assert b"".join([piece async for piece in vault.read("8/2026/11/one")]) == content
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["one"]
    await vault.discard("8/2026/11/one")
    with pytest.raises(FileNotFoundError):
        [piece async for piece in vault.read("8/2026/11/one")]


@pytest.mark.parametrize("address", ["/a/path", "nonsense", "ftp://host/x", ""])
def test_an_address_that_names_no_store_is_told(address: str) -> None:
    with pytest.raises(VaultUnknown):
        Vault.at(address)


def test_an_installation_sets_what_is_taken_and_for_how_long(tmp_path: Path) -> None:
    usual = Settings(**SETTINGS).files(tmp_path)
    assert (usual.limits.bytes_most, usual.upload_time) == (50 * 1024 * 1024, timedelta(minutes=15))
    own = Settings(
        **SETTINGS,
        upload_most_mib=2,
        upload_types=f"{PDF}, image/png",
        upload_minutes=3,
        public_url="https://shequ.example.cn",
        files_secret=SecretStr("another secret"),
    ).files(tmp_path)
    assert (own.limits.bytes_most, own.limits.media_types) == (2 * 1024 * 1024, {PDF, "image/png"})
    ticket = usual.tickets.read(_address(usual).partition("=")[2])
    address = own.tickets.address(ticket, clock.now() + own.upload_time)
    assert re.match(r"https://shequ\.example\.cn/files\?ticket=", address)
    # What one secret signed, another does not know.
    with pytest.raises(TicketRefused):
        usual.tickets.read(address.partition("=")[2])


def _address(files: Files) -> str:
    return files.tickets.address(Ticket(Purpose.UPLOAD, 8, new_id(), "me"), clock.now() + files.upload_time)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"upload_types": "application/pdf,text/html"}, "SHEQU_UPLOAD_TYPES"),
        ({"upload_most_mib": 0}, "SHEQU_UPLOAD_MOST_MIB"),
        ({"download_minutes": 0}, "SHEQU_DOWNLOAD_MINUTES"),
        ({"files_url": "ftp://host/files"}, "SHEQU_FILES_URL"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, wrong: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings(**SETTINGS, **wrong).files(tmp_path)  # type: ignore[arg-type]
