"""Sample institutions."""

from uuid import UUID

from server.kit.ids import stable_id


def first_centre(district: str) -> UUID:
    """The id of the district's first sample centre."""
    return stable_id("sample", district, "centre", "1")
