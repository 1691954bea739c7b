"""Personal values in the clear: to whom, for what, with which trace; and nowhere else, ever."""

import re
import uuid
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from server.http import logs
from server.kit.ids import NodeId, new_id
from server.kit.sealing import Sealer
from tests.driving import Client, Reply, Server
from tests.people.conftest import PROBLEM, appoint, change, valid_number

UNMASK = (
    f"mutation($input: UnmaskInput!) {{ unmask(input: $input) {{ {PROBLEM}"
    " ... on Unmasked { object { id } field value } } }"
)
PURPOSE = "核验主要负责人身份"


async def unmask(client: Client, object: str, field: str = "phone", purpose: str = PURPOSE) -> Reply:
    return await client(UNMASK, input={"object": object, "field": field, "purpose": purpose})


@pytest.fixture
async def person(officer: Client, institution: str) -> str:
    made = await appoint(officer, institution, identityNumber=valid_number(7), phone="13811112222")
    identity: str = made["person"]["id"]
    return identity


def entries(superuser: str, person: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Who unmasked what of the person."""
    with psycopg.connect(superuser) as connection:
        sql = "SELECT actor, subject_type, after FROM audit_entry WHERE subject_id = %s AND action = 'unmasked' ORDER BY id"
        return connection.execute(sql, [NodeId.parse(person).id]).fetchall()


async def test_whom_it_is_open_to_sees_it_and_each_time_is_recorded(
    server: Server, person: str, superuser: str
) -> None:
    shown = (await unmask(server.client("fengtai-officer"), person)).data["unmask"]
    assert shown == {"__typename": "Unmasked", "object": {"id": person}, "field": "phone", "value": "13811112222"}
    number = (await unmask(server.client("fengtai-admin"), person, "identityNumber")).data["unmask"]
    assert number["value"] == valid_number(7)
    await unmask(server.client("fengtai-officer"), person)
    told = entries(superuser, person)
    assert [after for _, _, after in told] == [
        {"field": name, "purpose": PURPOSE} for name in ("phone", "identity_number", "phone")
    ]
    assert {kind for _, kind, _ in told} == {"person"}
    officer, admin = (server.personas[name].subject for name in ("fengtai-officer", "fengtai-admin"))
    assert [actor for actor, _, _ in told] == [officer, admin, officer]


@pytest.mark.parametrize(
    ("persona", "code"),
    [
        (None, "UNAUTHENTICATED"),
        ("fengtai-agency", "FORBIDDEN"),
        ("fengtai-market-regulation", "FORBIDDEN"),
        ("fengtai-institution", "FORBIDDEN"),
        ("mentougou-officer", "NOT_FOUND"),
        ("mentougou-admin", "NOT_FOUND"),
        ("municipal-analyst", "NOT_FOUND"),
        ("municipal-health", "NOT_FOUND"),
        ("municipal-insurance", "NOT_FOUND"),
        ("platform-operator", "NOT_FOUND"),
    ],
)
async def test_nobody_else_does(server: Server, person: str, superuser: str, persona: str | None, code: str) -> None:
    reply = await unmask(server.client(persona), person)
    assert reply.codes == [code]
    assert "1111" not in str(reply.body)
    assert entries(superuser, person) == []


async def test_an_object_that_is_not_there_is_not_found_in_the_same_words(server: Server, person: str) -> None:
    absent = str(replace(NodeId.parse(person), id=new_id()))
    own = await unmask(server.client("fengtai-officer"), absent)
    foreign = await unmask(server.client("mentougou-officer"), person)
    assert own.codes == foreign.codes == ["NOT_FOUND"]
    assert own.body["errors"][0]["message"] == foreign.body["errors"][0]["message"]


async def test_a_revoked_role_holds_no_longer_at_once(server: Server, person: str, superuser: str) -> None:
    caller = server.client("fengtai-officer")
    assert (await unmask(caller, person)).data["unmask"]["value"]
    subject = server.personas["fengtai-officer"].subject
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("UPDATE membership SET until = current_date WHERE subject = %s", [subject])
        try:
            assert (await unmask(caller, person)).codes == ["NOT_FOUND"]
        finally:
            connection.execute("UPDATE membership SET until = NULL WHERE subject = %s", [subject])


@pytest.mark.parametrize("purpose", ["", "看看", "核" * 201, "核验 110105194912310021", "打 138 1111 2222"])
async def test_a_purpose_is_told_and_holds_no_number(server: Server, person: str, superuser: str, purpose: str) -> None:
    refused = (await unmask(server.client("fengtai-officer"), person, purpose=purpose)).data["unmask"]
    assert (refused["code"], refused["path"]) == ("INVALID", ["input", "purpose"])
    assert entries(superuser, person) == []


async def test_only_masked_fields_are_unmasked(server: Server, person: str, institution: str) -> None:
    caller = server.client("fengtai-officer")
    for thing, field in ((person, "name"), (person, "nothing"), (person, "phoneSealed"), (institution, "phone")):
        refused = (await unmask(caller, thing, field)).data["unmask"]
        assert (refused["code"], refused["path"]) == ("INVALID", ["input", "field"])


async def test_what_is_not_recorded_is_null(server: Server, institution: str, officer: Client) -> None:
    bare = (await appoint(officer, institution))["person"]["id"]
    assert (await unmask(officer, bare)).data["unmask"]["value"] is None


# Masked fields are visible as such -----------------------------------------------------------------------------------


FRAGMENTS = (
    " fragment A on Institution { people { ...B ...B } }"
    " fragment B on Person { phone institution { people { phone } } }"
)


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("query($id: ID!) { institution(id: $id) { name people { name } } }", None),
        (
            "query($id: ID!) { institution(id: $id) { people { tel: phone name phone } } }",
            ["institution.people.tel", "institution.people.phone"],
        ),
        (
            "query($id: ID!, $no: Boolean = false)"
            " { at: institution(id: $id) { people { phone @include(if: $no) identityNumber @skip(if: $no) } } }",
            ["at.people.identityNumber"],
        ),
        (
            "query($id: ID!) { node(id: $id) { ... on Institution { ...A } } }" + FRAGMENTS,
            ["node.people.phone", "node.people.institution.people.phone"],
        ),
    ],
)
async def test_the_answer_lists_where_masks_stand(
    officer: Client, institution: str, query: str, paths: list[str] | None
) -> None:
    reply = await officer(query, id=institution)
    assert reply.data
    assert reply.body["extensions"].get("masked") == paths


async def test_a_mutations_answer_lists_them_too(officer: Client, institution: str) -> None:
    reply = await raw(officer, institution, phone="13800001234")
    assert reply.data["appointPerson"]["person"]["phone"] == "138****1234"
    assert reply.body["extensions"]["masked"] == ["appointPerson.person.phone"]


# Nowhere else --------------------------------------------------------------------------------------------------------


async def raw(client: Client, institution: str, **given: Any) -> Reply:
    """The whole reply to naming somebody the contact of the institution."""
    fields = {"institution": institution, "position": "CONTACT", "name": "某某", "fromOn": "2024-01-01"}
    return await client(
        "mutation($input: AppointPersonInput!) { appointPerson(input: $input) {"
        " __typename ... on PersonAppointed { person { phone } } } }",
        input={**fields, "idempotencyKey": uuid.uuid4().hex, **given},
    )


async def test_no_value_is_found_anywhere_in_the_database_or_in_the_logs(
    server: Server,
    officer: Client,
    institution: str,
    superuser: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    number, phone, wrong = valid_number(777), "13977778888", "110105197712310777"
    logs.configure("DEBUG", pretty=False)
    try:
        key = {"idempotencyKey": uuid.uuid4().hex}
        given = {"identityNumber": number, "phone": phone}
        person = (await appoint(officer, institution, **given, **key))["person"]["id"]
        again = (await appoint(officer, institution, **given, **key))["person"]["id"]
        assert again == person
        assert (await unmask(officer, person)).data["unmask"]["value"] == phone
        assert (await unmask(officer, person, "identityNumber")).data["unmask"]["value"] == number
        refused = await appoint(officer, institution, position="CONTACT", identityNumber=wrong)
        clash = await appoint(officer, institution, position="CONTACT", name="别人", identityNumber=number)
        other = await change(officer, "correctPerson", "PersonCorrected", person=person, expectedVersion=9, phone=phone)
        typed = await officer(
            "mutation($input: CorrectPersonInput!) { correctPerson(input: $input) { __typename } }",
            input={"person": person, "expectedVersion": 1, "idempotencyKey": "k", "phone": int(phone)},
        )
        written = await officer(
            f'mutation {{ correctPerson(input: {{person: "{person}", expectedVersion: 1, idempotencyKey: "k",'
            f' phone: "{phone}", identityNumber: {number[:17]}}}) {{ __typename }} }}'
        )
        monkeypatch.setattr(
            server.app.pools, "custody", replace(server.app.pools.custody, sealer=Sealer(["another-secret-altogether"]))
        )
        broken = await unmask(officer, person)
        monkeypatch.undo()
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("ALTER TABLE person RENAME COLUMN name TO called")
            try:
                crashed = await raw(officer, institution, **given)
            finally:
                connection.execute("ALTER TABLE person RENAME COLUMN called TO name")
    finally:
        logs.configure("CRITICAL", pretty=False)
    assert broken.codes == crashed.codes == ["INTERNAL_SERVER_ERROR"]
    assert typed.codes == ["BAD_USER_INPUT"]
    logged = "".join(capfd.readouterr())
    assert logged.count("unexpected") == 2
    told = [logged, *(str(one) for one in (refused, clash, other, typed.body, written.body, broken.body, crashed.body))]
    with psycopg.connect(superuser) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in tables.fetchall():
            told += [row for (row,) in connection.execute(f'SELECT t::text FROM "{table}" t')]
    leaked = re.compile("|".join((number[:17], phone, wrong, number.encode().hex(), phone.encode().hex())))
    assert [one for one in told if leaked.search(one)] == []
