"""What a transaction is said to have changed is what has changed, whatever it did in between."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_sandbox.ftrack import Store
from ftrack_accsyn_sandbox.ftrack.changes import Change

NAMES = ["a", "b", "c"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "update", "delete"]), st.sampled_from(NAMES), st.sampled_from([None, "x", "y"])
    ),
    max_size=12,
)


def do(store: Store, step: str, location_id: str, label: Any) -> None:
    """Carry out a step where it is possible."""
    if (store.get("Location", location_id) is None) != (step == "create"):
        return
    if step == "create":
        store.create("Location", id=location_id, name=location_id, label=label)
    elif step == "update":
        store.update("Location", location_id, label=label)
    else:
        store.delete("Location", location_id)


def state(store: Store) -> dict[str, Any]:
    return {row["id"]: row["label"] for row in store.find("Location")}


@settings(max_examples=100, deadline=None)
@given(before=STEPS, steps=STEPS)
def test_changes_lead_from_the_state_before_to_the_state_after(before: Any, steps: Any) -> None:
    store = Store()
    for step in before:
        do(store, *step)
    old = state(store)
    told: list[list[Change]] = []
    store.on_commit = lambda changes, actor_id: told.append(changes)
    with store.transaction():
        for step in steps:
            do(store, *step)
    reached = dict(old)
    for change in told[0] if told else []:
        label = change.values().get("label", (None, None))
        if change.action == "remove":
            assert reached.pop(change.row.key[0]) == label[0]
        elif change.action == "add":
            assert label[0] is None
            reached[change.row.key[0]] = label[1]
        else:
            assert reached[change.row.key[0]] == label[0] != label[1]
            reached[change.row.key[0]] = label[1]
    assert reached == state(store)
    assert len(told) == (1 if told and told[0] else 0), "nothing is told of a transaction that changed nothing"
