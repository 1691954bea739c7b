"""``shequ demo``, ``shequ serve`` and ``shequ token``."""

import errno
import gc
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console
from rich.table import Table

from schema.cost import TOGETHER_PER_MINUTE, meter_of
from server.app import App, Browsers
from server.cli.place import DATA, DataDir
from server.db.embedded import PortTaken, cluster
from server.development.demo import Demo
from server.development.personas import load_personas
from server.documents.keeping import Files
from server.documents.tickets import Tickets
from server.documents.vault import Vault
from server.http import logs, provider
from server.http.auth import ACCESS_TOKEN, Keys
from server.http.discovery import Discovery, InsecureIssuer
from server.http.issuer import ISSUER, DevelopmentIssuer
from server.http.jwks import RemoteKeys
from server.http.messages import BODY_MOST
from server.http.signing_in import Known
from server.http.whole import Protocol
from server.settings import Environment, Settings, SettingsError

Port = Annotated[int, typer.Option(min=1, max=65535, help="监听端口")]


def demo(
    port: Port = 8000,
    data_dir: DataDir = DATA,
    reset: Annotated[bool, typer.Option("--reset", help="清空数据目录后重新开始")] = False,
) -> None:
    """一条命令启动演示环境：内置 PostgreSQL、17 个辖区、真实机构与示例数据、GraphQL 服务。按 Ctrl-C 结束。"""
    console = Console(stderr=True)
    signal.signal(signal.SIGTERM, _end_in_order)
    prepared = Demo(data_dir)

    def step(text: str) -> None:
        console.print(f"  [green]✓[/] {text}", highlight=False)

    with closing(_listen("127.0.0.1", port)) as listening:
        if reset:
            prepared.reset()
        console.print("[bold]社区 Shequ 演示环境[/]")
        with cluster(prepared.database_folder) as running:
            if running.notice:
                console.print(f"  [yellow]![/] {running.notice}", highlight=False)
            step(f"PostgreSQL 已启动（127.0.0.1:{running.port}）")
            dsn, secret = prepared.install(running.superuser_dsn(), step)
            issuer = DevelopmentIssuer(data_dir, development=True)
            app = App(
                database_url=dsn,
                role_secret=secret,
                cursor_secret=secret,
                issuer=ISSUER,
                audience="shequ",
                keys=issuer.keys,
                development=True,
                files=Files(Vault.at(prepared.files_folder), Tickets("files/" + secret)),
                browsers=Browsers(secret, personas=_known()),
                meter=meter_of(),
            )
            logs.configure("INFO", pretty=True)
            with prepared.known_as_running(dsn):
                _run(app, listening, lambda: _welcome(console, port))
    console.print("演示环境已停止，数据保留在 " + str(data_dir), highlight=False)


def serve(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Port = 8000,
    data_dir: Annotated[
        Path, typer.Option(help="数据目录：开发环境的签发密钥、未设置 SHEQU_FILES_URL 时的上传文件")
    ] = DATA,
) -> None:
    """连接 SHEQU_DATABASE_URL 指定的数据库提供服务。"""
    settings = Settings()
    database_url, secret = settings.require_database()
    settings.require_audit_retention()
    development = settings.environment is Environment.DEVELOPMENT
    issuer, keys, token_type = _issuer(settings, data_dir, development=development)
    logs.configure(settings.log_level, pretty=development)
    app = App(
        database_url=database_url,
        role_secret=secret,
        cursor_secret=settings.require_cursor_secret(),
        issuer=issuer,
        audience=settings.oidc_audience,
        keys=keys,
        token_type=token_type,
        development=development,
        pool_size=settings.pool_size,
        custody=settings.custody(secret),
        trusted_documents=settings.trusted_documents,
        files=settings.files(data_dir / "files"),
        query_page=settings.query_page,
        meter=meter_of(settings.rates, settings.rate_together or TOGETHER_PER_MINUTE),
        browsers=_browsers(settings, keys, development=development),
        smtp=settings.smtp(),
    )
    _run(app, _listen(host, port), lambda: None)


