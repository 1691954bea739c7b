"""Regulating institutions over GraphQL, as officers do; shared by the tests of supervision, exits and the journeys."""

import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from server.kit import clock
from tests.driving import Client, Reply, Server

PROBLEM = (
    "__typename ... on Problem { code message path clause { document anchor } } ... on OutOfDate { currentVersion }"
)
STANDING = """query($id: ID!, $on: Date) { institution(id: $id) { standing(on: $on) { decisions {
  rule { code } kind outcome effects flags openQuestions { fact } explanation { facts { name value } } } } } }"""


def key() -> str:
    """A fresh idempotency key."""
    return uuid.uuid4().hex


@dataclass
class Officer:
    """Somebody who acts in a district on days of their own choosing."""

    client: Client
    on: date | None = None
    keys: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, server: Server, persona: str, on: date | None = None) -> "Officer":
        """The persona, with a token of that day."""
        if on is None:
            return cls(server.client(persona))
        with clock.frozen(on):
            return cls(server.client(persona), on)

    async def ask(self, text: str, **variables: Any) -> Reply:
        """The response to an operation on the officer's day."""
        if self.on is None:
            return await self.client(text, **variables)
        with clock.frozen(self.on):
            return await self.client(text, **variables)

    async def do(self, verb: str, shown: str, **given: Any) -> dict[str, Any]:
        """The answer of a mutation: its payload, shown as asked, or the problem."""
        name = verb[0].upper() + verb[1:]
        text = f"mutation($input: {name}Input!) {{ {verb}(input: $input) {{ {PROBLEM} {shown} }} }}"
        reply = await self.ask(text, input={"idempotencyKey": key(), **given})
        answer: dict[str, Any] = reply.data[verb]
        return answer

    async def register(self, district: str, kind: str = "COMMUNITY_HEALTH_STATION", **given: Any) -> dict[str, Any]:
        """A new institution of a name of its own."""
        name = f"监管试验{uuid.uuid4().hex[:8]}"
        fields = {"district": district, "name": name, "kind": kind, "address": f"试验路{uuid.uuid4().int % 10**9}号"}
        shown = "... on InstitutionRegistered { institution { id name version } }"
        done = await self.do("registerInstitution", shown, **fields | given)
        institution: dict[str, Any] = done["institution"]
        return institution

    async def standing(self, institution: str, on: str | None = None) -> dict[str, dict[str, Any]]:
        """What every rule in force says of the institution, by rule."""
        reply = await self.ask(STANDING, id=institution, on=on)
        return {one["rule"]["code"]: one for one in reply.data["institution"]["standing"]["decisions"]}
