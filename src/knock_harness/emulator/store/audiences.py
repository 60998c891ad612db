"""Audiences and their members: pairs of a user, who need not exist, and perhaps a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knock_harness.emulator.paging import Page, PageRequest, select_page

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Audiences"]


class Audiences:
    """Audiences by key; a member without a tenant has the empty text in its place."""

    SCHEMA = """
        CREATE TABLE audiences (key TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE audience_members (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, audience TEXT NOT NULL, user_id TEXT NOT NULL, tenant TEXT NOT NULL,
            added_at TEXT NOT NULL, UNIQUE (audience, user_id, tenant)
        );
        CREATE INDEX members_of_audience ON audience_members (audience);
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def exists(self, key: str) -> bool:
        """Say whether an audience was made here; those of the project are known to it alone."""
        return self._connection.execute("SELECT 1 FROM audiences WHERE key = ?", (key,)).fetchone() is not None

    def create(self, key: str) -> None:
        """Make an audience; no error if there is one (AUDIENCE-CREATE-ON-ADD)."""
        self._connection.execute("INSERT OR IGNORE INTO audiences VALUES (?)", (key,))

    def add(self, key: str, user_id: str, tenant: str | None, *, at: str) -> bool:
        """Make a user a member, and say whether it was none; one that is stays as it is (AUDIENCE-ADD-REPEAT)."""
        added = self._connection.execute(
            "INSERT OR IGNORE INTO audience_members (audience, user_id, tenant, added_at) VALUES (?, ?, ?, ?)",
            (key, user_id, tenant or "", at),
        )
        return added.rowcount > 0

    def remove(self, key: str, user_id: str, tenant: str | None) -> bool:
        """Take away exactly this pair, and say whether there was one (AUDIENCE-REMOVE-NEEDS-TENANT)."""
        removed = self._connection.execute(
            "DELETE FROM audience_members WHERE audience = ? AND user_id = ? AND tenant = ?",
            (key, user_id, tenant or ""),
        )
        return removed.rowcount > 0

    def is_member(self, key: str, user_id: str, *, tenant: str | None = None) -> bool:
        """Say whether a user is a member, without a tenant or with this one."""
        found = self._connection.execute(
            "SELECT 1 FROM audience_members WHERE audience = ? AND user_id = ? AND tenant IN ('', ?) LIMIT 1",
            (key, user_id, tenant or ""),
        )
        return found.fetchone() is not None

    def tenants_of(self, key: str, user_id: str) -> set[str | None]:
        """Return the tenants for which a user is a member; None stands for membership without one."""
        found = self._connection.execute(
            "SELECT tenant FROM audience_members WHERE audience = ? AND user_id = ?", (key, user_id)
        )
        return {row[0] or None for row in found}

    def page(self, key: str, request: PageRequest) -> Page:
        """Return a page of the members, newest first: user id, tenant or the empty text, and when it was added."""
        return select_page(
            self._connection,
            request,
            columns="user_id, tenant, added_at",
            source="audience_members",
            where=["audience = :key"],
            values={"key": key},
        )
