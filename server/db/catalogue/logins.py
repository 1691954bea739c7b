"""Rules on login roles: each is itself and nothing more, and nobody else can be it."""

from collections.abc import Iterable

from server.db.catalogue.inspection import Inspection, Rules
from server.db.logins import ATTRIBUTES, CONNECTION_LIMIT, settings_of
from server.db.roles import MIGRATOR, OWNER

RULES = Rules(provisioned=True)

_POWERS = frozenset({"SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "REPLICATION"})


@RULES("role-missing")
def _missing(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every district and every shared purpose has its login role."""
    for role in seen.login_roles:
        if role not in seen.roles:
            yield role, "缺少登录角色：执行 shequ provision"


@RULES("role-attributes")
def _attributes(seen: Inspection) -> Iterable[tuple[str, str]]:
    """A login role may log in and nothing else; the owner may not log in; neither it nor the migrator passes walls by."""
    for role in seen.login_roles:
        stands = seen.roles.get(role)
        if stands and (stands.attributes != ATTRIBUTES or stands.connection_limit != CONNECTION_LIMIT):
            wrong = [*sorted(ATTRIBUTES - stands.attributes), *(f"NO{one}" for one in stands.attributes - ATTRIBUTES)]
            wanted = " ".join([*sorted(wrong), f"CONNECTION LIMIT {CONNECTION_LIMIT}"])
            yield role, f"角色属性不符，可能绕过行级策略：以超级用户执行 ALTER ROLE {role} {wanted}"
    for role, forbidden in ((OWNER, _POWERS | {"LOGIN"}), (MIGRATOR, _POWERS - {"CREATEROLE", "CREATEDB"})):
        wrong = sorted(seen.roles[role].attributes & forbidden) if role in seen.roles else []
        if wrong:
            yield role, f"角色权力过大：以超级用户执行 ALTER ROLE {role} {' '.join(f'NO{one}' for one in wrong)}"


@RULES("role-member")
def _member(seen: Inspection) -> Iterable[tuple[str, str]]:
    """A login role is member of no other role, so it can become nobody else."""
    for role in seen.login_roles:
        for granted, _ in seen.roles[role].member_of if role in seen.roles else ():
            yield role, f"是 {granted} 的成员，可借 SET ROLE 取得其权限：以超级用户执行 REVOKE {granted} FROM {role}"


@RULES("role-assumable", provisioned=False)
def _assumable(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Nobody can act as a login role, nor as the owner except the migrator."""
    rows = seen.rows(
        "SELECT granted.rolname, member.rolname FROM pg_auth_members"
        " JOIN pg_roles granted ON granted.oid = roleid JOIN pg_roles member ON member.oid = member"
        " WHERE (inherit_option OR set_option) AND NOT member.rolsuper AND granted.rolname = ANY(%(roles)s)",
        {"roles": [*seen.login_roles, OWNER]},
    )
    for granted, member in rows:
        if (granted, member) != (OWNER, MIGRATOR) and member not in seen.login_roles:
            yield granted, f"{member} 是其成员，可以它的身份读写：REVOKE {granted} FROM {member}"


@RULES("role-settings")
def _settings(seen: Inspection) -> Iterable[tuple[str, str]]:
    """A login role has its time limits and its search path, and no other settings; it can change its own for good."""
    for role in seen.login_roles:
        stands = seen.roles.get(role)
        if stands and (stands.settings != frozenset(settings_of(role)) or stands.settings_here):
            yield role, "角色设置（超时、search_path 等）与声明不同：执行 shequ provision"


@RULES("role-owns", provisioned=False)
def _owns(seen: Inspection) -> Iterable[tuple[str, str]]:
    """A login role owns nothing: an owner may open what it owns."""
    rows = seen.rows(
        "SELECT rolname, pg_describe_object(classid, objid, objsubid) FROM pg_shdepend"
        " JOIN pg_roles ON pg_roles.oid = refobjid"
        " WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o' AND rolname = ANY(%(roles)s)"
        " AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))",
        {"roles": list(seen.login_roles)},
    )
    for role, thing in rows:
        yield role, f"拥有 {thing}：改属 {OWNER} 或删除"
