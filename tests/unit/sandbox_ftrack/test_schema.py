"""The declaration holds against what is recorded of a real server's `query_schemas` answer (see `schema_facts`)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from ftrack_accsyn_sandbox.ftrack.errors import ServerError
from ftrack_accsyn_sandbox.ftrack.schema import Schema, shared_schema
from unit.sandbox_ftrack import schema_facts

# The recorded answers of queries carry it with every typed context, although no schema lists it.
SENT_UNLISTED = {"object_type_id"}
TYPES = [entity_type.name for entity_type in shared_schema() if not entity_type.is_hidden]
NEEDED = (
    *("Project", "TypedContext", "Task", "Shot", "Sequence", "Episode", "Folder", "AssetBuild", "Milestone"),
    *("ProjectSchema", "Status", "State", "Type", "Priority", "ObjectType", "List", "TypedContextList"),
    *("User", "Resource", "Group", "Membership", "Appointment", "Job", "JobComponent", "Note", "NoteComponent"),
    *("Asset", "AssetType", "AssetVersion", "AssetVersionList", "Component", "FileComponent", "SequenceComponent"),
    *("ContainerComponent", "ComponentLocation", "Location", "Metadata", "Setting"),
)


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return schema_facts.read()


@pytest.fixture(scope="module")
def declared() -> dict[str, Any]:
    return schema_facts.facts_of(shared_schema().answer)


@pytest.mark.parametrize("name", TYPES)
def test_declared_attributes_have_recorded_names_and_types(
    name: str, declared: dict[str, Any], recorded: dict[str, Any]
) -> None:
    real, mine = recorded[name]["attributes"], declared[name]["attributes"]
    assert {attribute: real.get(attribute) for attribute in mine} == mine


@pytest.mark.parametrize("name", TYPES)
def test_keys_defaults_and_restrictions_are_as_recorded(
    name: str, declared: dict[str, Any], recorded: dict[str, Any]
) -> None:
    mine, real = declared[name], recorded[name]
    assert mine["primary_key"] == real["primary_key"]
    assert mine["default_projections"] == real["default_projections"]
    assert set(mine["required"]) <= set(real["required"])
    assert set(mine["immutable"]) == set(real["immutable"]) & set(mine["attributes"])
    assert set(mine["computed"]) <= set(real["computed"])
    assert set(mine["system_projections"]) - SENT_UNLISTED == set(real["system_projections"])
    assert mine["defaults"].items() <= real["defaults"].items()


@pytest.mark.parametrize("name", NEEDED)
def test_needed_entity_type_is_declared(name: str, declared: dict[str, Any]) -> None:
    assert name in declared


def test_every_entity_type_mentioned_is_declared(declared: dict[str, Any]) -> None:
    kinds = (kind for facts in declared.values() for kind in facts["attributes"].values())
    assert {kind.strip("->[]{} ") for kind in kinds if kind[0] in "-[{"} <= set(declared)


def test_object_types_have_recorded_ids(declared: dict[str, Any], recorded: dict[str, Any]) -> None:
    aliased = {name for name, facts in declared.items() if isinstance(facts.get("alias_for"), dict)}
    assert {"Task", "Shot", "Sequence", "AssetBuild"} <= aliased
    assert all(declared[name]["alias_for"] == recorded[name]["alias_for"] for name in aliased)


def test_schema_hash_is_what_the_client_computes() -> None:
    text = json.dumps(json.loads(json.dumps(shared_schema().answer)), sort_keys=True)
    assert shared_schema().hash == hashlib.md5(text.encode()).hexdigest()


def test_subtype_inherits_attributes_and_shares_the_root() -> None:
    shot = shared_schema()["Shot"]
    assert [member.name for member in shot.lineage] == ["Shot", "TypedContext", "Context"]
    assert shot.root.name == "Context"
    assert shot.attributes["notes"].target == "Note"


def test_attribute_of_a_subtype_is_found_on_its_base() -> None:
    assert shared_schema()["Resource"].find("username").kind == "string"


def test_unknown_entity_type_is_refused() -> None:
    with pytest.raises(ServerError, match="Unknown entity type 'Spaceship'"):
        shared_schema()["Spaceship"]


def test_attribute_no_subtype_has_is_refused() -> None:
    with pytest.raises(ServerError, match="'colour' does not exist on entity type 'Task'"):
        shared_schema()["Task"].find("colour")


def test_hidden_column_is_not_told() -> None:
    assert "state_id" not in shared_schema().answer[TYPES.index("Status")]["properties"]
    with pytest.raises(ServerError):
        shared_schema()["Status"].find("state_id")


@pytest.mark.parametrize("line", ["  name: text!", "  name string", "  items: [Other]column"])
def test_unreadable_declaration_names_the_line(line: str) -> None:
    with pytest.raises(ValueError, match="Cannot read"):
        Schema(f"Thing\n{line}\n")


def test_unknown_option_in_a_declaration_is_refused() -> None:
    with pytest.raises(ValueError, match="Unknown option 'colour'"):
        Schema("Thing | colour red\n  id: string! = uid\n")
