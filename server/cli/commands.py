"""All commands of ``shequ``; the module of each is imported when it is asked for: ``migrate`` waits for no schema."""

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class Place(NamedTuple):
    """Where a command is, and the line about it in the list of all."""

    module: str
    name: str
    told: str


#: In the order of ``--help``.  The line is that of the command itself (tests/cli/test_commands.py).
COMMANDS = {
    "demo": Place(
        "serving",
        "demo",
        "一条命令启动演示环境：内置 PostgreSQL、17 个辖区、真实机构与示例数据、GraphQL 服务。按 Ctrl-C 结束。",
    ),
    "serve": Place("serving", "serve", "连接 SHEQU_DATABASE_URL 指定的数据库提供服务。"),
    "migrate": Place("database", "migrate", "把数据库结构升级到最新版本（SHEQU_MIGRATOR_URL）。"),
    "provision": Place(
        "database",
        "provision",
        "按 tenants/ 配置各区：登录角色、行级策略、辖区与经办机构、工作日历、政策。可重复执行；新增一区只需新增一个目录。",
    ),
    "token": Place("serving", "token", "打印某个开发用角色的访问令牌（仅限开发环境）。"),
    "appoint": Place(
        "members",
        "appoint",
        "任命首位平台运维人员；或在某区管理员均无法登录时，为该区任命管理员。其他成员由管理员在系统中授予。",
    ),
    "explain": Place(
        "explaining", "explain", "显示一个查询如何被回答：所选字段、编译出的 SQL 与参数、PostgreSQL 的执行计划。"
    ),
    "export": Place(
        "listing",
        "export",
        "把一个列表的全部行导出为 Excel、CSV 或 NDJSON：与该用户在接口上看到的完全一样，个人信息脱敏。",
    ),
    "daily": Place(
        "daily",
        "daily",
        "每日事务：核查逾期开业与校验并提出建议，送达他区承接征询，按正式日历重算暂定期限，提醒续签，协议到期，重试待发邮件。可重复执行。",
    ),
    "export-schema": Place("exporting", "export_schema", "导出 GraphQL 模式（SDL）。"),
    "export-permissions": Place(
        "exporting", "export_permissions", "导出权限表（CSV）：每个角色对每个类型、字段的读权限和对每个变更的写权限。"
    ),
    "schema-changes": Place(
        "exporting", "schema_changes", "比较所给模式与当前模式，列出会影响客户端的变化；有不兼容的变化时退出码为 1。"
    ),
    "import": Place("importing", "app", "导入数据"),
    "audit": Place("auditing", "app", "审计链：生成、核验、存档"),
    "keys": Place("keys", "app", "个人信息加密密钥：查看、轮换"),
    "tenant": Place("tenants", "app", "辖区数据：整体导出、导入、清除"),
    "documents": Place("documents", "app", "受信文档：登记客户端的 GraphQL 操作"),
    "policy": Place("policies", "app", "政策文件：检查、计划、执行、导出、比较"),
}


class Commands(TyperGroup):
    """Lists all commands from their lines alone; the one that is asked for takes the place of its line."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name, place in COMMANDS.items():
            self.add_command(TyperCommand(name, short_help=place.told))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command, its module imported."""
        if args[0] in COMMANDS:
            self.add_command(loaded(args[0]))
        return super().resolve_command(ctx, args)


def loaded(name: str) -> Any:
    """The command of this name, its module imported."""
    place = COMMANDS[name]
    found = getattr(import_module(f"server.cli.{place.module}"), place.name)
    alone = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    return get_group(alone).commands[name]
