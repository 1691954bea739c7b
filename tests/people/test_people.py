"""Who answers for an institution, as officers record it."""

import asyncio
from typing import Any

import psycopg
import pytest

from server.kit.ids import NodeId
from tests.driving import Client, Server
from tests.people.conftest import SHOWN, appoint, change, valid_number


async def people(client: Client, institution: str) -> list[dict[str, Any]]:
    query = f"query($id: ID!) {{ institution(id: $id) {{ people {{ {SHOWN} }} }} }}"
    listed: list[dict[str, Any]] = (await client(query, id=institution)).data["institution"]["people"]
    return listed


async def test_what_is_appointed_is_shown_masked_and_stands_under_the_institution(
    officer: Client, institution: str
) -> None:
    number = valid_number(1)
    made = await appoint(officer, institution, identityNumber=number.lower(), phone="+86 138-0000-1111")
    person = made["person"]
    assert person["identityNumber"] == f"110105********{number[-4:]}"
    assert person["phone"] == "138****1111"
    assert person["institution"] == {"id": institution}
    assert await people(officer, institution) == [person]
    again = (
        await officer(f"query($id: ID!) {{ node(id: $id) {{ ... on Person {{ {SHOWN} }} }} }}", id=person["id"])
    ).data
    assert again["node"] == person


async def test_one_person_at_a_time_holds_a_position(officer: Client, institution: str) -> None:
    first = (await appoint(officer, institution))["person"]
    contact = (await appoint(officer, institution, position="CONTACT"))["person"]
    second = (await appoint(officer, institution, name="李四", fromOn="2025-01-01"))["person"]
    assert await people(officer, institution) == [contact, second]
    ended = (
        await officer("query($id: ID!) { node(id: $id) { ... on Person { until version } } }", id=first["id"])
    ).data
    assert ended["node"] == {"until": "2025-01-01", "version": 2}
    early = await appoint(officer, institution, name="王五", fromOn="2025-01-01")
    assert (early["code"], early["path"]) == ("INVALID", ["input", "fromOn"])
    raced = await asyncio.gather(
        *(appoint(officer, institution, name=n, fromOn="2026-01-01") for n in ("甲甲", "乙乙"))
    )
    assert sorted(one["__typename"] for one in raced) == ["InvalidInput", "PersonAppointed"]


async def test_what_is_not_given_stays_and_null_clears(officer: Client, institution: str) -> None:
    person = (await appoint(officer, institution, identityNumber=valid_number(2), phone="13800002222"))["person"]
    kept = {"person": person["id"]}
    one = await change(officer, "correctPerson", "PersonCorrected", **kept, expectedVersion=1, phone="010-67890000")
    assert (one["person"]["phone"], one["person"]["identityNumber"]) == ("*******0000", person["identityNumber"])
    two = await change(
        officer, "correctPerson", "PersonCorrected", **kept, expectedVersion=2, phone=None, name="张三丰"
    )
    assert (two["person"]["phone"], two["person"]["name"], two["person"]["version"]) == (None, "张三丰", 3)
    late = await change(officer, "correctPerson", "PersonCorrected", **kept, expectedVersion=2, name="张")
    assert late["code"] == "OUT_OF_DATE"
    nothing = await change(officer, "correctPerson", "PersonCorrected", **kept, expectedVersion=3)
    assert nothing["code"] == "INVALID"


async def test_an_end_is_set_once_and_not_in_the_future(officer: Client, institution: str) -> None:
    person = (await appoint(officer, institution))["person"]["id"]
    for until, code in (
        ("2099-01-01", "INVALID"),
        ("2020-01-01", "INVALID"),
        ("2025-01-01", None),
        ("2025-01-01", "CONFLICT"),
    ):
        version = 2 if code == "CONFLICT" else 1
        done = await change(
            officer, "dismissPerson", "PersonDismissed", person=person, expectedVersion=version, until=until
        )
        assert done.get("code") == code
    assert await people(officer, institution) == []


async def test_one_identity_number_is_one_persons_in_a_district(officer: Client, institution: str) -> None:
    number = valid_number(3)
    assert "person" in await appoint(officer, institution, name="赵六", identityNumber=number)
    other = await appoint(officer, institution, name="钱七", position="CONTACT", identityNumber=f" {number} ")
    assert (other["code"], other["path"]) == ("CONFLICT", ["input", "identityNumber"])
    assert number not in other["message"]
    assert "person" in await appoint(officer, institution, name="赵六", position="CONTACT", identityNumber=number)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identityNumber", "110105194912310020"),
        ("identityNumber", "11010519491231"),
        ("phone", "138123456"),
        ("phone", "无"),
    ],
)
async def test_what_has_not_the_shape_of_its_kind_is_refused_and_not_repeated(
    officer: Client, institution: str, field: str, value: str
) -> None:
    refused = await appoint(officer, institution, **{field: value})
    assert (refused["code"], refused["path"]) == ("INVALID", ["input", field])
    assert value not in refused["message"] or value == "无"


async def test_only_those_who_keep_the_register_write(server: Server, institution: str) -> None:
    for persona in ("fengtai-agency", "fengtai-market-regulation", "fengtai-institution"):
        reply = await server.client(persona)(
            "mutation($input: AppointPersonInput!) { appointPerson(input: $input) { __typename } }",
            input={
                "institution": institution,
                "position": "CONTACT",
                "name": "某",
                "fromOn": "2024-01-01",
                "idempotencyKey": "k",
            },
        )
        assert reply.codes == ["FORBIDDEN"]


async def test_the_audit_tells_masks_and_never_values(officer: Client, institution: str, superuser: str) -> None:
    number = valid_number(4)
    person = (await appoint(officer, institution, identityNumber=number, phone="13800004444"))["person"]
    await change(
        officer, "correctPerson", "PersonCorrected", person=person["id"], expectedVersion=1, phone="13900004444"
    )
    with psycopg.connect(superuser) as connection:
        told = connection.execute(
            "SELECT action, before, after FROM audit_entry WHERE subject_id = %s ORDER BY id",
            [NodeId.parse(person["id"]).id],
        ).fetchall()
    assert [action for action, _, _ in told] == ["appointed", "corrected"]
    assert told[0][2]["identity_number_masked"] == person["identityNumber"]
    assert told[1][1:] == ({"phone_masked": "138****4444"}, {"phone_masked": "139****4444"})
    assert not [
        key for _, before, after in told for key in {**(before or {}), **after} if key.endswith(("sealed", "index"))
    ]
