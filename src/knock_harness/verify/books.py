"""The files through which the processes of a run tell the one that started them what they found.

Each worker writes its own, line by line as tests end, so that nothing is lost when it is stopped:

    <worker>.collected.json   the tests it found, once
    <worker>.reports.jsonl    one line for each test that ended
    <worker>.account.json     what was exercised of each operation, replaced from time to time
    <worker>.finished         empty; it came to its end
"""

from __future__ import annotations

import contextlib
import os
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from knock_harness.verify.observations import ItemReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Book", "CollectedItem", "Reader"]

_SECONDS_BETWEEN_ACCOUNTS = 2.0


class CollectedItem(msgspec.Struct, frozen=True):
    """A test that was selected to run.

    Attributes:
        item: pytest's node id.
        operations: the operationIds it is about, as far as is known before it runs.
        requirements: the ids it is marked with, as far as they bind its operations.
    """

    item: str
    operations: tuple[str, ...]
    requirements: tuple[str, ...]


class Book:
    """What one worker writes down."""

    def __init__(self, folder: Path, worker: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._stem = folder / worker
        self._reports = self._file("reports.jsonl").open("ab", buffering=0)
        self._next_account = monotonic() + _SECONDS_BETWEEN_ACCOUNTS

    def collected(self, items: Sequence[CollectedItem]) -> None:
        """Write which tests were selected."""
        self._replace("collected.json", msgspec.json.encode(items))

    def report(self, report: ItemReport) -> None:
        """Write what one test left behind; it is in the file when this returns."""
        self._reports.write(msgspec.json.encode(report) + b"\n")

    def account(self, dump: Callable[[], Any], *, now: bool = False) -> None:
        """Write the account, if `now`, or if the last one is too old."""
        if not now and monotonic() < self._next_account:
            return
        self._replace("account.json", msgspec.json.encode(dump()))
        self._next_account = monotonic() + _SECONDS_BETWEEN_ACCOUNTS

    def finish(self) -> None:
        """Write that this worker came to its end."""
        self.close()
        self._file("finished").touch()

    def close(self) -> None:
        """Close the file of the reports."""
        self._reports.close()

    def _file(self, suffix: str) -> Path:
        return self._stem.with_name(f"{self._stem.name}.{suffix}")

    def _replace(self, suffix: str, content: bytes) -> None:
        draft = self._file(f"{suffix}.draft")
        draft.write_bytes(content)
        os.replace(draft, self._file(suffix))  # noqa: PTH105 - atomic: a reader sees the old file or the new one


class Reader:
    """Reads what the workers of a run write, while they do and afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._offsets: dict[Path, int] = {}

    def clear(self) -> None:
        """Remove what the workers of an earlier run left in the folder."""
        for suffix in ("collected.json", "reports.jsonl", "account.json", "finished"):
            for path in self.folder.glob(f"*.{suffix}"):
                path.unlink()

    def collected(self) -> dict[str, CollectedItem]:
        """Return the tests that were selected, by node id; none before the first worker has looked."""
        found: dict[str, CollectedItem] = {}
        for path in sorted(self.folder.glob("*.collected.json")):
            items = msgspec.json.decode(path.read_bytes(), type=list[CollectedItem])
            found.update((each.item, each) for each in items)
        return found

    def new_reports(self) -> Iterator[ItemReport]:
        """Yield the reports that were written since the last call."""
        for path in sorted(self.folder.glob("*.reports.jsonl")):
            start = self._offsets.get(path, 0)
            with path.open("rb") as file:
                file.seek(start)
                content = file.read()
            end = content.rfind(b"\n") + 1  # a line that is still being written is left for the next time
            self._offsets[path] = start + end
            yield from _decode(content[:end])

    def accounts(self) -> list[dict[str, Any]]:
        """Return the latest account of each worker."""
        return [msgspec.json.decode(path.read_bytes()) for path in sorted(self.folder.glob("*.account.json"))]

    def dead_workers(self) -> int:
        """Return how many workers began and did not come to their end."""
        began = {path.name.partition(".")[0] for path in self.folder.glob("*.reports.jsonl")}
        ended = {path.name.partition(".")[0] for path in self.folder.glob("*.finished")}
        return len(began - ended)


def _decode(lines: bytes) -> Iterator[ItemReport]:
    decoder = msgspec.json.Decoder(ItemReport)
    for line in lines.splitlines():
        with contextlib.suppress(msgspec.DecodeError):  # cut off by the end of a worker; counted as not done
            yield decoder.decode(line)
