"""From a file, the environment and flags to a target, each value with where it came from.

The file is `knock-harness.toml` or the table `[tool.knock-harness]` of `pyproject.toml`, both in the working directory;
the first that is there is read. The environment overrides it, flags override both. `settings` lists the keys.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knock_harness.errors import InvalidConfiguration

from . import guard
from .definition import Target
from .fixtures import check_fixture, configured_fixtures
from .settings import SETTINGS, WrongValue
from .toml_lines import line_of, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .fixtures import Fixtures

__all__ = ["FILES", "Resolved", "Value", "resolve"]

#: The files that are looked for, and the table of each that is ours.
FILES: Mapping[str, tuple[str, ...]] = {"knock-harness.toml": (), "pyproject.toml": ("tool", "knock-harness")}
_TABLES = {name.partition(".")[0] for name in SETTINGS if "." in name}


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the configuration.

    Attributes:
        value: as it is used.
        origin: where it came from: `file:line`, `environment KNOCK_API_KEY`, `flag --key` or `default`.
    """

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """What was found, before it is known to make a whole target.

    Attributes:
        values: by key; each key of `SETTINGS` that is set or has a default.
        fixtures: with what the configuration overrides.
        live_allowed: the user said that a live key is meant.
    """

    values: Mapping[str, Value]
    fixtures: Fixtures
    live_allowed: bool = False

    def target(self) -> Target:
        """Return the target.

        Raises:
            InvalidConfiguration: there is no address or no key.
        """
        for key, what in (("base_url", "no target"), ("api_key", f"no key for {self._get('base_url')}")):
            if key not in self.values:
                setting = SETTINGS[key]
                hint = f"Give {setting.flag}, set {setting.variable}, or write {key} into knock-harness.toml."
                raise InvalidConfiguration(what, hint=hint)
        return Target(
            base_url=self._get("base_url"),
            api_key=self._get("api_key"),
            public_key=self._get("public_key"),
            fixtures=self.fixtures,
            capabilities=self._get("capabilities"),
            hosts=self._get("hosts"),
            live_allowed=self.live_allowed,
            pace=self._get("pace"),
            timeout_s=self._get("timeout_s"),
        )

    def _get(self, key: str) -> Any:
        return self.values[key].value if key in self.values else None


def resolve(
    *,
    flags: Mapping[str, Any] | None = None,
    live_allowed: bool = False,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Resolved:
    """Read the configuration.

    Args:
        flags: what the command line gave, by key of `SETTINGS`; None stands for not given.
        live_allowed: whether `--i-understand-this-is-live` was given.
        folder: where to look for the files; None: the working directory.
        environment: the variables; None: those of this process.

    Raises:
        InvalidConfiguration: a key is unknown or a value is wrong; names the file and line, variable or flag.
    """
    variables = os.environ if environment is None else environment
    values = dict(_from_file(folder or Path.cwd()))
    for key, setting in SETTINGS.items():
        if setting.variable and (text := variables.get(setting.variable)):
            values[key] = _read(key, text, origin=f"environment {setting.variable}")
        if (given := (flags or {}).get(key)) is not None:
            values[key] = _read(key, given, origin=f"flag {setting.flag}")
    _add_defaults(values)
    fixtures = configured_fixtures({key.partition(".")[2]: each.value for key, each in values.items() if "." in key})
    return Resolved(values, fixtures, live_allowed)


def _add_defaults(values: dict[str, Value]) -> None:
    values.setdefault("hosts", Value(frozenset(), "default"))
    values.setdefault("capabilities", Value(frozenset(), "default"))
    values.setdefault("timeout_s", Value(9.0, "default"))
    if "base_url" not in values:
        return
    ours = guard.is_loopback(guard.host_of(values["base_url"].value, where="base_url"))
    reason = "the target is this machine" if ours else "the target is another machine"
    values.setdefault("pace", Value(not ours, f"default: {reason}"))


def _from_file(folder: Path) -> Iterator[tuple[str, Value]]:
    for name, table in FILES.items():
        try:
            text = (folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidConfiguration(f"cannot be read: {error}", where=name) from None
        ours = _table(read_toml(text, name=name), table)
        if ours is None:
            continue
        for key, value in _flat(ours):
            path = (*table, *key.split("."))
            origin = f"{name}:{line_of(path, text)}"
            found = _read(key, value, origin=origin)
            for inner in found.value if "." in key else ():
                where = f"{name}:{line_of((*path, inner), text)}"
                check_fixture(key.partition(".")[2], inner, where=where)
            yield key, found
        return


def _table(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any] | None:
    for part in path:
        inner = document.get(part)
        if not isinstance(inner, dict):
            return None
        document = inner
    return document


def _flat(table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the keys of a table, those of the tables within with a dot."""
    for key, value in table.items():
        if key in _TABLES and isinstance(value, dict):
            yield from ((f"{key}.{inner}", each) for inner, each in value.items())
        else:
            yield key, value


def _read(key: str, value: Any, *, origin: str) -> Value:
    if key not in SETTINGS:
        near = get_close_matches(key, SETTINGS, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(SETTINGS)}."
        raise InvalidConfiguration(f"unknown key {key!r}", where=origin, hint=hint)
    try:
        return Value(SETTINGS[key].read(value), origin)
    except WrongValue as error:
        shown = "" if SETTINGS[key].secret else f", not {value!r}"
        raise InvalidConfiguration(f"{key} takes {error}{shown}", where=origin) from None
    except InvalidConfiguration as error:  # a URL that is none: what is wrong is known, where it stands only here
        raise InvalidConfiguration(error.what, where=origin, hint=error.hint) from None
