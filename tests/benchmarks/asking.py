"""How each contender is asked each operation, and that all answer alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson

from server.development.personas import load_personas
from server.http.issuer import DevelopmentIssuer
from server.kit.ids import NodeId
from tests.benchmarks import data
from tests.benchmarks.load import request
from tests.benchmarks.operations import POSTGRAPHILE, Asked, operations
from tests.benchmarks.serving import AUDIENCE, Contender

#: Who asks: an officer of one district, an analyst of the municipality (tenants/personas.yaml).
OFFICER, ANALYST = "fengtai-officer", "municipal-analyst"
_INSTITUTION_TAG = 3
_POINTS = 200


class Asking:
    """How each contender is asked each operation."""

    def __init__(self, folder: Path, district: str, tenant_id: int) -> None:
        issuer, personas = DevelopmentIssuer(folder, development=True), load_personas()
        self._tokens = {
            municipal: f"Bearer {issuer.token(personas[who].subject, AUDIENCE)}"
            for municipal, who in ((False, OFFICER), (True, ANALYST))
        }
        ids = [str(NodeId(_INSTITUTION_TAG, tenant_id, data.institution_uuid(tenant_id, n))) for n in range(_POINTS)]
        self.operations = operations(district, ids)
        self._tenant_id = tenant_id

    def bodies(self, contender: str, asked: Asked) -> tuple[str, list[bytes], list[tuple[str, str]]]:
        """Path, bodies and headers of the requests."""
        if contender == "raw":
            return f"/{asked.name}", [orjson.dumps(one) for one in asked.variables], []
        bodies = [orjson.dumps({"query": asked.document, "variables": one}) for one in asked.variables]
        if contender == "ours":
            return "/graphql", bodies, [("authorization", self._tokens[asked.municipal])]
        if contender == "mercurius":
            return "/graphql", bodies, []
        if contender == "postgraphile":
            document, variables_of = POSTGRAPHILE[asked.name]
            own = [{"query": document, "variables": variables_of(one, self._tenant_id)} for one in asked.variables]
            return "/graphql", [orjson.dumps(one) for one in own], []
        return "/municipal" if asked.municipal else "/district", bodies, []

    def requests(self, contender: str, asked: Asked) -> list[bytes]:
        """The bytes of the requests."""
        path, bodies, headers = self.bodies(contender, asked)
        return [request(path, one, headers) for one in bodies]


def same_answers(contenders: Sequence[Contender], asking: Asking) -> dict[str, int]:
    """The size of each operation's answer, which is the same from every contender.

    PostGraphile's schema follows from the tables, in its own words: of its answers the names and days are compared.

    Raises: RuntimeError where it is not.
    """
    sizes = {}
    with httpx.Client() as client:
        for asked in asking.operations:
            answers = {}
            for one in contenders:
                path, bodies, headers = asking.bodies(one.name, asked)
                given = {"content-type": "application/json", **dict(headers)}
                replies = [
                    client.post(f"http://127.0.0.1:{one.port}{path}", content=body, headers=given)
                    for body in bodies[:20]
                ]
                answers[one.name] = [_data(reply) for reply in replies]
                sizes.setdefault(asked.name, len(replies[0].content))
            expected = answers[contenders[0].name]
            for name, answer in answers.items():
                same = _gist(answer) == _gist(expected) if name == "postgraphile" else answer == expected
                if not same:
                    raise RuntimeError(f"{asked.name}: {name} answers otherwise:\n{answer[0]}\n{expected[0]}"[:4000])
    return sizes


def _data(reply: httpx.Response) -> Any:
    body = reply.json()
    return reply.text if "errors" in body else body["data"]


def _gist(answer: Any) -> list[Any]:
    """All names and days in the answer, in its order."""
    if isinstance(answer, list):
        return [found for one in answer for found in _gist(one)]
    if not isinstance(answer, dict):
        return []
    own = [answer[name] for name in ("name", "decidedOn") if name in answer]
    return own + [found for one in answer.values() for found in _gist(one)]
