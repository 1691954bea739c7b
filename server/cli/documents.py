"""``shequ documents``: the operations that clients may send where SHEQU_TRUSTED_DOCUMENTS is ``required``."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from schema.operations import Operations
from server.clients import store
from server.clients.files import DocumentFileError, read_documents
from server.clients.model import digest_named, digest_of
from server.db import roles
from server.db.pools import Pools
from server.kit.clock import BEIJING
from server.settings import Settings

T = TypeVar("T")

app = typer.Typer(help="受信文档：登记客户端的 GraphQL 操作", no_args_is_help=True)


@app.command()
def register(
    path: Annotated[
        Path, typer.Argument(exists=True, help="目录（其中每个 .graphql 文件为一个文档）或清单 manifest.json")
    ],
    client: Annotated[str, typer.Option(min=1, help="客户端名称，例如 portal")] = "default",
) -> None:
    """登记文档。每个文档先按当前模式校验，有一个不合格则全部不登记；可重复执行。"""
    texts = read_documents(path)
    _refuse_invalid(texts)
    added = _run(lambda connection: store.insert_documents(connection, client, texts.values()))
    for origin, text in texts.items():
        typer.echo(f"sha256:{digest_of(text)}  {origin}")
    Console(stderr=True).print(f"共 {len(texts)} 个文档，新登记 {added} 个", highlight=False)


@app.command("list")
def list_() -> None:
    """列出已登记的文档。"""
    table = Table("编号", "客户端", "登记时间", "文档")
    for one in _run(store.list_documents):
        first = next((line for line in one.text.splitlines() if line.strip() and not line.startswith("#")), "")
        when = one.registered_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
        table.add_row(f"sha256:{one.digest[:12]}…", one.client, when, first[:60])
    Console().print(table, highlight=False)


@app.command()
def check() -> None:
    """按当前模式重新校验全部已登记的文档：升级之前运行，可知哪些客户端会受影响。"""
    documents = _run(store.list_documents)
    _refuse_invalid({f"sha256:{one.digest}（{one.client}）": one.text for one in documents})
    Console(stderr=True).print(f"{len(documents)} 个文档均有效", highlight=False)


@app.command()
def withdraw(document: Annotated[str, typer.Argument(help="文档编号 sha256:…")]) -> None:
    """撤销一个文档；各副本在一分钟内不再接受它。"""
    digest = digest_named(document)
    if digest is None:
        raise typer.BadParameter("文档编号应为 sha256: 加 64 位十六进制数")
    if not _run(lambda connection: store.delete_document(connection, digest)):
        raise typer.BadParameter("没有登记过该文档")
    Console(stderr=True).print("已撤销", highlight=False)


def _refuse_invalid(texts: dict[str, str]) -> None:
    operations = Operations(hints=False)
    found = {origin: problems for origin, text in texts.items() if (problems := operations.problems(text))}
    if found:
        lines = [f"  {origin}：{problem}" for origin, problems in found.items() for problem in problems]
        raise DocumentFileError("文档不符合当前模式：\n" + "\n".join(lines))


def _run(work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """The result of work in one transaction on the platform role."""
    database_url, secret = Settings().require_database()

    async def within() -> T:
        pools = Pools(database_url, secret, size=1)
        try:
            async with pools.transaction(roles.PLATFORM) as connection:
                return await work(connection)
        finally:
            await pools.close()

    return asyncio.run(within())
