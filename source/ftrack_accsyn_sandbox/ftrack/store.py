"""All entities of the sandbox's ftrack server, in memory, written in transactions."""

from __future__ import annotations

import contextlib
import threading
import uuid
from typing import Any, Callable, Iterable, Iterator

from . import computed, custom_attributes, errors, feed, rules
from .above import above
from .changes import ADD, Change, Changes
from .given import concrete, referenced_id, references_of
from .rows import Rows
from .schema import UID, Attribute, EntityType, Schema, shared_schema
from .table import Row
from .values import to_stored


class Store(Rows):
    """Entities by type.

    `create`, `get`, `find`, `update` and `delete` speak plain dictionaries and may be called from any thread; the other
    methods, also those of `Rows`, work on rows and are called inside `transaction()` (or, for reading, while holding
    it).
    """

    def __init__(self, schema: Schema | None = None) -> None:
        super().__init__(schema or shared_schema())
        for entity_type in self.schema:
            if entity_type.values_of:
                self._tables[entity_type.name] = custom_attributes.ValueTable(entity_type, self)
        self._lock = threading.RLock()
        self._undo: list[Callable[[], Any]] = []
        self._written: dict[Row, None] = {}
        self._changes = Changes()
        self._depth = 0
        self._actor_id: str | None = None
        #: Called with each transaction that has ended well, while the store is held: its changes and the acting user.
        self.on_commit: Callable[[list[Change], str | None], None] | None = None
        #: By query, the rows that it found at that generation.
        self.found: tuple[int, dict[Any, list[Row]]] = (0, {})

    # Dictionaries, any thread.

    def create(self, entity_type: str, /, **data: Any) -> dict[str, Any]:
        """Create an entity and return its columns with `__entity_type__`.

        References take `name=entity` (a dictionary as returned here) or `name_id=id`. Raises `ServerError`.
        """
        with self.transaction():
            return self._as_dict(self.insert(self.schema[entity_type], data))

    def get(self, entity_type: str, *key: Any) -> dict[str, Any] | None:
        """The entity with the primary key, or None."""
        with self.transaction():
            row = self.row(self.schema[entity_type], key)
            return self._as_dict(row) if row else None

    def find(self, entity_type: str, /, **equals: Any) -> list[dict[str, Any]]:
        """All entities of the type whose columns have the given values."""
        with self.transaction():
            rows = self._having(entity_type, equals)
            found = (row for row in rows if all(row.values.get(name) == value for name, value in equals.items()))
            return [self._as_dict(row) for row in found]

    def update(self, entity_type: str, /, *key: Any, **data: Any) -> dict[str, Any]:
        """Change attributes of an entity and return it. Raises `ServerError`."""
        with self.transaction():
            row = self.existing(self.schema[entity_type], key)
            self.change(row, data)
            return self._as_dict(row)

    def delete(self, entity_type: str, *key: Any) -> None:
        """Delete an entity and what belongs to it. Raises `ServerError`."""
        with self.transaction():
            self.remove(self.existing(self.schema[entity_type], key))

    def fill(self, entity_type: str, entities: Iterable[dict[str, Any]]) -> None:
        """Store many entities fast, for a studio of size: columns with their ids, neither completed nor checked.

        Columns left out get what the server sets on its own. Nobody is told, and no failure of the transaction undoes
        it.
        """
        member = self.schema[entity_type]
        usual = {attribute.name: attribute.fallback for attribute in member.stored}
        table = self._tables[member.root.name]
        with self.transaction():
            self.generation += 1
            for values in entities:
                row_values = {**usual, **values}
                key = tuple(row_values[name] for name in member.primary_key)
                table.insert(table.make(member, key, row_values))

    def _having(self, entity_type: str, equals: dict[str, Any]) -> list[Row]:
        """Rows among which all are that have the values: by an index where there is one."""
        table = self.table(self.schema[entity_type])
        for name, value in equals.items():
            if value is not None and table.is_indexed(name):
                return sorted(self.select(entity_type, name, value), key=lambda row: row.serial)
        return self.all_of(entity_type)

    # Transactions.

    @contextlib.contextmanager
    def transaction(self, actor_id: str | None = None) -> Iterator[None]:
        """Hold the store; undo every write when the block raises. Nested blocks join the outer one.

        `actor_id` names the user on whose behalf entities are written. Required values and foreign keys are checked at
        the end of the outermost block, so entities of one batch may come in any order, and get what they need bit by
        bit.
        """
        with self._lock:
            if self._depth:
                yield
                return
            self._depth, self._actor_id = 1, actor_id
            try:
                yield
                self._complete_notes(self._changes.all())
                self._keep_statuses(self._changes.all())
                self._log(self._changes.all())
                changes = self._changes.all()
                self._check_columns()
            except BaseException:
                self.generation += 1
                while self._undo:
                    self._undo.pop()()
                raise
            else:
                if changes and self.on_commit is not None:
                    self.on_commit(changes, actor_id)
            finally:
                self._undo.clear()
                self._written.clear()
                self._changes.clear()
                self._depth, self._actor_id = 0, None

    # Relations between rows.

    def members(self, row: Row, name: str) -> list[Row]:
        """The entities of the relation called `name`; none when only another subtype has it."""
        attribute = row.entity_type.attributes.get(name)
        return self.related(row, attribute) if attribute else []

    def related(self, row: Row, attribute: Attribute) -> list[Row]:
        """The entities of a reference or collection of `row`; a reference gives one or none."""
        if attribute.kind == "reference" and attribute.column:
            # Not only rows of the declared type: a `container` is declared as ContainerComponent and may be a sequence.
            target = self.table(self.schema[attribute.target]).get((row.values.get(attribute.column),))
            return [target] if target else []
        if not attribute.other:
            return computed.rows_of(self, row, attribute.name)
        rows = self.select(attribute.other, attribute.column, row.key[0])
        if attribute.only:
            column, value = attribute.only
            rows = [other for other in rows if other.values.get(column) == value]
        if attribute.far:
            # Nor here: the `items` of a list are declared as Tasks and may be shots.
            table = self.table(self.schema[attribute.target])
            members = (table.get((link.values[attribute.far],)) for link in rows)
            return [member for member in members if member]
        return rows

    # Writing rows.

    def insert(self, entity_type: EntityType, data: dict[str, Any]) -> Row:
        """Create an entity from attribute values; references are given as in `reference()`."""
        entity_type = concrete(entity_type, data)
        if entity_type.values_of:
            raise errors.invalid_value(f"Entities of the type '{entity_type.name}' cannot be created.")
        values, collections = self._split(entity_type, data)
        for attribute in entity_type.stored:
            if values.get(attribute.name) is None:
                values[attribute.name] = str(uuid.uuid4()) if attribute.fallback == UID else attribute.fallback
        rules.complete_new(self, entity_type, values, self._actor_id)
        rules.check(self, values)
        for name in entity_type.primary_key:
            if values[name] is None:
                raise errors.missing_value(name)
        table = self._tables[entity_type.root.name]
        row = table.make(entity_type, tuple(values[name] for name in entity_type.primary_key), values)
        self.generation += 1
        table.insert(row)
        self._undo.append(lambda: table.remove(row))
        self._written[row] = None
        self._changes.add(row)
        for attribute, members in collections:
            self._set_members(row, attribute, members)
        return row

    def change(self, row: Row, data: dict[str, Any]) -> None:
        """Set attributes of an entity."""
        if row.entity_type.values_of:
            self._set_custom_attribute(row, data)
            return
        values, collections = self._split(row.entity_type, data)
        values = {name: value for name, value in values.items() if name not in row.entity_type.primary_key}
        rules.complete_change(self, row, values)
        rules.check(self, values)
        self._write(row, values)
        if "parent_id" in values and "object_type_id" in row.values:
            self._follow(row)
        for attribute, members in collections:
            self._set_members(row, attribute, members)

    def remove(self, row: Row) -> None:
        """Delete an entity, what it owns, and the mentions of it; a custom attribute has its default again."""
        if row.entity_type.values_of:
            stored = self.row(self.schema[custom_attributes.SET], row.key)
            if stored is None:
                return
            row = stored
        table = self._tables[row.entity_type.root.name]
        if table.get(row.key) is not row:
            return
        self.generation += 1
        table.remove(row)
        self._undo.append(lambda: table.insert(row))
        self._written.pop(row, None)
        self._changes.remove(row)
        for entity_type, attribute in self.schema.referrers.get(row.entity_type.root.name, ()):
            for other in self.select(entity_type.name, attribute.name, row.key[0]):
                if attribute.owned:
                    self.remove(other)
                elif attribute.required:
                    raise errors.referenced_row(row.entity_type.name, other.entity_type.name, attribute.name)
                else:
                    self._write(other, {attribute.name: None})
        self._remove_links(row)

    def _remove_links(self, row: Row) -> None:
        """Delete what no foreign key ties to `row`: notes, metadata, a list's hold of it, custom attributes set."""
        for value in self.select(custom_attributes.SET, "entity_id", row.key[0]):
            self.remove(value)
        for attribute in row.entity_type.attributes.values():
            other = self.schema[attribute.other] if attribute.other else None
            if other and not other.values_of and not other.attributes[attribute.column].target:
                for member in self.select(other.name, attribute.column, row.key[0]):
                    self.remove(member)

    def _set_custom_attribute(self, row: Row, data: dict[str, Any]) -> None:
        if "value" not in data:
            return
        configuration_id, entity_id = row.key
        set_type = self.schema[custom_attributes.SET]
        stored = self.row(set_type, row.key)
        if stored is not None:
            self.change(stored, {"value": data["value"]})
        else:
            values = {"configuration_id": configuration_id, "entity_id": entity_id, "value": data["value"]}
            stored = self.insert(set_type, values)
        row.values["value"] = stored.values["value"]

    def _follow(self, row: Row) -> None:
        """Let a context that was moved, and what is below it, belong to the project that it now lies in."""
        parent = self.lookup("Context", row.values["parent_id"])
        project_id = parent.values["project_id"] if parent else None
        if project_id is None:
            return
        for each in (row, *computed.rows_of(self, row, "descendants")):
            if each.values["project_id"] != project_id:
                values = {**each.values, "project_id": project_id}
                rules.fill_context(self, values)
                self._write(each, {name: value for name, value in values.items() if value != each.values[name]})

    def _write(self, row: Row, values: dict[str, Any]) -> None:
        table = self._tables[row.entity_type.root.name]
        self.generation += 1
        before = table.change(row, values)
        self._undo.append(lambda: table.change(row, before))
        self._written[row] = None
        self._changes.update(row, before)

    def _set_members(self, row: Row, attribute: Attribute, members: list[dict[str, Any]]) -> None:
        """Make a collection hold exactly `members`."""
        target = self.schema[attribute.target]
        if attribute.far:
            target = target.root
        wanted = [self.existing(target, [member.get(name) for name in target.primary_key]) for member in members]
        present = self.related(row, attribute)
        if attribute.far:
            self._set_links(row, attribute, wanted, present)
            return
        owner_column = self.schema[attribute.other].attributes[attribute.column]
        is_part_of_key = attribute.column in self.schema[attribute.other].primary_key
        for member in set(present).difference(wanted):
            if not owner_column.required and not is_part_of_key:
                self._write(member, {attribute.column: None})
        already = set(present)
        for member in wanted:
            if member not in already:
                changes = {attribute.column: row.key[0]}
                if "parent_type" in member.entity_type.attributes:
                    changes["parent_type"] = row.entity_type.name
                self._write(member, changes)
                if "object_type_id" in member.values and attribute.column == "parent_id":
                    self._follow(member)

    def _set_links(self, row: Row, attribute: Attribute, wanted: list[Row], present: list[Row]) -> None:
        link_type = self.schema[attribute.other]
        for link in self.select(attribute.other, attribute.column, row.key[0]):
            if not any(member.key[0] == link.values[attribute.far] for member in wanted):
                self.remove(link)
        for member in wanted:
            if member not in present:
                self.insert(link_type, {attribute.column: row.key[0], attribute.far: member.key[0]})

    def _split(
        self, entity_type: EntityType, data: dict[str, Any]
    ) -> tuple[dict[str, Any], list[tuple[Attribute, list[dict[str, Any]]]]]:
        """Column values of `data`, and the members of its collections."""
        values: dict[str, Any] = {}
        collections = []
        for name, value in data.items():
            if name == "__entity_type__":
                continue
            attribute = entity_type.attributes.get(name)
            if attribute is None or attribute.hidden:
                raise errors.unknown_attribute(entity_type.name, name)
            if attribute.computed or (attribute.is_plural and not attribute.other):
                raise errors.invalid_value(f"Attribute '{name}' of '{entity_type.name}' cannot be set.")
            if attribute.is_scalar:
                values[name] = to_stored(attribute, value)
            elif attribute.kind == "reference":
                values[attribute.column] = referenced_id(attribute, value)
            else:
                collections.append((attribute, references_of(attribute, value)))
        return values, collections

    def _complete_notes(self, changes: list[Change]) -> None:
        """Make the author of a new note one of its recipients, and its first label its category."""
        for change in changes:
            values, name = change.row.values, change.row.entity_type.name
            if change.action == ADD and name == "Note":
                told = {"note_id": change.row.key[0], "resource_id": values["user_id"]}
                if self.row(self.schema["Recipient"], told.values()) is None:
                    self.insert(self.schema["Recipient"], told)
            if change.action == ADD and name == "NoteLabelLink":
                note = self.lookup("Note", values["note_id"])
                if note is not None and note.values["category_id"] is None:
                    self._write(note, {"category_id": values["label_id"]})

    def _keep_statuses(self, changes: list[Change]) -> None:
        """Write the history of statuses."""
        kept = (rules.status_change(change, self._actor_id) for change in changes)
        for columns in filter(None, list(kept)):
            self.insert(self.schema["StatusChange"], columns)

    def _log(self, changes: list[Change]) -> None:
        """Write the feed of a transaction, as a part of it."""
        for columns, told in list(feed.entries(self, changes)):
            event = self.insert(self.schema["Event"], columns)
            if told is not None:
                owner_id, relation = told
                data = {"social_id": event.key[0], "owner_id": owner_id, "relation": relation}
                self.insert(self.schema["Feed"], {**data, "created_at": event.values["created_at"]})

    def _check_columns(self) -> None:
        for row in self._written:
            if computed.is_below_itself(self, row):
                raise errors.invalid_value(f"{row.entity_type.name} {row.key[0]} cannot lie below itself.")
            if row.entity_type.root.name == "Context" and row.values["project_id"] is None:
                raise errors.missing_value("parent_id")  # all else that it lacks comes of that
            if row.entity_type.name == custom_attributes.SET and above(self, row) is None:
                raise errors.missing_parent_row(row.entity_type.name, "entity_id", row.values["entity_id"])
            for attribute in row.entity_type.stored:
                value = row.values[attribute.name]
                if value is None and attribute.required:
                    raise errors.missing_value(attribute.name)
                if value is None or not attribute.target:
                    continue
                if (value,) not in self._tables[self.schema[attribute.target].root.name].rows:
                    raise errors.missing_parent_row(row.entity_type.name, attribute.name, value)

    def _as_dict(self, row: Row) -> dict[str, Any]:
        return {"__entity_type__": row.entity_type.name, **row.values}
