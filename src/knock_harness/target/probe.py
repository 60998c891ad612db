"""A few cheap calls before a run: does this target answer at all, and if not, what is wrong?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from knock_harness.errors import HarnessError, InvalidConfiguration, NoVerdict

if TYPE_CHECKING:
    import httpx

    from .client import Client

__all__ = ["Probe", "probe"]


@dataclass(frozen=True, slots=True)
class Probe:
    """How the calls of the probe went.

    Attributes:
        statuses: of all answers, in order.
        succeeded: how many were 2xx in JSON; at least one.
    """

    statuses: tuple[int, ...]
    succeeded: int


def probe(client: Client) -> Probe:
    """Make ten reads that any environment can answer, and say how they went.

    Raises:
        TargetUnreachable: the first call got no answer, or none in HTTP.
        InvalidConfiguration: all failed, because of the key or of the base URL.
        NoVerdict: all failed for another reason.
    """
    answers = [client.send("GET", path) for path in _paths(client)]
    statuses = tuple(answer.status_code for answer in answers)
    succeeded = sum(answer.is_success and _is_json(answer) for answer in answers)
    if not succeeded:
        raise _diagnosis(answers, base_url=client.target.base_url)
    return Probe(statuses, succeeded)


def _paths(client: Client) -> list[str]:
    fixtures = client.target.fixtures
    workflow = quote(next(iter(fixtures.workflows.values()), "workflow"), safe="")
    feed = next((channel.id for channel in fixtures.channels.values() if channel.type == "in_app_feed"), "feed")
    return [
        "/v1/users?page_size=1",
        "/v1/tenants?page_size=1",
        "/v1/messages?page_size=1",
        "/v1/objects/knock-harness?page_size=1",
        f"/v1/schedules?workflow={workflow}&page_size=1",
        "/v1/workflow_recipient_runs?page_size=1",
        f"/v1/users/knock-harness-probe/feeds/{feed}",
        "/v1/users/knock-harness-probe/preferences",
        "/v1/users/knock-harness-probe/messages?page_size=1",
        "/v1/users/knock-harness-probe/schedules?page_size=1",
    ]


def _diagnosis(answers: list[httpx.Response], *, base_url: str) -> HarnessError:
    statuses = {answer.status_code for answer in answers}
    names = ", ".join(map(str, sorted(statuses)))
    if statuses == {401}:
        hint = "Give a secret key of the environment with --key or KNOCK_API_KEY."
        return InvalidConfiguration("the target does not know this key: 401 to everything", where=base_url, hint=hint)
    if statuses == {403}:
        hint = "Is it a public key, or one that was restricted? Give a secret key with --key or KNOCK_API_KEY."
        return InvalidConfiguration("this key may do nothing here: 403 to everything", where=base_url, hint=hint)
    if statuses == {429}:
        return NoVerdict("the target is over its rate limit: 429 to everything", where=base_url, hint="Try later.")
    if all(300 <= status < 400 for status in statuses):
        moved = answers[0].headers.get("location", "elsewhere")
        return InvalidConfiguration(f"the target sends everybody to {moved}", where=base_url, hint="Name that address.")
    if all(status >= 500 for status in statuses):
        return NoVerdict(f"the target fails: {names} to everything", where=base_url, hint="Look into its log.")
    if path := urlsplit(base_url).path.strip("/"):
        hint = "The paths carry /v1 themselves: leave it out of the base URL."
        return InvalidConfiguration(f"nothing of the Knock API is below /{path}: {names}", where=base_url, hint=hint)
    form = "JSON" if any(map(_is_json, answers)) else "no JSON"
    hint = "Is the address right?"
    return NoVerdict(f"what answers is not the Knock API: {names} and {form} to all calls", where=base_url, hint=hint)


def _is_json(answer: httpx.Response) -> bool:
    try:
        answer.json()
    except ValueError:
        return False
    return True
