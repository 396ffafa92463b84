"""Custom attributes: which of them an entity has, what was set, and what it has from above or by default.

Only what was set is stored (`CustomAttributeValue`). The entities of the types whose heading in the declaration says
`values`, one for each entity and attribute of it, are worked out when they are asked for; writing one sets the value.
"""

from __future__ import annotations

import itertools
from typing import Any, Iterable, Iterator

from . import errors
from .above import above, project_of
from .rows import Rows
from .schema import Attribute, EntityType
from .table import Key, Row, Table
from .values import to_stored, to_wire

TYPES = ("text", "boolean", "date", "enumerator", "dynamic enumerator", "number", "expression", "notificationtype")
SET = "CustomAttributeValue"
# By the top of a type's hierarchy, what a configuration calls it; contexts are shows and tasks.
_NAMES = {"Asset": "asset", "AssetVersion": "assetversion", "List": "list", "Resource": "user"}
# By the type of a custom attribute: the kind of its values.
_KINDS = {"text": "string", "expression": "string", "number": "number", "boolean": "boolean", "date": "datetime"}
_CHOICES = ("enumerator", "dynamic enumerator")
# What the server takes for a value, as ftrack's documentation has it: nothing is converted. Dates are objects here.
_TAKEN: dict[str, Any] = {
    "text": str,
    "expression": str,
    "number": (int, float),
    "boolean": bool,
    "date": dict,
    **dict.fromkeys(_CHOICES, list),
}
_INHERITING = ("Context", "Asset", "AssetVersion")
# At most so many custom attributes are told apart in the order of rows.
_PLACES = 1000


def cast(rows: Rows, configuration_id: Any, value: Any) -> Any:
    """A value as the attribute's type has it, ready for the wire. Raises `ServerError` where it cannot have it."""
    configuration = rows.lookup("CustomAttributeConfiguration", configuration_id)
    return cast_for(rows, configuration.values, value) if configuration else value


def cast_for(rows: Rows, configuration: dict[str, Any], value: Any) -> Any:
    """The same, by the columns of a configuration that need not be stored yet."""
    name = _kind(rows, configuration)
    if value is None or name not in _TAKEN:
        return value
    if not isinstance(value, _TAKEN[name]) or (isinstance(value, bool) and name != "boolean"):
        raise errors.wrong_custom_attribute(configuration.get("key"), name, value)
    if name in _CHOICES:
        return [str(choice) for choice in value]
    attribute = Attribute(str(configuration.get("key")), _KINDS[name])
    return to_wire(attribute, to_stored(attribute, value))


def default_for(rows: Rows, configuration: dict[str, Any]) -> Any:
    """The default of a configuration; the client sends an empty text where none is told."""
    told = configuration.get("default")
    is_told = told != "" or _kind(rows, configuration) == "text"
    return cast_for(rows, configuration, told) if is_told else None


def configurations(rows: Rows, row: Row) -> list[Row]:
    """The configurations of the custom attributes that an entity has; one of its project outdoes one of all."""
    project_id = project_of(rows, row)
    found: dict[str, Row] = {}
    for configuration in rows.all_of("CustomAttributeConfiguration"):
        of_project = configuration.values["project_id"]
        if of_project in (None, project_id) and _concerns(configuration, row):
            key = configuration.values["key"]
            if key not in found or of_project is not None:
                found[key] = configuration
    return list(found.values())


def value_of(rows: Rows, configuration: Row, row: Row) -> Any:
    """What was set on the entity, or, if the attribute is handed down, on the nearest above; else the default."""
    owner: Row | None = row
    while owner is not None:
        stored = rows.row(rows.schema[SET], (configuration.key[0], owner.key[0]))
        if stored is not None:
            return stored.values["value"]
        owner = above(rows, owner) if configuration.values["is_hierarchical"] else None
    return configuration.values["default"]


def _kind(rows: Rows, configuration: dict[str, Any]) -> str:
    kind = rows.lookup("CustomAttributeType", configuration.get("type_id"))
    return str(kind.values["name"]) if kind else ""


def _concerns(configuration: Row, row: Row) -> bool:
    root = row.entity_type.root.name
    if configuration.values["is_hierarchical"]:
        return root in _INHERITING
    contexts = "show" if row.entity_type.name == "Project" else "task"
    name = contexts if root == "Context" else _NAMES[root]
    told = configuration.values["entity_type"], configuration.values["object_type_id"]
    return bool(told == (name, row.values.get("object_type_id")))


class ValueTable(Table):
    """The values of all entities of one type, worked out. A row serves until the next write; none can be stored."""

    def __init__(self, root: EntityType, rows: Rows) -> None:
        super().__init__(root, set())
        self._of = rows.schema[root.values_of]
        self._rows = rows
        self._generation = -1

    def get(self, key: Key) -> Row | None:
        """The value of an attribute that an entity has."""
        configuration_id, entity_id = key
        return next((row for row in self.select("entity_id", entity_id) if row.key[0] == configuration_id), None)

    def is_indexed(self, column: str) -> bool:
        """Whether `select` can answer for the column."""
        return column in ("entity_id", "configuration_id")

    def select(self, column: str, value: Any) -> list[Row]:
        """The values of an entity, or of an attribute."""
        if column == "entity_id":
            owner = self._rows.row(self._of, (value,))
            return self._values_of(owner) if owner else []
        return [row for row in self.of_type(self.root) if row.key[0] == value]

    def of_type(self, entity_type: EntityType) -> Iterator[Row]:
        """All values, entity by entity."""
        owners: Iterable[Row] = self._rows.all_of(self._of.name)
        return itertools.chain.from_iterable(map(self._values_of, owners))

    def _values_of(self, owner: Row) -> list[Row]:
        if self._generation != self._rows.generation:
            self.rows.clear()
            self._generation = self._rows.generation
        return [
            self._value(owner, place, configuration)
            for place, configuration in enumerate(configurations(self._rows, owner))
        ]

    def _value(self, owner: Row, place: int, configuration: Row) -> Row:
        key = (configuration.key[0], owner.key[0])
        if key not in self.rows:
            values = {
                "configuration_id": key[0],
                "entity_id": key[1],
                "key": configuration.values["key"],
                "value": value_of(self._rows, configuration, owner),
            }
            self.rows[key] = Row(self.root, key, values, owner.serial * _PLACES + place)
        return self.rows[key]
