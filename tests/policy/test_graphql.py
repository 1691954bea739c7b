"""Policies over GraphQL, as administrators and analysts use them."""

import asyncio
import uuid
from typing import Any

import pytest

from server.policy.catalogue import Catalogue
from server.policy.terms import Kind
from tests.driving import Client, Server

PROBLEM = "__typename ... on Problem { code message path }"
POLICY = "id version status effectiveFrom effectiveUntil digest baseDigest"


async def send(client: Client, verb: str, shown: str, **given: Any) -> dict[str, Any]:
    """The answer of a mutation; ``shown`` is what is asked of its payload."""
    name = verb[0].upper() + verb[1:]
    text = f"mutation($input: {name}Input!) {{ {verb}(input: $input) {{ {PROBLEM} {shown} }} }}"
    reply = await client(text, input={"idempotencyKey": uuid.uuid4().hex, **given})
    return reply.data[verb]


async def draft(client: Client, district: str = "fengtai", kind: str = "EXIT", **given: Any) -> dict[str, Any]:
    shown = f"... on PolicyDrafted {{ policy {{ {POLICY} }} changes {{ path before after }} warnings }}"
    fields = {"district": district, "kind": kind, "effectiveFrom": "2031-07-01", **given}
    return await send(client, "draftPolicy", shown, **fields)


async def publish(client: Client, policy: dict[str, Any], **given: Any) -> dict[str, Any]:
    shown = f"... on PolicyPublished {{ policy {{ {POLICY} }} affectedCases {{ rule name differences }} }}"
    fields = {"policy": policy["id"], "expectedDigest": policy["digest"], "reason": "经会议研究", **given}
    return await send(client, "publishPolicy", shown, **fields)


async def withdraw(client: Client, policy: dict[str, Any]) -> dict[str, Any]:
    shown = f"... on PolicyWithdrawn {{ policy {{ {POLICY} }} }}"
    given = {"policy": policy["id"], "expectedDigest": policy["digest"], "reason": "不再需要"}
    return await send(client, "withdrawPolicy", shown, **given)


@pytest.fixture
def admin(server: Server) -> Client:
    return server.client("fengtai-admin")


@pytest.fixture
def second(server: Server) -> Client:
    return server.client("fengtai-admin-2")


IN_FORCE = """query($district: String!, $kind: PolicyKind!, $on: Date) { district(code: $district) {
  enabledPolicies(on: $on) { kind } policy(kind: $kind, on: $on) { id version status effectiveFrom effectiveUntil digest
    district { code } parameters { key value choices { value } } rules { code conditions { path form expr } } } } }"""


async def in_force(client: Client, district: str, kind: str, on: str) -> dict[str, Any] | None:
    reply = await client(IN_FORCE, district=district, kind=kind, on=on)
    policy: dict[str, Any] | None = reply.data["district"]["policy"]
    return policy


async def test_what_is_in_force_is_as_shipped(anonymous: Client, catalogue: Catalogue) -> None:
    found = await in_force(anonymous, "fengtai", "EXIT", "2026-06-01")
    pack = catalogue.find("fengtai", Kind.EXIT)
    assert pack is not None
    assert found is not None
    assert (found["digest"], found["version"], found["status"]) == (pack.versions[0].digest, 1, "IN_FORCE")
    assert found["district"] == {"code": "fengtai"}
    assert [one["code"] for one in found["rules"]] == [rule.code for rule in pack.versions[0].rules]
    assert found["rules"][0]["conditions"][0] == {"path": "0", "form": "rule", "expr": None}
    # The municipality's packs hold in every district; a district without a pack of its own has none of that kind.
    municipal = await in_force(anonymous, "dongcheng", "DEADLINES", "2026-06-01")
    assert municipal is not None
    assert municipal["district"] == {"code": "beijing"}
    assert await in_force(anonymous, "dongcheng", "EXIT", "2026-06-01") is None
    assert await in_force(anonymous, "fengtai", "EXIT", "2025-12-31") is None


