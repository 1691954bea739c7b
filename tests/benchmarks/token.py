"""``python -m tests.benchmarks.token``: what a token costs that was verified before, and what one does that was not."""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

from rich.console import Console

from server.http.auth import Callers, Tokens
from server.http.issuer import ISSUER, DevelopmentIssuer
from server.kit.actor import Actor, Grant, Role

_TURNS, _TIMES, _FRESH = 9, 20_000, 200

console = Console(width=100)


async def figures() -> dict[str, float]:
    """Microseconds of CPU, each the median of several turns."""
    with tempfile.TemporaryDirectory() as folder:
        issuer = DevelopmentIssuer(Path(folder), development=True)
    tokens = Tokens(ISSUER, "shequ", issuer.keys)

    async def find(subject: str) -> Actor | None:
        return Actor(subject, subject, (Grant(1, Role.DISTRICT_OFFICER),))

    callers = Callers(tokens, find)
    token = issuer.token("somebody", "shequ")
    authorization = f"Bearer {token}"
    await callers.identify(authorization)
    hit, whole = [], []
    for _ in range(_TURNS):
        began = time.process_time()
        for _ in range(_TIMES):
            await tokens.verify(token)
        hit.append((time.process_time() - began) / _TIMES * 1e6)
        began = time.process_time()
        for _ in range(_TIMES):
            await callers.identify(authorization)
        whole.append((time.process_time() - began) / _TIMES * 1e6)
    others = [issuer.token(f"somebody {n}", "shequ") for n in range(_FRESH)]
    began = time.process_time()
    for other in others:
        await tokens.verify(other)
    first = (time.process_time() - began) / _FRESH * 1e6
    return {"verified token, cache hit": median(hit), "with memberships": median(whole), "first sight (ES256)": first}


def main() -> None:
    for name, value in asyncio.run(figures()).items():
        console.print(f"{name:28} {value:8.2f} µs", highlight=False)


if __name__ == "__main__":
    main()
