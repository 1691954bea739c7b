"""How long things may take: the district's own numbers before the city's, each with where it comes from."""

from datetime import date

import pytest

from server.districts.files import TENANTS
from server.licensing.limits import Limits
from server.licensing.lists import CITY, FILE, ListsError, MaterialFor, lists_of
from server.policy.judge import Book
from server.policy.shelf import Library
from server.policy.terms import Kind, SourceStatus
from server.tasks.model import DayUnit

ON = date(2026, 12, 1)
LIBRARY = Library(TENANTS)


def limits(district: str | None) -> Limits:
    """The shipped limits of a district with an admission pack, or of one without."""
    city = LIBRARY.catalogue.find(CITY, Kind.DEADLINES)
    assert city is not None
    own = LIBRARY.catalogue.find(district, Kind.ADMISSION) if district else None
    leaving = LIBRARY.catalogue.find(district, Kind.EXIT) if district else None
    return Limits(
        ON,
        own and own.versions[0],
        own and Book(own.versions, LIBRARY.register),
        city.versions[0],
        leaving and leaving.versions[0],
    )


def test_a_districts_every_year_goes_before_the_statutes_three_years() -> None:
    # A-MTG-3: on each side of a hundred beds.
    assert [limits("mentougou").cycle_months(beds).n for beds in (0, 99, 100)] == [12, 12, 12]
    assert [limits(None).cycle_months(beds).n for beds in (0, 99, 100)] == [12, 12, 36]
    own = limits("mentougou").cycle_months(0)
    assert (own.source, own.clause and own.clause.anchor) == (SourceStatus.FROM_CLAUSE, "第二十一条")


def test_statutory_limits_are_parameters_that_say_they_are_not_verified() -> None:
    found = limits("mentougou")
    assert (found.days("setup_decision_days").n, found.days("registration_decision_days").n) == (30, 45)
    for key in ("setup_decision_days", "registration_decision_days", "materials_notice_days", "reverification_days"):
        limit = found.days(key)
        assert (limit.source, limit.unit) == (SourceStatus.UNVERIFIED, DayUnit.WORKING)
        assert str(limit.n) in limit.rule
        assert "工作日" in limit.rule
    least, most, parameter = found.suspension()
    assert (least, most, parameter.ambiguity) == (1, 6, "A-MTG-2")


def test_what_the_exit_pack_proposes_is_found_by_its_concept() -> None:
    rule = limits("mentougou").exit_rule("licence.not_opened_in_time")
    assert rule is not None
    assert (rule.code, rule.cites[0].anchor) == ("MTG-22-1", "第二十二条")
    assert limits("mentougou").cites("MTG-22-1") == rule.cites
    assert limits("mentougou").cites("NO-SUCH-RULE") == ()
    assert limits(None).exit_rule("licence.not_opened_in_time") is None


def test_obligations_are_data_that_cite_articles_13_to_17() -> None:
    duties = lists_of(LIBRARY, "mentougou").duties
    assert {duty.clause.anchor for duty in duties} == {"第十三条", "第十四条", "第十五条", "第十六条", "第十七条"}
    assert all(LIBRARY.register.find(duty.clause) for duty in duties)
    # A-MTG-13: cooperation and opening round the clock are encouraged, not ordered.
    encouraged = {duty.code for duty in duties if duty.nature == "ENCOURAGED"}
    assert encouraged == {"COOPERATION", "ROUND_THE_CLOCK"}
    # A-MTG-14 and the trial's three years.
    assert not any(duty.binds(None, ON) for duty in duties)
    assert lists_of(LIBRARY, "fengtai").duties == ()
    last = date(2029, 4, 1)
    assert all(duty.binds(next(iter(duty.operators)), last) for duty in duties)
    assert not any(duty.binds(next(iter(duty.operators)), date(2029, 4, 2)) for duty in duties)


def test_every_material_says_where_it_is_asked_for() -> None:
    checklist = lists_of(LIBRARY, "fengtai").checklist(MaterialFor.REGISTRATION)
    assert "STAFF_LIST" in checklist
    assert "STAFF_LIST" in lists_of(LIBRARY, "fengtai").checklist(MaterialFor.VERIFICATION)
    assert all(one.source in SourceStatus for one in checklist.values())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("materials: [{code: lower, title: 甲, for: [SETUP], source_status: UNVERIFIED}]", "大写"),
        ("materials: [{code: A, title: 甲, for: [], source_status: UNVERIFIED}]", "materials.0.for"),
        ("materials: [{code: A, title: 甲, for: [SETUP], source_status: FROM_CLAUSE}]", "须引用条款"),
        (
            "obligations: [{code: A, title: 甲, nature: DUTY, clause: nowhere 第一条, from: 2026-01-01}]",
            "没有登记",
        ),
        ("obligations: [{code: A, title: 甲, nature: MUST, clause: x y, from: 2026-01-01}]", "obligations.0.nature"),
        ("obligation: []", "obligation"),
        ("materials: [", "YAML"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_file_and_field(
    text: str, told: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    (folder / "somewhere").mkdir()
    (folder / "somewhere" / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ListsError, match=rf"somewhere/{FILE}.*{told}"):
        lists_of(Library(folder), "somewhere")
