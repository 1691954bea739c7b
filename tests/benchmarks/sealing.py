"""What sealing costs a field; the aim is less than 20 µs.  Run by hand: ``python tests/benchmarks/sealing.py``."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from server.kit.ids import new_id
from server.kit.personal import Personal
from server.kit.sealing import Algorithm, Place, Sealer
from server.people.tables import person
from server.record.sealed import sealing

_NUMBER = "11010519491231002X"
_TIMES, _TURNS = 5000, 7


def microseconds(work: Callable[[], object]) -> float:
    """The median of several turns."""
    turns = []
    for _ in range(_TURNS):
        began = time.perf_counter()
        for _ in range(_TIMES):
            work()
        turns.append((time.perf_counter() - began) / _TIMES * 1e6)
    return median(turns)


def main() -> None:
    for algorithm in Algorithm:
        sealer = Sealer(["a-secret-of-the-benchmark"], algorithm)
        place = Place(5, "person", "identity_number", new_id())
        sealed = sealer.seal(place, _NUMBER)
        row = {"identity_number": _NUMBER}
        figures = {
            "seal": lambda: sealer.seal(place, _NUMBER),  # noqa: B023
            "open": lambda: sealer.open(place, sealed),  # noqa: B023
            "blind index": lambda: sealer.index(5, "identity_number", _NUMBER),  # noqa: B023
            "check, seal, mask and index": lambda: sealing(sealer, 5, person, place.row_id, row, ("input",)),  # noqa: B023
        }
        for what, work in figures.items():
            print(f"{algorithm:<14}{what:<30}{microseconds(work):8.2f} µs")
    print(f"{'':14}{'mask':<30}{microseconds(lambda: Personal.IDENTITY_NUMBER.masked(_NUMBER)):8.2f} µs")


if __name__ == "__main__":
    main()
