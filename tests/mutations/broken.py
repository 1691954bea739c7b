"""What is broken: one place in the code, what stands there instead, and the tests that must notice.

Broken schemas are of two kinds.  Seventy-odd statements that break a database as it stands are in ``tests/db/breaches.py``,
and the suite itself tries each.  Here are those that break the generator: then database and catalogue agree, and only
the behaviour of the roles tells.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Broken:
    """``old`` in ``file`` becomes ``new``; ``tests`` are the arguments of the run that must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


_LISTS = ("tests/visiting/test_paths.py", "-k", "root_list and INSTITUTION_STAFF")
_LINKS = ("tests/visiting/test_paths.py", "-k", "link_leads and INSTITUTION_STAFF")
_FILTERS = ("tests/visiting/test_paths.py", "-k", "filter_tells and station")
_BY_ID = ("tests/visiting/test_paths.py", "-k", "by_its_id and INSTITUTION_STAFF")
_NOBODY = ("tests/visiting/test_paths.py", "-k", "root_list and nobody")
_RIGHTS = ("tests/visiting/test_permissions.py",)
_WALLS = ("tests/db/test_isolation.py",)
_ATTACKS = ("tests/visiting/test_attacks.py",)
_MEMBERS = ("tests/identity/test_memberships.py",)
_TOKENS = ("tests/http/tokens/test_tokens.py",)
_BROWSERS = ("tests/http/browsers/test_signing_in.py",)

#: The wall itself: what ``server/db`` generates.
SCHEMAS = (
    Broken(
        "a district's policy holds for every row",
        "server/db/policies.py",
        'f"tenant_id = {tenant.tenant_id}",',
        '"true",',
        _WALLS,
    ),
    Broken(
        "a district's policy lets rows of the next district in too",
        "server/db/policies.py",
        'f"tenant_id = {tenant.tenant_id}",',
        'f"tenant_id IN ({tenant.tenant_id}, {tenant.tenant_id + 1})",',
        _WALLS,
    ),
    Broken(
        "a row may be written to any tenant",
        "server/db/policies.py",
        'policies.append(Policy(table.name, f"{role}_owns", role, "ALL", condition, condition))',
        'policies.append(Policy(table.name, f"{role}_owns", role, "ALL", condition, "true"))',
        _WALLS,
    ),
    Broken(
        "a district reads the municipality's drafts",
        "server/db/policies.py",
        "            shown = access.published_when\n",
        '            shown = "true"\n',
        _WALLS,
    ),
    Broken(
        "what is only appended may be changed",
        "server/db/policies.py",
        '        return ("SELECT", "INSERT")\n',
        '        return ("SELECT", "INSERT", "UPDATE")\n',
        _WALLS,
    ),
    Broken(
        "every row may be deleted",
        "server/db/policies.py",
        'if access.deletable else ("SELECT", "INSERT", "UPDATE")',
        'if access.deletable else ("SELECT", "INSERT", "UPDATE", "DELETE")',
        _WALLS,
    ),
    Broken(
        "the municipal reader reads the districts' own affairs",
        "server/db/policies.py",
        "    if access.municipal_reads:\n",
        "    if True:\n",
        _WALLS,
    ),
    Broken(
        "the public reads every table",
        "server/db/policies.py",
        "        reads_all(roles.PUBLIC_READER)\n",
        "        pass\n    if True:\n        reads_all(roles.PUBLIC_READER)\n",
        _WALLS,
    ),
    Broken(
        "the municipal writer writes to every tenant",
        "server/db/policies.py",
        'owns(roles.MUNICIPAL_WRITER, "tenant_id = 0", _writing(access))',
        'owns(roles.MUNICIPAL_WRITER, "true", _writing(access))',
        _WALLS,
    ),
    Broken(
        "the platform reads what it only adds to",
        "server/db/policies.py",
        '("INSERT",) if access.append_only else _writing(access))',
        "_writing(access))",
        _WALLS,
    ),
    Broken(
        "a session may be of any tenant",
        "server/db/policies.py",
        'owns(roles.AUTHENTICATOR, "tenant_id = 0", ("SELECT"',
        'owns(roles.AUTHENTICATOR, "true", ("SELECT"',
        _WALLS,
    ),
    Broken(
        "a district writes what it should only read",
        "server/db/policies.py",
        '_writing(access) if access.district_writes else ("SELECT",)',
        "_writing(access)",
        _WALLS,
    ),
    Broken(
        "a foreign key without the tenant",
        "server/db/metadata.py",
        'ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"]),',
        'ForeignKeyConstraint([column], [f"{table}.id"]),',
        ("tests/migrations/test_migrations.py",),
    ),
    Broken(
        "a primary key without the tenant",
        "server/db/metadata.py",
        'PrimaryKeyConstraint("tenant_id", "id"),',
        'PrimaryKeyConstraint("id"),',
        ("tests/migrations/test_migrations.py", "tests/db/test_catalogue.py"),
    ),
    Broken(
        "every role has one password",
        "server/db/roles.py",
        'f"shequ/role/{role}".encode()',
        'b"shequ/role"',
        ("tests/db/test_roles.py",),
    ),
)