async def test_a_draft_says_what_it_changes_and_touches_nothing_until_published(admin: Client, second: Client) -> None:
    made = await draft(admin, parameters=[{"key": "cards_to_transform", "value": "3"}])
    assert made["policy"]["status"] == "DRAFT"
    changed = {one["path"]: (one["before"], one["after"]) for one in made["changes"]}
    assert changed["parameters.cards_to_transform"] == ("2", "3")
    assert changed["parameters.cards_to_transform.sourceStatus"] == ("FROM_CLAUSE", "UNVERIFIED")
    assert changed["effectiveFrom"] == ("2026-01-01", "2031-07-01")
    held = await in_force(admin, "fengtai", "EXIT", "2031-08-01")
    assert held is not None
    assert held["version"] == 1

    own = await publish(admin, made["policy"])
    assert (own["code"], own["path"]) == ("POLICY_OWN_DRAFT", ["input", "policy"])
    stale = await publish(second, made["policy"], expectedDigest="0" * 64)
    assert (stale["__typename"], stale["path"]) == ("OutOfDate", ["input", "expectedDigest"])
    reasonless = await publish(second, made["policy"], reason=" ")
    assert (reasonless["__typename"], reasonless["path"]) == ("InvalidInput", ["input", "reason"])

    done = await publish(second, made["policy"])
    assert done["policy"]["status"] == "PUBLISHED"
    assert {one["rule"] for one in done["affectedCases"]} == {"FT-2-4-5-CARDS"}
    before = await in_force(admin, "fengtai", "EXIT", "2031-06-30")
    after = await in_force(admin, "fengtai", "EXIT", "2031-07-01")
    assert before is not None
    assert after is not None
    assert (before["version"], before["effectiveUntil"], after["version"]) == (
        1,
        "2031-07-01",
        made["policy"]["version"],
    )

    again = await publish(second, made["policy"])
    assert again["code"] == "POLICY_IMMUTABLE"
    edited = await edit(admin, made["policy"], title="改名")
    assert edited["code"] == "POLICY_IMMUTABLE"
    # Its first day is still ahead: withdrawn, the predecessor goes on.
    gone = await withdraw(admin, made["policy"])
    assert gone["policy"]["status"] == "WITHDRAWN"
    restored = await in_force(admin, "fengtai", "EXIT", "2031-07-01")
    assert restored is not None
    assert (restored["version"], restored["effectiveUntil"]) == (1, None)


async def edit(client: Client, policy: dict[str, Any], **given: Any) -> dict[str, Any]:
    shown = f"... on PolicyDrafted {{ policy {{ {POLICY} rules {{ code title }} }} changes {{ path before after }} }}"
    fields = {"policy": policy["id"], "expectedDigest": policy["digest"], **given}
    return await send(client, "editPolicyRules", shown, **fields)


RULE = {
    "code": "FT-LOCAL",
    "title": "本区规则",
    "concept": "local.cards",
    "clauses": [{"document": "fengtai-plan", "anchor": "二(四)第二句前段"}],
    "when": {
        "any": {
            "of": [
                {
                    "expression": {
                        "expr": "facts.yellow_cards_in_window >= params.local_cards",
                        "label": "黄牌达到本区次数",
                    }
                },
                {"not": {"of": {"expression": {"expr": "!facts.verification_not_qualified", "label": "校验合格"}}}},
            ]
        }
    },
    "effects": ["GUIDE_TRANSFORMATION"],
}
LOCAL_CARDS = {
    "key": "local_cards",
    "value": "4",
    "label": "本区次数",
    "type": "INT",
    "unit": "次",
    "minimum": 1,
    "sourceStatus": "UNVERIFIED",
}


