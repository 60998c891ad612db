"""An emulator that lives as long as one run, in a process of its own."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING

from knock_harness.errors import NoVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["emulator"]

_ADDRESS = "knock-harness emulator: "
_SECONDS_TO_START = 15.0
_SECONDS_TO_STOP = 0.5


@contextlib.contextmanager
def emulator(keys: Sequence[str], *, log: Path) -> Iterator[str]:
    """Start an emulator on a free port, give its base URL, and stop it at the end.

    Args:
        keys: the secret keys it knows; it refuses all others.
        log: where its error output goes.

    Raises:
        NoVerdict: it did not start.
    """
    options = [word for key in keys for word in ("--key", key)]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-P", "-m", "knock_harness.cli", "emulator", "--port", "0", "--strict-keys", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # Ctrl-C on our terminal is for us alone: we stop it
        )
    try:
        yield _address(process, log=log)
    finally:
        _stop(process)


def _address(process: subprocess.Popen[str], *, log: Path) -> str:
    """Return the base URL that the emulator prints when it is ready."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    threading.Thread(target=_pass_on, args=(process.stdout, lines), daemon=True).start()
    try:
        first = lines.get(timeout=_SECONDS_TO_START)
    except queue.Empty:
        first = ""
    if not first.startswith(_ADDRESS):
        raise NoVerdict("the emulator did not start", where=str(log), hint="That file says why.")
    return first.removeprefix(_ADDRESS).strip()


def _pass_on(stream: IO[str], lines: queue.SimpleQueue[str]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put("")  # it ended: nobody need wait any longer


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
