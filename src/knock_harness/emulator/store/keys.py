"""The API keys of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

__all__ = ["Key", "Keys", "Kind"]

Kind = Literal["secret", "public"]


class Key(NamedTuple):
    """A key: what is sent, what it may do, and when it was made, expires and was revoked (None: never)."""

    token: str
    kind: Kind
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None


class Keys:
    """Keys, in the order in which they were made. Revoked ones stay, so that nobody takes them for new."""

    SCHEMA = """
        CREATE TABLE keys (
            seq INTEGER PRIMARY KEY,
            token TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            created_at TEXT NOT NULL,
            expires_at TEXT,
            revoked_at TEXT
        );
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self) -> Sequence[Key]:
        """Return all keys."""
        rows = self._connection.execute("SELECT token, kind, created_at, expires_at, revoked_at FROM keys ORDER BY seq")
        return [Key(*row) for row in rows]

    def get(self, token: str) -> Key | None:
        """Return a key, or None if it is none of this environment."""
        row = self._connection.execute(
            "SELECT token, kind, created_at, expires_at, revoked_at FROM keys WHERE token = ?", (token,)
        ).fetchone()
        return Key(*row) if row else None

    def add(self, keys: Iterable[Key]) -> None:
        """Add keys."""
        self._connection.executemany(
            "INSERT INTO keys (token, kind, created_at, expires_at, revoked_at) VALUES (?, ?, ?, ?, ?)", keys
        )

    def replace(self, keys: Iterable[Key]) -> None:
        """Have these keys and no others."""
        self._connection.execute("DELETE FROM keys")
        self.add(keys)

    def change(self, key: Key) -> None:
        """Let a key that is there end at other moments."""
        self._connection.execute(
            "UPDATE keys SET expires_at = ?, revoked_at = ? WHERE token = ?",
            (key.expires_at, key.revoked_at, key.token),
        )
