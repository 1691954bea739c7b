"""Rules on everything that is not a table: what could carry rows past the walls, or act unseen."""

from collections.abc import Iterable

from server.db.catalogue.inspection import Inspection, Rules

RULES = Rules(provisioned=False)

#: Schemas with tables of tenants, or of a library whose doors were examined.
SCHEMAS = frozenset({"public"})

#: Extensions that open no door past the walls.  ``dblink``, ``postgres_fdw`` or an untrusted language would.
EXTENSIONS = frozenset({"plpgsql", "pg_trgm", "btree_gist", "pg_stat_statements", "citus", "citus_columnar"})

#: Schemas that are not PostgreSQL's own, as a condition on pg_namespace.
_USERS = "nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp_|toast_temp_)'"

_FUNCTIONS = f"""
SELECT pg_proc.oid::regprocedure::text FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE {_USERS} AND NOT EXISTS (
  SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
"""

_RELATIONS = f"""
SELECT pg_class.oid::regclass::text FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE {_USERS} AND NOT EXISTS (
  SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
"""


@RULES("schema-undeclared")
def _schema(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Rows are kept where these rules look: there is no schema but the declared ones."""
    for (name,) in seen.rows(f"SELECT nspname FROM pg_namespace WHERE {_USERS}"):
        if name not in SCHEMAS:
            yield name, "未声明的 schema，其中的表不受检查：删除它，或查明后列入 SCHEMAS"


@RULES("view-invoker")
def _view(seen: Inspection) -> Iterable[tuple[str, str]]:
    """A view reads with the rights of who asks, not of who made it."""
    rows = seen.rows(
        f"""{_RELATIONS} AND relkind = 'v' AND NOT coalesce(
          (SELECT option_value::boolean FROM pg_options_to_table(reloptions)
           WHERE option_name = 'security_invoker'), false)"""
    )
    for (name,) in rows:
        yield name, f"视图以创建者的身份读数据：ALTER VIEW {name} SET (security_invoker = true)"


@RULES("materialized-view")
def _materialized(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No role but the owner reads a materialized view: it knows no row-level security."""
    rows = seen.rows(
        f"{_RELATIONS} AND relkind = 'm' AND EXISTS (SELECT FROM aclexplode(relacl) acl WHERE acl.grantee <> relowner)"
    )
    for (name,) in rows:
        yield name, f"物化视图没有行级策略：REVOKE ALL ON {name} 于所有角色，需要的汇总写成带 tenant_id 的表"


@RULES("foreign-table")
def _foreign_table(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No rows come from elsewhere: a foreign table knows no row-level security."""
    for (name,) in seen.rows(f"{_RELATIONS} AND relkind = 'f'"):
        yield name, "外部表没有行级策略：删除它，由导入命令写入本库的表"


@RULES("trigger")
def _trigger(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Nothing happens by trigger: the application records what it does, in the same transaction."""
    why = "触发器的改动不经过业务动作，分布式库也不支持：删除它，写进业务动作"
    for (name,) in seen.rows(
        "SELECT format('%s.%s', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal"
    ):
        yield name, why
    for (name,) in seen.rows("SELECT evtname FROM pg_event_trigger"):
        yield name, why


@RULES("rewrite-rule")
def _rewrite(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No statement is rewritten: a rule's statements run with the rights of the table's owner."""
    rows = seen.rows(
        "SELECT format('%s.%s', ev_class::regclass, rulename) FROM pg_rewrite"
        " JOIN pg_class ON pg_class.oid = ev_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        f" WHERE rulename <> '_RETURN' AND {_USERS}"
    )
    for (name,) in rows:
        yield name, "重写规则以表属主的身份执行：DROP RULE 删除它"


@RULES("function-definer")
def _definer(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No function runs with the rights of who made it (the short list of exceptions is empty so far)."""
    for (name,) in seen.rows(f"{_FUNCTIONS} AND prosecdef"):
        yield name, f"SECURITY DEFINER 函数以创建者的身份执行：ALTER FUNCTION {name} SECURITY INVOKER，或删除它"


@RULES("function-leakproof")
def _leakproof(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No function of ours passes for leakproof: it would see rows before the policies do."""
    for (name,) in seen.rows(f"{_FUNCTIONS} AND proleakproof"):
        yield name, f"LEAKPROOF 函数先于行级策略看到各行：ALTER FUNCTION {name} NOT LEAKPROOF"


@RULES("extension-unknown")
def _extension(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Only extensions are installed that open no door past the walls."""
    for (name,) in seen.rows("SELECT extname FROM pg_extension"):
        if name not in EXTENSIONS:
            yield name, "未经查验的扩展（如 dblink 可绕过行级策略）：DROP EXTENSION，或查明后列入 EXTENSIONS"
