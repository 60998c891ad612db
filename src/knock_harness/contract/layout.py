"""The files of a Knock project folder: JSON whose long texts lie in files of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from knock_harness.errors import InvalidDocument

__all__ = ["read_definition", "read_definitions"]

#: The one file among the texts that is JSON itself; all others are taken as they are.
NESTED_JSON: Final = "visual_blocks.json"


def read_definitions(folder: Path, file_name: str) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Read the definition in every folder below one, such as ``workflows/<key>/workflow.json``.

    Returns:
        The file and its definition by key, in the order of the keys; nothing if there is no such folder.

    Raises:
        InvalidDocument: a folder lacks its file, or the file cannot be read.
    """
    found = {}
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if each.is_dir() and not each.name.startswith("."):
            file = each / file_name
            definition = read_definition(file)
            readonly = definition.get("__readonly")
            key = readonly.get("key") if isinstance(readonly, dict) else None
            found[str(key or each.name)] = (file, definition)
    return found


def read_definition(file: Path) -> dict[str, Any]:
    """Read a definition and put the texts that it refers to (``markdown_body@``) into their places.

    Raises:
        InvalidDocument: a file is missing, is no JSON object, lies outside the folder of the definition or is referred
            to twice, or a text is given both in place and as a file.
    """
    definition = _Texts(file.parent.resolve()).read(file, _parse(file))
    if not isinstance(definition, dict):
        raise InvalidDocument("holds no JSON object", where=str(file))
    return definition


def _parse(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidDocument("is missing", where=str(file)) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidDocument(f"cannot be read as JSON: {error}", where=str(file)) from None


class _Texts:
    """The texts of one definition, each of which may be used once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[Path] = set()

    def read(self, file: Path, value: Any) -> Any:
        """Return a value that stands in a file with the texts it refers to in place."""
        if isinstance(value, list):
            return [self.read(file, each) for each in value]
        if not isinstance(value, dict):
            return value
        filled = {}
        for key, each in value.items():
            name = key.removesuffix("@")
            if name in filled or (name != key and name in value):
                raise InvalidDocument(f"gives {name!r} both in place and as a file", where=str(file))
            filled[name] = self.read(file, each) if name == key else self._text(file, key, each)
        return filled

    def _text(self, file: Path, key: str, reference: Any) -> Any:
        if not isinstance(reference, str) or Path(reference).is_absolute():
            raise InvalidDocument(f"{key!r} must be a path relative to this file", where=str(file))
        target = (file.parent / reference).resolve()
        if not target.is_relative_to(self._folder):
            raise InvalidDocument(f"{key!r} leads out of the folder: {reference}", where=str(file))
        if target in self._used:
            raise InvalidDocument(f"refers twice to {reference}", where=str(file))
        self._used.add(target)
        if target.name == NESTED_JSON:
            return self.read(target, _parse(target))
        try:
            return target.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise InvalidDocument(f"{key!r} names a file that cannot be read: {reference}", where=str(file)) from None
