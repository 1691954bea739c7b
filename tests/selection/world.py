"""A district's selection, driven as its people do: officers, applicants, experts, over GraphQL, on days that are set."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert

from server.db import roles
from server.districts.files import load_districts
from server.identity.store import insert_memberships
from server.kit import clock, uscc
from server.kit.clock import BEIJING
from server.kit.ids import NodeId, new_id
from server.selection.tables import application_claim
from tests.driving import Client, Reply, Server

PROBLEM = "__typename ... on Problem { code message path clause { document anchor } }"
DISTRICT = "mentougou"
TENANT = next(one.tenant_id for one in load_districts() if one.code == DISTRICT)
MEASURES = "mentougou-2026-3"


def key() -> str:
    return uuid.uuid4().hex


@contextmanager
def on(day: str, hour: int = 10) -> Iterator[None]:
    """That day in Beijing."""
    with clock.frozen(datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=BEIJING)):
        yield


def credit_code(n: int) -> str:
    """A credit code with a right check character, for each number another."""
    first = f"91110109MA{n:07d}"
    return first + uscc.check_character(first)


async def act(client: Client, verb: str, shown: str, **given: Any) -> dict[str, Any]:
    """The answer of a mutation whose input bears its name: its payload, of which ``shown`` is selected, or the problem."""
    kind = verb[0].upper() + verb[1:]
    reply = await client(
        f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ {PROBLEM} {shown} }} }}",
        input={"idempotencyKey": key(), **given},
    )
    answer: dict[str, Any] = reply.data[verb]
    return answer


async def failing(client: Client, verb: str, **given: Any) -> Reply:
    """The whole response to a mutation that fails as a request."""
    kind = verb[0].upper() + verb[1:]
    return await client(
        f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ __typename }} }}",
        input={"idempotencyKey": key(), **given},
    )


CALL = (
    "call { id version number status closesOn publicityEndsOn gaps { id name status } outcomes { outcome gap { id } } }"
)
APPLICATION = (
    "application { id version number status proposed rank totalScore tied openingBy operatorName"
    " eligibility { rule { code } outcome effect reason clause { document anchor } } }"
)


async def identify(officer: Client, names: list[str], district: str = DISTRICT) -> list[dict[str, Any]]:
    """Chosen gaps of these names."""
    shown = "... on GapsIdentified { gaps { id version status name } }"
    areas = [{"name": name, "area": f"{name}一带", "population": 9000} for name in names]
    made = await act(officer, "identifyGaps", shown, district=district, batch="2026年第一批", gaps=areas)
    assert made["__typename"] == "GapsIdentified", made
    shown = "... on GapsSelected { gaps { id version status name } }"
    ids = [one["id"] for one in made["gaps"]]
    done = await act(officer, "selectGaps", shown, district=district, gaps=ids, reason="区卫生健康委会议研究选取")
    assert done["__typename"] == "GapsSelected", done
    gaps: list[dict[str, Any]] = done["gaps"]
    return gaps


async def publish(officer: Client, gaps: list[str], **given: Any) -> dict[str, Any]:
    """A published call for these gaps, or the problem."""
    fields = {"district": DISTRICT, "gaps": gaps, "title": "社区卫生服务站举办主体公开遴选", "closesOn": "2026-12-18"}
    return await act(officer, "publishCall", f"... on CallPublished {{ {CALL} }}", **fields | given)


async def submit(client: Client, call: str, gap: str, n: int = 1, **given: Any) -> dict[str, Any]:
    """The n-th operator's application, or the problem."""
    fields = {
        "call": call,
        "gap": gap,
        "route": "NEW",
        "operator": {
            "name": f"第{n}社区健康服务中心",
            "unifiedSocialCreditCode": credit_code(n),
            "kind": "SOCIAL_ORGANISATION",
        },
        "operatingNature": "NON_PROFIT",
        "declarations": [
            {"kind": "BEARS_CIVIL_LIABILITY", "claimed": True},
            {"kind": "OPERATOR_IS_LEGAL_PERSON", "claimed": True},
            {"kind": "CONFORMS_TO_PLAN", "claimed": True},
        ],
        "materials": [],
    }
    shown = f"... on ApplicationSubmitted {{ {APPLICATION} }}"
    return await act(client, "submitApplication", shown, **fields | given)


