"""What the schema tests know of a real server: `recorded_schemas.json`, and how it is made.

It holds, for each entity type that a real server describes, what the declaration is compared with, one attribute a
line. Made anew from the JSON text of an answer to the operation `query_schemas` of `POST /api` (ftrack publishes one:
`test/fixtures/query_schemas.json` of github.com/ftrackhq/ftrack-javascript, Apache License 2.0) by

    python tests/unit/sandbox_ftrack/schema_facts.py query_schemas.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("recorded_schemas.json")
LISTS = ("primary_key", "default_projections", "required", "immutable", "computed")


def facts_of(schemas: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the facts of each entity type by name.

    The lists of a schema, sorted where order says nothing; `system_projections` under the names of attributes instead
    of their aliases; `alias_for` where there is one; `attributes` with the kind of each, and the `defaults` of some.
    """
    return {schema["id"]: _facts_of(schema) for schema in schemas}


def kind_of(description: dict[str, Any]) -> str:
    """Return what an attribute holds: `string`, `date-time`, `-> Asset`, `[Note]`, `{Metadata}`, ..."""
    members = description.get("items", {}).get("$ref")
    if members is not None:
        return f"{{{members}}}" if description.get("type") == "mapped_array" else f"[{members}]"
    if "$ref" in description:
        return f"-> {description['$ref']}"
    return "date-time" if description.get("format") == "date-time" else str(description.get("type"))


def _facts_of(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema["properties"]
    names = {description["alias_for"]: name for name, description in properties.items() if "alias_for" in description}
    facts: dict[str, Any] = {name: sorted(schema.get(name, ())) for name in LISTS}
    facts["primary_key"] = schema["primary_key"]
    facts["system_projections"] = sorted(names.get(name, name) for name in schema.get("system_projections", ()))
    if "alias_for" in schema:
        facts["alias_for"] = schema["alias_for"]
    facts["attributes"] = {name: kind_of(properties[name]) for name in sorted(properties)}
    facts["defaults"] = {
        name: properties[name]["default"] for name in sorted(properties) if "default" in properties[name]
    }
    return facts


def read() -> dict[str, dict[str, Any]]:
    """Return the recorded facts; the file leaves out what is empty."""
    empty = {**{name: [] for name in LISTS}, "system_projections": [], "defaults": {}}
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    return {name: {**empty, **facts} for name, facts in recorded.items()}


def _written(facts: dict[str, dict[str, Any]]) -> str:
    """Return the facts as JSON with each list, and each attribute, on a line of its own."""
    types = []
    for name, described in sorted(facts.items()):
        lines = [f"  {json.dumps(key)}: {_value(value)}" for key, value in described.items() if value]
        types.append(f"{json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(types) + "\n}\n"


def _value(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{\n" + ",\n".join(f"    {json.dumps(key)}: {json.dumps(item)}" for key, item in value.items()) + "\n  }"


if __name__ == "__main__":
    answer = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    RECORDED.write_text(_written(facts_of(answer)), encoding="utf-8")
