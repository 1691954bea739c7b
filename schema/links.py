"""Links that rows of nearly every type have: to the district of their tenant, to the institution that they name."""

from server.planner.binding import Link

TO_DISTRICT = Link("District", ())
TO_INSTITUTION = Link("Institution", (("institution_id", "id"),))
