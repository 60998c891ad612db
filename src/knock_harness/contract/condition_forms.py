"""Conditions as they are written in definitions: which forms there are, and what is wrong with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .places import Place

__all__ = ["OPERATORS", "check_condition", "read_conditions"]

#: The operators of conditions.
OPERATORS: Final = frozenset(
    {
        "contains",
        "contains_all",
        "empty",
        "equal_to",
        "exists",
        "greater_than",
        "greater_than_or_equal_to",
        "is_audience_member",
        "is_between",
        "is_not_audience_member",
        "is_not_timestamp",
        "is_timestamp",
        "is_timestamp_before",
        "is_timestamp_before_date",
        "is_timestamp_before_now",
        "is_timestamp_between",
        "is_timestamp_on_or_after",
        "is_timestamp_on_or_after_date",
        "is_timestamp_on_or_after_now",
        "less_than",
        "less_than_or_equal_to",
        "not_contains",
        "not_contains_all",
        "not_empty",
        "not_equal_to",
        "not_exists",
    }
)


def read_conditions(value: Any, place: Place) -> Mapping[str, Any] | None:
    """Return ``{"all": [...]}``, ``{"any": [...]}`` or both; None where nothing is asked.

    Raises:
        InvalidDocument: it has another form, or an operator that there is not.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or not value.keys() <= {"all", "any"}:
        raise place.error(f"conditions are a map of 'all' and 'any', not {value!r}")
    for name, group in value.items():
        if not isinstance(group, list | None):
            raise (place / name).error(f"{name!r} is a list of conditions")
        for number, each in enumerate(group or ()):
            below = place / name / number
            if isinstance(each, dict) and ("all" in each or "any" in each):
                read_conditions(each, below)
            else:
                check_condition(each, below)
    return value if any(value.values()) else None


def check_condition(value: Any, place: Place) -> None:
    """Refuse what is no single condition.

    Raises:
        InvalidDocument: see there.
    """
    if not isinstance(value, dict) or not isinstance(value.get("operator"), str):
        raise place.error(f"a condition has a 'variable' and an 'operator', not {value!r}")
    operator = value["operator"]
    if operator not in OPERATORS:
        raise (place / "operator").error(
            f"there is no operator {operator!r}", hint=f"Operators are {', '.join(sorted(OPERATORS))}."
        )
    if not isinstance(value.get("variable"), str) and not operator.endswith("_audience_member"):
        raise place.error(f"a condition has a 'variable' and an 'operator', not {value!r}")
