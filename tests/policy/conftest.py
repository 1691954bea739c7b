"""The shipped policy data, read once; and small builders that say only what a test is about."""

from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest

from server.kit.clock import BEIJING
from server.policy.catalogue import Catalogue, read_catalogue
from server.policy.documents import Register

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tenants() -> Path:
    return ROOT / "tenants"


@pytest.fixture(scope="session")
def case_files() -> list[Path]:
    return sorted((ROOT / "tests" / "cases").glob("*/*.yaml"))


@pytest.fixture(scope="session")
def catalogue(tenants: Path) -> Catalogue:
    return read_catalogue(tenants)


@pytest.fixture(scope="session")
def register(catalogue: Catalogue) -> Register:
    return catalogue.register


@pytest.fixture(scope="session")
def end_of() -> Any:
    """The last instant of a day in Beijing."""
    return lambda day: datetime.combine(day, time(23, 59, 59), BEIJING)


@pytest.fixture(scope="session")
def noon_of() -> Any:
    return lambda day: datetime.combine(day, time(12), BEIJING)


PACK = """\
pack: P
kind: EXIT
jurisdiction: fengtai
title: 试验
versions:
  - version: 1
    effective:
      from: 2026-01-01
      source_status: UNVERIFIED
      note: 试验
    documents: [fengtai-plan]
    parameters:
      - key: cards_to_transform
        value: 2
        source_status: FROM_CLAUSE
        clause: fengtai-plan 二(四)第二句前段
      - {key: card_window_years, value: 1, source_status: PLATFORM_DEFAULT}
      - {key: card_window_kind, value: ROLLING, source_status: PLATFORM_DEFAULT}
      - {key: card_window_anchor, value: ISSUED, source_status: PLATFORM_DEFAULT}
    rules:
      - code: R-1
        title: 试验规则
        concept: exit.yellow_cards
        cites: [fengtai-plan 二(四)第二句前段]
        when:
          expr: facts.yellow_cards_in_window >= params.cards_to_transform
          label: 黄牌达到次数
        effects: [GUIDE_TRANSFORMATION]
"""


@pytest.fixture(scope="session")
def pack_text() -> str:
    """A small pack without fault; tests spoil one thing in it."""
    return PACK