#: Rules of the application above the wall.
RULES = (
    Broken(
        "row rules enter no statement",
        "server/planner/predicates.py",
        "return render(scope.condition(type_), alias, scope.values, parameters)",
        'return "true"',
        _LISTS,
    ),
    Broken(
        "a link leads to every row of the tenant",
        "server/planner/compiling.py",
        "where = conjunction(joined(link, parent, alias), visible(target, alias, self.scope, self.places))",
        "where = joined(link, parent, alias)",
        _LINKS,
    ),
    Broken(
        "a filter finds by rows that are hidden",
        "server/planner/predicates.py",
        "                    visible(target, inner, self._scope, self._parameters),\n",
        "",
        _FILTERS,
    ),
    Broken(
        "groups count every row",
        "server/planner/compiling.py",
        """        def where(alias: str) -> str:
            arguments = render(asked.condition, alias, Slots(("roots", n)), self.places)
            return conjunction(arguments, visible(type_, alias, self.scope, self.places))
""",
        """        def where(alias: str) -> str:
            return render(asked.condition, alias, Slots(("roots", n)), self.places)
""",
        ("tests/visiting/test_paths.py", "-k", "groups_count and INSTITUTION_STAFF"),
    ),
    Broken(
        "an object is read by id by everybody of the tenant",
        "server/planner/compiling.py",
        "                visible(type_, alias, self.scope, self.places),\n",
        "",
        _BY_ID,
    ),
    Broken(
        "an institution's staff read the whole register",
        "schema/rows.py",
        "{Role.INSTITUTION_STAFF.value: own}",
        '{Role.INSTITUTION_STAFF.value: "true"}',
        _LISTS,
    ),
    Broken(
        "one statement serves all roles",
        "schema/reading.py",
        "key = (outline, part, roles, tuple(",
        "key = (outline, part, tuple(",
        ("tests/visiting/test_paths.py", "-k", "root_list"),
    ),
    Broken(
        "a tenant is read on the role of the caller's home",
        "schema/access.py",
        "            scope = self.actor.kept[_SCOPE, tenant_id] = await self._scope(self.actor, tenant_id)",
        "            scope = self.actor.kept[_SCOPE, tenant_id] = await self._scope(self.actor, None)",
        _LISTS,
    ),
    Broken(
        "a district may be named by whoever has no rights there",
        "schema/access.py",
        """        if not actor.roles_in(tenant):
            raise NotAllowed("您在该辖区没有权限")
        code =""",
        "        code =",
        _LISTS,
    ),
    Broken(
        "callers without a token read on the municipal role",
        "schema/access.py",
        "_ANYBODY = Scope(roles.PUBLIC_READER, frozenset({Role.PUBLIC}))",
        "_ANYBODY = Scope(roles.MUNICIPAL_READER, frozenset({Role.PUBLIC, Role.MUNICIPAL_ANALYST}))",
        _NOBODY,
    ),
    Broken(
        "a mutation is open to everybody who is known",
        "schema/acting.py",
        '        raise NotAllowed("您在该辖区没有执行此操作的权限")',
        "        pass",
        _RIGHTS,
    ),
    Broken(
        "a mutation reaches objects of tenants out of reach",
        "schema/access.py",
        """            raise NotFound()
        return node.tenant_id
""",
        """            return self.actor.home or 0
        return node.tenant_id
""",
        _RIGHTS,
    ),
    Broken(
        "an idempotency key is everybody's",
        "server/record/acts.py",
        '"id": new_id(), "subject": self.actor.subject, "key": key}',
        '"id": new_id(), "subject": "everybody", "key": key}',
        _ATTACKS,
    ),
    Broken(
        "a key answers whatever is asked under it",
        "server/record/acts.py",
        "        if not self.custody.signer.signed(asked, kept.fingerprint):",
        "        if False:",
        ("tests/institutions/test_register.py",),
    ),
    Broken(
        "a lost update is written",
        "server/institutions/actions.py",
        '    if row["version"] != expected_version:',
        "    if False:",
        ("tests/institutions/test_register.py",),
    ),
    Broken(
        "a membership holds for ever",
        "server/identity/store.py",
        " AND from_on <= $2::date AND (until IS NULL OR until > $2::date)",
        " AND $2::date IS NOT NULL",
        _MEMBERS,
    ),
    Broken(
        "a mutation believes what was remembered of rights",
        "server/http/auth.py",
        "        if fresh:\n            return await self._read(subject)\n",
        "",
        _MEMBERS,
    ),
    Broken(
        "rights are remembered for an hour",
        "server/http/auth.py",
        "_MEMBERSHIPS_KEPT_SECONDS = 5.0",
        "_MEMBERSHIPS_KEPT_SECONDS = 3600.0",
        _MEMBERS,
    ),
    Broken(
        "administrators grant to themselves",
        "server/identity/actions.py",
        "    if wanted.subject == act.actor.subject:",
        "    if False:",
        _MEMBERS,
    ),
    Broken(
        "a cursor's seal is not looked at",
        "server/planner/keyset.py",
        "            if not hmac.compare_digest(mac, self._mac(order, payload)):",
        "            if False:",
        _ATTACKS,
    ),
    Broken(
        "a token for another audience holds",
        "server/http/auth.py",
        '            aud={"essential": True, "value": audience},\n',
        "",
        _TOKENS,
    ),
    Broken(
        "a token outlives its end in the cache",
        "server/http/auth.py",
        "known.expires_at > clock.seconds() and",
        "True and",
        _TOKENS,
    ),
    Broken(
        "any state finishes a sign-in",
        "server/http/provider.py",
        'if not hmac.compare_digest(query.get("state", "").encode(), begun.state.encode()):',
        "if False:",
        _BROWSERS,
    ),
    Broken(
        "any nonce will do",
        "server/http/provider.py",
        '                nonce={"essential": True, "value": nonce},\n',
        "",
        _BROWSERS,
    ),
    Broken(
        "a cookie counts whoever made the browser send it",
        "server/http/sessions.py",
        "        if header(scope, HEADER.encode()) is None or not self.is_own(scope):",
        "        if False:",
        _BROWSERS,
    ),
    Broken(
        "signing out leaves the session open",
        "server/http/sessions.py",
        "        await self._store.end(secret)\n",
        "",
        _BROWSERS,
    ),
    Broken(
        "one district pays for another's flood",
        "server/kit/meter.py",
        "self._jurisdictions.get(home)",
        "self._jurisdictions.get(None)",
        ("tests/kit/test_meter.py", "tests/http/test_rates.py"),
    ),
    Broken(
        "an unexpected error is told as it is",
        "schema/errors.py",
        '            shown["message"] = _MASKED\n',
        "",
        ("tests/http",),
    ),
)