async def test_rules_are_edited_as_a_typed_tree(admin: Client, second: Client) -> None:
    made = (await draft(admin, effectiveFrom="2032-01-01"))["policy"]
    done = await edit(admin, made, rules=[RULE], parameters=[LOCAL_CARDS], removeRules=["FT-2-4-5-CARDS"])
    assert done["__typename"] == "PolicyDrafted", done
    codes = [one["code"] for one in done["policy"]["rules"]]
    assert codes[-1] == "FT-LOCAL"
    assert "FT-2-4-5-CARDS" not in codes
    assert {"parameters.local_cards", "rules.FT-LOCAL"} <= {one["path"] for one in done["changes"]}
    # A second person who writes into the draft is no longer a second person.
    helped = await edit(second, done["policy"], title="退出（修订）")
    assert (await publish(second, helped["policy"]))["code"] == "POLICY_OWN_DRAFT"
    assert (await edit(admin, done["policy"], title="旧"))["__typename"] == "OutOfDate"
    assert (await withdraw(admin, helped["policy"]))["policy"]["status"] == "WITHDRAWN"
    assert (await withdraw(admin, helped["policy"]))["code"] == "POLICY_IMMUTABLE"


BAD = [
    ({"rules": [RULE | {"when": {"expression": {"expr": "facts.yelow >= 1", "label": "错"}}}]}, "rules"),
    ({"rules": [RULE | {"clauses": [{"document": "nowhere", "anchor": "一"}]}]}, "rules"),
    ({"rules": [RULE | {"concept": "exit.no_such"}]}, "rules"),
    ({"parameters": [LOCAL_CARDS | {"value": "四"}]}, "parameters"),
    ({"parameters": [LOCAL_CARDS | {"type": None}]}, "parameters"),
    ({"removeRules": ["NONE"]}, "removeRules"),
    ({"documents": []}, "rules"),
]


async def test_a_flawed_edit_says_where(admin: Client) -> None:
    made = (await draft(admin, effectiveFrom="2032-02-01"))["policy"]
    for given, where in BAD:
        refused = await edit(admin, made, **given)
        assert refused["__typename"] == "InvalidInput", (given, refused)
        assert where in refused["path"] or (where == "rules" and "parameters" in refused["path"]), refused
    await withdraw(admin, made)


async def test_a_node_of_two_forms_does_not_pass_the_schema(admin: Client) -> None:
    made = (await draft(admin, effectiveFrom="2032-03-01"))["policy"]
    leaf = {"expression": {"expr": "facts.opened", "label": "甲"}}
    two = RULE | {"when": {**leaf, "not": {"of": leaf}}}
    text = "mutation($input: EditPolicyRulesInput!) { editPolicyRules(input: $input) { __typename } }"
    sent = {"policy": made["id"], "expectedDigest": made["digest"], "idempotencyKey": "x", "rules": [two]}
    assert (await admin(text, input=sent)).codes == ["BAD_USER_INPUT"]
    await withdraw(admin, made)


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"effectiveFrom": "2026-02-01"}, "POLICY_BACK_DATED", ["input", "effectiveFrom"]),
        ({"effectiveFrom": "2025-01-01"}, "POLICY_BACK_DATED", ["input", "effectiveFrom"]),
        ({"effectiveFrom": "2025-01-01", "erratum": True}, "POLICY_OVERLAP", ["input", "effectiveFrom"]),
        ({"effectiveUntil": "2031-07-01"}, "POLICY_FLAWED", ["input", "effectiveUntil"]),
        ({"parameters": [{"key": "cards", "value": "3"}]}, "POLICY_FLAWED", ["input", "parameters", "0", "key"]),
        (
            {"parameters": [{"key": "cards_to_transform", "value": "0"}]},
            "POLICY_FLAWED",
            ["input", "parameters", "0", "value"],
        ),
        (
            {"parameters": [{"key": "cards_to_transform", "value": "三"}]},
            "POLICY_FLAWED",
            ["input", "parameters", "0", "value"],
        ),
        ({"kind": "ADMISSION"}, "POLICY_NOT_ENABLED", ["input", "kind"]),
        ({"kind": "DEADLINES"}, "POLICY_NOT_OURS", ["input", "kind"]),
    ],
)
async def test_what_cannot_be_drafted_is_refused_with_the_reason(
    admin: Client, given: dict[str, Any], code: str, path: list[str]
) -> None:
    refused = await draft(admin, **given)
    assert (refused["code"], refused["path"]) == (code, path)
    assert refused["message"]


