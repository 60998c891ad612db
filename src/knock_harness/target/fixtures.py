"""What must stand on a target before a run: channels, workflows, a guide. It cannot be made over the API."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations when it decodes
from dataclasses import dataclass

__all__ = ["ChannelFixture", "Fixtures", "GuideFixture"]


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
