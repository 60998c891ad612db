"""The files of a Knock project folder: JSON whose long texts lie in files of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from knock_harness.errors import InvalidDocument

from .places import Place, Route

__all__ = ["Definition", "folders", "key_of", "read_definition", "read_json"]

#: The one file among the texts that is JSON itself; all others are taken as they are.
NESTED_JSON: Final = "visual_blocks.json"


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition and where it stands.

    Attributes:
        value: texts in place.
        place: its top.
    """

    value: dict[str, Any]
    place: Place


def folders(folder: Path) -> list[Path]:
    """Return the folders of definitions below one, such as ``workflows/<key>``, in order; none if it is not there."""
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))


def key_of(definition: Definition, folder: Path) -> str:
    """Return the key of a definition: the one it says itself, or the name of its folder."""
    readonly = definition.value.get("__readonly")
    key = readonly.get("key") if isinstance(readonly, dict) else None
    return str(key or folder.name)


def read_definition(file: Path) -> Definition:
    """Read a definition and put the texts that it refers to (``markdown_body@``) into their places.

    Raises:
        InvalidDocument: a file is missing, is no JSON object, lies outside the folder of the definition or is referred
            to twice, or a text is given both in place and as a file.
    """
    texts = _Texts(file)
    value = texts.read(read_json(file))
    place = Place(str(file), file, parts=texts.parts)
    if not isinstance(value, dict):
        raise place.error("holds no JSON object")
    return Definition(value, place)


def read_json(file: Path) -> Any:
    """Return what a file holds as JSON.

    Raises:
        InvalidDocument: it is missing or holds none.
    """
    where = str(file)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidDocument("is missing", where=where, file=where) from None
    except json.JSONDecodeError as error:
        raise InvalidDocument(
            f"cannot be read as JSON: {error.msg}", where=f"{where}:{error.lineno}", file=where, line=error.lineno
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidDocument(f"cannot be read as JSON: {error}", where=where, file=where) from None


class _Texts:
    """The texts of one definition, each of which may be used once.

    Attributes:
        parts: the files that were read, by the way to what they hold.
    """

    def __init__(self, file: Path) -> None:
        self.parts: dict[Route, Path] = {}
        self._folder = file.parent.resolve()
        self._file = file
        self._used: set[Path] = set()

    def read(self, value: Any) -> Any:
        """Return the value of the definition with the texts it refers to in place."""
        try:
            return self._read((self._file,), (), value)
        except RecursionError:
            raise InvalidDocument("is nested too deeply", where=str(self._file), file=str(self._file)) from None

    def _read(self, files: tuple[Path, ...], route: Route, value: Any) -> Any:
        """Return a value that stands in the last of some files, each of which refers to the next."""
        if isinstance(value, list):
            return [self._read(files, (*route, number), each) for number, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        filled = {}
        for key, each in value.items():
            name = key.removesuffix("@")
            if name in filled or (name != key and name in value):
                raise self._error((*route, name), f"gives {name!r} both in place and as a file")
            below = (*route, name)
            filled[name] = self._read(files, below, each) if name == key else self._text(files, below, each)
        return filled

    def _text(self, files: tuple[Path, ...], route: Route, reference: Any) -> Any:
        key = f"{route[-1]}@"
        if not isinstance(reference, str) or Path(reference).is_absolute():
            raise self._error(route, f"{key!r} must be a path relative to this file")
        try:
            target = (files[-1].parent / reference).resolve()
        except (OSError, ValueError, RuntimeError):
            raise self._error(route, f"{key!r} is no path: {reference!r}") from None
        if not target.is_relative_to(self._folder):
            raise self._error(route, f"{key!r} leads out of the folder: {reference}")
        is_nested = target.name == NESTED_JSON
        if is_nested and target in {each.resolve() for each in files}:
            raise self._error(route, f"{key!r} forms a loop: {reference} refers to itself")
        if target in self._used:
            raise self._error(route, f"refers twice to {reference}")
        self._used.add(target)
        if is_nested and target.is_file():
            value = read_json(target)
            self.parts[route] = target
            return self._read((*files, target), route, value)
        try:
            text = target.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise self._error(route, f"{key!r} names a file that cannot be read: {reference}") from None
        self.parts[route] = target
        return text

    def _error(self, route: Route, what: str) -> InvalidDocument:
        return Place(str(self._file), self._file, route, self.parts).error(what)
