"""``shequ`` as a person types it, run in this process."""

import contextlib
import io
import os
import sys
from dataclasses import dataclass

import pytest

from server.cli import main


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, what it printed, and what it said beside."""

    code: int
    out: str
    err: str


def shequ(*arguments: str, **environment: str) -> Done:
    """The command, with these settings and no others."""
    with (
        pytest.MonkeyPatch.context() as here,
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        for name in [name for name in os.environ if name.startswith("SHEQU_")]:
            here.delenv(name)
        for name, value in {"COLUMNS": "200", **environment}.items():
            here.setenv(name, value)
        here.setattr(sys, "argv", ["shequ", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())
