"""Rules on tables, keys and columns: a row belongs to one tenant, and no key crosses or betrays it."""

from collections.abc import Iterable

from server.db.catalogue.inspection import Inspection, Rules
from server.db.metadata import access_of
from server.db.roles import OWNER

RULES = Rules(provisioned=False)

#: Tables of ours: all of schema public, alembic's own and extensions' left out.
_OURS = """
WITH ours AS (
  SELECT pg_class.oid, relname, relowner FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
    AND NOT EXISTS (SELECT FROM pg_depend
                    WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
)
"""


@RULES("table-undeclared")
def _undeclared(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every table of the database is declared."""
    declared = {table.name for table in seen.tables}
    for (name,) in seen.rows(f"{_OURS} SELECT relname FROM ours"):
        if name not in declared:
            yield name, "库中有这张表，代码里没有声明：用 tenant_table 声明它和它的 Access，或在迁移中删除它"


@RULES("table-missing")
def _missing(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every declared table is in the database."""
    standing = {name for (name,) in seen.rows(f"{_OURS} SELECT relname FROM ours")}
    for table in seen.tables:
        if table.name not in standing:
            yield table.name, "代码声明了这张表，库中没有：先执行 shequ migrate"


@RULES("table-owner")
def _owner(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Tables belong to the owner, whom nobody logs in as."""
    rows = seen.rows(
        "SELECT relname, relowner::regrole::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND (relname = 'alembic_version' OR relname = ANY(%(declared)s))",
        {"declared": [table.name for table in seen.tables]},
    )
    for name, owner in rows:
        if owner != OWNER:
            yield name, f"属主为 {owner}，属主可以改动策略：ALTER TABLE {name} OWNER TO {OWNER}"


@RULES("table-comment")
def _comment(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every table says in a comment what it keeps."""
    for (name,) in seen.rows(f"{_OURS} SELECT relname FROM ours WHERE obj_description(oid, 'pg_class') IS NULL"):
        yield name, "缺少表注释：在 tenant_table 中写明 comment，并生成迁移"


@RULES("key-columns")
def _key_columns(seen: Inspection) -> Iterable[tuple[str, str]]:
    """``tenant_id`` is an integer and ``id`` a uuid that the application makes; neither is ever null."""
    rows = seen.rows(
        f"""{_OURS}
        SELECT relname, wanted.name, wanted.type FROM ours
        CROSS JOIN (VALUES ('tenant_id', 'integer'), ('id', 'uuid')) wanted(name, type)
        WHERE NOT EXISTS (
          SELECT FROM pg_attribute
          WHERE attrelid = ours.oid AND attname = wanted.name AND attnotnull AND NOT atthasdef
            AND format_type(atttypid, atttypmod) = wanted.type)"""
    )
    for name, column, kind in rows:
        yield (
            f"{name}.{column}",
            f"应有此列，类型为 {kind} NOT NULL 且无默认值（标识由应用生成）：用 tenant_table 声明表",
        )


@RULES("primary-key")
def _primary_key(seen: Inspection) -> Iterable[tuple[str, str]]:
    """The primary key is exactly (tenant_id, id)."""
    rows = seen.rows(
        f"""{_OURS}
        SELECT relname, coalesce(
          (SELECT array_agg(attname::text ORDER BY place)
           FROM pg_constraint CROSS JOIN unnest(conkey) WITH ORDINALITY key(attnum, place)
           JOIN pg_attribute ON attrelid = conrelid AND pg_attribute.attnum = key.attnum
           WHERE conrelid = ours.oid AND contype = 'p'), '{{}}') FROM ours"""
    )
    for name, columns in rows:
        if columns != ["tenant_id", "id"]:
            yield name, f"主键为 ({', '.join(columns)})，应恰为 (tenant_id, id)：用 tenant_table 声明表"


@RULES("unique-tenant")
def _unique(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every unique index has ``tenant_id`` among its keys, unless everybody reads the whole table."""
    published = {table.name for table in seen.tables if access_of(table).published}
    rows = seen.rows(
        f"""{_OURS}
        SELECT relname, indexrelid::regclass::text FROM ours JOIN pg_index ON indrelid = ours.oid
        WHERE indisunique AND NOT indisprimary AND NOT EXISTS (
          SELECT FROM pg_attribute WHERE attrelid = ours.oid AND attname = 'tenant_id'
            AND attnum = ANY((string_to_array(indkey::text, ' ')::smallint[])[1:indnkeyatts]))"""
    )
    for name, index in rows:
        if name in published:  # a conflict tells of nothing that cannot be read
            continue
        yield f"{name}.{index}", "唯一索引不含 tenant_id，一区可借冲突探知他区的值：把 tenant_id 放在第一列"


@RULES("exclusion-tenant")
def _exclusion(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every exclusion constraint compares within one tenant."""
    rows = seen.rows(
        f"""{_OURS}
        SELECT relname, conname FROM ours JOIN pg_constraint ON conrelid = ours.oid
        WHERE contype = 'x' AND NOT EXISTS (
          SELECT FROM unnest(conkey, conexclop) term(attnum, operator)
          JOIN pg_attribute ON attrelid = conrelid AND pg_attribute.attnum = term.attnum AND attname = 'tenant_id'
          JOIN pg_operator ON pg_operator.oid = term.operator AND oprname = '=')"""
    )
    for name, constraint in rows:
        yield f"{name}.{constraint}", "排他约束不含 tenant_id WITH =，一区可借冲突探知他区的值：加上这一项"


@RULES("foreign-key-tenant")
def _foreign_key(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every foreign key refers within one tenant."""
    rows = seen.rows(
        f"""{_OURS}
        SELECT relname, conname FROM ours JOIN pg_constraint ON conrelid = ours.oid
        WHERE contype = 'f' AND NOT EXISTS (
          SELECT FROM unnest(conkey, confkey) term(own, other)
          JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = own AND a.attname = 'tenant_id'
          JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = other AND b.attname = 'tenant_id')"""
    )
    for name, constraint in rows:
        yield f"{name}.{constraint}", "外键不含 tenant_id，可指向他区的行：用 reference() 声明为 (tenant_id, …)"


@RULES("foreign-key-action")
def _foreign_key_action(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No foreign key changes rows by itself: what is deleted or changed, an action does and records."""
    rows = seen.rows(
        f"""{_OURS}
        SELECT relname, conname FROM ours JOIN pg_constraint ON conrelid = ours.oid
        WHERE contype = 'f' AND (confdeltype NOT IN ('a', 'r') OR confupdtype NOT IN ('a', 'r'))"""
    )
    for name, constraint in rows:
        yield (
            f"{name}.{constraint}",
            "外键带 CASCADE 或 SET NULL，改动不留审计：去掉 ON DELETE、ON UPDATE，由业务动作处理",
        )


@RULES("column-identity")
def _identity(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No column counts: a sequence tells every district how much the others enter."""
    why = "自增列会泄露各区的数据量：改用应用生成的 uuidv7"
    rows = seen.rows(
        f"""{_OURS}
        SELECT relname, attname FROM ours JOIN pg_attribute ON attrelid = ours.oid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attnum > 0 AND NOT attisdropped
          AND (attidentity <> '' OR pg_get_expr(adbin, adrelid) LIKE '%nextval(%')"""
    )
    for name, column in rows:
        yield f"{name}.{column}", why
    for (name,) in seen.rows(
        "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
    ):
        yield name, f"{why}，并删除这个序列"


@RULES("column-enum")
def _enum(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No column is of an enum type: its operators are not leakproof, so under row-level security no index serves it."""
    rows = seen.rows(
        f"""{_OURS}
        SELECT relname, attname, format_type(atttypid, NULL) FROM ours JOIN pg_attribute ON attrelid = ours.oid
        JOIN pg_type ON pg_type.oid = atttypid
        LEFT JOIN pg_type element ON element.oid = pg_type.typelem
        LEFT JOIN pg_type base ON base.oid = pg_type.typbasetype
        WHERE attnum > 0 AND 'e' IN (pg_type.typtype, element.typtype, base.typtype)"""
    )
    for name, column, kind in rows:
        yield f"{name}.{column}", f"枚举类型 {kind} 在行级策略下用不上索引：改为 text 加 one_of() 检查"


#: Names under which people keep personal values; ``sealed`` makes other columns of them.
_PERSONAL = (
    "(^|_)(identity_numbers?|id_cards?|id_numbers?|passports?|passport_numbers?|bank_accounts?|account_numbers?"
    "|phones?|mobiles?|telephones?)$"
)
#: The numbers of offices, which are public.
OFFICES = frozenset({"institution.phone", "insurance_agency.phones"})


@RULES("column-personal")
def _personal(seen: Inspection) -> Iterable[tuple[str, str]]:
    """No column holds a person's identity number, telephone or bank account in the clear, going by its name and type."""
    rows = seen.rows(
        f"""{_OURS}
        SELECT relname, attname, format_type(atttypid, NULL) FROM ours JOIN pg_attribute ON attrelid = ours.oid
        WHERE attnum > 0 AND NOT attisdropped
          AND (attname ~ %(personal)s OR attname ~ '_sealed$') AND atttypid <> 'bytea'::regtype""",
        {"personal": _PERSONAL},
    )
    for name, column, kind in rows:
        if f"{name}.{column}" not in OFFICES:
            yield (
                f"{name}.{column}",
                f"个人信息不得以 {kind} 明文保存：改用 sealed() 声明；机构的办公电话请列入 catalogue.tables.OFFICES",
            )


@RULES("index-leakproof")
def _leakproof(seen: Inspection) -> Iterable[tuple[str, str]]:
    """Every column of a B-tree index compares by leakproof operators; others cannot use it under row-level security."""
    rows = seen.rows(
        f"""{_OURS}
        SELECT DISTINCT relname, indexrelid::regclass::text, opcintype::regtype::text
        FROM ours JOIN pg_index ON indrelid = ours.oid
        CROSS JOIN unnest(indclass::oid[]) class JOIN pg_opclass ON pg_opclass.oid = class
        JOIN pg_am ON pg_am.oid = opcmethod AND amname = 'btree'
        JOIN pg_amop ON amopfamily = opcfamily AND amoplefttype = opcintype AND amoprighttype = opcintype
        JOIN pg_operator ON pg_operator.oid = amopopr JOIN pg_proc ON pg_proc.oid = oprcode
        WHERE NOT proleakproof"""
    )
    for name, index, kind in rows:
        yield (
            f"{name}.{index}",
            f"{kind} 的比较在行级策略下用不上索引：金额用 bigint 分，状态用 text，或去掉该列的索引",
        )
