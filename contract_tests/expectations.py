"""What a test expects of one answer, as checks for the examiner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knock_harness.verify.documented import Broken, brief

if TYPE_CHECKING:
    from collections.abc import Callable

    from knock_harness.verify.answers import Answer
    from knock_harness.verify.documented import Finding

    Check = Callable[[Answer], Finding]

__all__ = [
    "all_of",
    "empty_page",
    "error_field",
    "no_5xx",
    "refused",
    "shows",
    "status",
    "status_is_none_of",
    "succeeds",
]


def status(*expected: int) -> Check:
    """Expect one of these statuses."""
    wanted = " or ".join(map(str, expected))
    return lambda answer: answer.status in expected or Broken(f"status {wanted}", f"status {answer.status}")


def status_is_none_of(*unwanted: int) -> Check:
    """Expect any status but these."""
    named = " or ".join(map(str, unwanted))
    return lambda answer: answer.status not in unwanted or Broken(f"anything but {named}", f"status {answer.status}")


def refused(answer: Answer) -> Finding:
    """Expect a 4xx."""
    return 400 <= answer.status < 500 or Broken("a 4xx", f"status {answer.status}")


def no_5xx(answer: Answer) -> Finding:
    """Expect anything but a failure of the server."""
    return answer.status < 500 or Broken("no 5xx", f"status {answer.status}")


def succeeds(answer: Answer) -> Finding:
    """Expect the documented success; take no side where a third party may have refused."""
    if answer.refused_by_provider:
        return None
    wanted = answer.operation.success
    return answer.status == wanted or Broken(f"status {wanted}", f"status {answer.status}: {brief(answer.json)}")


def error_field(name: str, expected: str) -> Check:
    """Expect a field of the error body."""
    return lambda answer: (
        answer.error.get(name) == expected or Broken(f"{name} {expected}", f"{name} {brief(answer.error.get(name))}")
    )


def empty_page(answer: Answer) -> Finding:
    """Expect a page without records."""
    records = answer.error.get(answer.operation.page or "entries")
    return (answer.status == 200 and records == []) or Broken(
        "200 with an empty page", f"status {answer.status}: {brief(answer.json)}"
    )


def shows(field: str, expected: Callable[[Any], bool], *, wanted: str) -> Check:
    """Expect a field of the answer to be as wanted."""
    return lambda answer: (
        expected(answer.error.get(field)) or Broken(wanted, f"{field} {brief(answer.error.get(field))}")
    )


def all_of(*checks: Check) -> Check:
    """Expect all of these; the first that does not hold is told."""

    def check(answer: Answer) -> Finding:
        return next((finding for each in checks if isinstance(finding := each(answer), Broken)), True)

    return check
