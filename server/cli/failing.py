"""What a person can mend is said in one sentence.  Imported when something failed: it knows errors of every room."""

import psycopg
import sqlalchemy.exc
import typer

from server.clients.files import DocumentFileError
from server.db.embedded import ClusterError
from server.db.provisioning import NotWalled
from server.districts.files import DistrictFileError
from server.http.issuer import NotInDevelopment
from server.kit.errors import Refusal, RequestFailed
from server.moving.rows import ArchiveError
from server.settings import SettingsError

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


def sentence_of(error: Exception) -> str | None:
    """What to tell the person; None where only a developer can mend it."""
    if isinstance(error, _SAID):
        return str(error)
    if isinstance(error, (Refusal, RequestFailed)):
        return error.message
    if isinstance(error, OSError):
        return f"无法读写 {error.filename or '文件'}：{error.strerror or error}"
    if isinstance(error, (psycopg.OperationalError, sqlalchemy.exc.OperationalError)):
        cause = error.orig if isinstance(error, sqlalchemy.exc.OperationalError) else error
        return f"无法使用数据库：{str(cause).splitlines()[0]}"
    return None
