"""Guides as users met them: which message holds a user's engagement with a step, and when a group was shown last."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .message_schema import STAMPS

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Engagement", "Guides"]


class Engagement(NamedTuple):
    """The message of a step of a guide, as a guide shows it."""

    step_ref: str
    id: str
    seen_at: str | None
    read_at: str | None
    interacted_at: str | None
    link_clicked_at: str | None
    archived_at: str | None


class Guides:
    """Engagement by user, guide, scope (a tenant, or the empty text for all of them) and step."""

    SCHEMA = """
        CREATE TABLE guide_messages (
            user_id TEXT NOT NULL, guide_key TEXT NOT NULL, scope TEXT NOT NULL, step_ref TEXT NOT NULL,
            message INTEGER NOT NULL, PRIMARY KEY (user_id, guide_key, scope, step_ref)
        ) WITHOUT ROWID;
        CREATE TABLE finished_guides (
            user_id TEXT NOT NULL, guide_key TEXT NOT NULL, scope TEXT NOT NULL,
            PRIMARY KEY (user_id, guide_key, scope)
        ) WITHOUT ROWID;
        CREATE TABLE guide_displays (
            user_id TEXT NOT NULL, group_key TEXT NOT NULL, displayed_at TEXT NOT NULL,
            PRIMARY KEY (user_id, group_key)
        ) WITHOUT ROWID;
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def engagements(self, user_id: str, guide_key: str, scope: str) -> dict[str, Engagement]:
        """Return what a user did with a guide, by step; nothing for steps never engaged with."""
        rows = self._connection.execute(
            f"SELECT step_ref, id, {', '.join(STAMPS.values())} FROM guide_messages"  # noqa: S608 - columns of ours
            " JOIN messages ON messages.seq = guide_messages.message"
            " WHERE user_id = ? AND guide_key = ? AND scope = ?",
            (user_id, guide_key, scope),
        )
        return {row[0]: Engagement(*row) for row in rows}

    def messages(self, user_id: str, guide_key: str, scope: str, *, step_ref: str | None = None) -> list[int]:
        """Return the places of the messages that hold the engagement with a guide, or with one step of it."""
        rows = self._connection.execute(
            "SELECT message FROM guide_messages JOIN messages ON messages.seq = guide_messages.message"
            " WHERE user_id = ? AND guide_key = ? AND scope = ? AND step_ref = coalesce(?, step_ref)",
            (user_id, guide_key, scope, step_ref),
        )
        return [row[0] for row in rows]

    def hold(self, user_id: str, guide_key: str, scope: str, step_ref: str, message: int) -> None:
        """Let a message hold the engagement with a step."""
        self._connection.execute(
            "INSERT OR REPLACE INTO guide_messages VALUES (?, ?, ?, ?, ?)",
            (user_id, guide_key, scope, step_ref, message),
        )

    def finish(self, user_id: str, guide_key: str, scope: str) -> None:
        """Note that a user is done with a guide, whatever became of its other steps."""
        self._connection.execute("INSERT OR IGNORE INTO finished_guides VALUES (?, ?, ?)", (user_id, guide_key, scope))

    def reopen(self, user_id: str, guide_key: str, scope: str) -> None:
        """Note that a user is not done with a guide."""
        self._connection.execute(
            "DELETE FROM finished_guides WHERE user_id = ? AND guide_key = ? AND scope = ?", (user_id, guide_key, scope)
        )

    def is_done(self, user_id: str, guide_key: str, scope: str) -> bool:
        """Say whether a user is done with a guide."""
        row = self._connection.execute(
            "SELECT 1 FROM finished_guides WHERE user_id = ? AND guide_key = ? AND scope = ?",
            (user_id, guide_key, scope),
        )
        return row.fetchone() is not None

    def forget(self, user_id: str, guide_key: str, scope: str) -> None:
        """Make a guide as if the user had never met it; its messages stay (GUIDE-RESET)."""
        self.reopen(user_id, guide_key, scope)
        self._connection.execute(
            "DELETE FROM guide_messages WHERE user_id = ? AND guide_key = ? AND scope = ?", (user_id, guide_key, scope)
        )

    def note_display(self, user_id: str, group_key: str, *, at: str) -> None:
        """Note when a guide of a group was shown last (GUIDE-DISPLAY-LOG)."""
        self._connection.execute("INSERT OR REPLACE INTO guide_displays VALUES (?, ?, ?)", (user_id, group_key, at))

    def displays(self, user_id: str) -> dict[str, str]:
        """Return when a guide of each group was shown last, by group."""
        return dict(
            self._connection.execute(
                "SELECT group_key, displayed_at FROM guide_displays WHERE user_id = ? ORDER BY group_key", (user_id,)
            )
        )

    def delete_of(self, user_id: str) -> None:
        """Forget all that a user did with guides."""
        for table in ("guide_messages", "guide_displays", "finished_guides"):
            self._connection.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))  # noqa: S608
