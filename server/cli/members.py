"""``shequ appoint``."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from server.cli.place import DATA, DataDir, database_of
from server.db import roles
from server.db.pools import Pools
from server.districts.files import load_districts
from server.identity import actions
from server.kit.actor import MUNICIPALITY, Actor, Role
from server.kit.ids import new_id
from server.record.acts import acting


def appoint(
    subject: Annotated[str, typer.Argument(help="身份标识：登录系统签发的令牌中的 sub，逐字一致")],
    name: Annotated[str, typer.Option(help="姓名")],
    district: Annotated[str | None, typer.Option(help="任命为该辖区的管理员；缺省任命为平台运维人员")] = None,
    data_dir: DataDir = DATA,
) -> None:
    """任命首位平台运维人员；或在某区管理员均无法登录时，为该区任命管理员。其他成员由管理员在系统中授予。"""
    role = Role.DISTRICT_ADMINISTRATOR if district else Role.PLATFORM_OPERATOR
    tenants = {one.code: one.tenant_id for one in load_districts() if one.tenant_id != MUNICIPALITY}
    if district is not None and district not in tenants:
        raise typer.BadParameter(f"没有代码为 {district} 的辖区；可用：{'、'.join(tenants)}")
    tenant = tenants[district] if district else MUNICIPALITY
    dsn, secret = database_of(data_dir)

    async def act() -> None:
        pools = Pools(dsn, secret, size=1)
        try:
            actor = Actor("shequ appoint", "命令行", ())
            async with acting(pools, roles.PLATFORM, tenant, actor, str(new_id())) as act:
                await actions.appoint(act, subject, name, role)
        finally:
            await pools.close()

    asyncio.run(act())
    place = f"{district} 的" if district else ""
    Console(stderr=True).print(f"已任命 {name} 为{place}{role.label}，立即生效", highlight=False)
