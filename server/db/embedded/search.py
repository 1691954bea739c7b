"""Whether a database can find Chinese text by its parts."""

from typing import Any

import psycopg
from psycopg import sql

from server.db.embedded.errors import ChineseSearchUnavailable


def assert_chinese_search(connection: psycopg.Connection[Any]) -> None:
    """The connection's database makes trigrams of Chinese text, so that an index on names is of use.

    Holds for any server, not only the embedded one; run it once at start-up.  With LC_CTYPE ``C`` everything seems to
    work and the index silently never matches, which is why this is looked at and not assumed.  Changes nothing; does
    not install pg_trgm, which is the migrations' business.

    Raises: ChineseSearchUnavailable, saying which of encoding, extension or LC_CTYPE is to blame.
    """
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ChineseSearchUnavailable(f"数据库编码为 {encoding}，应为 UTF8")
    with connection.transaction():
        found = connection.execute(
            "SELECT d.datctype,"
            " (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
            "   WHERE e.extname = 'pg_trgm')"
            " FROM pg_database d WHERE d.datname = current_database()"
        ).fetchone()
        ctype, schema = found or (None, None)
        if schema is None:
            raise ChineseSearchUnavailable("未安装扩展，请执行 CREATE EXTENSION pg_trgm")
        trigrams = connection.execute(
            sql.SQL("SELECT cardinality({}.show_trgm('社区'))").format(sql.Identifier(schema))
        ).fetchone()
        if trigrams is None or trigrams[0] == 0:
            raise ChineseSearchUnavailable(f"LC_CTYPE 为 {ctype}，请以 LOCALE 'C.UTF-8' 重建数据库")
