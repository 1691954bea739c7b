"""What an installation sets: environment variables that begin with ``SHEQU_``."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from server.documents.keeping import Files
from server.documents.media import MIB, RECOGNISED, Limits
from server.documents.tickets import Tickets
from server.documents.vault import Vault, VaultUnknown
from server.http.trusted import TrustedDocuments
from server.insurance.smtp import Smtp
from server.kit.actor import Role
from server.kit.custody import Custody, Signer
from server.kit.sealing import Algorithm, Sealer

#: Where the sources stand: tenants, migrations, the default data folder.
ROOT = Path(__file__).resolve().parents[1]


#: 网络安全法: network logs are kept for no less than six months. UNVERIFIED as to the article since its amendment of 2025.
AUDIT_RETENTION_LEAST = 6

_SECRET_SHORTEST = 16


class Environment(StrEnum):
    """Development has the built-in issuer, GraphiQL and hints; production has none of them."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsError(Exception):
    """A setting is missing or contradicts another; the message names it and says what to do."""


class Settings(BaseSettings):
    """Read once at start, an empty variable like one that is not set; secrets never show in a repr."""

    model_config = SettingsConfigDict(env_prefix="SHEQU_", env_ignore_empty=True, extra="ignore")

    environment: Environment = Environment.PRODUCTION
    #: Host and database only (``postgresql://db:5432/shequ``); each role's user and password are put in.
    database_url: str | None = None
    #: The migrator's login; needed by ``migrate`` and ``provision`` alone.
    migrator_url: SecretStr | None = None
    #: The one secret from which every role's password is derived.
    role_secret: SecretStr | None = None
    #: Signs audit entries; several, parted by commas: the first signs, all are recognised.  Derived from ``role_secret``
    #: where not set: set it to ``audit/`` and the old one before rotating that.
    audit_secret: SecretStr | None = None
    #: Seals personal values; several, parted by commas: the first seals, all open.  Derived from ``role_secret`` where not
    #: set: set it to ``sealing/`` and the old one before rotating that.  After a change: ``shequ keys rotate``.
    sealing_secret: SecretStr | None = None
    #: ``sm4-gcm`` (with HMAC-SM3) where the national suite is asked for.
    sealing_algorithm: Algorithm = Algorithm.AES_256_GCM
    #: How long the audit trail is kept at least.
    audit_retention_months: int = AUDIT_RETENTION_LEAST
    #: Signs cursors; derived from ``role_secret`` where not set.
    cursor_secret: SecretStr | None = None
    oidc_issuer: str | None = None
    oidc_audience: str = "shequ"
    #: Where the issuer's keys are; found through the issuer's discovery document where not set.
    oidc_jwks_url: str | None = None
    #: The ``typ`` of the issuer's access tokens; ``JWT`` for issuers that do not follow RFC 9068.
    oidc_token_type: str = "at+jwt"
    #: We as a client of the issuer, for people who sign in with a browser; without it the interface takes tokens alone.
    oidc_client_id: str | None = None
    #: Where not set, PKCE alone protects the code (a public client).
    oidc_client_secret: SecretStr | None = None
    #: Under which browsers reach us: ``https://shequ.example.cn``; addresses of files begin with it, and are relative
    #: where it is not set.  The issuer knows ``<this>/signin/back``.
    public_url: str | None = None
    #: Seals what a browser takes along to the issuer; derived from ``role_secret`` where not set.
    session_secret: SecretStr | None = None
    #: How long a browser stays signed in at most, and without being used.  PLATFORM_DEFAULT.
    session_hours: float = 8.0
    session_idle_minutes: float = 60.0
    #: Whether ``/graphql`` shows a page to ask from; where not set, in development alone.
    query_page: bool | None = None
    #: Whether callers may send any document, or only those that ``shequ documents register`` has registered.
    trusted_documents: TrustedDocuments = TrustedDocuments.PREFERRED
    #: Where uploaded files are: ``file:///var/lib/shequ/files`` or ``s3://bucket/prefix`` (credentials and endpoint from
    #: the AWS_ variables); a folder beside the data where not set.
    files_url: str | None = None
    #: Signs the addresses of files; derived from ``role_secret`` where not set.
    files_secret: SecretStr | None = None
    #: The largest file that is taken, in MiB.
    upload_most_mib: int = 50
    #: Which media types are taken, parted by commas; all that can be recognised where not set.
    upload_types: str | None = None
    #: For how many minutes addresses are good by which files come and go.
    upload_minutes: int = 15
    download_minutes: int = 5
    #: What one person may spend in a minute, by role, where it is not the usual: ``{"DISTRICT_OFFICER": 240000}``; and
    #: what all people of one jurisdiction may together.  Each process counts for itself.
    rates: Mapping[Role, PositiveInt] = {}
    rate_together: PositiveInt | None = None
    #: Mail to agencies' mailboxes about designation applications; off where no host is set.
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_sender: str | None = None
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    #: Whether the connection must turn to TLS first; only a relay on the same machine does without.
    smtp_start_tls: bool = True
    log_level: str = "INFO"
    #: The most database connections one role may hold in one process.
    pool_size: int = 4

    def require_database(self) -> tuple[str, str]:
        """Database URL and role secret. Raises: SettingsError."""
        if not self.database_url:
            raise SettingsError("未设置 SHEQU_DATABASE_URL（数据库地址，例如 postgresql://db:5432/shequ）")
        if self.role_secret is None or len(self.role_secret.get_secret_value()) < _SECRET_SHORTEST:
            raise SettingsError(f"未设置 SHEQU_ROLE_SECRET，或不足 {_SECRET_SHORTEST} 个字符")
        return self.database_url, self.role_secret.get_secret_value()

    def require_migrator_url(self) -> str:
        """The migrator's login. Raises: SettingsError."""
        if self.migrator_url is None:
            raise SettingsError("未设置 SHEQU_MIGRATOR_URL（迁移账号的数据库地址，含用户名和口令）")
        return self.migrator_url.get_secret_value()

    def require_cursor_secret(self) -> str:
        """What cursors are signed with."""
        if self.cursor_secret is not None:
            return self.cursor_secret.get_secret_value()
        return "cursor/" + self.require_database()[1]

    def files(self, folder: Path) -> Files:
        """Where files are kept, and what is taken; in this folder where no address is set. Raises: SettingsError."""
        types = (
            frozenset(filter(None, (one.strip() for one in (self.upload_types or "").split(",")))) or RECOGNISED.keys()
        )
        unknown = types - RECOGNISED.keys()
        if unknown:
            raise SettingsError(
                f"SHEQU_UPLOAD_TYPES 含有无法识别的类型 {'、'.join(sorted(unknown))}；可用：{'、'.join(RECOGNISED)}"
            )
        if min(self.upload_most_mib, self.upload_minutes, self.download_minutes) < 1:
            raise SettingsError("SHEQU_UPLOAD_MOST_MIB、SHEQU_UPLOAD_MINUTES、SHEQU_DOWNLOAD_MINUTES 均不得小于 1")
        try:
            vault = Vault.at(self.files_url or folder)
        except VaultUnknown as error:
            raise SettingsError(f"SHEQU_FILES_URL 不可用（应为 file:///… 或 s3://桶/前缀）：{error}") from None
        if self.files_secret is not None:
            secret = self.files_secret.get_secret_value()
        else:
            secret = "files/" + self.require_database()[1]
        return Files(
            vault,
            Tickets(secret, public_url=self.public_url or ""),
            Limits(self.upload_most_mib * MIB, frozenset(types)),
            timedelta(minutes=self.upload_minutes),
            timedelta(minutes=self.download_minutes),
        )

    def require_public_url(self) -> str:
        """Under which browsers reach us. Raises: SettingsError."""
        url = self.public_url
        if url is None:
            raise SettingsError(
                "设置了 SHEQU_OIDC_CLIENT_ID 时须设置 SHEQU_PUBLIC_URL（例如 https://shequ.example.cn）"
            )
        parts = urlsplit(url)
        schemes = ("https", "http") if self.environment is Environment.DEVELOPMENT else ("https",)
        if parts.scheme not in schemes or not parts.hostname or parts.path.strip("/") or parts.query:
            raise SettingsError(f"SHEQU_PUBLIC_URL 应为 https:// 加主机名，不含路径，实际为 {url[:200]}")
        return f"{parts.scheme}://{parts.netloc}"

    def require_session_secret(self) -> str:
        """What browsers' sign-ins are sealed with."""
        if self.session_secret is not None:
            return self.session_secret.get_secret_value()
        return "session/" + self.require_database()[1]

    def custody(self, role_secret: str) -> Custody:
        """What this process signs its records and seals personal values with. Raises: SettingsError."""
        signing = _several("SHEQU_AUDIT_SECRET", self.audit_secret) or [f"audit/{role_secret}"]
        sealing = _several("SHEQU_SEALING_SECRET", self.sealing_secret) or [f"sealing/{role_secret}"]
        if len(set(sealing)) < len(sealing):
            raise SettingsError("SHEQU_SEALING_SECRET 中有重复的密钥")
        return Custody(Signer(signing), Sealer(sealing, self.sealing_algorithm))

    def smtp(self) -> Smtp | None:
        """Where mail is handed over; None where none is sent. Raises: SettingsError."""
        if self.smtp_host is None:
            return None
        if not self.smtp_sender:
            raise SettingsError("已设置 SHEQU_SMTP_HOST，请同时设置 SHEQU_SMTP_SENDER（发件邮箱）")
        password = None if self.smtp_password is None else self.smtp_password.get_secret_value()
        return Smtp(
            self.smtp_host,
            self.smtp_port,
            self.smtp_sender,
            username=self.smtp_username,
            password=password,
            start_tls=self.smtp_start_tls,
        )

    def require_audit_retention(self) -> int:
        """For how many months the audit trail is kept at least. Raises: SettingsError."""
        if self.audit_retention_months < AUDIT_RETENTION_LEAST:
            raise SettingsError(
                f"SHEQU_AUDIT_RETENTION_MONTHS 不得小于 {AUDIT_RETENTION_LEAST}（网络安全法：日志留存不少于六个月），"
                f"实际为 {self.audit_retention_months}"
            )
        return self.audit_retention_months


def _several(name: str, given: SecretStr | None) -> list[str]:
    """Secrets parted by commas; none where the variable is not set. Raises: SettingsError."""
    if given is None:
        return []
    secrets = [one.strip() for one in given.get_secret_value().split(",")]
    if min(map(len, secrets)) < _SECRET_SHORTEST:
        raise SettingsError(f"{name} 的每个密钥不得少于 {_SECRET_SHORTEST} 个字符（多个以逗号分隔）")
    return secrets
