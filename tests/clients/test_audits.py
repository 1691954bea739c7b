"""The audits of ``graphql-http``, run by itself against a listening server."""

from tests.clients.conftest import Workshop
from tests.http.test_protocol import DECLINED, RULES
from tests.listening import Listening


def test_every_audit_passes_but_the_declined(workshop: Workshop, listening: Listening) -> None:
    results = workshop.told("audits.mjs", listening.url)
    assert len(results) == 61
    failed = {one["id"]: one for one in results if one["status"] != "ok"}
    assert set(failed) == DECLINED, failed
    # What is declined is optional; a MUST would be an error and a SHOULD a warning.
    assert {one["status"] for one in failed.values()} == {"notice"}


def test_every_audit_has_a_test_in_python_too(workshop: Workshop, listening: Listening) -> None:
    audits = {one["id"] for one in workshop.told("audits.mjs", listening.url)}
    over_get = {"9C48"}
    assert {rule.id for rule in RULES} | DECLINED | over_get == audits
