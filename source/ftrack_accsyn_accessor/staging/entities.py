"""What a publish reads off ftrack's entities, asking ftrack for as little as can be."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple, Optional, Sequence

import ftrack_api.entity.location
import ftrack_api.inspection
import ftrack_api.symbol


class Context(NamedTuple):
    """Where a component hangs: its project, its version ("plate v001"), and the names between ("sq010/sh010").

    Empty where it hangs on none, or the asset on the project itself.
    """

    project_id: str = ""
    project_name: str = ""
    version_id: str = ""
    version_name: str = ""
    context: str = ""


def known(entity: Any, name: str) -> Any:
    """Return the value of an attribute as far as the session has it, NOT_SET where it has none. Never asks ftrack."""
    attribute = entity.attributes.get(name)
    value = attribute.get_local_value(entity)
    return attribute.get_remote_value(entity) if value is ftrack_api.symbol.NOT_SET else value


def are_new(components: Sequence[Any]) -> bool:
    """Return whether the session has made all of *components* and sent none to ftrack. Never asks ftrack."""
    return set(ftrack_api.inspection.states(components)) == {ftrack_api.symbol.CREATED}


def container_id(component: Any) -> Optional[str]:
    """Return the id of the container of *component*; None when it has none, or ftrack_api has not loaded that yet.

    ``component["container"]`` costs more the more members the container has: ftrack_api compares them all when it hands
    out the reference for the first time, so that asking every frame takes a time that grows with the square of their
    number.
    """
    container = known(component, "container")
    return str(container["id"]) if container else None


def is_container(component: Any) -> bool:
    """Return whether *component* is of a type that has members. They are not loaded for that."""
    return component.attributes.get("members") is not None


def files_of(component: Any) -> Iterator[Any]:
    """Yield the file components of *component*: itself, or its members at any depth."""
    if not is_container(component):
        yield component
        return
    for member in component["members"]:
        yield from files_of(member)


def copied_from(source: Any) -> str:
    """Return the id of the location *source*; empty unless it keeps files of its own, as ftrack has it.

    In a location that does not, files are somebody else's, who may have written to them since they were registered.
    """
    foreign = (ftrack_api.entity.location.MemoryLocationMixin, ftrack_api.entity.location.UnmanagedLocationMixin)
    return "" if source is None or isinstance(source, foreign) else str(source["id"])


def is_empty(component: Any) -> bool:
    """Return whether *component*, a container that shows no files, has none in ftrack either.

    A session that does not populate by itself shows no members where it has not loaded them. So ftrack is asked, once
    for each container that seems empty and is not new.
    """
    if not is_container(component):
        return False
    if component["members"]:
        return all(is_empty(member) for member in component["members"])
    if ftrack_api.inspection.state(component) is ftrack_api.symbol.CREATED:
        return True
    expression = f'select id from Component where container_id is "{component["id"]}"'  # noqa: S608 - ftrack's query language
    return component.session.query(expression).first() is None


def context_of(component: Any) -> Context:
    """Return where *component* hangs, or the container that it is in; the session has to populate by itself.

    ftrack is asked for what the session has not loaded. After a structure that reads the version, such as ftrack's own,
    nothing is left to ask for.
    """
    session = component.session
    version = _version(component)
    if version is None:
        return Context()
    if ftrack_api.symbol.NOT_SET in [known(version, name) for name in ("link", "version", "asset")]:
        session.populate(version, "link, version, asset.name")
    name = "{} v{:03d}".format(version["asset"]["name"], version["version"])
    if not version["link"]:
        return Context(version_id=version["id"], version_name=name)
    first = version["link"][0]
    project = session.get("Project", first["id"])
    context = "/".join(each["name"] for each in version["link"][1:-1])
    return Context(first["id"], project["name"] if project else first["name"], version["id"], name, context)


def _version(component: Any) -> Any:
    entity = component
    while entity:
        version_id = _version_id(entity)
        if version_id:
            return component.session.get("AssetVersion", version_id)
        entity = entity["container"]
    return None


def _version_id(component: Any) -> str:
    version, version_id = known(component, "version"), known(component, "version_id")
    if not version and version_id:
        return str(version_id)
    if version is ftrack_api.symbol.NOT_SET and version_id is ftrack_api.symbol.NOT_SET:
        version = component["version"]
    return str(version["id"]) if version else ""
