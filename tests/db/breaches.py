"""One way to break each rule of the catalogue: statements a superuser runs, and what the catalogue must then say."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """``sql`` breaks ``rule`` on the object whose name holds ``names``; ``also`` are rules that it breaks besides."""

    rule: str
    sql: str
    names: str
    also: tuple[str, ...] = ()
    #: Set where one rule has several ways to be broken.
    how: str = ""

    def __str__(self) -> str:
        return f"{self.rule} {self.how}".strip()


#: A table as it should be made, but that nobody declared it.
_NEW = """
CREATE TABLE stray (tenant_id integer, id uuid, PRIMARY KEY (tenant_id, id));
COMMENT ON TABLE stray IS 'stray';
"""

BREACHES = (
    Breach("table-undeclared", _NEW, "stray"),
    Breach("table-missing", "DROP TABLE outbox_event CASCADE", "outbox_event", ("policy-missing", "grant-missing")),
    Breach("table-owner", "ALTER TABLE review OWNER TO CURRENT_USER", "review", how="superuser"),
    Breach(
        "table-owner",
        "ALTER TABLE review OWNER TO {district}",
        "review",
        ("role-owns", "grant-missing"),
        "district",
    ),
    Breach("table-comment", "COMMENT ON TABLE site IS NULL", "site"),
    Breach("key-columns", "ALTER TABLE site ALTER id SET DEFAULT gen_random_uuid()", "site.id", how="default"),
    Breach("key-columns", _NEW.replace("id uuid", "id bigint"), "stray.id", ("table-undeclared",), "type"),
    Breach("primary-key", "ALTER TABLE site DROP CONSTRAINT pk_site CASCADE", "site", how="none"),
    Breach(
        "primary-key",
        "ALTER TABLE site DROP CONSTRAINT pk_site CASCADE, ADD PRIMARY KEY (id)",
        "site",
        how="id alone",
    ),
    Breach(
        "primary-key",
        "ALTER TABLE site DROP CONSTRAINT pk_site CASCADE, ADD PRIMARY KEY (id, tenant_id)",
        "site",
        how="turned",
    ),
    Breach("unique-tenant", "CREATE UNIQUE INDEX oracle ON institution (registration_number)", "institution.oracle"),
    Breach(
        "unique-tenant",
        "CREATE UNIQUE INDEX oracle ON institution (registration_number) INCLUDE (tenant_id)",
        "institution.oracle",
        how="included only",
    ),
    Breach(
        "exclusion-tenant",
        # Of nobody's rows: what other tests left there may not stand in the way.
        "ALTER TABLE membership ADD CONSTRAINT once EXCLUDE USING gist (subject WITH =, daterange(from_on, until) WITH &&)"
        " WHERE (subject = 'nobody at all')",
        "membership.once",
    ),
    Breach(
        "exclusion-tenant",
        "ALTER TABLE membership ADD CONSTRAINT once EXCLUDE USING gist (tenant_id WITH <>, subject WITH =)"
        " WHERE (subject = 'nobody at all')",
        "membership.once",
        how="between tenants",
    ),
    Breach(
        "foreign-key-tenant",
        "ALTER TABLE organisation ADD CONSTRAINT plain UNIQUE (id);"
        "ALTER TABLE institution ADD CONSTRAINT across FOREIGN KEY (organisation_id) REFERENCES organisation (id)",
        "institution.across",
        ("unique-tenant",),
    ),
    Breach(
        "foreign-key-action",
        "ALTER TABLE site ADD CONSTRAINT falls FOREIGN KEY (tenant_id, institution_id)"
        " REFERENCES institution (tenant_id, id) ON DELETE CASCADE",
        "site.falls",
        how="cascade",
    ),
    Breach(
        "foreign-key-action",
        "ALTER TABLE institution ADD CONSTRAINT falls FOREIGN KEY (tenant_id, parent_id)"
        " REFERENCES institution (tenant_id, id) ON DELETE SET NULL (parent_id)",
        "institution.falls",
        how="set null",
    ),
    Breach(
        "foreign-key-action",
        "ALTER TABLE institution ADD CONSTRAINT falls FOREIGN KEY (tenant_id, parent_id)"
        " REFERENCES institution (tenant_id, id) ON UPDATE CASCADE",
        "institution.falls",
        how="on update",
    ),
    Breach(
        "column-identity",
        "ALTER TABLE site ADD number bigint GENERATED ALWAYS AS IDENTITY",
        "site.number",
        how="identity",
    ),
    Breach("column-identity", "ALTER TABLE site ADD number serial", "site.number", how="serial"),
    Breach("column-identity", "CREATE SEQUENCE counting", "counting", how="sequence"),
    Breach("column-enum", "CREATE TYPE mood AS ENUM ('好'); ALTER TABLE site ADD mood mood", "site.mood"),
    Breach(
        "column-enum", "CREATE TYPE mood AS ENUM ('好'); ALTER TABLE site ADD moods mood[]", "site.moods", how="array"
    ),
    Breach("column-personal", "ALTER TABLE site ADD contact_phone text", "site.contact_phone"),
    Breach("column-personal", "ALTER TABLE site ADD bank_accounts text[]", "site.bank_accounts", how="array"),
    Breach("column-personal", "ALTER TABLE site ADD keeper_sealed text", "site.keeper_sealed", how="sealed as text"),
    Breach("index-leakproof", "CREATE INDEX costly ON review (tenant_id, score)", "review.costly", how="numeric"),
    Breach(
        "index-leakproof", "CREATE INDEX costly ON audit_entry (tenant_id, after)", "audit_entry.costly", how="jsonb"
    ),
    Breach("row-security", "ALTER TABLE site DISABLE ROW LEVEL SECURITY", "site", how="disabled"),
    Breach("row-security", "ALTER TABLE site NO FORCE ROW LEVEL SECURITY", "site", how="not forced"),
    Breach("policy-missing", "DROP POLICY {district}_owns ON site", "site.{district}_owns"),
    Breach("policy-altered", "ALTER POLICY {district}_owns ON site USING (true)", "site.{district}_owns", how="opened"),
    Breach(
        "policy-altered",
        "ALTER POLICY {district}_owns ON site TO {district}, {neighbour}",
        "site.{district}_owns",
        how="roles",
    ),
    Breach(
        "policy-altered",
        "DROP POLICY {district}_owns ON site; CREATE POLICY {district}_owns ON site AS RESTRICTIVE TO {district}"
        " USING (tenant_id = {tenant}) WITH CHECK (tenant_id = {tenant})",
        "site.{district}_owns",
        how="restrictive",
    ),
    Breach("policy-foreign", 'CREATE POLICY "Open, Sesame!" ON site TO PUBLIC USING (true)', "site.Open, Sesame!"),
    Breach(
        "policy-subquery",
        "CREATE POLICY asking ON site TO {district} USING (EXISTS (SELECT FROM membership))",
        "site.asking",
        ("policy-foreign",),
    ),
    Breach("grant-missing", "REVOKE INSERT ON site FROM {district}", "site"),
    Breach("grant-extra", "GRANT TRUNCATE ON site TO {district}", "site", how="truncate"),
    Breach("grant-extra", "GRANT DELETE ON audit_entry TO {district}", "audit_entry", how="append only"),
    Breach("grant-extra", "GRANT UPDATE ON alembic_version TO {district}", "alembic_version", how="revision"),
    Breach("grant-extra", "CREATE ROLE curious; GRANT SELECT ON site TO curious", "curious", how="stranger"),
    Breach("grant-public", "GRANT SELECT ON site TO PUBLIC", "site"),
    Breach("grant-column", "GRANT SELECT (name) ON institution TO public_reader", "institution.name"),
    Breach("grant-option", "GRANT SELECT ON site TO {district} WITH GRANT OPTION", "site"),
    Breach("schema-grant", "GRANT CREATE ON SCHEMA public TO PUBLIC", "PUBLIC", how="create"),
    Breach("schema-grant", "REVOKE USAGE ON SCHEMA public FROM {district}", "{district}", how="no usage"),
    Breach("database-grant", "GRANT TEMPORARY ON DATABASE {database} TO {district}", "{district}", how="temporary"),
    Breach("database-grant", "GRANT CONNECT ON DATABASE {database} TO PUBLIC", "PUBLIC", how="everybody"),
    Breach(
        "database-grant",
        "CREATE ROLE district_gone LOGIN; GRANT CONNECT ON DATABASE {database} TO district_gone",
        "district_gone",
        how="district that is none",
    ),
    Breach("database-grant", "REVOKE CONNECT ON DATABASE {database} FROM {district}", "{district}", how="no connect"),
    Breach(
        "default-privileges",
        "ALTER DEFAULT PRIVILEGES FOR ROLE shequ_owner IN SCHEMA public GRANT SELECT ON TABLES TO {district}",
        "{district}",
    ),
    Breach(
        "role-missing",
        "ALTER ROLE authenticator RENAME TO somebody",
        "authenticator",
        ("policy-altered", "grant-extra", "grant-missing", "schema-grant", "database-grant"),
    ),
    Breach("role-attributes", "ALTER ROLE {district} SUPERUSER", "{district}", how="superuser"),
    Breach("role-attributes", "ALTER ROLE {district} BYPASSRLS", "{district}", how="bypassrls"),
    Breach("role-attributes", "ALTER ROLE {district} CREATEROLE", "{district}", how="createrole"),
    Breach("role-attributes", "ALTER ROLE {district} INHERIT", "{district}", how="inherit"),
    Breach("role-attributes", "ALTER ROLE {district} NOLOGIN", "{district}", how="cannot log in"),
    Breach("role-attributes", "ALTER ROLE shequ_owner LOGIN", "shequ_owner", how="owner logs in"),
    Breach("role-attributes", "ALTER ROLE shequ_migrator BYPASSRLS", "shequ_migrator", how="migrator"),
    Breach("role-member", "GRANT {neighbour} TO {district}", "{district}", how="neighbour"),
    Breach("role-member", "GRANT pg_read_all_data TO {district}", "{district}", how="reads all"),
    Breach(
        "role-assumable",
        "CREATE ROLE curious LOGIN; GRANT municipal_reader TO curious",
        "municipal_reader",
        how="reader",
    ),
    Breach("role-assumable", "CREATE ROLE curious LOGIN; GRANT shequ_owner TO curious", "shequ_owner", how="owner"),
    Breach("role-settings", "ALTER ROLE {district} SET statement_timeout = 0", "{district}", how="changed"),
    Breach("role-settings", "ALTER ROLE {district} SET default_transaction_read_only = on", "{district}", how="added"),
    Breach(
        "role-settings",
        "ALTER ROLE {district} IN DATABASE {database} SET search_path = pg_temp",
        "{district}",
        how="this database",
    ),
    Breach(
        "role-owns",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION mine() OWNER TO {district}",
        "{district}",
    ),
    Breach("schema-undeclared", "CREATE SCHEMA attic", "attic"),
    Breach("view-invoker", "CREATE VIEW everything AS SELECT * FROM institution", "everything"),
    Breach(
        "view-invoker",
        "CREATE VIEW everything WITH (security_invoker = off) AS SELECT * FROM institution",
        "everything",
        how="switched off",
    ),
    Breach(
        "materialized-view",
        "CREATE MATERIALIZED VIEW frozen AS SELECT * FROM institution; GRANT SELECT ON frozen TO {district}",
        "frozen",
    ),
    Breach(
        "foreign-table",
        "CREATE EXTENSION file_fdw; CREATE SERVER disk FOREIGN DATA WRAPPER file_fdw;"
        "CREATE FOREIGN TABLE outside (line text) SERVER disk OPTIONS (filename '/dev/null')",
        "outside",
        ("extension-unknown",),
    ),
    Breach(
        "trigger",
        "CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER acting BEFORE INSERT ON site FOR EACH ROW EXECUTE FUNCTION act()",
        "site.acting",
    ),
    Breach(
        "trigger",
        "CREATE FUNCTION act() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';"
        "CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION act()",
        "watching",
        how="event",
    ),
    Breach("rewrite-rule", "CREATE RULE quiet AS ON DELETE TO site DO INSTEAD NOTHING", "site.quiet"),
    Breach(
        "function-definer",
        "CREATE FUNCTION bypass() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM institution'",
        "bypass()",
    ),
    Breach(
        "function-leakproof",
        "CREATE FUNCTION spy(text) RETURNS text LANGUAGE sql LEAKPROOF AS 'SELECT $1'",
        "spy(text)",
    ),
    Breach("extension-unknown", "CREATE EXTENSION dblink", "dblink"),
)
