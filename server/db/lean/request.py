"""One read that somebody waits for: what is sent, and where its answer goes."""

import asyncio
from collections.abc import Sequence

from server.kit.errors import BadInput

#: A parameter in PostgreSQL's text format; ``str`` is sent as UTF-8, None is NULL.
Parameter = bytes | str | None

#: The columns of an answer's first row in text format; empty when there is no row.
Row = tuple[bytes | None, ...]

_MOST_PARAMETERS = 65535  # the protocol counts them in two bytes

_UNSTORABLE = "输入的文字中含有空字符（U+0000）或不成对的代理字符，数据库无法处理，请删除这些字符后重试"


class Request:
    """A read on its way.  It ends exactly once: by its answer, by an error, by its deadline, or by its caller leaving.

    ``answer`` that is done means that nobody waits any more, whatever the reason; the request may still be running.
    ``waits_until`` and ``deadline`` are times of the event loop: until when it may wait to be sent, and to be answered.
    """

    __slots__ = ("afresh", "answer", "deadline", "named", "parameters", "prepares", "retried", "sql", "waits_until")

    def __init__(
        self,
        sql: str,
        parameters: list[bytes | None],
        answer: "asyncio.Future[Row]",
        waits_until: float,
        deadline: float,
    ) -> None:
        self.sql = sql
        self.parameters = parameters
        self.answer = answer
        self.waits_until = waits_until
        self.deadline = deadline
        #: It was in flight when a connection was lost, and is not tried a third time.
        self.retried = False
        #: It failed for the sake of a statement prepared earlier, so now it brings its own text.
        self.afresh = False
        #: The prepared statement it was last sent with, if any, and whether it made that on the way.
        self.named: bytes | None = None
        self.prepares = False

    def fail(self, error: Exception) -> None:
        """Its caller gets this error, unless it has left."""
        if not self.answer.done():
            self.answer.set_exception(error)


def encoded(parameters: Sequence[Parameter]) -> list[bytes | None]:
    """The parameters as libpq takes them.

    Text-format values are C strings to libpq: it would cut one off at a NUL without a word, so a NUL is refused here.

    Raises: BadInput for a NUL or a lone surrogate, which only a caller's input can bring; ValueError for too many.
    """
    if len(parameters) > _MOST_PARAMETERS:
        raise ValueError(f"{len(parameters)} parameters: PostgreSQL takes at most {_MOST_PARAMETERS}, pass an array")
    values: list[bytes | None] = []
    for value in parameters:
        if isinstance(value, str):
            try:
                value = value.encode()
            except UnicodeEncodeError as error:
                raise BadInput(_UNSTORABLE) from error
        if value is not None and b"\0" in value:
            raise BadInput(_UNSTORABLE)
        values.append(value)
    return values
