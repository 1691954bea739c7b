"""The places that the mutation run breaks are still there; the run itself is ``make mutations``."""

import pytest

from server.settings import ROOT
from tests.mutations.broken import RULES, SCHEMAS, Broken


@pytest.mark.parametrize("broken", [*SCHEMAS, *RULES], ids=lambda one: one.name)
def test_what_is_to_be_broken_is_there_and_its_tests_too(broken: Broken) -> None:
    text = (ROOT / broken.file).read_text(encoding="utf-8")
    assert broken.old in text
    compile(text.replace(broken.old, broken.new), broken.file, "exec")
    assert all((ROOT / one).exists() for one in broken.tests if one.startswith("tests/"))


def test_there_are_enough_of_them() -> None:
    assert len(SCHEMAS) >= 15
    assert len(RULES) >= 10
    assert len({one.name for one in (*SCHEMAS, *RULES)}) == len(SCHEMAS) + len(RULES)
