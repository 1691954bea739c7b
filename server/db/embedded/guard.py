"""Processes that never outlive this one, even when it is killed with -9.

A watchdog (a shell, since one is everywhere) waits at the end of a pipe whose other end only this process holds.  When
this process goes, however it goes, the kernel closes the pipe and the watchdog ends what it watches.  The same on Linux
and macOS; and unlike PR_SET_PDEATHSIG it does not take the end of the starting *thread* for the end of the process.

Both run in sessions of their own: a Ctrl-C in the terminal reaches this process alone, which then ends things in order.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from server.db.embedded.host import ENVIRONMENT, Account

#: The command starts only once its watchdog is there: until "go" comes down the pipe it is a shell that waits, and if
#: the pipe closes first, it never starts.  So there is no moment at which a kill -9 leaves it unwatched.
_GATE = 'IFS= read -r word && [ "$word" = go ] && exec "$@" </dev/null'

#: Ends process $1 as PostgreSQL wants it: INT is a fast shutdown, QUIT an immediate one.  Where nobody collects the
#: dead (a container without an init), they answer signals for ever; /proc tells them apart.
_WATCHDOG = """
trap '' HUP INT TERM QUIT
gone() {
    kill -0 "$1" || return 0
    IFS= read -r stat <"/proc/$1/stat" || return 1
    case $stat in *") Z "*) return 0 ;; *) return 1 ;; esac
}
while IFS= read -r word; do [ "$word" = over ] && exit 0; done
for signal in INT QUIT KILL; do
    kill -$signal "$1"
    n=0
    while [ $n -lt 300 ]; do
        gone "$1" && exit 0
        n=$((n + 1))
        sleep 0.1
    done
done
"""

_PATIENCE_S = 30

# Descriptors whose closing means something to others (a pipe's end, a lock).  A child forked without exec, say by
# multiprocessing, would hold them open beyond this process's end, so it lets go of them at once.
_held: set[int] = set()


def hold(descriptor: int) -> int:
    """The descriptor, which from now on belongs to this process alone and to no forked child."""
    _held.add(descriptor)
    return descriptor


def release(descriptor: int) -> None:
    """The descriptor is closed, unless a fork has already done so."""
    if descriptor in _held:
        _held.discard(descriptor)
        os.close(descriptor)


def _forget() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget)


class Guarded:
    """A running command that ends with this process, or earlier by ``end``.

    Runs under ``account``, from ``/`` (a working directory that every account can read), in a fixed environment.
    ``inherit`` are descriptors it receives besides its output.  ``about`` shows in ``ps`` whom the watchdog serves.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        account: Account,
        *,
        output: int | IO[bytes],
        inherit: Sequence[int] = (),
        about: str,
    ) -> None:
        self._process_id = os.getpid()
        gate_out, gate_in = os.pipe()
        lifeline_out, lifeline_in = os.pipe()
        hold(gate_in)
        self._lifeline: int | None = hold(lifeline_in)
        try:
            self.process = self._spawn(_GATE, "gate", command, account, stdin=gate_out, output=output, inherit=inherit)
            try:
                watched = [str(self.process.pid), about]
                self._watchdog = self._spawn(
                    _WATCHDOG, "shequ-watchdog", watched, account, stdin=lifeline_out, output=subprocess.DEVNULL
                )
                os.write(gate_in, b"go\n")
            except BaseException:
                self.process.kill()
                self.process.wait()
                raise
        except BaseException:
            release(lifeline_in)
            raise
        finally:
            os.close(gate_out)
            os.close(lifeline_out)
            release(gate_in)

    @staticmethod
    def _spawn(
        script: str,
        name: str,
        arguments: Sequence[str | Path],
        account: Account,
        *,
        stdin: int,
        output: int | IO[bytes],
        inherit: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/sh", "-c", script, name, *arguments],
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=inherit,
            start_new_session=True,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )

    @property
    def pid(self) -> int:
        """The command's process id: the gate becomes the command, so it is the same from the beginning."""
        return self.process.pid

    def end(self, *, patience_s: float = _PATIENCE_S) -> None:
        """The command and its watchdog have ended.  Does nothing the second time, nor in a forked child.

        Asks for a fast shutdown, and for an immediate one when ``patience_s`` have passed without success.
        """
        if os.getpid() != self._process_id:
            return
        for step in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(step)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience_s)
                break
        self._dismiss()

    def _dismiss(self) -> None:
        lifeline, self._lifeline = self._lifeline, None  # the number may soon be another's
        if lifeline is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(lifeline, b"over\n")
            release(lifeline)
        self._watchdog.wait()


def run(command: Sequence[str | Path], account: Account, *, inherit: Sequence[int], about: str) -> tuple[int, str]:
    """Exit code and output of a command that ends with this process.  The output never touches the disk."""
    guarded = Guarded(command, account, output=subprocess.PIPE, inherit=inherit, about=about)
    try:
        output, _ = guarded.process.communicate()
        return guarded.process.returncode, output.decode(errors="replace")
    finally:
        guarded.end()
