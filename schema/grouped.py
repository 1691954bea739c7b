"""What lists of several areas are grouped by: the district, and the periods that a day lies in."""

from collections.abc import Mapping

from server.planner.binding import GroupKey, Kind

#: One group for each district; without a column of its own, for every row has its tenant.
BY_DISTRICT: Mapping[str, GroupKey] = {"DISTRICT": GroupKey("district", "{t}.tenant_id", Kind.INT, target="District")}


def by_year(name: str, day: str) -> dict[str, GroupKey]:
    """The year of this day: ``opened`` gives ``OPENED_YEAR`` and ``openedYear``; ``day`` is SQL over ``{t}``."""
    return {f"{name.upper()}_YEAR": GroupKey(f"{name}Year", f"extract(year FROM {day})::int4", Kind.INT)}


def by_period(name: str, day: str) -> dict[str, GroupKey]:
    """Year, quarter and month of this day, the latter two by their first days."""

    def first_of(unit: str) -> GroupKey:
        return GroupKey(f"{name}{unit.capitalize()}", f"date_trunc('{unit}', {day}::timestamp)::date", Kind.DATE)

    return by_year(name, day) | {f"{name.upper()}_{unit.upper()}": first_of(unit) for unit in ("quarter", "month")}
