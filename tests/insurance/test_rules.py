"""The procedure as data, windows, bars, sums: pure, against laws and the texts' own numbers."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.districts.files import TENANTS
from server.institutions.model import InstitutionKind
from server.insurance import checks, form_rules, rules
from server.insurance.errors import Barred, WindowClosed, WrongStep
from server.insurance.form import Bank, Department, Form, LicencePeriod, Person, Staff, joined, parted
from server.insurance.model import (
    CLOSED,
    NEXT,
    OPEN,
    PASSAGES,
    BarSubject,
    CheckOutcome,
    DesignationMethod,
    DesignationStatus,
    EvaluationResult,
    FieldSource,
    MaterialKind,
    MaterialStage,
    StaffKind,
    Step,
)
from server.insurance.parameters import Terms, terms_on
from server.kit.actor import MUNICIPALITY, Role
from server.kit.clock import BEIJING
from server.kit.errors import Conflict, Invalid, PolicyNotEnabled
from server.kit.ids import new_id
from server.policy.judge import Book
from server.policy.model import PolicyVersion
from server.policy.shelf import Library, Shelved
from server.policy.store import Kept
from server.policy.terms import Kind, SourceStatus, Status
from server.workdays.model import Calendar, CalendarStatus
from server.workdays.seed import seeded


@cache
def shelved() -> Shelved:
    """The municipal packs that are shipped, as if published."""
    library = Library(TENANTS)
    packs: dict[tuple[int, Kind], tuple[Kept, ...]] = {}
    for pack in library.catalogue.packs:
        if pack.jurisdiction == "beijing":
            packs[MUNICIPALITY, pack.kind] = tuple(_kept(version) for version in pack.versions)
    books = {key: Book([one.version for one in kept], library.register) for key, kept in packs.items()}
    return Shelved(packs, books)


def _kept(version: PolicyVersion) -> Kept:
    return Kept(
        tenant_id=MUNICIPALITY,
        id=new_id(),
        status=Status.PUBLISHED,
        version=version,
        base_digest=None,
        author="tests",
        writers=(),
        published_by="tests",
        published_at=None,
        reason=None,
        shared_with_city=False,
        row_version=1,
        created_at=datetime(2025, 3, 17, tzinfo=BEIJING),
    )


@cache
def calendar() -> Calendar:
    """The calendar that is shipped."""
    return seeded(2028)


def terms() -> Terms:
    return terms_on(shelved(), date(2026, 10, 9))


# The machine ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(list(Step)), max_size=40))
def test_no_verb_leaves_the_machine(steps: list[Step]) -> None:
    status = DesignationStatus.DRAFT
    for step in steps:
        if status in PASSAGES[step].sources:
            status = rules.check_step(status, step)
            assert status in set().union(*NEXT.values())
        else:
            with pytest.raises(WrongStep) as refused:
                rules.check_step(status, step)
            assert refused.value.clause == PASSAGES[step].clause


def test_every_state_is_reached_and_every_open_one_is_left() -> None:
    reached, frontier = {DesignationStatus.DRAFT}, [DesignationStatus.DRAFT]
    while frontier:
        for one in NEXT[frontier.pop()] - reached:
            reached.add(one)
            frontier.append(one)
    assert reached == set(DesignationStatus)
    assert all(NEXT[one] for one in OPEN)
    assert not set(OPEN) & set(CLOSED)
    # What is over stays over, but for a finding of false material.
    assert all(NEXT[one] <= {DesignationStatus.REJECTED_FALSE_MATERIAL} for one in CLOSED)


def test_who_takes_which_step() -> None:
    municipal = {step for step, one in PASSAGES.items() if one.by == {Role.MUNICIPAL_INSURANCE_OFFICER}}
    assert municipal >= {Step.EVALUATE_MUNICIPALLY, Step.PUBLICISE, Step.SIGN, Step.REJECT_FALSE_MATERIAL}
    agency = {step for step, one in PASSAGES.items() if one.by == {Role.AGENCY_OFFICER}}
    assert agency == {
        Step.CONFIRM_BY_PHONE,
        Step.ACCEPT,
        Step.REQUEST_SUPPLEMENT,
        Step.EVALUATE_IN_DISTRICT,
        Step.REPORT,
    }


# Windows -------------------------------------------------------------------------------------------------------------

#: A-MIC-1: the windows of 2026 as the notice of its holidays makes them.
WINDOWS = {
    1: (date(2026, 1, 4), date(2026, 1, 8)),
    2: (date(2026, 4, 1), date(2026, 4, 8)),
    3: (date(2026, 7, 1), date(2026, 7, 7)),
    4: (date(2026, 10, 8), date(2026, 10, 13)),
}


@pytest.mark.parametrize("quarter", WINDOWS)
def test_the_windows_of_2026(quarter: int) -> None:
    opens, closes = WINDOWS[quarter]
    window = rules.window_of(calendar(), terms(), opens)
    assert (window.quarter, window.opens_on, window.closes_on) == (quarter, opens, closes)
    assert window.status is CalendarStatus.OFFICIAL
    first, last = datetime.combine(opens, time.min, BEIJING), datetime.combine(closes, time.max, BEIJING)
    for inside in (first, last):
        assert rules.check_window(calendar(), terms(), inside).quarter == quarter
    for outside in (first - timedelta(seconds=1), datetime.combine(closes + rules.ONE_DAY, time.min, BEIJING)):
        with pytest.raises(WindowClosed) as refused:
            rules.check_window(calendar(), terms(), outside)
        assert refused.value.clause is not None
        assert refused.value.clause.anchor == "三(一)第一句"


def test_a_window_of_the_next_year_is_provisional() -> None:
    window = rules.window_of(calendar(), terms(), date(2026, 11, 22))
    assert (window.opens_on, window.closes_on) == (date(2027, 1, 4), date(2027, 1, 8))
    assert window.status is CalendarStatus.PROVISIONAL


@given(st.integers(0, 86_399), st.integers(0, 364))
def test_an_instant_is_in_time_exactly_when_its_day_is_in_the_window(second: int, day: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=BEIJING) + timedelta(days=day, seconds=second)
    inside = any(opens <= at.date() <= closes for opens, closes in WINDOWS.values())
    try:
        rules.check_window(calendar(), terms(), at)
    except WindowClosed:
        assert not inside
    else:
        assert inside


def test_days_are_counted_as_the_texts_say() -> None:
    due = rules.supplement_due(calendar(), terms(), date(2026, 10, 9))
    assert (due.on, due.status) == (date(2026, 10, 15), CalendarStatus.OFFICIAL)
    assert rules.publicity_due(calendar(), terms(), date(2026, 9, 28)).on == date(2026, 10, 10)
    assert rules.bar_until(date(2026, 10, 26), terms()) == date(2029, 10, 27)
    assert rules.locked_until(date(2024, 2, 29), terms()) == date(2025, 3, 1)


def test_every_number_says_where_it_comes_from() -> None:
    found = terms()
    assert found.source("window_working_days") is SourceStatus.FROM_CLAUSE
    assert found.source("window_cutoff_hour") is SourceStatus.PLATFORM_DEFAULT
    assert found.source("agreement_term_months") is SourceStatus.UNVERIFIED
    assert found.evaluation_months is None, "A-MIC-5: the notice states no length"
    with pytest.raises(PolicyNotEnabled):
        terms_on(shelved(), date(2025, 3, 16))
    assert shelved().in_force(MUNICIPALITY, Kind.DESIGNATION, date(2025, 3, 17)) is not None


# Bars and evaluations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on", "refused"), [(date(2029, 10, 26), True), (date(2029, 10, 27), False)])
def test_a_bar_runs_through_its_corresponding_day(on: date, refused: bool) -> None:
    bar = rules.Bar(
        BarSubject.PERSON, date(2026, 10, 26), rules.bar_until(date(2026, 10, 26), terms()), "伪造", "主要负责人"
    )
    if refused:
        with pytest.raises(Barred, match="主要负责人"):
            rules.check_bars([bar], on)
    else:
        rules.check_bars([bar], on)


@pytest.mark.parametrize(
    ("result", "method", "reasons", "advice", "district", "refused"),
    [
        ("PASS", "DOCUMENT", None, None, "PASS", None),
        ("FAIL", "DOCUMENT", None, "x", "PASS", Invalid),
        ("FAIL", "DOCUMENT", "x", None, "PASS", Invalid),
        ("FAIL", "CONFIRMATION", "x", "x", "FAIL", None),
        ("FAIL", "CONFIRMATION", "x", "x", "PASS", Invalid),
        ("PASS", "CONFIRMATION", None, None, "FAIL", Invalid),
        ("PASS", "DOCUMENT", None, None, "FAIL", Conflict),
    ],
)
def test_a_municipal_evaluation_says_what_it_must(
    result: str, method: str, reasons: str | None, advice: str | None, district: str, refused: type[Exception] | None
) -> None:
    def check() -> None:
        rules.check_verdict(
            EvaluationResult(result),
            DesignationMethod(method),
            reasons,
            advice,
            district_result=EvaluationResult(district),
            terms=terms(),
        )

    if refused is None:
        check()
    else:
        with pytest.raises(refused):
            check()


@pytest.mark.parametrize(("day", "outcome"), [(date(2026, 7, 9), "CONTRADICTED"), (date(2026, 7, 8), "CLEAR")])
def test_penalties_count_for_three_months_back(day: date, outcome: str) -> None:
    row = {
        "id": None,
        "kind": "PENALTY",
        "occurred_on": day,
        "decided_on": day,
        "source_name": "区卫生健康委",
        "reference_number": None,
        "insurance_action": None,
    }
    found = checks.judged([row], [], as_of=date(2026, 10, 9), terms=terms())
    assert [one.outcome for one in found if "3 个月" in one.label] == [CheckOutcome(outcome)]


@pytest.mark.parametrize(("day", "outcome"), [(date(2023, 10, 9), "CONTRADICTED"), (date(2023, 10, 8), "CLEAR")])
def test_insurance_records_count_for_three_years_back(day: date, outcome: str) -> None:
    row = {
        "id": None,
        "kind": "INSURANCE_ACTION",
        "occurred_on": day,
        "decided_on": day,
        "source_name": "区医保局",
        "reference_number": "1",
        "insurance_action": "YELLOW_CARD",
    }
    found = checks.judged([row], [], as_of=date(2026, 10, 9), terms=terms())
    assert [one.outcome for one in found if "信用记录" in one.label] == [CheckOutcome(outcome)]


# The form ------------------------------------------------------------------------------------------------------------

_COUNTS = st.integers(0, 30)
_STAFF = st.fixed_dictionaries({kind: st.tuples(_COUNTS, _COUNTS) for kind in StaffKind})
_DEPARTMENTS = st.lists(st.tuples(_COUNTS, _COUNTS, _COUNTS, _COUNTS), min_size=1, max_size=4)


@given(_STAFF, _DEPARTMENTS, _COUNTS)
def test_sums_that_do_not_fit_are_found_and_no_others(
    staff: dict[StaffKind, tuple[int, int]], departments: list[tuple[int, int, int, int]], beds: int
) -> None:
    form = Form(
        "试验",
        approved_beds=beds,
        staffing=tuple(Staff(kind, *counts) for kind, counts in staff.items()),
        departments=tuple(Department(f"科{n}", b, d, f, x, 0) for n, (b, d, f, x) in enumerate(departments)),
    )
    found = Counter(
        one.code
        for one in form_rules.findings(form, received_on=date(2026, 10, 9), needs_guarantee=False)
        if one.code not in ("MISSING",)
    )
    doctors, nurses = staff[StaffKind.DOCTOR], staff[StaffKind.NURSE]
    expected = Counter(
        {
            "BEDS": int(sum(one[0] for one in departments) > beds),
            "FIRST_REGISTERED": sum(first > count for count, first in staff.values())
            + sum(one[2] > one[1] for one in departments),
            "STAFF_SUM": (sum(one[1] for one in departments) > doctors[0])
            + (sum(one[3] for one in departments) > nurses[0])
            + (sum(one[2] for one in departments) > doctors[1]),
        }
    )
    assert +found == +expected
    assert form.headcount == sum(count for count, _ in staff.values())


_NAMES = st.text("张王李示例", min_size=1, max_size=4)
_FORMS = st.builds(
    Form,
    institution_name=_NAMES,
    approved_beds=st.none() | _COUNTS,
    operating_area_m2=st.none() | st.decimals(1, 10_000, places=2).map(Decimal),
    category=st.none() | st.sampled_from(InstitutionKind),
    bank=st.none() | st.builds(Bank, branch=st.none() | _NAMES, account=st.none() | st.just("6222020200112233445")),
    legal_representative=st.none()
    | st.builds(Person, name=_NAMES, phone=st.none() | st.just("13800138000"), identity_number=st.none()),
    licence=st.none() | st.builds(LicencePeriod, issued_on=st.none() | st.dates()),
    staffing=st.lists(st.builds(Staff, st.sampled_from(StaffKind), _COUNTS, _COUNTS), max_size=3).map(tuple),
)


@given(_FORMS)
def test_a_form_is_parted_and_joined_without_loss_and_its_snapshot_holds_no_number(form: Form) -> None:
    snapshot, personal = parted(form)
    assert joined(snapshot, personal) == form
    assert "6222020200112233445" not in str(snapshot)
    assert "13800138000" not in str(snapshot)


@given(_FORMS)
def test_a_field_is_prefilled_exactly_where_the_register_holds_what_was_handed_in(form: Form) -> None:
    assert all(
        (source is FieldSource.PREFILLED) == (form_rules.value_at(form, path) not in (None, (), ""))
        for path, source in zip(form_rules.paths(form), form_rules.provenance(form, form).values(), strict=True)
    )


def test_three_materials_are_due_in_the_window_and_three_before_the_evaluation() -> None:
    none = {"guarantee_required": True, "guaranteed": False}
    first = rules.lacking((), (), None, stage=MaterialStage.AT_SUBMISSION, **none)
    assert [one.code for one in first] == ["MATERIAL_MISSING"] * 3 + ["COMMITMENT_OPEN", "UNSIGNED", "GUARANTEE"]
    later = rules.lacking((), (), None, stage=MaterialStage.BEFORE_DISTRICT_EVALUATION, **none)
    assert [one.material for one in later] == list(MaterialKind)[3:]
    assert {one.clause.anchor for one in later} == {"二4", "二5", "二6"}
