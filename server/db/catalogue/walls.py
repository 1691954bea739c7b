"""Rules on row-level security, policies and privileges: what stands is what is declared, no less and no more."""

from collections.abc import Iterable

from server.db.catalogue.inspection import Inspection, Rules
from server.db.policies import PUBLIC, ShownPolicy

RULES = Rules(provisioned=True)

_PROVISION = "执行 shequ provision"


@RULES("row-security")
def _row_security(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Row-level security is enabled on every table, and forced, so that it binds the owner too."""
    rows = seen.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND relname = ANY(%(declared)s) AND NOT (relrowsecurity AND relforcerowsecurity)",
        {"declared": [table.name for table in seen.tables]},
    )
    for (name,) in rows:
        yield (
            name,
            f"行级安全未启用或未强制，各区可见全部行：{_PROVISION}；新表的迁移应含 ENABLE 与 FORCE ROW LEVEL SECURITY",
        )


@RULES("policy-missing")
def _policy_missing(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every declared policy stands."""
    stale, missing = seen.misplaced
    altered = {(one.table, one.name) for one in stale}
    for policy in missing:
        if (policy.table, policy.name) not in altered:
            yield f"{policy.table}.{policy.name}", f"缺少策略，{policy.role} 看不到应看到的行：{_PROVISION}"


@RULES("policy-altered")
def _policy_altered(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every policy of a declared name reads as declared: role, command and conditions."""
    stale, missing = seen.misplaced
    declared = {(one.table, one.name) for one in missing}
    for policy in stale:
        if (policy.table, policy.name) in declared:
            yield f"{policy.table}.{policy.name}", f"策略与声明不同（现为 {_read(policy)}）：{_PROVISION}"


@RULES("policy-foreign")
def _policy_foreign(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No policy stands that nobody declared; permissive ones add up, so one suffices to open a table."""
    stale, missing = seen.misplaced
    declared = {(one.table, one.name) for one in missing}
    for policy in stale:
        if (policy.table, policy.name) not in declared:
            yield (
                f"{policy.table}.{policy.name}",
                f"未声明的策略（{_read(policy)}）：在 Access 中声明，或{_PROVISION}删除",
            )


def _read(policy: ShownPolicy) -> str:
    conditions = f"USING {policy.using}" if policy.using else ""
    if policy.check:
        conditions += f" WITH CHECK {policy.check}"
    return f"{policy.kind} {policy.command} TO {policy.roles} {conditions.strip()}".strip()


@RULES("policy-subquery", provisioned=False)
def _policy_subquery(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No policy asks another table: Citus refuses it, and who may write that table would decide who sees this one."""
    rows = seen.rows(
        "SELECT polrelid::regclass::text, polname FROM pg_policy"
        " WHERE concat(polqual::text, polwithcheck::text) LIKE '%{SUBLINK %'"
    )
    for table, name in rows:
        yield f"{table}.{name}", "策略含子查询：改为对本行各列的条件（如 tenant_id = 5）"


@RULES("grant-missing")
def _grant_missing(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every declared privilege on a table is held."""
    for one in seen.missing_privileges:
        if one.kind == "TABLE":
            yield f"{one.object}（{one.role}）", f"缺少 {one.name} 权限：{_PROVISION}"


@RULES("grant-extra")
def _grant_extra(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No role holds a privilege on a table that is not declared: TRUNCATE and the like pass row-level security by."""
    for one in seen.extra_privileges:
        if one.kind == "TABLE" and one.role != PUBLIC and not one.column and not one.grantable:
            yield f"{one.object}（{one.role}）", f"多出 {one.name} 权限：在 Access 中声明，或{_PROVISION}收回"


@RULES("grant-public")
def _grant_public(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Nothing on a table is granted to everybody."""
    for one in seen.extra_privileges:
        if one.kind == "TABLE" and one.role == PUBLIC and not one.column:
            yield one.object, f"{one.name} 授予了 PUBLIC，任何登录角色都有：{_PROVISION}收回"


@RULES("grant-column")
def _grant_column(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Nothing is granted by column, sealed columns to the custodian apart: what else of a row a role sees, the application
    decides in one place."""
    for one in seen.extra_privileges:
        if one.column:
            yield f"{one.object}.{one.column}（{one.role}）", f"按列授予了 {one.name}：{_PROVISION}收回"


@RULES("grant-option")
def _grant_option(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No role may pass a privilege on."""
    for one in seen.extra_privileges:
        if one.grantable and not one.column:
            yield f"{one.object or '数据库'}（{one.role}）", f"{one.name} 可转授他人（GRANT OPTION）：{_PROVISION}收回"


@RULES("schema-grant")
def _schema_grant(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Login roles use the schema public, and nobody but the owner creates in it: who creates may shadow names."""
    for one in seen.extra_privileges:
        if one.kind == "SCHEMA" and not one.grantable:
            yield f"schema {one.object}（{one.role}）", f"多出 {one.name} 权限：{_PROVISION}收回"
    for one in seen.missing_privileges:
        if one.kind == "SCHEMA":
            yield f"schema {one.object}（{one.role}）", f"缺少 {one.name} 权限：{_PROVISION}"


@RULES("database-grant")
def _database_grant(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Login roles connect to the database; they make no schema and no temporary table in it, and PUBLIC nothing."""
    for one in seen.extra_privileges:
        if one.kind == "DATABASE" and not one.grantable:
            yield f"数据库（{one.role}）", f"多出 {one.name} 权限：{_PROVISION}收回"
    for one in seen.missing_privileges:
        if one.kind == "DATABASE":
            yield f"数据库（{one.role}）", f"缺少 {one.name} 权限：{_PROVISION}"


@RULES("default-privileges", provisioned=False)
def _default_privileges(seen: Inspection) -> Iterable[tuple[str, str]]:
    """What is created later is closed to all until it is provisioned."""
    rows = seen.rows(
        "SELECT defaclrole::regrole::text, coalesce(rolname, 'PUBLIC'), privilege_type FROM pg_default_acl"
        " CROSS JOIN aclexplode(defaclacl) acl LEFT JOIN pg_roles ON pg_roles.oid = acl.grantee"
        " WHERE acl.grantee <> defaclrole"
    )
    for creator, role, name in rows:
        yield (
            f"{creator} 新建的对象（{role}）",
            f"默认授予 {name}，新表一建即开放：ALTER DEFAULT PRIVILEGES FOR ROLE {creator} REVOKE … FROM {role}",
        )
