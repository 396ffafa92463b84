"""What a client gives for an entity: references, and of which type it shall be."""

from __future__ import annotations

from typing import Any

from . import errors
from .schema import Attribute, EntityType


def referenced_id(attribute: Attribute, value: Any) -> Any:
    """The id that a reference names, or is. Raises `ServerError` for what is none."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise errors.invalid_value(f"'{attribute.name}' must be a reference to a '{attribute.target}'.")
    return value["id"]


def references_of(attribute: Attribute, value: Any) -> list[dict[str, Any]]:
    """The references that a collection shall hold. Raises `ServerError` for what are none."""
    if not isinstance(value, (list, type(None))) or not all(isinstance(each, dict) for each in value or ()):
        raise errors.invalid_value(f"'{attribute.name}' must be a list of references to '{attribute.target}'.")
    return list(value or ())


def concrete(entity_type: EntityType, data: dict[str, Any]) -> EntityType:
    """The subtype that the data's discriminator tells, or another name; the type itself when neither tells one."""
    for member in entity_type.family[1:]:
        if member.is_same:
            return member
        column, value = member.discriminator or ("", None)
        if value is not None and not member.subtypes and _told(entity_type, data, column) == value:
            return member
    return entity_type


def _told(entity_type: EntityType, data: dict[str, Any], column: str) -> Any:
    """What the data say of a column, by the entity that it names or by itself; else what the server sets."""
    for name, attribute in entity_type.attributes.items():
        if attribute.kind == "reference" and attribute.column == column and data.get(name):
            return referenced_id(attribute, data[name])
    usual = entity_type.attributes.get(column)
    return data.get(column) or (usual.fallback if usual else None)
