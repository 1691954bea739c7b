"""What a draft changes, in terms of meaning; and how drafts are made."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.clause import Clause
from server.policy.amend import NewValue, adopt, amend, next_number
from server.policy.catalogue import Catalogue
from server.policy.check import check_version
from server.policy.diff import Change, diff, label_of
from server.policy.model import PolicyVersion
from server.policy.nodes import AllOf, Leaf
from server.policy.problems import PolicyRejected, Severity
from server.policy.terms import Kind, SourceStatus


@pytest.fixture(scope="module")
def version(catalogue: Catalogue) -> PolicyVersion:
    pack = catalogue.find("fengtai", Kind.EXIT)
    assert pack is not None
    return pack.versions[0]


def test_the_contracts_draft_shows_the_parameter_from_what_to_what(version: PolicyVersion) -> None:
    draft = amend(version, number=2, effective_from=date(2027, 7, 1), parameters=[NewValue("cards_to_transform", "3")])
    changes = {change.path: (change.before, change.after) for change in diff(version, draft)}
    assert changes["effectiveFrom"] == ("2026-01-01", "2027-07-01")
    assert changes["parameters.cards_to_transform"] == ("2", "3")
    assert changes["parameters.cards_to_transform.sourceStatus"] == ("FROM_CLAUSE", "UNVERIFIED")
    assert not [path for path in changes if path.startswith("rules.")]
    assert draft.number == 2
    assert draft.digest != version.digest


def test_a_changed_value_no_longer_comes_from_the_clause_unless_another_is_named(version: PolicyVersion) -> None:
    clause = Clause("fengtai-plan", "二(四)第一句")
    draft = amend(
        version,
        number=2,
        effective_from=date(2027, 7, 1),
        parameters=[NewValue("cards_to_transform", "3", clause=clause), NewValue("card_window_years", "1")],
    )
    assert draft.parameter("cards_to_transform").source_status is SourceStatus.FROM_CLAUSE
    assert draft.parameter("cards_to_transform").clause == clause
    assert draft.parameter("card_window_years") == version.parameter("card_window_years")


def test_an_equal_version_has_no_changes(version: PolicyVersion) -> None:
    assert diff(version, replace(version, number=9)) == ()


def test_against_nothing_everything_is_new(version: PolicyVersion) -> None:
    changes = diff(None, version)
    assert all(change.before is None for change in changes)
    paths = {change.path for change in changes}
    assert {"effectiveFrom", "parameters.missing_cycle", "rules.FT-2-4-5-CARDS"} <= paths


def test_rules_are_told_by_code_with_what_changed_inside(version: PolicyVersion) -> None:
    cards, cycles, *rest = version.rules
    changed = replace(cards, when=AllOf((cards.when, Leaf("!facts.unfit_conduct_found", "无其他行为"))), cites=(
        *cards.cites, Clause("fengtai-plan", "一")))  # fmt: skip
    added = replace(rest[0], code="NEW", title="新规则")
    draft = replace(version, rules=(rest[1], changed, *rest[2:], added, rest[0]))
    changes = {change.path: change for change in diff(version, draft)}
    assert changes["rules.FT-2-4-5-CYCLES"] == Change("rules.FT-2-4-5-CYCLES", cycles.title, None)
    assert changes["rules.NEW"] == Change("rules.NEW", None, "新规则")
    cites = changes["rules.FT-2-4-5-CARDS.cites"]
    assert cites.after == "fengtai-plan 二(四)第二句前段、fengtai-plan 一"
    assert changes["rules.FT-2-4-5-CARDS.when.all.1"].after == "无其他行为"
    assert "rules.FT-2-4-7-SUSPEND" not in changes


def test_a_change_reads_as_a_sentence(version: PolicyVersion) -> None:
    assert diff(version, amend(version, number=2, effective_from=version.effective_from)) == ()
    change = Change("parameters.cards_to_transform", "2", "3")
    assert change.sentence == "parameters.cards_to_transform 由“2”改为“3”"
    assert label_of(version, change) == "累计黄牌次数"
    assert label_of(version, Change("rules.FT-2-4-5-CARDS.when", None, None)) == "一年内累计两次黄牌警告"


@given(st.data())
def test_there_are_changes_exactly_when_the_digests_differ(version: PolicyVersion, data: st.DataObject) -> None:
    rules = data.draw(st.permutations(version.rules))
    kept = rules[: data.draw(st.integers(0, len(rules)))]
    value = data.draw(st.integers(1, 3))
    parameters = tuple(replace(p, value=value) if p.key == "cards_to_transform" else p for p in version.parameters)
    other = replace(
        version,
        rules=tuple(kept),
        parameters=tuple(data.draw(st.permutations(parameters))),
        note=data.draw(st.sampled_from([version.note, None, "改"])),
        effective_until=data.draw(st.sampled_from([None, date(2030, 1, 1)])),
    )
    assert bool(diff(version, other)) == (version.digest != other.digest)


@pytest.mark.parametrize(
    ("new", "code", "path"),
    [
        (NewValue("cards_to_transfrom", "3"), "UNKNOWN_PARAMETER", ("parameters", 0, "key")),
        (NewValue("cards_to_transform", "三"), "WRONG_TYPE", ("parameters", 0, "value")),
        (NewValue("cards_to_transform", "0"), "OUT_OF_RANGE", ("parameters", 0, "value")),
        (NewValue("card_window_kind", "SLIDING"), "WRONG_TYPE", ("parameters", 0, "value")),
        (NewValue("suspension_first", "yes"), "WRONG_TYPE", ("parameters", 0, "value")),
    ],
)
def test_a_bad_value_is_refused_with_its_place(
    version: PolicyVersion, new: NewValue, code: str, path: tuple[str | int, ...]
) -> None:
    with pytest.raises(PolicyRejected) as caught:
        amend(version, number=2, effective_from=date(2027, 7, 1), parameters=[new])
    assert [(p.code, p.path) for p in caught.value.problems] == [(code, path)]
    assert caught.value.code == "POLICY_REJECTED"


def test_a_parameter_given_twice_is_refused(version: PolicyVersion) -> None:
    twice = [NewValue("cards_to_transform", "3"), NewValue("cards_to_transform", "4")]
    with pytest.raises(PolicyRejected) as caught:
        amend(version, number=2, effective_from=date(2027, 7, 1), parameters=twice)
    assert [p.path for p in caught.value.problems] == [("parameters", 1, "key")]


def test_a_draft_keeps_the_end_that_its_document_sets(catalogue: Catalogue) -> None:
    pack = catalogue.find("mentougou", Kind.EXIT)
    assert pack is not None
    draft = amend(pack.versions[0], number=2, effective_from=date(2027, 1, 1))
    assert draft.effective_until == date(2029, 4, 2)
    later = amend(pack.versions[0], number=2, effective_from=date(2029, 4, 2))
    assert later.effective_until is None
    assert next_number([pack.versions[0], draft]) == 3


def test_an_adopted_template_is_the_districts_own_and_says_what_is_still_borrowed(catalogue: Catalogue) -> None:
    for packs in catalogue.templates.values():
        for template in packs:
            draft = adopt(
                template.versions[0],
                jurisdiction="haidian",
                pack=f"HD-{template.kind}",
                title="本区政策",
                effective_from=date(2027, 1, 1),
            )
            problems = check_version(draft, catalogue.register)
            assert {p.severity for p in problems} <= {Severity.WARNING}
            assert {p.code for p in problems} == {"BORROWED_CITATION"}
            assert draft.effective_status is SourceStatus.UNVERIFIED


def test_templates_state_no_district_no_date_and_no_value_as_given_by_a_clause(catalogue: Catalogue) -> None:
    assert {style: {p.kind for p in packs} for style, packs in catalogue.templates.items()} == {
        "admission-style": {Kind.ADMISSION, Kind.EXIT},
        "negative-list-style": {Kind.ASSESSMENT, Kind.EXIT, Kind.NEGATIVE_LIST},
    }
    for packs in catalogue.templates.values():
        for pack in packs:
            (version,) = pack.versions
            assert (version.jurisdiction, version.effective_from) == (None, None)
            assert SourceStatus.FROM_CLAUSE not in {p.source_status for p in version.parameters}
            (problem, *_) = check_version(version, catalogue.register)
            assert problem.code == "EFFECTIVE_FROM_REQUIRED"