def token(
    persona: Annotated[str, typer.Argument(help="角色名，见 shequ demo 打印的列表")],
    data_dir: DataDir = DATA,
) -> None:
    """打印某个开发用角色的访问令牌（仅限开发环境）。"""
    personas = load_personas()
    if persona not in personas:
        raise typer.BadParameter(f"没有名为 {persona} 的角色；可用：{'、'.join(personas)}")
    settings = Settings(environment=Environment.DEVELOPMENT) if (data_dir / "issuer-key.pem").exists() else Settings()
    issuer = DevelopmentIssuer(data_dir, development=settings.environment is Environment.DEVELOPMENT)
    typer.echo(issuer.token(personas[persona].subject, settings.oidc_audience))


def _issuer(settings: Settings, data_dir: Path, *, development: bool) -> tuple[str, Keys, str]:
    """Who signs tokens, with which keys, under which ``typ``: the issuer that is set, else the one of development."""
    if settings.oidc_issuer is None:
        if not development:
            raise SettingsError("未设置 SHEQU_OIDC_ISSUER（身份签发者的地址，例如 https://login.example.cn）")
        return ISSUER, DevelopmentIssuer(data_dir, development=True).keys, ACCESS_TOKEN
    try:
        keys = RemoteKeys(settings.oidc_issuer, settings.oidc_jwks_url, insecure=development)
    except InsecureIssuer as error:
        raise SettingsError(f"SHEQU_OIDC_ISSUER 或 SHEQU_OIDC_JWKS_URL 不可用：{error}") from None
    return settings.oidc_issuer, keys, settings.oidc_token_type


def _browsers(settings: Settings, keys: Keys, *, development: bool) -> Browsers | None:
    """How people with a browser sign in: at the issuer where we are its client, as a persona where it is our own."""
    given: dict[str, Any] = {
        "secret": settings.require_session_secret(),
        "longest": timedelta(hours=settings.session_hours),
        "idle": timedelta(minutes=settings.session_idle_minutes),
    }
    if not isinstance(keys, RemoteKeys) or settings.oidc_issuer is None:
        return Browsers(**given, public_url=settings.public_url, personas=_known())
    if settings.oidc_client_id is None:
        return None
    url, secret = settings.require_public_url(), settings.oidc_client_secret
    client = provider.Client(
        settings.oidc_client_id, secret.get_secret_value() if secret else None, f"{url}/signin/back"
    )
    discovery = Discovery(settings.oidc_issuer, insecure=development)
    return Browsers(**given, public_url=url, provider=provider.Provider(client, keys, discovery))


def _known() -> dict[str, Known]:
    return {
        one.name: Known(one.name, f"{one.shown} · {one.role.label}", one.subject) for one in load_personas().values()
    }


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket: taken before anything else is started. Raises: PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(port) from None
        raise SettingsError(f"无法监听 {host}:{port}：{error.strerror}") from None
    return listening


class _Server(uvicorn.Server):
    """Says when it answers.

    What stands by then stands until the end: a full collection would look through all of it, a tenth of a second in which
    nobody is answered.  From here on the collector looks at what requests leave behind alone.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            gc.collect()
            gc.freeze()
            self._ready()


def _run(app: App, listening: socket.socket, ready: Callable[[], None]) -> None:
    # One process a core: start several, or several replicas.  The access log is our own, without query strings.
    config = uvicorn.Config(
        app,
        http=Protocol,
        access_log=False,
        log_level="warning",
        lifespan="on",
        server_header=False,
        ws_max_size=BODY_MOST,
        timeout_graceful_shutdown=20,
    )
    try:
        _Server(config, ready).run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # Ctrl-C is how one ends it; what was started is ended by those who wait above
    finally:
        listening.close()


def _end_in_order(_signal: int, _frame: object) -> None:
    """SIGTERM ends the command as Ctrl-C does, so that everything it started is ended too."""
    raise KeyboardInterrupt


def _welcome(console: Console, port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    table = Table(title="开发用角色（shequ token 名称）", title_justify="left")
    for heading in ("名称", "角色", "辖区"):
        table.add_column(heading)
    for one in load_personas().values():
        table.add_row(one.name, one.role.label, one.district)
    console.print(table)
    console.print(f"[bold]GraphQL 地址[/] {url}/graphql", highlight=False)
    console.print("[bold]第一个查询[/]")
    query = "{ districts { code name insuranceAgency { phones } } }"
    # Printed as it is, so that it can be copied whole.
    print(f"""curl -s {url}/graphql -H 'content-type: application/json' -d '{{"query": "{query}"}}'""", flush=True)  # noqa: T201
