"""The negative list over GraphQL: findings, cards, what they set off, and what is refused."""

from typing import Any

import pytest

from tests.driving import Server
from tests.supervision.driving import Officer, key
from tests.test_contract import operation

CARD = "id issuedOn countsUntil rectifyBy status"


async def confirm(officer: Officer, institution: str, *occurrences: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The answer of the contract's own operation."""
    reply = await officer.ask(
        operation("confirm_negative_finding"),
        input={
            "institution": institution,
            "discoveredOn": "2026-09-10",
            "confirmedOn": "2026-09-20",
            "occurrences": list(occurrences),
            "idempotencyKey": key(),
        }
        | given,
    )
    answer: dict[str, Any] = reply.data["confirmNegativeFinding"]
    return answer


def occurrence(item: str = "NL-6", on: str = "2026-09-01", **given: Any) -> dict[str, Any]:
    return {"item": item, "occurredOn": on, "evidence": "医疗事故技术鉴定书", **given}


@pytest.fixture
def officer(server: Server) -> Officer:
    return Officer.of(server, "fengtai-officer")


@pytest.fixture
async def institution(officer: Officer) -> str:
    return (await officer.register("fengtai"))["id"]


async def test_a_confirmed_item_gives_a_card_that_counts_for_a_year(officer: Officer, institution: str) -> None:
    done = await confirm(officer, institution, occurrence())
    assert done["__typename"] == "NegativeFindingConfirmed"
    (finding,), (card,) = done["findings"], done["yellowCards"]
    assert finding["item"] == {"code": "NL-6", "text": "发生三级及以上医疗事故"}
    assert (card["issuedOn"], card["countsUntil"], card["status"]) == ("2026-09-20", "2027-09-21", "ISSUED")
    assert card["rectifyBy"] == "2026-10-20"
    assert done["proposals"] == []
    standing = await officer.standing(institution, "2026-11-01")
    assert standing["FT-2-4-5-CARDS"]["outcome"] == "NOT_FIRED"
    assert standing["FT-NL-6"]["outcome"] == "FIRED"
