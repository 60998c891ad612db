"""A project folder, read piece by piece: what is broken in it does not take down the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from knock_harness.errors import InvalidDocument

from .condition_forms import read_conditions
from .environment_file import EnvironmentFile, channels_named_by, read_environment
from .forms import is_one_of
from .guides import guide_at, guide_groups_at
from .layout import Definition, folders, key_of, read_definition, read_json
from .partials import layout_at, partial_at, translation_at
from .places import Place
from .project import CREATED_AT, Project
from .template_forms import Known
from .workflows import workflow_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from .workflows import Workflow

__all__ = ["CheckWorkflow", "audience_at", "read_folder"]

_T = TypeVar("_T")


def read_folder(
    folder: Path, *, before: Project | None = None, check: CheckWorkflow | None = None
) -> tuple[Project, list[InvalidDocument]]:
    """Read a project folder as far as it can be read.

    Args:
        folder: the one that holds ``knock.json``, or the layout itself.
        before: what the folder held when it was last read; whatever is broken now stays as it was then.
        check: refuses workflows that can be read, but that somebody does not want.

    Returns:
        The project, and what is wrong with the pieces that could not be read, in the order of reading.

    Raises:
        InvalidDocument: there is no such folder, or its settings file leads nowhere.
    """
    if not folder.is_dir():
        raise InvalidDocument("is no folder", where=str(folder), hint="Name the folder that holds knock.json.")
    return _Reading(before or Project(), check).read(folder, _root(folder))


class CheckWorkflow(Protocol):
    """Refuses a workflow: one that is read, where it stands, and the keys of the partials there are."""

    def __call__(self, workflow: Workflow, place: Place, *, partials: Collection[str]) -> None:
        """Raise InvalidDocument where the workflow is not wanted."""
        ...


class _Reading:
    """One reading of a folder, and what was found broken in it."""

    def __init__(self, before: Project, check: CheckWorkflow | None) -> None:
        self._before = before
        self._check = check
        self._broken: list[InvalidDocument] = []

    def read(self, folder: Path, root: Path) -> tuple[Project, list[InvalidDocument]]:
        before = self._before
        layouts = self._each(
            root / "layouts", "layout.json", before.layouts, lambda _, each: layout_at(each.value, each.place)
        )
        partials = self._each(
            root / "partials",
            "partial.json",
            before.partials,
            lambda key, each: partial_at(key, each.value, each.place),
        )
        environment = self._environment(folder, root)
        known = Known(layouts, partials, None if environment is None else environment.channel_groups)
        workflows = self._each(
            root / "workflows",
            "workflow.json",
            before.workflows,
            lambda key, each: self._workflow(key, each, known),
        )
        if environment is None:
            environment = EnvironmentFile(channels=channels_named_by(workflows))
        ids = environment.guide_ids
        guides = self._each(
            root / "guides",
            "guide.json",
            before.guides,
            lambda key, each: guide_at(key, each.value, each.place, id=ids.get(key), created_at=CREATED_AT),
        )
        groups = self._or_before(
            lambda: guide_groups_at(environment.guide_groups, environment.place / "guide_groups", guides=guides),
            before.guide_groups,
        )
        audiences = self._each(
            root / "audiences",
            "audience.json",
            before.audience_conditions,
            lambda _, each: audience_at(each.value, each.place),
        )
        project = Project(
            workflows=workflows,
            channels=environment.channels,
            channel_groups=environment.channel_groups,
            guides=guides,
            guide_groups=groups,
            audiences=tuple(dict.fromkeys([*environment.audiences, *audiences])),
            audience_conditions={key: each for key, each in audiences.items() if each},
            variables=environment.variables,
            public_variables=environment.public_variables,
            default_preferences=environment.default_preferences,
            preference_center=environment.preference_center,
            account=environment.account,
            layouts=layouts,
            partials=partials,
            translations=self._translations(root / "translations"),
            tracking=environment.tracking,
            providers=environment.providers,
        )
        return project, self._broken

    def _workflow(self, key: str, definition: Definition, known: Known) -> Workflow:
        workflow = workflow_at(key, definition.value, definition.place, known)
        if self._check is not None:
            self._check(workflow, definition.place, partials=known.partials)
        return workflow

    def _each(
        self, folder: Path, file_name: str, before: Mapping[str, _T], read: Callable[[str, Definition], _T]
    ) -> dict[str, _T]:
        """Read the definition in every folder below one, by key."""
        found: dict[str, _T] = {}
        for each in folders(folder):
            key = each.name
            try:
                definition = read_definition(each / file_name)
                key = key_of(definition, each)
                found[key] = read(key, definition)
            except InvalidDocument as error:
                self._broken.append(error)
                if key in before:
                    found[key] = before[key]
        return found

    def _or_before(self, read: Callable[[], _T], before: _T) -> _T:
        try:
            return read()
        except InvalidDocument as error:
            self._broken.append(error)
            return before

    def _environment(self, folder: Path, root: Path) -> EnvironmentFile | None:
        file = next(
            (each / "environment.yaml" for each in (folder, root) if (each / "environment.yaml").is_file()), None
        )
        if file is None:
            return None
        return self._or_before(lambda: read_environment(file), EnvironmentFile.of(self._before))

    def _translations(self, folder: Path) -> dict[str, Mapping[str, Mapping[str, str]]]:
        """Read ``<locale>/[<namespace>.]<locale>.json`` of every locale."""
        found: dict[str, Mapping[str, Mapping[str, str]]] = {}
        for each in folders(folder):
            locale = each.name
            before = self._before.translations.get(locale, {})
            found[locale] = self._or_before(lambda each=each: _translation(each), before)  # type: ignore[misc]  # bound now
        return found


def _translation(folder: Path) -> Mapping[str, Mapping[str, str]]:
    texts: dict[str, Mapping[str, str]] = {}
    for file in sorted(folder.glob("*.json")):
        namespace, _, locale = file.stem.rpartition(".")
        if locale != folder.name:
            raise InvalidDocument(f"is no translation into {folder.name}", where=str(file), file=str(file))
        texts[namespace] = translation_at(read_json(file), Place(str(file), file))
    return texts


def audience_at(value: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    """Return the conditions of an audience from its definition; none: it is static.

    Raises:
        InvalidDocument: it is dynamic, but does not say whom it holds.
    """
    if not is_one_of(value.get("type", "static"), ("static", "dynamic")):
        raise (place / "type").error(f"{value['type']!r} is neither static nor dynamic")
    if value.get("type", "static") == "static":
        return {}
    segments = value.get("segments")
    if not isinstance(segments, list) or not segments:
        raise (place / "segments").error("a dynamic audience has a list of 'segments'")
    groups = []
    for number, each in enumerate(segments):
        below = place / "segments" / number
        conditions = each.get("conditions") if isinstance(each, dict) else None
        if not isinstance(conditions, list):
            raise below.error("a segment has a list of 'conditions'")
        read_conditions({"all": conditions}, below)
        groups.append({"all": conditions})
    return {"any": groups}


def _root(folder: Path) -> Path:
    file = folder / "knock.json"
    if not file.is_file():
        return folder
    settings = read_json(file)
    try:
        root = (folder / str(settings.get("knockDir", "."))).resolve()
    except (ValueError, AttributeError) as error:
        raise InvalidDocument(f"is no settings file of Knock's CLI: {error}", where=str(file)) from None
    if not root.is_dir():
        raise InvalidDocument("'knockDir' names no folder", where=str(file))
    return root
