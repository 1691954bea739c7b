"""``shequ migrate`` and ``shequ provision``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from server import installation
from server.db import migrating
from server.districts.files import TENANTS, load_districts
from server.settings import Settings


def migrate(
    sql: Annotated[bool, typer.Option("--sql", help="只打印 SQL，不执行")] = False,
) -> None:
    """把数据库结构升级到最新版本（SHEQU_MIGRATOR_URL）。"""
    if sql:
        migrating.print_sql()
        return
    revision = installation.migrate(Settings().require_migrator_url())
    Console(stderr=True).print(f"数据库结构已是最新版本 {revision}")


def provision(
    tenants: Annotated[Path, typer.Option(help="租户目录，每区一个子目录")] = TENANTS,
) -> None:
    """按 tenants/ 配置各区：登录角色、行级策略、辖区与经办机构、工作日历、政策。可重复执行；新增一区只需新增一个目录。"""
    console = Console(stderr=True)
    settings = Settings()
    _, secret = settings.require_database()
    wanted = load_districts(tenants)
    installation.provision(
        settings.require_migrator_url(),
        secret,
        wanted,
        lambda step: console.print(f"  [green]✓[/] {step}"),
        folder=tenants,
        custody=settings.custody(secret),
    )
    console.print(f"已配置 {sum(one.tenant_id > 0 for one in wanted)} 个辖区")
