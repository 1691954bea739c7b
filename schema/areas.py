"""The areas of the schema whose types are bound to tables, and which of these types acts are noted about."""

from collections.abc import Mapping

from schema import districts, documents, papers, people, proposals, reviews, tasks, workdays
from schema.assessment import assessments, cycles, ledger
from schema.exits import cases as exits
from schema.exits import continuity, conversions
from schema.identity import members as identity
from schema.institutions import history, organisations
from schema.institutions import register as institutions
from schema.insurance import bars, cases, designations, dossier, publicities
from schema.licensing import applications as licence_applications
from schema.licensing import endings, licences, obligations, verifications
from schema.selection import applications, committees, objections
from schema.selection import calls as selection
from schema.sites import agreements as entrusting
from schema.sites import gaps, sites
from schema.supervision import facts as supervision
from schema.supervision import negative_list, risks

#: Every area with its ``BINDS`` and ``ROOTS``; the audit trail itself stands above them.
AREAS = (
    districts,
    workdays,
    reviews,
    documents,
    papers,
    tasks,
    proposals,
    people,
    supervision,
    negative_list,
    risks,
    exits,
    continuity,
    conversions,
    sites,
    gaps,
    selection,
    applications,
    committees,
    objections,
    entrusting,
    dossier,
    cases,
    publicities,
    designations,
    bars,
    organisations,
    history,
    institutions,
    cycles,
    assessments,
    ledger,
    licences,
    verifications,
    endings,
    licence_applications,
    obligations,
    identity,
)

#: The types that acts are noted about, as the audit names them, and the numbers of those types in node ids.  The calendar is
#: the municipality's, whose acts no district reads.
SUBJECTS: Mapping[str, int] = {
    bind.table.name: bind.tag
    for area in AREAS
    if area is not workdays
    for bind in area.BINDS
    if bind.tag is not None and bind.table is not None
}
