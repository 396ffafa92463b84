"""The operations of `POST /api`: a list of them is one transaction."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Callable

from . import encoding, errors, grammar, grouping, query
from .access import Caller, View
from .grammar import Segment
from .roles import INSTEAD
from .schema import EntityType
from .store import Store
from .table import Row

SERVER_VERSION = "4.13.8.10001"
AUTOMATIC_SCENARIO: dict[str, Any] = {"scenario": "ftrack.automatic", "data": {}}
Operation = dict[str, Any]


def name_operations(body: Any) -> str:
    """What a request asks, in short: `query:Location,create:FileComponent*200`; repeats in a row are counted."""
    operations = body if isinstance(body, list) else []
    runs = [(name, len(list(run))) for name, run in itertools.groupby(map(_name_operation, operations))]
    return ",".join(name if count == 1 else f"{name}*{count}" for name, count in runs)


class Api:
    """Carries out operations on a store. `call` may be used from any thread.

    *actions* are those that need more than the store, by name.
    """

    def __init__(
        self,
        store: Store,
        server_information: dict[str, Any],
        actions: Mapping[str, Callable[[Operation, View], Any]] = MappingProxyType({}),
    ) -> None:
        self._store = store
        self._server_information = server_information
        self._actions: dict[str, Callable[[Operation, View], Any]] = {
            "query": self._query,
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
            "query_schemas": lambda operation, view: store.schema.answer,
            "query_server_information": self._query_server_information,
            "_track_usage": lambda operation, view: {"action": "_track_usage", "data": True},
            **actions,
        }

    def call(self, operations: Any, caller: Caller, *, is_strict: bool = False) -> list[Any]:
        """The results of the operations, in their order. Raises `ServerError`, and then none of them has happened."""
        if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
            raise errors.malformed_request("The request must be a list of operations.")
        with self._store.transaction(caller.user_id):
            view = View(self._store, caller, is_strict=is_strict)
            return [self._perform(operation, view) for operation in operations]

    def _perform(self, operation: Operation, view: View) -> Any:
        action = self._actions.get(str(operation.get("action")))
        if action is None:
            raise errors.invalid_action(operation.get("action"))
        return action(operation, view)

    def _query(self, operation: Operation, view: View) -> Any:
        expression = operation.get("expression")
        if not isinstance(expression, str):
            raise errors.malformed_request("A query needs an expression.")
        parsed = grammar.parse(expression)
        entity_type = self._told(parsed.entity_type)
        if isinstance(parsed, grammar.Grouped):
            return {"action": "query", "data": grouping.select(self._store, parsed, view), "metadata": {}}
        paths = parsed.projections or [(Segment(name),) for name in entity_type.default_projections]
        tree = encoding.projection_tree(self._store, entity_type, paths)
        rows, next_offset = query.select(self._store, parsed, view)
        data = encoding.encode_rows(self._store, rows, tree, view)
        return {"action": "query", "data": data, "metadata": {"next": {"offset": next_offset}}}

    def _create(self, operation: Operation, view: View) -> Any:
        data = _entity_data(operation)
        row = self._store.insert(self._written_type(operation), data)
        names = [name for name, value in row.values.items() if value is not None and _is_shown(row, name)]
        return {"action": "create", "data": self._written(operation, row, [*names, *data])}

    def _update(self, operation: Operation, view: View) -> Any:
        row = self._target(operation, view)
        data = _entity_data(operation)
        self._store.change(row, data)
        return {"action": "update", "data": self._written(operation, row, list(data))}

    def _written(self, operation: Operation, row: Row, names: list[str]) -> dict[str, Any]:
        """The entity under the name of the type that was asked for, by which the client knows it."""
        return {**encoding.encode_written(self._store, row, names), "__entity_type__": operation.get("entity_type")}

    def _delete(self, operation: Operation, view: View) -> Any:
        self._store.remove(self._target(operation, view))
        return {"action": "delete", "data": True}

    def _query_server_information(self, operation: Operation, view: View) -> Any:
        return {**self._server_information, "schema_hash": self._store.schema.hash}

    def _told(self, name: object) -> EntityType:
        """The entity type called *name*; one that clients are not told of is not there."""
        entity_type: EntityType = self._store.schema[name]
        if entity_type.is_hidden:
            raise errors.unknown_entity_type(name)
        return entity_type

    def _written_type(self, operation: Operation) -> EntityType:
        """The entity type to be written, unless there are actions for that."""
        entity_type = self._told(operation.get("entity_type"))
        if entity_type.name in INSTEAD:
            raise errors.invalid_value(f"Use the action '{INSTEAD[entity_type.name]}' for '{entity_type.name}'.")
        return entity_type

    def _target(self, operation: Operation, view: View) -> Row:
        """The entity to be written; one that the caller does not see is not there."""
        entity_type = self._written_type(operation)
        key = operation.get("entity_key")
        row = self._store.existing(entity_type, key if isinstance(key, list) else [key])
        if not view.sees(row):
            raise errors.not_found(entity_type.name, list(row.key))
        return row


def _name_operation(operation: Any) -> str:
    if not isinstance(operation, dict):
        return "malformed"
    action = str(operation.get("action"))
    if action == "query":
        try:
            return f"query:{grammar.parse(str(operation.get('expression'))).entity_type}"
        except errors.ServerError:
            return "query:malformed"
    entity_type = operation.get("entity_type")
    return f"{action}:{entity_type}" if entity_type else action


def _entity_data(operation: Operation) -> dict[str, Any]:
    data = operation.get("entity_data")
    if not isinstance(data, dict):
        raise errors.malformed_request(f"Operation '{operation.get('action')}' needs entity data.")
    return {name: value for name, value in data.items() if name != "__entity_type__"}


def _is_shown(row: Row, name: str) -> bool:
    return not row.entity_type.attributes[name].hidden
