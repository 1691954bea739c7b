"""The sample cases: handled by each district's own policy, once, marked as samples; README shows what a newcomer gets."""

import asyncio
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from server import installation
from server.db.pools import Pools
from server.development.cases import load_cases
from server.development.demo import fill_cases, fill_samples
from server.kit import clock
from tests.databases import cloned
from tests.driving import Server

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

#: A question of README's and the answer below it.
SHOWN = re.findall(r"""-d '(\{"query"[^']*\})'\n```\n\n```json\n(.*?)```""", README, re.DOTALL)


async def filled(dsn: str, role_secret: str) -> tuple[int, int]:
    """How many steps the first run took, and the second."""
    pools = Pools(dsn, role_secret, size=1)
    try:
        await fill_samples(pools)
        return await fill_cases(pools), await fill_cases(pools)
    finally:
        await pools.close()


def test_each_district_makes_of_its_cases_what_its_policy_says(
    superuser_dsn: str, template: str, role_secret: str, worker_id: str
) -> None:
    """On a day long after today too, as long as the policies are in force."""
    with (
        cloned(superuser_dsn, template, f"shequ_cases_{worker_id}") as dsn,
        psycopg.connect(dsn) as connection,
        clock.frozen(date(2028, 2, 29)),
    ):
        taken = asyncio.run(filled(installation.server_dsn(dsn), role_secret))
        told = load_cases().values()
        assert taken == (sum(len(one.get(kind, ())) for one in told for kind in ("facts", "findings")) + 1, 0)

        def counted(sql: str) -> dict[str, Any]:
            grouped = f"{sql} JOIN district d USING (tenant_id) GROUP BY d.code"
            return dict(connection.execute(grouped).fetchall())  # type: ignore[arg-type]

        assert counted("SELECT d.code, count(*) FROM yellow_card") == {"fengtai": 3}
        effects = "SELECT d.code, array_agg(DISTINCT one) FROM proposal CROSS JOIN unnest(effects) AS one"
        assert {code: set(found) for code, found in counted(effects).items()} == {
            "fengtai": {"GUIDE_TRANSFORMATION"},
            "mentougou": {"TERMINATE_AGREEMENTS", "ORDER_EXIT"},
        }
        assert counted("SELECT d.code, count(*) FROM service_gap") == {"mentougou": 2}


async def test_the_answers_in_the_readme_are_the_demos(
    superuser_dsn: str, template: str, role_secret: str, worker_id: str, tmp_path: Path
) -> None:
    assert len(SHOWN) == 2
    with cloned(superuser_dsn, template, f"shequ_readme_{worker_id}") as dsn:
        address = installation.server_dsn(dsn)
        await filled(address, role_secret)
        server = await Server.start(address, role_secret, tmp_path)
        try:
            for question, answer in SHOWN:
                query = json.loads(question.replace("\n", " "))["query"]
                assert (await server.client("fengtai-officer")(query)).data == json.loads(answer)["data"], query
        finally:
            await server.stop()


def test_every_word_of_a_sample_case_says_that_it_is_one() -> None:
    for told in load_cases().values():
        words = [one[name] for one in told.get("facts", ()) for name in ("source_name", "summary")]
        words += [one["evidence"] for one in told.get("findings", ())]
        if gaps := told.get("gaps"):
            words += [gaps["batch"], *(area[name] for area in gaps["areas"] for name in ("name", "area"))]
        assert words
        assert all(word.startswith("示例·") for word in words), words
