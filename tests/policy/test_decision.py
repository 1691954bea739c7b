"""Decisions are stored and said again."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from server.kit.clock import BEIJING
from server.policy.amend import NewValue, amend
from server.policy.case_files import load_cases
from server.policy.cases import run_case
from server.policy.catalogue import Catalogue
from server.policy.decision import Decision
from server.policy.evaluate import compile_policy, evaluate
from server.policy.facts import facts_of
from server.policy.replay import replay
from server.policy.terms import Kind

ON = date(2027, 3, 10)
AT = datetime(2027, 3, 10, 12, tzinfo=BEIJING)


def all_case_decisions(catalogue: Catalogue, case_files: list[Path]) -> list[tuple[Decision, Any]]:
    found = []
    for path in case_files:
        for case in load_cases(path.read_bytes(), path.name):
            pack = catalogue.find(case.jurisdiction, case.kind)
            assert pack is not None
            if not case.parameters:
                decision = run_case(case, pack.versions, catalogue.register).decision
                assert decision is not None
                found.append((decision, compile_policy(pack.versions[0], catalogue.register)))
    return found


def test_every_stored_decision_replays_to_the_same_digest(catalogue: Catalogue, case_files: list[Path]) -> None:
    decisions = all_case_decisions(catalogue, case_files)
    assert len(decisions) > 100
    for decision, policy in decisions:
        stored = orjson.loads(orjson.dumps(decision.record()))
        again = replay(stored, policy)
        assert again.same
        assert not again.made_otherwise
        assert again.decision == decision


def one(catalogue: Catalogue) -> tuple[Decision, Any]:
    pack = catalogue.find("fengtai", Kind.EXIT)
    assert pack is not None
    policy = compile_policy(pack.versions[0], catalogue.register)
    return evaluate(policy, facts_of(ON, AT, yellow_cards_in_window=2))[0], policy


@pytest.mark.parametrize(
    "tamper",
    [
        lambda record: record["facts"][0].update(value="1"),
        lambda record: record.update(as_of="2027-03-11"),
        lambda record: record.update(known_at="2027-03-11T12:00:00+08:00"),
        lambda record: record.update(digest="0" * 64),
    ],
)
def test_a_record_that_was_tampered_with_does_not_replay(catalogue: Catalogue, tamper: Any) -> None:
    decision, policy = one(catalogue)
    record = decision.record()
    tamper(record)
    assert not replay(record, policy).same


def test_a_record_of_another_policy_is_not_replayed(catalogue: Catalogue) -> None:
    decision, policy = one(catalogue)
    other = amend(
        policy.version, number=1, effective_from=date(2027, 7, 1), parameters=[NewValue("cards_to_transform", "3")]
    )
    with pytest.raises(ValueError, match="decided under policy"):
        replay(decision.record(), compile_policy(other, catalogue.register))


def test_a_newer_engine_is_told_apart_but_does_not_change_the_digest(catalogue: Catalogue) -> None:
    decision, policy = one(catalogue)
    older = replace(decision, engine="cel-expr-python 0.0.1")
    again = replay(older.record(), policy)
    assert again.same
    assert again.made_otherwise


def test_the_record_holds_what_is_needed_to_understand_it_later(catalogue: Catalogue) -> None:
    decision, policy = one(catalogue)
    record = decision.record()
    assert record["policy"] == [1, policy.version.digest]
    assert record["facts"][0]["name"] == "yellow_cards_in_window"
    assert record["parameters"] == [["cards_to_transform", "2"]]
    assert record["clauses"][0][0] == "fengtai-plan 二(四)第二句前段"
    assert record["engine"].startswith("cel-expr-python ")
    assert len(record["vocabulary"]) == 64
    assert (record["as_of"], record["known_at"]) == ("2027-03-10", "2027-03-10T12:00:00+08:00")
