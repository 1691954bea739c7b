"""What the register already knows of annex 1, so that nobody is asked twice (X-14)."""

from collections.abc import Mapping
from typing import Any

from server.institutions.model import InstitutionKind, OperatingNature, Ownership
from server.insurance.form import Form, LicencePeriod, ParentDesignation, Person
from server.people.model import Position


def registered_form(known: Mapping[str, Any]) -> Form:
    """Annex 1 as far as the register goes: ``known`` is what ``applicants.load_registered`` loads.

    Persons bear their names alone: numbers are sealed, and carried over when the application is submitted.
    """
    sites = known["sites"]
    site = sites[0] if len(sites) == 1 else None
    ownership, nature = known["ownership"], known["operating_nature"]
    named = {Position(one["position"]): Person(one["name"]) for one in known["people"]}
    parent = known["parent_name"]
    return Form(
        institution_name=known["name"],
        address=site["address"] if site else None,
        unified_social_credit_code=known["unified_social_credit_code"],
        ownership=Ownership(ownership) if ownership else None,
        licence_number=known["registration_number"],
        competent_department=known["competent_department"],
        operating_nature=OperatingNature(nature) if nature else None,
        operating_since=known["opened_on"],
        operating_area_m2=site["area_m2"] if site else None,
        category=InstitutionKind(known["kind"]),
        legal_representative=named.get(Position.LEGAL_REPRESENTATIVE),
        principal=named.get(Position.PRINCIPAL),
        licence=LicencePeriod(),
        practice_division=(site and site["division_code"]) or known["division_code"] or known["statistics_code"],
        parent_designation=ParentDesignation(parent, known["parent_code"]) if parent else None,
    )
