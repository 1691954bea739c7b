"""The mail relay of an installation.  Apart from what is mailed, so that settings are read without it."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final

_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where mail is handed over."""

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    start_tls: bool = True

    async def send(self, message: EmailMessage) -> None:
        """Raises: aiosmtplib.SMTPException, OSError."""
        import aiosmtplib  # loaded by whoever sends: it takes its memory

        await aiosmtplib.send(
            message,
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            start_tls=self.start_tls or None,
            timeout=_SECONDS,
        )
