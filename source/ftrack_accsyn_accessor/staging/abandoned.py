"""What a publish has left in the staging area that ftrack does not know any more: it makes way for the next publish.

A publisher that fails in the middle deletes its version, and knows nothing of the location. ftrack gives the number of
that version again, so the next attempt comes to the same paths, where ftrack_api refuses whatever lies there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from ftrack_accsyn_accessor.model.credentials import plain_server
from ftrack_accsyn_accessor.model.item import Item, Reason, StagedFile, State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.entities import context_of
from ftrack_accsyn_accessor.staging.identifiers import normalise_identifier
from ftrack_accsyn_accessor.staging.naming import naming_of
from ftrack_accsyn_accessor.staging.removing import remove_if

#: Paths in one query.
_PATHS_AT_MOST = 500


class Abandoned:
    """What one publish may put its files in the place of. On the host's thread, and with the host's session.

    Nothing is asked, and nothing changed, unless a file is in the way. Methods may raise `errors.OutboxError`, OSError,
    and what ftrack_api raises.
    """

    def __init__(self, location: Any, outbox: Outbox, root: str) -> None:
        self._location = location
        self._outbox = outbox
        self._root = root
        self._items: list[Item] = []
        self._files: dict[str, StagedFile] = {}

    def make_way(self, component: Any, identifier: str, source: str) -> bool:
        """Remove the staged file *identifier*, where *component* is to lie; return whether that is done.

        It stays unless it is what was published there by an item of this location, of the project of *component* and by
        the same user, that ftrack does not know any more, and ftrack has nothing else in the location under a path of
        that item. None goes where one of them is *source*, the path in the staging area that *component* comes from.
        """
        path = normalise_identifier(identifier, self._root)
        if path not in self._files:
            self._look_at(component, path)
        if source in self._files:
            return False
        file = self._files.pop(path, None)
        return file is not None and remove_if(self._root, path, file.stamp)

    def let_go(self) -> None:
        """Let the items go whose files have all made way, now that there is an item in their place.

        What accsyn is doing with them proves nothing of that one: it goes to the same job and finds the tasks there.
        One of the component itself is that item by now, and stays.
        """
        gone = {
            item.id: item.created_at
            for item in self._items
            if not any(file.path in self._files for file in item.publication.files)
        }
        self._items = []
        for found in self._outbox.survey.with_ids(list(gone)) if gone else ():
            if found.item.created_at == gone[found.item.id]:
                self._outbox.past.freed(found.item)

    def _look_at(self, component: Any, path: str) -> None:
        found = self._outbox.survey.of_path(path)
        if found is None or not self._may_be_left(found.item, component):
            return
        (item,) = self._outbox.tracking.with_files([found.item])
        if not self._is_needed(item):
            self._items.append(item)
            self._files.update((file.path, file) for file in item.publication.files)

    def _may_be_left(self, item: Item, component: Any) -> bool:
        """Whether *item* was published into this location by this user, for the project of *component*, and is done."""
        publication, location = item.publication, self._location
        return (
            item.reason is Reason.PUBLISH
            and publication.location_id == location["id"]
            and publication.server_url == plain_server(location.session.server_url)
            and publication.username == location.session.api_user  # from another one ftrack may hide it
            and not location.resource_identifier_transformer  # with one, ftrack has other texts than the paths
            and publication.component_id not in location._accsyn_doubtful
            and not (item.state is State.PREPARED and item.owner)
            and not self._is_pinned(item)
            and publication.project_id == context_of(component).project_id
        )

    def _is_pinned(self, item: Item) -> bool:
        pins, naming, path = self._outbox.control.pins(), naming_of(self._root), item.publication.path
        return item.publication.component_id in pins or any(
            naming.covers(pin, path) or naming.covers(path, pin) for pin in pins
        )

    def _is_needed(self, item: Item) -> bool:
        """Whether ftrack knows *item*, or has something in this location under one of its paths."""
        publication = item.publication
        wanted = [f'select id from Component where id is "{publication.component_id}"']  # noqa: S608 - ftrack's query language
        if item.state is State.WITHDRAWN:
            wanted = []  # it may be known, and elsewhere
        paths = iter({publication.resource_identifier, *(file.path for file in publication.files)})
        while batch := list(islice(paths, _PATHS_AT_MOST)):
            wanted.append(
                "select id from ComponentLocation "  # noqa: S608
                f'where location_id is "{publication.location_id}" and resource_identifier in ({_quoted(batch)})'
            )
        # Not `session.query`: what is found would stay in the host's session.
        answers = self._location.session.call([{"action": "query", "expression": each} for each in wanted])
        return any(answer["data"] for answer in answers)


def _quoted(paths: Sequence[str]) -> str:
    escaped = (path.replace("\\", "\\\\").replace('"', '\\"') for path in paths)
    return ", ".join(f'"{path}"' for path in escaped)
