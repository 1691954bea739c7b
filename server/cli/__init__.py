"""The command ``shequ``.  A root: it puts rooms together and is imported by nobody."""

import sys

import psycopg
import sqlalchemy.exc
import typer
from rich.console import Console

from server.cli import (
    auditing,
    daily,
    database,
    documents,
    explaining,
    exporting,
    importing,
    keys,
    listing,
    members,
    policies,
    serving,
    tenants,
)
from server.clients.files import DocumentFileError
from server.db.embedded import ClusterError
from server.db.provisioning import NotWalled
from server.districts.files import DistrictFileError
from server.http.issuer import NotInDevelopment
from server.kit.errors import Refusal, RequestFailed
from server.moving.rows import ArchiveError
from server.settings import SettingsError

app = typer.Typer(
    name="shequ",
    help="社区：北京市各区社区卫生服务机构监管的 GraphQL 后端",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for command in (
    serving.demo,
    serving.serve,
    database.migrate,
    database.provision,
    serving.token,
    members.appoint,
    explaining.explain,
    listing.export,
    daily.daily,
):
    app.command()(command)
app.add_typer(importing.app, name="import")
app.add_typer(auditing.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(tenants.app, name="tenant")
app.add_typer(documents.app, name="documents")
app.add_typer(policies.app, name="policy")
app.command("export-schema")(exporting.export_schema)
app.command("export-permissions")(exporting.export_permissions)
app.command("schema-changes")(exporting.schema_changes)

_SAID = (
    ArchiveError,
    ClusterError,
    DistrictFileError,
    DocumentFileError,
    NotInDevelopment,
    NotWalled,
    SettingsError,
    typer.BadParameter,
)


def main() -> None:
    """Run the command; what a person can mend is said in one sentence, with exit code 1."""
    try:
        app()
    except _SAID as error:
        _fail(str(error))
    except (Refusal, RequestFailed) as error:
        _fail(error.message)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        _fail(f"无法读写 {error.filename or '文件'}：{error.strerror or error}")
    except (psycopg.OperationalError, sqlalchemy.exc.OperationalError) as error:
        cause = error.orig if isinstance(error, sqlalchemy.exc.OperationalError) else error
        _fail(f"无法使用数据库：{str(cause).splitlines()[0]}")


def _fail(sentence: str) -> None:
    Console(stderr=True).print(f"[bold red]错误[/] {sentence}", highlight=False, soft_wrap=True)
    sys.exit(1)