class Person(Client):
    """Somebody who signs in anew for every request: days pass in these stories, and tokens end."""

    def __init__(self, server: Server, subject: str) -> None:
        super().__init__(server.http)
        self.issuer, self.subject = server.issuer, subject

    async def __call__(self, query: str, **variables: Any) -> Reply:
        self.headers = {"authorization": f"Bearer {self.issuer.token(self.subject, 'shequ')}"}
        return await super().__call__(query, **variables)


def persona(server: Server, name: str) -> Client:
    """One of the personas."""
    return Person(server, server.personas[name].subject)


def stranger(server: Server, name: str) -> Client:
    """Somebody who is signed in and holds nothing anywhere."""
    return Person(server, f"stranger:{name}")


async def verified(officer: Client, application: dict[str, Any], **findings: str) -> dict[str, Any]:
    """The application after an officer determined these facts (``true`` unless told otherwise)."""
    found = {"BEARS_CIVIL_LIABILITY": "true", "OPERATOR_IS_LEGAL_PERSON": "true", "CONFORMS_TO_PLAN": "true"} | findings
    for fact, value in found.items():
        given: dict[str, Any] = {"fact": fact, "value": value, "basis": "查验登记证书和规划文件"}
        if (fact, value) == ("CONFORMS_TO_PLAN", "false"):
            given |= {"plan": "区医疗卫生设施专项规划", "planPublishedOn": "2025-06-01"}
        done = await act(
            officer,
            "verifyApplication",
            f"... on ApplicationVerified {{ {APPLICATION} }}",
            application=application["id"],
            expectedVersion=application["version"],
            **given,
        )
        assert done["__typename"] == "ApplicationVerified", done
        application = done["application"]
    return application


async def determined(server: Server, application: dict[str, Any]) -> None:
    """Everything the authority must determine about the application, found in order; as rows, for tests of later stages."""
    row = {
        "tenant_id": TENANT,
        "application_id": NodeId.parse(application["id"]).id,
        "value": "true",
        "basis": "查验登记证书和规划文件",
        "determined": True,
        "on_date": clock.today(),
        "at": clock.now(),
        "created_by": "tests",
    }
    facts = ("BEARS_CIVIL_LIABILITY", "OPERATOR_IS_LEGAL_PERSON", "CONFORMS_TO_PLAN")
    async with server.app.pools.transaction(roles.district_role(DISTRICT)) as connection:
        await connection.execute(insert(application_claim), [row | {"id": new_id(), "fact": fact} for fact in facts])


async def decide(officer: Client, application: dict[str, Any], *, eligible: bool = True) -> dict[str, Any]:
    """The officer's decision on the application, or the problem."""
    return await act(
        officer,
        "decideEligibility",
        f"... on EligibilityDecided {{ {APPLICATION} }}",
        application=application["id"],
        expectedVersion=application["version"],
        eligible=eligible,
        reason="经审查材料属实" if eligible else "拟设机构不符合规定",
    )


