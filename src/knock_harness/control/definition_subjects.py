"""Definitions, as the client commits them: workflows, channels, guides and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .results import Channel, Guide, Translation, Workflow, WorkflowDefinition
from .subjects import Subject
from .wire import segment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ChannelsSubject", "DefinitionsSubject", "GuidesSubject", "TranslationsSubject", "WorkflowsSubject"]


class WorkflowsSubject(Subject):
    """Workflows. Each method may name a branch; without one it is about the workflows of everybody else."""

    def list(self, *, branch: str | None = None) -> Sequence[Workflow]:
        """Return the committed workflows."""
        return self._wire.ask("GET", "/workflows", _Workflows, query={"branch": branch}).workflows

    def get(self, key: str, *, branch: str | None = None) -> WorkflowDefinition:
        """Return a workflow with its definition."""
        return self._wire.ask("GET", f"/workflows/{segment(key)}", WorkflowDefinition, query={"branch": branch})

    def put(self, key: str, definition: Mapping[str, Any], *, branch: str | None = None) -> Workflow:
        """Commit a workflow, as in the layout of Knock's CLI with the texts of templates in place.

        Raises:
            ControlError: it cannot be carried out; what was committed before stays.
        """
        return self._wire.ask("PUT", f"/workflows/{segment(key)}", Workflow, body=definition, query={"branch": branch})

    def set_active(self, key: str, active: bool, *, branch: str | None = None) -> Workflow:
        """Switch a workflow on or off."""
        path = f"/workflows/{segment(key)}/active"
        return self._wire.ask("PUT", path, Workflow, body={"active": active}, query={"branch": branch})

    def delete(self, key: str, *, branch: str | None = None) -> None:
        """Delete a workflow; runs that it started go on."""
        self._wire.tell("DELETE", f"/workflows/{segment(key)}", query={"branch": branch})


class ChannelsSubject(Subject):
    """Channels."""

    def list(self) -> Sequence[Channel]:
        """Return the channels."""
        return self._wire.ask("GET", "/channels", _Channels).channels

    def put(self, key: str, definition: Mapping[str, Any]) -> Channel:
        """Configure a channel, new or not: ``type`` and, if wanted, ``provider``, ``name`` and ``settings``."""
        return self._wire.ask("PUT", f"/channels/{segment(key)}", Channel, body=definition)

    def delete(self, key: str) -> None:
        """Delete a channel."""
        self._wire.tell("DELETE", f"/channels/{segment(key)}")


class GuidesSubject(Subject):
    """Guides."""

    def list(self) -> Sequence[Guide]:
        """Return the guides."""
        return self._wire.ask("GET", "/guides", _Guides).guides

    def put(self, key: str, definition: Mapping[str, Any]) -> Guide:
        """Commit a guide, as in the layout of Knock's CLI."""
        return self._wire.ask("PUT", f"/guides/{segment(key)}", Guide, body=definition)

    def set_active(self, key: str, active: bool) -> Guide:
        """Switch a guide on or off."""
        return self._wire.ask("PUT", f"/guides/{segment(key)}/active", Guide, body={"active": active})

    def delete(self, key: str) -> None:
        """Delete a guide."""
        self._wire.tell("DELETE", f"/guides/{segment(key)}")


class TranslationsSubject(Subject):
    """Texts in other languages."""

    def list(self) -> Sequence[Translation]:
        """Return the texts of each locale and namespace."""
        return self._wire.ask("GET", "/translations", _Translations).translations

    def put(self, locale: str, texts: Mapping[str, Any], *, namespace: str | None = None) -> None:
        """Commit the texts of a locale, those of a namespace as a whole."""
        self._wire.tell("PUT", f"/translations/{segment(locale)}", body=texts, query={"namespace": namespace})

    def delete(self, locale: str, *, namespace: str | None = None) -> None:
        """Delete the texts of a locale in a namespace."""
        self._wire.tell("DELETE", f"/translations/{segment(locale)}", query={"namespace": namespace})


class DefinitionsSubject(Subject):
    """The other kinds of definitions: ``audience``, ``channel_group``, ``layout`` and ``partial``."""

    def list(self, kind: str) -> Sequence[str]:
        """Return the keys of the definitions of a kind."""
        return self._wire.ask("GET", f"/definitions/{segment(kind)}", _Keys).keys

    def put(self, kind: str, key: str, definition: Mapping[str, Any]) -> None:
        """Commit a definition."""
        self._wire.tell("PUT", f"/definitions/{segment(kind)}/{segment(key)}", body=definition)

    def delete(self, kind: str, key: str) -> None:
        """Delete a definition."""
        self._wire.tell("DELETE", f"/definitions/{segment(kind)}/{segment(key)}")


class _Workflows(msgspec.Struct):
    workflows: list[Workflow]


class _Channels(msgspec.Struct):
    channels: list[Channel]


class _Guides(msgspec.Struct):
    guides: list[Guide]


class _Translations(msgspec.Struct):
    translations: list[Translation]


class _Keys(msgspec.Struct):
    keys: list[str]
