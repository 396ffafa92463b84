"""What is promised to stay to studios' own tools: names, signatures, fields; and that importing it costs little."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
from typing import Any

import pytest

import ftrack_accsyn_accessor
from helpers import ROOT

#: Only ever add, and to signatures only what has a default.
FUNCTIONS = {
    "first": "(what: 'Any', priority: 'int' = 1000) -> 'int'",
    "pause": "() -> 'bool'",
    "read_event": "(event: 'Mapping[str, Any]') -> 'ComponentSynced'",
    "resume": "() -> 'bool'",
    "retry": "(what: 'Any' = None) -> 'int'",
    "status": "(what: 'Any') -> 'Status'",
    "wait": "(what: 'Any', location: 'Any' = '', timeout_s: 'Optional[float]' = None, "
    "on_message: 'Optional[Callable[[str], None]]' = None) -> 'Arrival'",
    "why": "(what: 'Any' = None) -> 'tuple[Cause, ...]'",
}
FIELDS = {
    "Arrival": "outcome wanted arrived items why",
    "Cause": "kind sentence remedy items size_bytes",
    "ComponentSynced": "component_id version_id location_id destination destination_location_id schema",
    "ItemStatus": "item_id component_id version_id title reason state percent files files_done size_bytes done_bytes "
    "source destination destination_id cause remedy updated_at synced_at freed_at",
    "Status": "items unattended",
}
PROPERTIES = {"Arrival": ["there"], "Status": ["percent", "state", "there"]}
OTHERS = ["COMPONENT_SYNCED", "AccsynAccessor", "AccsynAccessorError", "__version__"]


def offered(name: str) -> Any:
    return getattr(ftrack_accsyn_accessor, name)


def test_nothing_is_offered_but_what_is_promised() -> None:
    assert sorted(ftrack_accsyn_accessor.__all__) == sorted([*FUNCTIONS, *FIELDS, *OTHERS])
    assert set(ftrack_accsyn_accessor.__all__) <= set(dir(ftrack_accsyn_accessor))
    assert ftrack_accsyn_accessor.COMPONENT_SYNCED == "ftrack.accsyn.component-synced"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_called_as_ever_and_says_what_it_is(name: str) -> None:
    assert str(inspect.signature(offered(name))) == FUNCTIONS[name]
    assert inspect.getdoc(offered(name))


@pytest.mark.parametrize("name", FIELDS)
def test_value_is_frozen_and_has_the_fields_that_it_ever_had(name: str) -> None:
    kind = offered(name)

    assert [field.name for field in dataclasses.fields(kind)] == FIELDS[name].split()
    assert kind.__dataclass_params__.frozen
    found = [each for each, member in vars(kind).items() if isinstance(member, property)]
    assert sorted(found) == PROPERTIES.get(name, [])


@pytest.mark.parametrize(
    ("touch", "unloaded"),
    [
        ("", "ftrack_api accsyn_api requests click rich sqlite3 threading json"),
        ("f.read_event", "ftrack_api accsyn_api requests click rich sqlite3 threading"),
        ("f.status, f.why, f.wait", "ftrack_api accsyn_api click rich"),
    ],
)
def test_import_brings_only_what_is_used(touch: str, unloaded: str) -> None:
    code = f"import sys, ftrack_accsyn_accessor as f; {touch}; print(*(m for m in sys.modules if '.' not in m))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code.replace("; ;", ";")] if not touch else [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "source")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(unloaded.split()) & set(done.stdout.split()) == set()


def test_name_that_is_not_offered_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="nothing_like_this"):
        offered("nothing_like_this")