async def step(officer: Client, verb: str, payload: str, call: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The call after this verb, at the version it has now; or the problem."""
    now = await seen(officer, call["id"])
    done = await act(
        officer, verb, f"... on {payload} {{ {CALL} }}", call=call["id"], expectedVersion=now["version"], **given
    )
    return done["call"] if done["__typename"] == payload else done


async def seen(client: Client, call: str) -> dict[str, Any]:
    """The call as the client sees it."""
    reply = await client(
        f"query($id: ID!) {{ node(id: $id) {{ ... on SelectionCall {{ {CALL.removeprefix('call {').removesuffix('}')} "
        "criteria { id maxScore } committee { id name recusals { kind application { id } } } } } }",
        id=call,
    )
    found: dict[str, Any] = reply.data["node"]
    return found


def experts(server: Server) -> list[dict[str, Any]]:
    """Four experts of the district; the fourth works for the second operator."""
    found = [
        {
            "subject": server.personas[f"mentougou-expert-{n}"].subject,
            "name": f"专家{n}",
            "field": "全科医学",
            "affiliation": "PUBLIC_INSTITUTION",
            "employerName": f"第{n}医院",
        }
        for n in (1, 2, 3)
    ]
    fourth = {
        "subject": "expert:fourth",
        "name": "专家四",
        "field": "公共卫生",
        "affiliation": "SOCIAL_INSTITUTION",
        "employerName": "第2社区健康服务中心",
        "employerCode": credit_code(2),
    }
    return [*found, fourth]


async def add_expert(server: Server, subject: str = "expert:fourth") -> Client:
    """One more expert of the district."""
    row = {
        "tenant_id": TENANT,
        "id": new_id(),
        "subject": subject,
        "name": "专家四",
        "role": "EXPERT",
        "department": None,
        "institution_id": None,
        "from_on": date(2020, 1, 1),
        "created_by": "tests",
        "source": "SAMPLE",
    }
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_memberships(connection, [row])
    return Person(server, subject)


async def score(
    expert: Client, application: str, criteria: list[dict[str, Any]], share: float, **given: Any
) -> dict[str, Any]:
    """The expert's sheet, each criterion at this share of its most; or the problem."""
    scores = [{"criterion": one["id"], "score": f"{float(one['maxScore']) * share:.2f}"} for one in criteria]
    shown = "... on ScoresSealed { sheet { id status total submittedAt scores { score } } }"
    return await act(expert, "submitScores", shown, **{"application": application, "scores": scores} | given)


SCHEME = [{"name": "方案", "maxScore": "60", "weight": "60"}, {"name": "人员", "maxScore": "40", "weight": "40"}]


async def under_evaluation(
    server: Server, day: str = "2026-12-21", operators: tuple[int, ...] = (11, 12), **given: Any
) -> tuple[dict[str, Any], dict[int, str]]:
    """A call for one gap whose committee of three owes its sheets, and its applications by operator."""
    officer = persona(server, "mentougou-officer")
    with on("2026-11-23"):
        (gap,) = await identify(officer, [f"居住区{uuid.uuid4().hex[:6]}"])
        published = await publish(officer, [gap["id"]], criteria=SCHEME, **given)
        call = published["call"]
        made = {n: await submit(stranger(server, f"applicant{n}"), call["id"], gap["id"], n) for n in operators}
    with on(day):
        call = await step(officer, "closeCall", "CallClosed", call)
        ids = {}
        for n, one in made.items():
            await determined(server, one["application"])
            done = await decide(officer, one["application"])
            ids[n] = done["application"]["id"]
        call = await step(officer, "formCommittee", "CommitteeFormed", call, members=experts(server)[:3], quorum=3)
        call = await step(officer, "beginEvaluation", "EvaluationBegun", call)
    assert call["status"] == "UNDER_EVALUATION", call
    return call, ids


async def all_scored(
    server: Server, call: dict[str, Any], shares: dict[str, float], day: str = "2026-12-21"
) -> dict[str, Any]:
    """The call with its scores opened: every expert gives each application this share."""
    officer = persona(server, "mentougou-officer")
    with on(day):
        criteria = (await seen(officer, call["id"]))["criteria"]
        for n in (1, 2, 3):
            for application, share in shares.items():
                done = await score(persona(server, f"mentougou-expert-{n}"), application, criteria, share)
                assert done["__typename"] == "ScoresSealed", done
        return await step(officer, "openScores", "ScoresOpened", call)
