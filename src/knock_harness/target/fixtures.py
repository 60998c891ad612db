"""What must stand on a target before a run: channels, workflows, a guide. It cannot be made over the API."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations when it decodes
from dataclasses import dataclass, replace
from difflib import get_close_matches

from knock_harness.contract import project
from knock_harness.errors import InvalidConfiguration

__all__ = ["ChannelFixture", "Fixtures", "GuideFixture", "check_fixture", "configured_fixtures", "packaged_fixtures"]


@dataclass(frozen=True, slots=True)
class ChannelFixture:
    """A channel of the environment.

    Attributes:
        id: the UUID by which the API knows it.
        type: `email`, `in_app_feed`, `in_app_guide`, `sms`, `push`, `chat` or `http`.
        provider: such as `sendgrid` or `slack`.
    """

    id: str
    type: str
    provider: str


@dataclass(frozen=True, slots=True)
class GuideFixture:
    """A guide of the environment.

    Attributes:
        id: the UUID by which the API knows it.
        step: the `ref` of one of its steps.
        channel: the key of its channel.
    """

    id: str
    step: str
    channel: str


@dataclass(frozen=True, slots=True)
class Fixtures:
    """The channels, workflows and guides that the suites rely on, by the keys of the packaged project.

    Attributes:
        channels: by channel key.
        workflows: for each workflow of the packaged project its key on this target.
        guides: by guide key.
    """

    channels: Mapping[str, ChannelFixture]
    workflows: Mapping[str, str]
    guides: Mapping[str, GuideFixture]


def packaged_fixtures() -> Fixtures:
    """Return what stands on a target that was set up from the packaged project, as the emulator is."""
    packaged = project.load()
    return Fixtures(
        channels={
            key: ChannelFixture(id=channel.id, type=channel.type, provider=channel.provider)
            for key, channel in packaged.channels.items()
        },
        workflows={key: key for key in packaged.workflows},
        guides={
            key: GuideFixture(id=guide.id, step=guide.steps[0].ref, channel=guide.channel_key)
            for key, guide in packaged.guides.items()
            if guide.steps
        },
    )


def configured_fixtures(overrides: Mapping[str, Mapping[str, str]]) -> Fixtures:
    """Return the fixtures of the packaged project with the ids and keys of another environment.

    Args:
        overrides: values by key, for `channels`, `workflows` and `guides`; every key is one of the packaged project.
    """
    packaged = packaged_fixtures()
    channels = {key: replace(packaged.channels[key], id=id_) for key, id_ in overrides.get("channels", {}).items()}
    guides = {key: replace(packaged.guides[key], id=id_) for key, id_ in overrides.get("guides", {}).items()}
    return Fixtures(
        channels={**packaged.channels, **channels},
        workflows={**packaged.workflows, **overrides.get("workflows", {})},
        guides={**packaged.guides, **guides},
    )


def check_fixture(kind: str, key: str, *, where: str) -> None:
    """Refuse a key that is none of the packaged project.

    Args:
        kind: `channels`, `workflows` or `guides`.
        key: what the configuration names.
        where: the file and line of it.
    """
    known: Mapping[str, object] = getattr(packaged_fixtures(), kind)
    if key not in known:
        near = get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(known)}."
        raise InvalidConfiguration(f"fixtures.{kind} has no {key!r}", where=where, hint=hint)
