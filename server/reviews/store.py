"""Every statement on the review record."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.reviews.tables import review


async def insert_reviews(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows in one statement; none is fine."""
    if rows:
        await connection.execute(insert(review), rows)
