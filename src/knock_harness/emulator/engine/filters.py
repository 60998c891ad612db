"""The filters that Knock adds to Liquid (TMPL-KNOCK-FILTERS, TMPL-ENTITY-FILTERS)."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo

import msgspec
from liquid.builtin.filters.misc import date as liquid_date
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from liquid.undefined import is_undefined

from knock_harness.emulator.clock import moment

from .markdown import html
from .records import RECORDS, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from liquid import RenderContext

    from .records import Records

__all__ = ["FILTERS"]

MOST_SUBSCRIPTIONS: Final = 25
_DATE_STYLES: Final = ("short", "medium", "long", "full")
_NUMBER: Final = re.compile(r"\d+")


def _at(value: Any, context: RenderContext) -> datetime:
    if isinstance(value, datetime):
        return value
    if value in {"now", "today"}:
        value = _root(context).get("timestamp")
    if isinstance(value, int | float):
        return moment("1970-01-01") + timedelta(seconds=value)
    return moment(str(value))


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, LookupError):
        raise FilterArgumentError(f"no timezone {name!r}", token=None) from None


@with_context
def timezone(value: Any, name: Any = "Etc/UTC", *, context: RenderContext) -> str:
    """Return a timestamp as it reads in a timezone."""
    return "" if is_undefined(value) or value is None else _at(value, context).astimezone(_zone(name)).isoformat()


@with_context
def date(value: Any, pattern: Any, name: Any = None, *, context: RenderContext) -> str:
    """Return a timestamp in a strftime pattern, in a timezone if one is given."""
    if is_undefined(value) or value is None or value == "":
        return ""
    if name is None and isinstance(value, str) and value not in {"now", "today"}:
        return str(liquid_date(value, pattern, environment=context.env))  # keeps the offset it is written with
    try:
        at = _at(value, context)
    except ValueError:
        return _text(value)  # as Liquid does with what is no date
    return (at.astimezone(_zone(name)) if name else at).strftime(str(pattern))


def _style(value: Any) -> Any:
    return value if value in _DATE_STYLES else "short"


@with_context
def format_date_in_locale(value: Any, locale: Any, style: Any = "short", *, context: RenderContext) -> str:
    """Return the date of a timestamp as it is written in a locale."""
    from babel.dates import format_date  # babel's data is large and most templates need none of it

    return format_date(_at(value, context), format=_style(style), locale=_locale(locale))


@with_context
def format_datetime_in_locale(
    value: Any, locale: Any, date_style: Any = "short", time_style: Any = "short", *, context: RenderContext
) -> str:
    """Return date and time of a timestamp as they are written in a locale."""
    from babel.dates import format_date, format_time, get_datetime_format  # see above

    at, code = _at(value, context), _locale(locale)
    time = format_time(at, format=_style(time_style), locale=code)
    pattern = str(get_datetime_format(_style(date_style), locale=code)).replace("'", "")
    return pattern.format(time, format_date(at, format=_style(date_style), locale=code))


def _locale(name: Any) -> str:
    return str(name or "en").replace("-", "_")


def format_number(value: Any, locale: Any = "en") -> str:
    """Return a number as it is written in a locale."""
    from babel.numbers import format_decimal  # see above

    return format_decimal(_number(value), locale=_locale(locale))


def currency(value: Any, code: Any = "USD", locale: Any = "en") -> str:
    """Return an amount with two decimals."""
    from babel.numbers import format_currency  # see above

    return format_currency(_number(value), str(code), locale=_locale(locale))


def rounded_currency(value: Any, code: Any = "USD", locale: Any = "en") -> str:
    """Return an amount rounded to whole units."""
    from babel.numbers import format_currency  # see above

    whole = int(_number(value) + 0.5)
    return format_currency(whole, str(code), locale=_locale(locale), currency_digits=False, format="¤#,##0")


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else float(str(value))


def to_json(value: Any) -> str:
    """Return a value as JSON."""
    return "null" if is_undefined(value) else msgspec.json.encode(value, enc_hook=str).decode()


def from_json(value: Any) -> Any:
    """Return the value that a JSON text stands for; nothing if it is no JSON."""
    try:
        return msgspec.json.decode(str(value))
    except msgspec.DecodeError:
        return None


def pluralize(count: Any, one: Any, many: Any) -> Any:
    """Return the first text for one, the second for any other number."""
    return one if count == 1 or count == "1" else many


def titlecase(value: Any) -> str:
    """Return a text with every word in title case."""
    return " ".join(word[:1].upper() + word[1:].lower() for word in _text(value).split(" "))


def md5(value: Any) -> str:
    """Return the MD5 of a text, in hexadecimal."""
    return hashlib.md5(_text(value).encode(), usedforsecurity=False).hexdigest()


def sha256(value: Any) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(_text(value).encode()).hexdigest()


def hmac_sha256(value: Any, key: Any) -> str:
    """Return the HMAC with SHA-256 of a text under a key, in hexadecimal."""
    return hmac.new(_text(key).encode(), _text(value).encode(), hashlib.sha256).hexdigest()


def _text(value: Any) -> str:
    return "" if value is None or is_undefined(value) else str(value)


def intersect(left: Any, right: Any) -> list[Any]:
    """Return the elements of a list that another one has too, in order, each once."""
    if not isinstance(left, list) or not isinstance(right, list):
        return []
    both: list[Any] = []
    for each in left:
        if each in right and each not in both:
            both.append(each)
    return both


def compare_versions(left: Any, right: Any) -> int:
    """Return -1, 0 or 1 as a version is older than, equal to or newer than another; a pre-release is older."""
    older, newer = _version(_text(left)), _version(_text(right))
    return (older > newer) - (older < newer)


def _version(text: str) -> tuple[list[int], bool, list[tuple[bool, int, str]]]:
    release, _, pre = text.partition("+")[0].lstrip("vV").partition("-")
    numbers = [int(each) for each in _NUMBER.findall(release)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    parts = [(not each.isdecimal(), int(each) if each.isdecimal() else 0, each) for each in pre.split(".") if each]
    return numbers, not pre, parts


def from_markdown(value: Any) -> str:
    """Return a text in Markdown as HTML."""
    return html(_text(value))


def _records(context: RenderContext) -> Records | None:
    return cast("Records | None", context.globals.get(RECORDS))


def _root(context: RenderContext) -> Mapping[str, Any]:
    """Return the variables of the template, those of the outermost one in a partial."""
    return cast("Mapping[str, Any]", context.globals.get(ROOT, context.globals))


@with_context
def t(value: Any, /, *, context: RenderContext, **variables: Any) -> str:
    """Return the text of a key in the language of the recipient; the key itself if there is none.

    What is given beside the key is what the text can name; ``count`` chooses among its forms.
    """
    records, key = _records(context), _text(value)
    found = records.translation(key, _root(context), count=variables.get("count")) if records else None
    if found is None:
        return key
    if "{{" not in found and "{%" not in found:
        return found
    buffer = context.get_buffer()
    cast("Any", context).render_inside(found, variables, buffer)  # as every context of ours can
    return buffer.getvalue()


@with_context
def user(value: Any, *, context: RenderContext) -> dict[str, Any] | None:
    """Return the user of an id."""
    records = _records(context)
    return records.user(_text(value)) if records else None


@with_context
def object_(value: Any, collection: Any, *, context: RenderContext) -> dict[str, Any] | None:
    """Return the object of an id and a collection."""
    records = _records(context)
    return records.object(_text(collection), _text(value)) if records else None


@with_context
def tenant(value: Any, *, context: RenderContext) -> dict[str, Any] | None:
    """Return the tenant of an id."""
    records = _records(context)
    return records.tenant(_text(value)) if records else None


@with_context
def subscriptions(value: Any, *, context: RenderContext) -> list[dict[str, Any]]:
    """Return what a recipient, or the user of an id, is subscribed to, at most `MOST_SUBSCRIPTIONS`."""
    records = _records(context)
    recipient = {"id": value} if isinstance(value, str) else value
    return records.subscriptions(recipient, limit=MOST_SUBSCRIPTIONS) if records and isinstance(recipient, dict) else []


#: Each filter by its name in templates.
FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "compare_versions": compare_versions,
    "currency": currency,
    "date": date,
    "format_date_in_locale": format_date_in_locale,
    "format_datetime_in_locale": format_datetime_in_locale,
    "format_number": format_number,
    "from_json": from_json,
    "from_markdown": from_markdown,
    "hmac_sha256": hmac_sha256,
    "intersect": intersect,
    "json": to_json,
    "md5": md5,
    "object": object_,
    "pluralize": pluralize,
    "rounded_currency": rounded_currency,
    "sha256": sha256,
    "subscriptions": subscriptions,
    "t": t,
    "tenant": tenant,
    "timezone": timezone,
    "titlecase": titlecase,
    "user": user,
}
