"""What can go wrong, on three roads (docs/architecture.md, "Errors").

* ``Refusal``: the request cannot be carried out; the caller can do something about it.  A code, a sentence in Chinese,
  the field it is about, and the clause where a rule is the reason.  Becomes a member of the mutation's result union.
* ``NotFound``, ``NotAllowed``, ``BadInput`` …: the request as such fails.  Becomes ``errors[].extensions.code``.
* Everything else is our own mistake: masked, with an incident id.

A rule that is not met is none of these: it is a value (a finding in a decision) and is never raised.
No HTTP and no GraphQL word belongs here.
"""

from typing import Any, ClassVar

from server.kit.clause import Clause


class Refusal(Exception):
    """A request that cannot be carried out, as a fact the caller can act on.

    ``message`` is shown to officials, so it is Chinese and says what is wrong, the limit, and what to do.
    ``path`` names the input field, outermost first, in the caller's spelling (``("input", "closesOn")``).
    ``facts`` are further machine-readable values (``{"opensOn": date}``).
    """

    code: ClassVar[str] = "REFUSED"

    def __init__(self, message: str, *, path: tuple[str, ...] = (), clause: Clause | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.clause = clause
        self.facts = facts


class Invalid(Refusal):
    """A value that is not acceptable in itself: wrong check digit, empty name, date out of range."""

    code = "INVALID"


class Conflict(Refusal):
    """The request is fine, but what is already there stands in its way: a duplicate, a state that forbids the step."""

    code = "CONFLICT"


class OutOfDate(Refusal):
    """Somebody else changed the row since the caller read it.  Carries the version that is current now."""

    code = "OUT_OF_DATE"

    def __init__(self, *, current_version: int, path: tuple[str, ...] = ("input", "expectedVersion")) -> None:
        message = f"数据已被他人修改，当前版本为 {current_version}，请刷新后重试"
        super().__init__(message, path=path, current_version=current_version)
        self.current_version = current_version


class PolicyNotEnabled(Refusal):
    """The district has no policy of this kind in force, so the procedure does not exist there."""

    code = "POLICY_NOT_ENABLED"


class RequestFailed(Exception):
    """The request as such fails; ``code`` is what the caller's program switches on, ``message`` what a person reads."""

    code: ClassVar[str] = "BAD_REQUEST"

    def __init__(self, message: str, *, path: tuple[str | int, ...] = (), **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.facts = facts


class BadInput(RequestFailed):
    """An argument outside its limits: page size, cursor, id, filter.  The message names field and limit."""

    code = "BAD_USER_INPUT"


class NotFound(RequestFailed):
    """No such object for this caller.  The same words whether it does not exist or belongs to another district."""

    code = "NOT_FOUND"

    def __init__(self, *, path: tuple[str | int, ...] = ()) -> None:
        super().__init__("未找到该对象", path=path)


class Unauthenticated(RequestFailed):
    """Nobody is signed in, or the token does not hold."""

    code = "UNAUTHENTICATED"

    def __init__(self, message: str = "请先登录", **facts: Any) -> None:
        super().__init__(message, **facts)


class NotAllowed(RequestFailed):
    """The caller is known and may not do this."""

    code = "FORBIDDEN"

    def __init__(self, message: str = "您没有执行此操作的权限", **facts: Any) -> None:
        super().__init__(message, **facts)


class Overloaded(RequestFailed):
    """Too much at once: no connection free, queue full.  Worth trying again in a moment."""

    code = "UNAVAILABLE"

    def __init__(self, message: str = "系统繁忙，请稍后重试", **facts: Any) -> None:
        super().__init__(message, **facts)


class RateLimited(RequestFailed):
    """The caller, or all callers of the jurisdiction together, asked for too much in too short a time."""

    code = "RATE_LIMITED"

    def __init__(self, retry_after_seconds: int) -> None:
        message = f"请求过于频繁，已超过您或本辖区的用量上限，请在 {retry_after_seconds} 秒后重试"
        super().__init__(message, retryAfter=retry_after_seconds)


class TimedOut(RequestFailed):
    """The operation ran into its time limit and was cancelled; nothing was written."""

    code = "OPERATION_TIMEOUT"

    def __init__(self, message: str = "操作超时，已取消", **facts: Any) -> None:
        super().__init__(message, **facts)
