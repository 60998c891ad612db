"""Workflows of a Knock project: what a trigger starts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from .condition_forms import read_conditions
from .forms import flag_at, is_one_of, map_at, text_at
from .places import Place
from .step_definitions import read_steps
from .template_forms import Known

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .steps import Step

__all__ = ["Workflow", "read_workflow", "workflow_at"]

KEY: Final = re.compile(r"[a-z0-9_-]{3,255}")
FREQUENCIES: Final = frozenset({"every_trigger", "once_per_recipient", "once_per_recipient_per_tenant"})


@dataclass(frozen=True, slots=True)
class Workflow:
    """A committed version of a workflow.

    Attributes:
        key: its name in the API.
        name: its name in the dashboard.
        active: whether a trigger starts anything.
        version_id: a UUID that follows from the content.
        steps: in order.
        conditions: of the trigger step.
        categories: for preferences and filters.
        settings: ``is_commercial``, ``override_preferences``.
        trigger_data_json_schema: what the data of a trigger must fit; None: anything.
        trigger_frequency: how often a recipient is notified.
        trigger_audience: the key of the audience that starts it for whoever joins; empty: none does.
        source: the definition it was read from, as JSON.
    """

    key: str
    name: str
    active: bool
    version_id: str
    steps: Sequence[Step]
    conditions: Mapping[str, Any] | None = None
    categories: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    trigger_data_json_schema: Mapping[str, Any] | None = None
    trigger_frequency: str = "every_trigger"
    trigger_audience: str = ""
    source: str = ""


def read_workflow(
    key: str,
    definition: Mapping[str, Any],
    *,
    where: str,
    layouts: Collection[str] = (),
    partials: Collection[str] = (),
    channel_groups: Collection[str] | None = None,
) -> Workflow:
    """Return a workflow from its definition, texts in place.

    Args:
        key: its key.
        definition: as in the layout of Knock's CLI.
        where: what it is, for the error.
        layouts: the keys of the layouts that emails may name.
        partials: the keys of the partials that blocks of emails may name.
        channel_groups: the keys of the channel groups that steps may name; None: any.

    Raises:
        InvalidDocument: it is no workflow, or holds a step that cannot be carried out.
    """
    return workflow_at(key, definition, Place(where), Known(layouts, partials, channel_groups))


def workflow_at(key: str, definition: Mapping[str, Any], place: Place, known: Known) -> Workflow:
    """Return a workflow from its definition, texts in place.

    Args:
        key: its key.
        definition: as in the layout of Knock's CLI.
        place: where the definition stands.
        known: what its steps may name.

    Raises:
        InvalidDocument: it is no workflow, or holds a step that cannot be carried out.
    """
    if not KEY.fullmatch(key):
        raise place.error(f"{key!r} is no key: 3 to 255 lower-case letters, digits, - and _")
    for required, kind in (("name", str), ("steps", list)):
        if not isinstance(definition.get(required), kind):
            raise (place / required).error(f"{required!r} is missing or no {kind.__name__}")
    frequency = definition.get("trigger_frequency") or "every_trigger"
    if not is_one_of(frequency, FREQUENCIES):
        raise (place / "trigger_frequency").error(f"{frequency!r} is none of {', '.join(sorted(FREQUENCIES))}")
    content = {name: value for name, value in definition.items() if not name.startswith(("__", "$"))}
    try:
        source = json.dumps(content, sort_keys=True)
        steps = read_steps(definition["steps"], place / "steps", known)
    except RecursionError:
        raise place.error("is nested too deeply") from None
    settings = map_at(definition, "settings", place)
    for name in ("is_commercial", "override_preferences"):
        flag_at(settings, name, place / "settings")
    return Workflow(
        key=key,
        name=definition["name"],
        active=flag_at(map_at(definition, "__readonly", place), "active", place / "__readonly", default=True),
        version_id=str(uuid5(NAMESPACE_URL, f"{key}:{source}")),
        steps=steps,
        conditions=read_conditions(definition.get("conditions"), place / "conditions"),
        categories=_categories(definition.get("categories"), place / "categories"),
        settings=settings,
        trigger_data_json_schema=_schema(
            definition.get("trigger_data_json_schema"), place / "trigger_data_json_schema"
        ),
        trigger_frequency=frequency,
        trigger_audience=text_at(definition, "trigger_audience_key", place),
        source=source,
    )


def _categories(value: Any, place: Place) -> Sequence[str]:
    if not isinstance(value, list | None) or not all(isinstance(each, str) for each in value or ()):
        raise place.error(f"'categories' is a list of texts, not {value!r}")
    return tuple(value or ())


def _schema(value: Any, place: Place) -> Mapping[str, Any] | None:
    if not value:
        return None
    import jsonschema_rs  # here, as few workflows have a schema

    try:
        jsonschema_rs.validator_for(value)
    except (ValueError, jsonschema_rs.ValidationError) as error:
        raise place.error(f"is no JSON schema: {str(error).partition(chr(10))[0]}") from None
    schema: Mapping[str, Any] = value
    return schema
