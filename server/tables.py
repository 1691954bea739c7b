"""All tables of all areas, registered by importing them: for migrations, provisioning and the catalogue check.

A root: it imports every area and is imported only by other roots.
"""

import server.assessment.tables
import server.clients.tables
import server.districts.tables
import server.documents.tables
import server.exits.tables
import server.identity.tables
import server.institutions.tables
import server.insurance.tables
import server.licensing.tables
import server.papers.tables
import server.people.tables
import server.policy.tables
import server.proposals.tables
import server.record.tables
import server.reviews.tables
import server.selection.tables
import server.sites.tables
import server.supervision.tables
import server.tasks.tables
import server.workdays.tables  # noqa: F401
from server.db.metadata import metadata

__all__ = ["metadata"]
