"""What is kept is bounded, and the least recently used goes first."""

import pytest

from server.kit.kept import Kept


def test_made_once_and_bounded() -> None:
    kept: Kept[str, list[str]] = Kept(2)
    made = {key: kept.get(key, lambda key=key: [key]) for key in "ab"}
    assert kept.get("a", list) is made["a"]
    kept.get("c", lambda: ["c"])
    assert len(kept) == 2
    assert kept.get("a", list) is made["a"]
    assert kept.get("b", lambda: ["anew"]) == ["anew"]


def test_what_cannot_be_made_is_not_kept() -> None:
    kept: Kept[str, str] = Kept(2)

    def refuse() -> str:
        raise ValueError

    with pytest.raises(ValueError):
        kept.get("a", refuse)
    assert len(kept) == 0
