"""What an issuer elsewhere says of itself: its discovery document, read over bounded connections.

Nothing a caller sends decides which address is asked: the issuer's is the installation's, the others are in its document.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

_ANSWER_MOST_BYTES = 256 * 1024
_DOCUMENT = "/.well-known/openid-configuration"


class InsecureIssuer(Exception):
    """An address of the issuer is not https; the message names it."""


class Unusable(Exception):
    """What the issuer answered cannot be used."""


#: What reading from an issuer can raise.
FAILURES = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, Unusable, InsecureIssuer)


class Discovery:
    """Reads from one issuer. ``insecure`` allows plain http, for development; ``close`` ends its connections.

    Raises: InsecureIssuer.
    """

    def __init__(self, issuer: str, *, insecure: bool = False) -> None:
        self.issuer = issuer
        self._insecure = insecure
        self.checked(issuer)
        # A redirect is an answer we did not ask for; an encoded body could grow behind the limit on its size.
        self._http = httpx.AsyncClient(
            follow_redirects=False, headers={"accept": "application/json", "accept-encoding": "identity"}
        )

    async def close(self) -> None:
        """End every connection."""
        await self._http.aclose()

    async def document(self) -> Mapping[str, Any]:
        """The discovery document. Raises: one of ``FAILURES``."""
        document = await self.read(self.issuer.rstrip("/") + _DOCUMENT)
        # OpenID Connect Discovery 4.3: otherwise the document speaks for somebody else.
        if document.get("issuer") != self.issuer:
            raise Unusable(f"the discovery document names another issuer: {str(document.get('issuer'))[:200]}")
        return document

    def address(self, document: Mapping[str, Any], name: str) -> str:
        """The address that the document gives under this name. Raises: Unusable, InsecureIssuer."""
        url = document.get(name)
        if not isinstance(url, str):
            raise Unusable(f"the discovery document names no {name}")
        return self.checked(url)

    async def read(
        self, url: str, form: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None
    ) -> Mapping[str, Any]:
        """The JSON object at this address; with a form, what it answers to a POST of it. Raises: one of ``FAILURES``."""
        method = "GET" if form is None else "POST"
        async with self._http.stream(method, url, data=form, auth=auth) as response:
            if response.status_code != 200:
                raise Unusable(f"{url} answered {response.status_code}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise Unusable(f"{url} answered encoded")
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _ANSWER_MOST_BYTES:
                    raise Unusable(f"{url} answered more than {_ANSWER_MOST_BYTES} bytes")
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise Unusable(f"{url} did not answer JSON") from None
        if not isinstance(data, dict):
            raise Unusable(f"{url} did not answer a JSON object")
        return data

    def checked(self, url: str) -> str:
        """The address, where it may be asked. Raises: InsecureIssuer."""
        parts = urlsplit(url)
        if parts.scheme != "https" and not (self._insecure and parts.scheme == "http"):
            raise InsecureIssuer(f"身份签发者的地址应以 https:// 开头，实际为 {url[:200]}")
        if not parts.hostname:
            raise InsecureIssuer(f"身份签发者的地址缺少主机名：{url[:200]}")
        return url