async def test_nobody_reaches_into_another_jurisdiction(server: Server, admin: Client) -> None:
    text = "mutation($input: DraftPolicyInput!) { draftPolicy(input: $input) { __typename } }"

    async def try_to(persona: str, district: str, kind: str) -> list[str]:
        sent = {"district": district, "kind": kind, "effectiveFrom": "2032-01-01", "idempotencyKey": uuid.uuid4().hex}
        return (await server.client(persona)(text, input=sent)).codes

    assert await try_to("mentougou-admin", "fengtai", "EXIT") == ["FORBIDDEN"]
    assert await try_to("fengtai-admin", "beijing", "DEADLINES") == ["FORBIDDEN"]
    assert await try_to("fengtai-officer", "fengtai", "EXIT") == ["FORBIDDEN"]
    assert await try_to("municipal-health", "fengtai", "EXIT") == ["FORBIDDEN"]
    made = (await draft(admin, effectiveFrom="2032-04-01"))["policy"]
    for persona in ("mentougou-admin", "municipal-analyst", "fengtai-institution", None):
        reply = await server.client(persona)("query($id: ID!) { policyVersion(id: $id) { digest } }", id=made["id"])
        assert reply.codes == ["NOT_FOUND"], persona
    mine = await server.client("fengtai-officer")(
        "query($id: ID!) { policyVersion(id: $id) { digest } }", id=made["id"]
    )
    assert mine.data["policyVersion"] == {"digest": made["digest"]}
    shared = await send(
        admin,
        "requestPolicyReview",
        f"... on PolicyReviewRequested {{ policy {{ {POLICY} sharedWithCity }} }}",
        policy=made["id"],
        expectedDigest=made["digest"],
        sharedWithCity=True,
    )
    assert (shared["policy"]["status"], shared["policy"]["sharedWithCity"]) == ("IN_REVIEW", True)
    analyst = server.client("municipal-analyst")
    seen = await analyst("query($id: ID!) { policyVersion(id: $id) { status } }", id=made["id"])
    assert seen.data["policyVersion"] == {"status": "IN_REVIEW"}
    listed = await analyst('{ policyVersions(district: "fengtai", kind: EXIT) { id } }')
    assert made["id"] in [one["id"] for one in listed.data["policyVersions"]]
    hidden = await server.client("mentougou-admin")('{ policyVersions(district: "fengtai", kind: EXIT) { id } }')
    assert made["id"] not in [one["id"] for one in hidden.data["policyVersions"]]
    await withdraw(admin, made)


async def test_the_municipality_keeps_its_own_packs(server: Server) -> None:
    health, insurance = server.client("municipal-health"), server.client("municipal-insurance")
    given = {"parameters": [{"key": "supplement_working_days", "value": "6"}]}
    made = await draft(insurance, "beijing", "DEADLINES", effectiveFrom="2033-01-01", **given)
    assert made["__typename"] == "PolicyDrafted", made
    assert (await publish(health, made["policy"]))["policy"]["status"] == "PUBLISHED"
    assert (await draft(health, "beijing", "EXIT"))["code"] == "POLICY_NOT_OURS"
    held = await in_force(server.client("fengtai-admin"), "fengtai", "DEADLINES", "2033-01-01")
    assert held is not None
    assert {"key": "supplement_working_days", "value": "6", "choices": []} in held["parameters"]
    assert (await withdraw(insurance, made["policy"]))["__typename"] == "PolicyWithdrawn"


