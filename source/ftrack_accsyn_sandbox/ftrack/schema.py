"""Entity types with their attributes, read from the declaration, and the `query_schemas` answer made of them."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any, Iterator

from . import errors
from .declaration import DECLARATION

SCALARS = ("string", "integer", "number", "boolean", "datetime", "json", "object", "variable")
UID = "{uid}"
# Database columns that schemas name, and the attribute that shows each.
_SHOWN_AS = {"_casted_value": "value"}


@dataclass(frozen=True)
class Attribute:
    """One attribute of an entity type.

    `kind` is one of SCALARS, "reference", "collection" or "mapping". A scalar with a `target` is a foreign key; `owned`
    means that the entity is deleted with the target. A reference goes through its own entity's `column`. A collection
    or mapping holds the `other` entities whose `column` names the owner; with `far`, `other` is a link entity whose
    column `far` names the members. `default` is told to clients, `fallback` is what the server sets on its own.
    """

    name: str
    kind: str
    target: str = ""
    column: str = ""
    other: str = ""
    far: str = ""
    only: tuple[str, str] | None = None
    default: Any = None
    fallback: Any = None
    choices: tuple[str, ...] = ()
    required: bool = False
    fixed: bool = False
    computed: bool = False
    hidden: bool = False
    owned: bool = False

    @property
    def is_scalar(self) -> bool:
        """Whether it holds a plain value rather than entities."""
        return self.kind in SCALARS

    @property
    def is_plural(self) -> bool:
        """Whether it holds any number of entities."""
        return self.kind in ("collection", "mapping")

    @property
    def is_stored(self) -> bool:
        """Whether rows have a column for it."""
        return self.is_scalar and not self.computed


@dataclass
class EntityType:
    """One entity type. `root` is the type at the top of its hierarchy; all types of a hierarchy share a table.

    `values_of`, `is_same` and `is_hidden` are what the declaration calls `values`, `same` and `hidden`.
    """

    name: str
    base: EntityType | None = None
    attributes: dict[str, Attribute] = field(default_factory=dict)
    subtypes: list[EntityType] = field(default_factory=list)
    primary_key: tuple[str, ...] = ("id",)
    default_projections: tuple[str, ...] = ("id",)
    system_projections: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = field(default_factory=list)
    discriminator: tuple[str, str] | None = None
    alias: str = ""
    values_of: str = ""
    is_same: bool = False
    is_hidden: bool = False

    def __hash__(self) -> int:
        return hash(self.name)

    @functools.cached_property
    def root(self) -> EntityType:
        """Top of the hierarchy."""
        return self.base.root if self.base else self

    @functools.cached_property
    def lineage(self) -> tuple[EntityType, ...]:
        """This type and its bases, nearest first."""
        return (self, *(self.base.lineage if self.base else ()))

    @functools.cached_property
    def family(self) -> tuple[EntityType, ...]:
        """This type and all below it."""
        return (self, *(member for subtype in self.subtypes for member in subtype.family))

    @functools.cached_property
    def stored(self) -> tuple[Attribute, ...]:
        """Attributes with a column."""
        return tuple(attribute for attribute in self.attributes.values() if attribute.is_stored)

    @functools.cached_property
    def always_sent(self) -> tuple[str, ...]:
        """Primary key and system projections, as far as attributes show them."""
        names = (_SHOWN_AS.get(name, name) for name in self.primary_key + self.system_projections)
        return tuple(name for name in dict.fromkeys(names) if name in self.attributes)

    @functools.cached_property
    def positions(self) -> dict[str, int]:
        """Where each attribute stands in the schema."""
        return {name: position for position, name in enumerate(self.attributes)}

    def find(self, name: str) -> Attribute:
        """The attribute as this type or the first of its subtypes declares it.

        Expressions may name what only a subtype has, such as `resource.username`. Raises `ServerError` if none has it.
        """
        for member in self.family:
            attribute = member.attributes.get(name)
            if attribute and not attribute.hidden:
                return attribute
        raise errors.unknown_attribute(self.name, name)


class Schema:
    """All entity types. Read-only once made, so free for any thread."""

    def __init__(self, declaration: str = DECLARATION) -> None:
        self.types: dict[str, EntityType] = {}
        entity_type: EntityType | None = None
        for line in declaration.replace("\n    |", " |").splitlines():
            if not line.strip():
                continue
            if not line.startswith(" "):
                entity_type = self._read_heading(line)
            elif entity_type is not None:
                for attribute in _read_attribute(line.strip()):
                    entity_type.attributes[attribute.name] = attribute
        self._resolve()

    def __getitem__(self, name: object) -> EntityType:
        """The entity type called `name`; raises `ServerError` when there is none."""
        entity_type = self.types.get(name) if isinstance(name, str) else None
        if entity_type is None:
            raise errors.unknown_entity_type(name)
        return entity_type

    def __iter__(self) -> Iterator[EntityType]:
        return iter(self.types.values())

    @functools.cached_property
    def referrers(self) -> dict[str, list[tuple[EntityType, Attribute]]]:
        """For each root type, the foreign keys that point at its table, with the type that declares them."""
        found: dict[str, list[tuple[EntityType, Attribute]]] = {}
        for entity_type in self:
            inherited = entity_type.base.attributes if entity_type.base else {}
            for attribute in entity_type.stored:
                if attribute.target and attribute.name not in inherited:
                    found.setdefault(self[attribute.target].root.name, []).append((entity_type, attribute))
        return found

    @functools.cached_property
    def answer(self) -> list[dict[str, Any]]:
        """The answer to `query_schemas`."""
        return [_describe(entity_type) for entity_type in self if not entity_type.is_hidden]

    @functools.cached_property
    def hash(self) -> str:
        """What the client computes from its cached copy of the answer (ftrack fact sheet, "Wire protocol")."""
        return hashlib.md5(json.dumps(self.answer, sort_keys=True).encode()).hexdigest()  # noqa: S324

    def _read_heading(self, line: str) -> EntityType:
        heading, *options = (part.strip() for part in line.split("|"))
        name, _, base_name = (part.strip() for part in heading.partition("<"))
        entity_type = EntityType(name)
        if base_name:
            base = self.types[base_name]
            entity_type.base = base
            entity_type.attributes.update(base.attributes)
            entity_type.default_projections = base.default_projections
            entity_type.system_projections = base.system_projections
            base.subtypes.append(entity_type)
        self.types[name] = entity_type
        for option in options:
            word, *values = option.split()
            _set_option(entity_type, word, tuple(values))
        return entity_type

    def _resolve(self) -> None:
        """Fill in what an attribute learns from the entity type on its other side."""
        for entity_type in self:
            for name, attribute in entity_type.attributes.items():
                if attribute.other and not attribute.target:
                    other = self.types[attribute.other]
                    target = other.attributes[attribute.far].target if attribute.far else other.name
                    entity_type.attributes[name] = replace(attribute, target=target)


@functools.lru_cache(maxsize=1)
def shared_schema() -> Schema:
    """The schema of the declaration, read once for all stores."""
    return Schema()


def _set_option(entity_type: EntityType, word: str, values: tuple[str, ...]) -> None:
    if word == "key":
        entity_type.primary_key = entity_type.default_projections = values
    elif word == "show":
        entity_type.default_projections = values
    elif word == "system":
        entity_type.system_projections = tuple(dict.fromkeys(values + entity_type.system_projections))
    elif word == "unique":
        entity_type.unique.append(values)
    elif word == "alias":
        entity_type.alias = values[0]
    elif word == "values":
        entity_type.values_of = values[0]
    elif word == "same":
        entity_type.is_same = True
    elif word == "hidden":
        entity_type.is_hidden = True
    elif word == "fixed":
        for name in values:
            entity_type.attributes[name] = replace(entity_type.attributes[name], fixed=True)
    elif word in ("type", "sets"):
        column, value = values
        entity_type.discriminator = (column, value)
        default = value if word == "type" else None
        entity_type.attributes[column] = replace(entity_type.attributes[column], default=default, fallback=value)
    else:
        raise ValueError(f"Unknown option {word!r} in the declaration of {entity_type.name}.")


_FOREIGN_KEY = re.compile(
    r"(?P<name>\w+?)(?P<required>!?) (?P<arrow>[-=])> (?P<target>\w+)(?: as (?P<names>[-\w ]+?))?"
)
_COLLECTION = re.compile(
    r"(?P<name>\w+): [\[{](?P<other>\w+)\.(?P<column>\w+)(?: (?P<only>\w+=\w+))?"
    r"(?: > (?P<far>\w+)(?: (?P<target>\w+))?)?(?P<close>[\]}])"
)
_COMPUTED_COLLECTION = re.compile(r"(?P<name>\w+): \[(?P<target>\w+)\]")
_SCALAR = re.compile(
    r"(?P<name>\w+): (?P<kind>[a-z]+)(?P<required>!?)(?: (?P<sign>[=~]) (?P<default>\S.*?))?(?: of (?P<choices>\S+))?"
)
_REFERENCE = re.compile(r"(?P<name>\w+): (?P<target>[A-Z]\w+)(?: via (?P<column>\w+))?")
_FLAGS = re.compile(r"(?: (?:fixed|computed|hidden))*$")


def _read_attribute(line: str) -> list[Attribute]:
    tail = _FLAGS.search(line)
    words = tail.group().split() if tail else []
    body = line[: len(line) - len(tail.group())] if tail else line
    flags: dict[str, Any] = dict.fromkeys(words, True)
    match = _FOREIGN_KEY.fullmatch(body)
    if match:
        return _read_foreign_key(match, flags)
    match = _COLLECTION.fullmatch(body)
    if match:
        only = tuple(match["only"].split("=")) if match["only"] else None
        kind = "mapping" if match["close"] == "}" else "collection"
        details: dict[str, Any] = {"far": match["far"] or "", "target": match["target"] or "", "only": only}
        return [Attribute(match["name"], kind, column=match["column"], other=match["other"], **details, **flags)]
    match = _COMPUTED_COLLECTION.fullmatch(body)
    if match:
        return [Attribute(match["name"], "collection", target=match["target"], **flags)]
    match = _REFERENCE.fullmatch(body)
    if match:
        return [Attribute(match["name"], "reference", target=match["target"], column=match["column"] or "", **flags)]
    match = _SCALAR.fullmatch(body)
    if match and match["kind"] in SCALARS:
        return [_read_scalar(match, flags)]
    raise ValueError(f"Cannot read {line!r} in the declaration.")


def _read_scalar(match: re.Match[str], flags: dict[str, Any]) -> Attribute:
    value = UID if match["default"] == "uid" else json.loads(match["default"] or "null")
    return Attribute(
        match["name"],
        match["kind"],
        default=value if match["sign"] == "=" else None,
        fallback=value,
        choices=tuple(match["choices"].split(",")) if match["choices"] else (),
        required=bool(match["required"]),
        **flags,
    )


def _read_foreign_key(match: re.Match[str], flags: dict[str, Any]) -> list[Attribute]:
    column, target = match["name"], match["target"]
    names = (match["names"] or column[: -len("_id")]).split()
    owned, required = match["arrow"] == "=", bool(match["required"])
    attributes = [Attribute(column, "string", target=target, required=required, owned=owned, **flags)]
    attributes += [Attribute(name, "reference", target=target, column=column) for name in names if name != "-"]
    return attributes


def _describe(entity_type: EntityType) -> dict[str, Any]:
    attributes = [attribute for attribute in entity_type.attributes.values() if not attribute.hidden]
    description: dict[str, Any] = {
        "id": entity_type.name,
        "type": "object",
        "properties": {attribute.name: _describe_attribute(attribute) for attribute in attributes},
        "primary_key": list(entity_type.primary_key),
        "required": [attribute.name for attribute in attributes if attribute.required],
        "immutable": [attribute.name for attribute in attributes if attribute.fixed],
        "computed": [attribute.name for attribute in attributes if attribute.computed and attribute.kind == "object"],
        "default_projections": list(entity_type.default_projections),
        "system_projections": list(entity_type.system_projections),
    }
    if entity_type.alias:
        description["alias_for"] = entity_type.alias
    elif entity_type.discriminator and entity_type.discriminator[0] == "object_type_id" and entity_type.base:
        # Connect tells object types apart by this.
        description["alias_for"] = {
            "id": entity_type.base.alias,
            "classifiers": {"object_typeid": entity_type.discriminator[1]},
        }
    return description


def _describe_attribute(attribute: Attribute) -> dict[str, Any]:
    if attribute.kind == "reference":
        return {"$ref": attribute.target}
    if attribute.kind == "collection":
        return {"type": "array", "items": {"$ref": attribute.target}}
    if attribute.kind == "mapping":
        key_value = {"key": "key", "value": "value"}
        return {"type": "mapped_array", "items": {"$ref": attribute.target}, "key_value_attributes": key_value}
    formats = {"datetime": "date-time", "json": "json"}
    description: dict[str, Any] = {"type": "string" if attribute.kind in formats else attribute.kind}
    if attribute.target or attribute.kind in formats:
        description["format"] = "foreign_key" if attribute.target else formats[attribute.kind]
    if attribute.default is not None:
        description["default"] = attribute.default
    if attribute.choices:
        description["enum"] = list(attribute.choices)
    return description
