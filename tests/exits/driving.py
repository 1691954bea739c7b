"""Exit cases step by step, as the officers of a district take them; shared by tests and journeys."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from server.kit import clock
from tests.supervision.driving import Officer

CASE = """id version status effect strength proposedEffects statementBy decidedEffects executedOn planDueOn withdrawnBecause
  appealOutcome handedOverTo conversions { id version status direction targetKind } institution { id status }
  clause { document anchor }
  referrals { id version status effect obstacle outcome reference department toName paper { kind number }
    licence { status } ending { id version status ground clause { anchor } } }
  endedAgreements { id status endedOn endReference } agreementsLeft"""
VERBS = {
    "openExitCase": "ExitCaseOpened",
    "reviewExitFacts": "ExitFactsReviewed",
    "notifyExit": "ExitNotified",
    "stateOnExit": "ExitStated",
    "draftExitDecision": "ExitDecisionDrafted",
    "decideExit": "ExitDecided",
    "executeExit": "ExitExecuted",
    "closeExitCase": "ExitCaseClosed",
    "withdrawExitCase": "ExitCaseWithdrawn",
    "appealExit": "ExitAppealed",
    "concludeExitAppeal": "ExitAppealConcluded",
}


@dataclass
class Case:
    """One exit case in the hands of two officers."""

    first: Officer
    second: Officer
    district: str = "mentougou"
    id: str = ""
    version: int = 0
    seen: dict[str, Any] = field(default_factory=dict)

    async def take(self, verb: str, by: Officer | None = None, **given: Any) -> dict[str, Any]:
        """A step; the case as it is then, or the problem."""
        who = by or self.first
        if verb == "openExitCase":
            given = {"district": self.district} | given
        if self.id:
            given = {"case": self.id, "expectedVersion": self.version} | given
        answer = await who.do(verb, f"... on {VERBS[verb]} {{ case {{ {CASE} }} }}", **given)
        if "case" in answer:
            self.seen = answer["case"]
            self.id, self.version = self.seen["id"], self.seen["version"]
            return self.seen
        return answer

    async def again(self) -> dict[str, Any]:
        """The case read again, after somebody else's act."""
        found = await self.first.ask(
            f"query($id: ID!) {{ node(id: $id) {{ ... on ExitCase {{ {CASE} }} }} }}", id=self.id
        )
        self.seen = found.data["node"]
        self.version = self.seen["version"]
        return self.seen

    async def heard(self, facts: str = "事实清楚") -> None:
        """From the opened case to the institution's statement."""
        today = self.first.on or clock.today()
        await self.take("reviewExitFacts", facts=facts)
        await self.take("notifyExit", statementBy=(today + timedelta(days=10)).isoformat())
        await self.take("stateOnExit", statement="请求从轻")

    async def decided(self, effects: list[str], *, stops: bool = True) -> dict[str, Any]:
        """From the statement to the decision of the second person."""
        await self.take("draftExitDecision", effects=effects, because="依据充分", serviceStops=stops)
        return await self.take("decideExit", by=self.second)


PLAN = "id version status requests { successorName accepted }"
_PLANNING = {
    "draftContinuityPlan": "ContinuityPlanDrafted",
    "approveContinuityPlan": "ContinuityPlanApproved",
    "startContinuityTransfer": "ContinuityTransferStarted",
    "completeContinuityTransfer": "ContinuityTransferCompleted",
}


async def planning(officer: Officer, verb: str, **given: Any) -> dict[str, Any]:
    """A step of a continuity plan; the plan as it is then, or the problem."""
    answer = await officer.do(verb, f"... on {_PLANNING[verb]} {{ plan {{ {PLAN} }} }}", **given)
    plan: dict[str, Any] = answer.get("plan", answer)
    return plan


async def opened(first: Officer, second: Officer, institution: str, *effects: str) -> Case:
    """A case that statute gives rise to."""
    case = Case(first, second)
    given = {"institution": institution, "effects": list(effects)}
    await case.take("openExitCase", ground="STATUTORY", because="依法处理", **given)
    assert case.id, case.seen
    return case


async def to_be_executed(first: Officer, second: Officer, institution: str, *effects: str) -> Case:
    """A case that two persons decided, on a day that both work."""
    case = await opened(first, second, institution, *effects)
    today = first.on or clock.today()
    await case.take("reviewExitFacts", facts="事实清楚")
    await case.take("notifyExit", statementBy=(today + timedelta(days=30)).isoformat())
    await case.take("stateOnExit", statement="请求从轻")
    await case.decided(list(effects))
    assert case.seen["status"] == "DECIDED", case.seen
    return case


async def drafted(officer: Officer, case: str, **given: Any) -> dict[str, Any]:
    """A plan for some residents and two services."""
    wanted = {
        "case": case,
        "serviceArea": "一街道东片",
        "population": 12000,
        "signedFamilies": 3100,
        "highNeedResidents": 800,
        "services": ["PUBLIC_HEALTH", "MEDICAL"],
        "fromOn": "2027-01-01",
    }
    return await planning(officer, "draftContinuityPlan", **wanted | given)


async def asked(officer: Officer, plan: str, version: int, **given: Any) -> dict[str, Any]:
    """A request to a successor, for all residents and both services."""
    wanted = {
        "plan": plan,
        "expectedVersion": version,
        "serviceArea": "一街道东片",
        "population": 12000,
        "services": ["PUBLIC_HEALTH", "MEDICAL"],
    }
    shown = "... on SuccessorAsked { request { id version successorName accepted } }"
    answer = await officer.do("askSuccessor", shown, **wanted | given)
    request: dict[str, Any] = answer.get("request", answer)
    return request


async def answered(officer: Officer, request: str, institution: str, *, accept: bool = True, **given: Any) -> Any:
    """The successor's answer."""
    shown = "... on SuccessionAnswered { answer { id accepted institution { id } } }"
    wanted = {"request": request, "expectedVersion": 1, "institution": institution, "accept": accept}
    return await officer.do("answerSuccession", shown, **wanted | given)


async def provided(officer: Officer, case: str, successor: str) -> str:
    """An approved plan with one successor of the same district; its id."""
    plan = await drafted(officer, case)
    request = await asked(officer, plan["id"], plan["version"], successor=successor)
    await answered(officer, request["id"], successor)
    approved = await planning(officer, "approveContinuityPlan", plan=plan["id"], expectedVersion=2)
    assert approved["status"] == "APPROVED", approved
    return str(plan["id"])
