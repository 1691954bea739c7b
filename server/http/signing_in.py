"""``/signin``, ``/signin/back``, ``/signout`` and ``/session``: how a person with a browser comes in and goes.

Between leaving for the provider and coming back, what a sign-in needs is kept in a sealed cookie of the browser itself: only
the browser that began can finish, nobody can fill our tables by beginning, and any process may answer.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from typing import NamedTuple
from urllib.parse import parse_qsl

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from server.http.asking import query_of
from server.http.messages import HttpProblem, Receive, Scope, Send, body_of, error_body, respond
from server.http.provider import Begun, Provider
from server.http.sessions import Sessions, cookie_of
from server.kit import clock
from server.kit.errors import Overloaded, RequestFailed, Unauthenticated

#: How long a person may take at the provider.
_SECONDS = 600
_SEALED = {"alg": "dir", "enc": "A256GCM"}
_HOME = "/graphql"
_PERSONAS_MOST = 4096

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


class Known(NamedTuple):
    """Somebody whom development lets in without a password: name, shown, subject."""

    name: str
    shown: str
    subject: str


class SigningIn:
    """The four addresses. ``secret`` seals what a browser takes along to the provider.

    Exactly one of ``provider`` and ``personas`` says who lets people in; ``personas`` are for development alone.
    """

    def __init__(
        self,
        sessions: Sessions,
        secret: str,
        *,
        provider: Provider | None = None,
        personas: Mapping[str, Known] | None = None,
    ) -> None:
        self._sessions = sessions
        self._key = OctKey.import_key(hashlib.sha256(f"sign-in/{secret}".encode()).digest())
        self._provider = provider
        self._personas = personas or {}
        self._cookie = ("__Host-" if sessions.secure else "") + "shequ-signin"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        steps = {
            ("GET", "/signin"): self._begin,
            ("POST", "/signin"): self._as_persona,
            ("GET", "/signin/back"): self._finish,
            ("POST", "/signout"): self._end,
            ("GET", "/session"): self._state,
        }
        step = steps.get((scope["method"], scope["path"]))
        try:
            if step is None:
                raise HttpProblem(405, "METHOD_NOT_ALLOWED", "该地址不接受此方法")
            await step(scope, receive, send)
        except HttpProblem as problem:
            await respond(send, problem.status, error_body(problem.code, problem.message))
        except RequestFailed as refusal:
            status = 503 if refusal.code == Overloaded.code else 400
            await _show(send, status, "未能登录", f"<p>{escape(refusal.message)}</p>", self._forgotten())

    async def _begin(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        if self._provider is None:
            options = "".join(
                f'<p><button name="persona" value="{escape(one.name)}">{escape(one.shown)}（{escape(one.name)}）</button>'
                for one in self._personas.values()
            )
            await _show(send, 200, "以演示人员登录", f'<form method="post" action="/signin">{options}</form>')
            return
        url, begun = await self._provider.begin()
        await _go(send, url, [f"{self._cookie}={self._sealed(begun)}; Max-Age={_SECONDS}{self._attributes}"])

    async def _as_persona(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._provider is not None or not self._sessions.is_own(scope):
            raise HttpProblem(405, "METHOD_NOT_ALLOWED", "该地址不接受此方法")
        form = dict(parse_qsl((await body_of(scope, receive))[:_PERSONAS_MOST].decode("utf-8", "replace")))
        persona = self._personas.get(form.get("persona", ""))
        if persona is None:
            raise Unauthenticated("没有这个演示人员")
        await _go(send, _HOME, [await self._began(scope, persona.subject)])

    async def _finish(self, scope: Scope, _receive: Receive, send: Send) -> None:
        sealed = cookie_of(scope, self._cookie)
        if self._provider is None or sealed is None:
            raise Unauthenticated("登录不是从本浏览器发起的，或已超过十分钟，请重新登录")
        subject = await self._provider.finish(query_of(scope), self._opened(sealed))
        await _go(send, _HOME, [await self._began(scope, subject), *self._forgotten()])

    async def _end(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self._sessions.require_own(scope)
        secret = self._sessions.secret_of(scope)
        cookies = [await self._sessions.end(secret)] if secret else []
        farewell = await self._provider.farewell() if self._provider else None
        await _tell(send, {"signedIn": False, "continueAt": farewell}, cookies)

    async def _state(self, scope: Scope, _receive: Receive, send: Send) -> None:
        secret = self._sessions.secret_of(scope)
        known = secret is not None and await self._sessions.subject_of(secret) is not None
        cookies = [await self._sessions.end(secret)] if secret is not None and not known else []
        await _tell(send, {"signedIn": known}, cookies)

    async def _began(self, scope: Scope, subject: str) -> str:
        """A new session in the place of the browser's last: a secret that was there before opens nothing afterwards."""
        last = self._sessions.secret_of(scope)
        if last is not None:
            await self._sessions.end(last)
        return await self._sessions.begin(subject)

    def _sealed(self, begun: Begun) -> str:
        content = {**asdict(begun), "until": clock.now().timestamp() + _SECONDS}
        return jwe.encrypt_compact(_SEALED, orjson.dumps(content), self._key)

    def _opened(self, sealed: str) -> Begun:
        """What the browser took along. Raises: Unauthenticated."""
        try:
            opened = jwe.decrypt_compact(sealed.encode("ascii"), self._key, algorithms=list(_SEALED.values()))
            content = orjson.loads(opened.plaintext or b"")
        except (JoseError, ValueError):
            content = {"until": 0}
        if content.pop("until") < clock.now().timestamp():
            raise Unauthenticated("登录不是从本浏览器发起的，或已超过十分钟，请重新登录")
        return Begun(**content)

    @property
    def _attributes(self) -> str:
        # Lax: the provider sends the browser back to us, and the cookie must go along.
        return "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if self._sessions.secure else "")

    def _forgotten(self) -> list[str]:
        return [f"{self._cookie}=; Max-Age=0{self._attributes}"]


async def _tell(send: Send, told: Mapping[str, object], cookies: list[str]) -> None:
    await respond(send, 200, orjson.dumps(told), cookies=cookies)


async def _go(send: Send, url: str, cookies: list[str]) -> None:
    await respond(send, 303, b"", headers={"location": url, "referrer-policy": "no-referrer"}, cookies=cookies)


async def _show(send: Send, status: int, title: str, content: str, cookies: list[str] | None = None) -> None:
    page = (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>'
        f"<style>body{{font:16px system-ui;max-width:40rem;margin:3rem auto}}</style><h1>{title}</h1>{content}"
        f'<p><a href="{_HOME}">返回</a></html>'
    )
    headers = {"content-security-policy": _POLICY, "referrer-policy": "no-referrer"}
    await respond(send, status, page.encode(), b"text/html; charset=utf-8", headers, cookies or [])
