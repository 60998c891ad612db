"""Where environments are kept: one SQLite file each, in one directory."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["EnvironmentFiles"]

SUFFIX: Final = ".environment.sqlite"


class EnvironmentFiles:
    """The files of the environments in a directory, which is made if need be.

    Raises:
        InvalidDocument: the directory cannot be made.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidDocument(f"no directory: {error.strerror}", where=str(directory)) from None

    def path(self, name: str) -> Path:
        """Return the file of an environment. Its name tells nothing of the key."""
        return self._directory / f"{sha256(name.encode()).hexdigest()[:32]}{SUFFIX}"

    def names(self) -> Sequence[str]:
        """Return the names of the environments that are kept here.

        Raises:
            InvalidDocument: a file is no environment.
        """
        return [_name(path) for path in sorted(self._directory.glob(f"*{SUFFIX}"))]


def _name(path: Path) -> str:
    try:
        with closing(sqlite3.connect(path, timeout=0.0)) as connection:
            row = connection.execute("SELECT value FROM kept WHERE name = 'name'").fetchone()
    except sqlite3.DatabaseError as error:
        raise InvalidDocument(str(error), where=str(path), hint="Is another emulator running on it?") from None
    if row is None:
        raise InvalidDocument("holds no environment", where=str(path), hint="Remove it.")
    return bytes(row[0]).decode()
