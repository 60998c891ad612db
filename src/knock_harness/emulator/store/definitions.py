"""What was committed into an environment beside its project folder, and all versions of workflows it ever had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from knock_harness.contract.project import Workflow

__all__ = ["MAIN", "Committed", "Definitions"]

#: The branch that everybody is on who names none.
MAIN = ""


class Committed(NamedTuple):
    """A commit.

    Attributes:
        kind: of the definition, one of `commits.KINDS`.
        key: of the definition.
        definition: the latest one; None: it was deleted.
        at: the moment of the first commit of this key.
    """

    kind: str
    key: str
    definition: Any
    at: str


class Definitions:
    """The latest commit of each definition, the branches, and the versions of workflows."""

    SCHEMA = """
        CREATE TABLE definitions (
            branch TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, definition BLOB NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (branch, kind, key)
        ) WITHOUT ROWID;
        CREATE TABLE branches (slug TEXT PRIMARY KEY, created_at TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE workflow_versions (
            version_id TEXT PRIMARY KEY, key TEXT NOT NULL, source TEXT NOT NULL
        ) WITHOUT ROWID;
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, kind: str, key: str, definition: Any, *, at: str, branch: str = MAIN) -> None:
        """Note a commit; None: the definition was deleted."""
        self._connection.execute(
            "INSERT INTO definitions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET definition = excluded.definition",
            (branch, kind, key, msgspec.json.encode(definition), at),
        )

    def forget(self, kind: str, key: str, *, branch: str = MAIN) -> None:
        """Let a definition be as the project folder has it."""
        self._connection.execute(
            "DELETE FROM definitions WHERE branch = ? AND kind = ? AND key = ?", (branch, kind, key)
        )

    def all(self, *, branch: str = MAIN) -> list[Committed]:
        """Return the commits on a branch, by kind and key."""
        rows = self._connection.execute(
            "SELECT kind, key, definition, at FROM definitions WHERE branch = ? ORDER BY kind, key", (branch,)
        )
        return [Committed(kind, key, msgspec.json.decode(definition), at) for kind, key, definition, at in rows]

    def is_on_a_branch(self, kind: str, key: str) -> bool:
        """Say whether a definition is committed on any branch but the main one."""
        row = self._connection.execute(
            "SELECT 1 FROM definitions JOIN branches ON slug = branch"
            " WHERE kind = ? AND key = ? AND definition != CAST('null' AS BLOB)",
            (kind, key),
        )
        return row.fetchone() is not None

    def add_branch(self, slug: str, *, at: str) -> None:
        """Make a branch, unless there is one of that name."""
        self._connection.execute("INSERT OR IGNORE INTO branches VALUES (?, ?)", (slug, at))

    def remove_branch(self, slug: str) -> bool:
        """Remove a branch and what was committed on it; say whether there was one."""
        self._connection.execute("DELETE FROM definitions WHERE branch = ?", (slug,))
        return self._connection.execute("DELETE FROM branches WHERE slug = ?", (slug,)).rowcount > 0

    def branches(self) -> dict[str, str]:
        """Return when each branch was made, by its name."""
        return dict(self._connection.execute("SELECT slug, created_at FROM branches ORDER BY slug"))

    def keep_versions(self, workflows: Iterable[Workflow]) -> None:
        """Keep versions of workflows, so that runs can go on with them whatever is committed later."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO workflow_versions VALUES (?, ?, ?)",
            [(each.version_id, each.key, each.source) for each in workflows],
        )

    def version(self, version_id: str) -> tuple[str, Any] | None:
        """Return the key and the definition of a version of a workflow, or None."""
        row = self._connection.execute(
            "SELECT key, source FROM workflow_versions WHERE version_id = ?", (version_id,)
        ).fetchone()
        return (row[0], msgspec.json.decode(row[1])) if row else None