async def test_a_district_without_a_pack_adopts_a_template(server: Server, admin: Client) -> None:
    offered = await admin("{ policyTemplates { template kind rules { code } } }")
    assert {"template": "admission-style", "kind": "ADMISSION"}.items() <= {
        key: value
        for one in offered.data["policyTemplates"]
        if one["kind"] == "ADMISSION"
        for key, value in one.items()
    }.items()
    shown = f"... on PolicyDrafted {{ policy {{ {POLICY} }} warnings changes {{ path }} }}"
    given = {"district": "fengtai", "kind": "ADMISSION", "effectiveFrom": "2032-01-01"}
    done = await send(admin, "adoptPolicyTemplate", shown, template="admission-style", **given)
    assert done["policy"]["version"] == 1
    assert done["policy"]["baseDigest"] is None
    assert done["warnings"], "the template's citations are another district's"
    await withdraw(admin, done["policy"])
    refused = await send(admin, "adoptPolicyTemplate", shown, template="no-such", **given)
    assert (refused["code"], refused["path"]) == ("INVALID", ["input", "template"])
    assert "admission-style" in refused["message"]


async def test_a_draft_made_from_what_has_since_been_replaced_is_not_published(admin: Client, second: Client) -> None:
    first = (await draft(admin, kind="NEGATIVE_LIST", effectiveFrom="2031-01-01"))["policy"]
    late = (await draft(admin, kind="NEGATIVE_LIST", effectiveFrom="2031-02-01"))["policy"]
    assert (await publish(second, first))["__typename"] == "PolicyPublished"
    assert (await publish(second, late))["code"] == "POLICY_BASE_CHANGED"
    early = await draft(admin, kind="NEGATIVE_LIST", effectiveFrom="2030-01-01")
    assert early["code"] == "POLICY_OVERLAP"
    await withdraw(admin, first)
    assert (await publish(second, late))["__typename"] == "PolicyPublished"
    await withdraw(admin, late)


async def test_of_two_publications_at_once_one_comes_first(admin: Client, second: Client) -> None:
    drafts = [(await draft(admin, kind="NEGATIVE_LIST", effectiveFrom="2041-01-01"))["policy"] for _ in range(2)]
    answers = await asyncio.gather(*(publish(second, one) for one in drafts))
    assert sorted(one.get("code", "published") for one in answers) == ["POLICY_OVERLAP", "published"]
    for one in drafts:
        assert (await withdraw(admin, one))["__typename"] == "PolicyWithdrawn"


async def test_what_is_in_force_is_followed_not_withdrawn(admin: Client) -> None:
    held = await in_force(admin, "fengtai", "ASSESSMENT", "2026-11-01")
    assert held is not None
    assert (await withdraw(admin, held))["code"] == "CONFLICT"


async def test_the_same_key_drafts_once(admin: Client) -> None:
    given = {"effectiveFrom": "2034-01-01", "idempotencyKey": uuid.uuid4().hex}
    first, again = await draft(admin, **given), await draft(admin, **given)
    assert first == again
    await withdraw(admin, first["policy"])


async def test_an_end_that_nothing_follows_raises_an_alarm(anonymous: Client) -> None:
    text = "query($on: Date, $days: Int! = 180) { policyAlarms(on: $on, withinDays: $days) { lastEffectiveOn daysLeft"
    text += " policy { kind district { code } } } }"
    alarms = (await anonymous(text, on="2028-12-01")).data["policyAlarms"]
    assert [(one["policy"]["district"]["code"], one["policy"]["kind"]) for one in alarms] == [
        ("mentougou", "ADMISSION"),
        ("mentougou", "EXIT"),
    ]
    assert {(one["lastEffectiveOn"], one["daysLeft"]) for one in alarms} == {("2029-04-01", 122)}
    assert (await anonymous(text, on="2028-10-03")).data["policyAlarms"] == []
    assert (await anonymous(text, on="2028-10-04")).data["policyAlarms"] != []
    assert (await anonymous(text, days=0)).codes == ["BAD_USER_INPUT"]


async def test_comparison_knows_its_concepts(anonymous: Client) -> None:
    text = "query($c: [String!]!) { policyComparison(concepts: $c) { rows { present } } }"
    reply = await anonymous(text, c=["exit.yellow_card"])
    assert reply.codes == ["BAD_USER_INPUT"]
    assert "exit.yellow_cards" in reply.body["errors"][0]["message"]
    assert (await anonymous(text, c=[])).codes == ["BAD_USER_INPUT"]
