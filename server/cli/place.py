"""Which installation a command speaks to: the one in the environment, else the demo that is running."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from server.db.pools import Pools
from server.documents.vault import Vault, VaultUnknown
from server.settings import ROOT, Settings, SettingsError

DATA = ROOT / ".shequ"

DataDir = Annotated[Path, typer.Option(help="演示环境的数据目录；设置了 SHEQU_DATABASE_URL 时不用")]


def database_of(data_dir: Path) -> tuple[str, str]:
    """Database and role secret of the environment, else of the demo running on this folder.

    Raises: SettingsError when there is neither.
    """
    settings = Settings()
    running = data_dir / "running.json"
    if settings.database_url is None and running.exists():
        kept = orjson.loads(running.read_bytes())
        return kept["database"], orjson.loads((data_dir / "secrets.json").read_bytes())["role"]
    if settings.database_url is None:
        raise SettingsError("没有可用的数据库：请设置 SHEQU_DATABASE_URL，或先运行 make demo")
    return settings.require_database()


def vault_of(data_dir: Path) -> Vault:
    """Where the uploaded files of that installation are. Raises: SettingsError."""
    try:
        return Vault.at(Settings().files_url or data_dir / "files")
    except VaultUnknown as error:
        raise SettingsError(f"SHEQU_FILES_URL 不可用：{error}") from None


def pools_of(data_dir: Path) -> Pools:
    """Connections to that database for a command, with the custody of the environment.

    Raises: SettingsError.
    """
    dsn, secret = database_of(data_dir)
    return Pools(dsn, secret, size=1, custody=Settings().custody(secret))
