"""The same concept in every district."""

from datetime import date

from server.kit.clause import Clause
from server.policy.catalogue import Catalogue
from server.policy.compare import Row, compare
from server.policy.terms import Effect, WindowKind
from server.policy.timeline import in_force

ON = date(2026, 11, 1)


def rows(catalogue: Catalogue, concept: str, *, on: date = ON) -> dict[str, Row]:
    held = {
        where: [v for p in catalogue.packs if p.jurisdiction == where and (v := in_force(p.versions, on))]
        for where in ("haidian", "mentougou", "fengtai")
    }
    ((found, table),) = compare([concept], held)
    assert found == concept
    return {row.jurisdiction: row for row in table}


def test_consecutive_failures_are_compared_by_number_unit_and_months(catalogue: Catalogue) -> None:
    found = rows(catalogue, "exit.consecutive_failed_assessments")
    hard, soft = found["mentougou"], found["fengtai"]
    assert (hard.effect, soft.effect) == (Effect.ORDER_EXIT, Effect.GUIDE_TRANSFORMATION)
    assert (hard.threshold, hard.unit, hard.months) == (2, "年", 24)
    assert (soft.threshold, soft.unit, soft.months) == (2, "个考核周期", 24)
    assert hard.clause == Clause("mentougou-2026-3", "第二十条(二)")
    assert soft.window_kind is WindowKind.ASSESSMENT_CYCLE


def test_a_district_without_the_rule_has_a_row_that_says_so(catalogue: Catalogue) -> None:
    found = rows(catalogue, "exit.yellow_cards")
    assert found["haidian"] == Row("haidian", present=False)
    assert found["mentougou"] == Row("mentougou", present=False)
    cards = found["fengtai"]
    assert (cards.present, cards.threshold, cards.unit, cards.window) == (True, 2, "次", "滚动计算，1年，自发出之日起")


def test_points_show_their_cycle(catalogue: Catalogue) -> None:
    points = rows(catalogue, "exit.bad_practice_points")["mentougou"]
    assert (points.threshold, points.unit, points.window_kind) == (6, "分", WindowKind.CALENDAR_YEAR)
    assert points.effects == (Effect.ORDER_EXIT, Effect.TERMINATE_AGREEMENTS)


def test_a_grade_is_shown_by_its_code(catalogue: Catalogue) -> None:
    accident = rows(catalogue, "exit.safety_accident")["mentougou"]
    assert (accident.threshold, accident.threshold_text) == (None, "GENERAL")


def test_nine_items_share_one_row(catalogue: Catalogue) -> None:
    items = rows(catalogue, "warning.negative_list_item")["fengtai"]
    assert (items.rules, items.effect, items.threshold) == (9, Effect.ISSUE_CARD, None)


def test_the_day_decides(catalogue: Catalogue) -> None:
    assert rows(catalogue, "exit.refused_tasks", on=date(2026, 4, 1))["mentougou"].present is False
    assert rows(catalogue, "exit.refused_tasks", on=date(2026, 4, 2))["mentougou"].present is True
