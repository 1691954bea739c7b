"""What is sealed opens only where, and as, it was sealed."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.sealing import Algorithm, NotOpened, Place, Sealer, UnknownKey

HERE = Place(7, "person", "phone", UUID(int=1))
SECRETS = ["the-first-secret-of-the-tests", "the-second-secret-of-the-tests"]

algorithms = st.sampled_from(Algorithm)
texts = st.text(max_size=60)


@given(algorithms, texts)
def test_what_is_sealed_opens_in_its_place(algorithm: Algorithm, text: str) -> None:
    sealer = Sealer(SECRETS, algorithm)
    sealed = sealer.seal(HERE, text)
    assert sealer.open(HERE, sealed) == text
    assert sealed.startswith(sealer.header)
    assert sealer.seal(HERE, text) != sealed


@given(algorithms, st.text("0123456789X", min_size=4, max_size=40), st.data())
def test_no_byte_of_it_can_change(algorithm: Algorithm, text: str, data: st.DataObject) -> None:
    sealer = Sealer(SECRETS, algorithm)
    sealed = bytearray(sealer.seal(HERE, text))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotOpened) as refused:
        sealer.open(HERE, bytes(sealed))
    assert text not in str(refused.value)


@given(algorithms, texts, st.data())
def test_nothing_can_be_cut_off_or_added(algorithm: Algorithm, text: str, data: st.DataObject) -> None:
    sealer = Sealer(SECRETS, algorithm)
    sealed = sealer.seal(HERE, text)
    for changed in (sealed[: data.draw(st.integers(0, len(sealed) - 1))], sealed + data.draw(st.binary(min_size=1))):
        with pytest.raises(NotOpened):
            sealer.open(HERE, changed)


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize(
    "elsewhere",
    [
        HERE._replace(tenant_id=8),
        HERE._replace(table="expert"),
        HERE._replace(column="fax"),
        HERE._replace(row_id=UUID(int=2)),
    ],
    ids=lambda place: "-".join(map(str, place[:3])),
)
def test_what_is_moved_does_not_open(algorithm: Algorithm, elsewhere: Place) -> None:
    sealer = Sealer(SECRETS, algorithm)
    with pytest.raises(NotOpened):
        sealer.open(elsewhere, sealer.seal(HERE, "13812345678"))


def test_every_key_opens_and_the_first_seals() -> None:
    old, both, new = Sealer(SECRETS[1:]), Sealer(SECRETS), Sealer(SECRETS[:1])
    sealed = old.seal(HERE, "13812345678")
    assert both.open(HERE, sealed) == "13812345678"
    assert new.open(HERE, both.seal(HERE, "13812345678")) == "13812345678"
    with pytest.raises(UnknownKey) as unknown:
        new.open(HERE, sealed)
    assert (unknown.value.kid,) == old.kids
    assert both.kids == (*new.kids, *old.kids)


def test_either_algorithm_opens_what_the_other_sealed() -> None:
    aes, sm4 = (Sealer(SECRETS, one) for one in Algorithm)
    assert sm4.open(HERE, aes.seal(HERE, "甲")) == aes.open(HERE, sm4.seal(HERE, "甲")) == "甲"
    assert sm4.header != aes.header


@given(st.lists(texts, unique=True, min_size=2, max_size=2))
def test_equal_values_share_their_index_and_different_ones_do_not(pair: list[str]) -> None:
    sealer = Sealer(SECRETS)
    one, other = pair
    assert sealer.index(7, "phone", one) == Sealer(SECRETS[:1]).index(7, "phone", one)
    indexes = {sealer.index(7, "phone", one), sealer.index(7, "phone", other)}
    indexes |= {sealer.index(8, "phone", one), sealer.index(7, "fax", one), Sealer(SECRETS[1:]).index(7, "phone", one)}
    assert len(indexes) == 5


@given(algorithms, algorithms, texts)
def test_a_value_is_found_whatever_it_was_indexed_with(then: Algorithm, now: Algorithm, text: str) -> None:
    assert Sealer(SECRETS[1:], then).index(7, "phone", text) in Sealer(SECRETS, now).indexes(7, "phone", text)


def test_a_sealer_shows_no_secret_and_refuses_none() -> None:
    assert not any(secret in repr(Sealer(SECRETS)) for secret in SECRETS)
    for secrets in ([], [""], [SECRETS[0], ""], [SECRETS[0], SECRETS[0]]):
        with pytest.raises(ValueError):
            Sealer(secrets)
