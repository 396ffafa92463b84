"""Whatever keeps files from being sent: publishing works, items wait with the cause, and go when it is mended."""

from __future__ import annotations

import dataclasses
import logging
import socket
from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from publishing import Publisher

OURS = "ftrack_accsyn_accessor"
CREDENTIALS = ("ACCSYN_WORKSPACE", "ACCSYN_API_USER", "ACCSYN_API_KEY")


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(OURS) and record.levelno >= logging.WARNING
    ]


def publish_and_wait(publisher: Publisher, kind: str) -> Any:
    """Publish a file, which works, and wait until its item has a cause of *kind*; return the component."""
    component = publisher.publish_file(publisher.version(publisher.session()))
    item = publisher.waiting(component, kind)
    assert item.state is State.PENDING
    assert item.cause
    assert publisher.studio.accsyn.workspace.jobs() == []
    return component


@pytest.mark.parametrize("missing", [*((name,) for name in CREDENTIALS), CREDENTIALS])
def test_publish_without_credentials_waits_and_is_sent_when_they_are_set(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, missing: tuple[str, ...]
) -> None:
    complete = publisher.studio.environment()
    publisher.environment(**dict.fromkeys(missing))
    component = publish_and_wait(publisher, "settings")
    (message,) = messages(caplog)
    assert [message.count(f"{name}: is not set.") for name in CREDENTIALS] == [name in missing for name in CREDENTIALS]

    publisher.environment(**{name: complete[name] for name in missing})

    assert publisher.submitted(component)[0].cause == ""
    assert messages(caplog) == [message]


MALFORMED = {
    "FTRACK_ACCSYN_DESTINATION": "not a party!",
    "FTRACK_ACCSYN_CLIENT": "no-id",
    "FTRACK_ACCSYN_TLS_VERIFY": "perhaps",
    "FTRACK_ACCSYN_LOG_LEVEL": "LOUD",
    "ACCSYN_CREDENTIALS_PATH": "/no/such/file",
}


@pytest.mark.parametrize("names", [*((name,) for name in MALFORMED), tuple(MALFORMED)], ids="+".join)
def test_publish_with_malformed_variables_waits_and_one_message_names_each_with_its_remedy(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, names: tuple[str, ...]
) -> None:
    publisher.environment(**{name: MALFORMED[name] for name in names})
    publisher.session()
    component = publish_and_wait(publisher, "settings")
    (message,) = messages(caplog)
    lines = [line for line in message.splitlines() if line.startswith("  - ")]
    assert [line for line in lines if any(line.startswith(f"  - {name}: ") for name in names)] == lines
    assert len(lines) == len(names)
    assert all(line.endswith(".") and line.count(". ") >= 1 for line in lines)

    publisher.environment(**dict.fromkeys(names))

    assert publisher.submitted(component)[0].cause == ""
    assert messages(caplog) == [message]


def test_credentials_file_that_appears_later_is_read(publisher: Publisher, tmp_path: Path) -> None:
    complete = publisher.studio.environment()
    path = tmp_path / "credentials.env"
    publisher.environment(**dict.fromkeys(CREDENTIALS), ACCSYN_CREDENTIALS_PATH=str(path))
    component = publish_and_wait(publisher, "settings")

    path.write_text("".join(f"{name}={complete[name]}\n" for name in CREDENTIALS), encoding="utf-8")

    publisher.submitted(component)


# What is not set up in accsyn: broken by the first function, mended by what it returns.


def volume_is_unknown(publisher: Publisher) -> Callable[[], None]:
    staging = publisher.studio.staging
    publisher.environment(FTRACK_ACCSYN_VOLUME="elsewhere", ACCSYN_ELSEWHERE_PATH=str(staging))
    folder = publisher.studio.root / "elsewhere"
    folder.mkdir()
    workspace = publisher.studio.accsyn.workspace
    workspace.employee_volumes = "granted"
    publisher.studio.accsyn.engine.paused = True  # it would fail: the client has no folder for the new volume

    def mend() -> None:
        share = workspace.add_volume("elsewhere", folder)
        workspace.grant(workspace.user("artist@acme.test"), share)

    return mend


def client_is_unknown(publisher: Publisher) -> Callable[[], None]:
    client = publisher.studio.demo.artist_client
    code, client.code = client.code, "another-machine"
    macs, client.host_id = client.host_id, ""

    def mend() -> None:
        client.code, client.host_id = code, macs

    return mend


def role_is_standard(publisher: Publisher) -> Callable[[], None]:
    workspace = publisher.studio.accsyn.workspace
    workspace.change_role("artist@acme.test", "standard")

    def mend() -> None:
        workspace.change_role("artist@acme.test", "employee")  # a new role comes without grants
        workspace.grant(publisher.studio.demo.artist, publisher.studio.demo.volume)

    return mend


def destination_is_not_set_up(publisher: Publisher) -> Callable[[], None]:
    integration = publisher.studio.demo.workspace.integration
    location, integration.upload_location = integration.upload_location, None

    def mend() -> None:
        integration.upload_location = location

    return mend


def destination_location_is_unknown_in_ftrack(publisher: Publisher) -> Callable[[], None]:
    publisher.environment(FTRACK_ACCSYN_DESTINATION_LOCATION="studio.paris")
    return lambda: publisher.studio.ftrack.store.create("Location", name="studio.paris", label="Paris") and None


def queue_is_unknown(publisher: Publisher) -> Callable[[], None]:
    publisher.environment(FTRACK_ACCSYN_QUEUE="urgent")
    return lambda: publisher.studio.accsyn.workspace.add_queue("urgent", 900) and None


def key_is_wrong(publisher: Publisher) -> Callable[[], None]:
    workspace = publisher.studio.accsyn.workspace
    workspace.change_key("artist@acme.test", "another-key")
    right = publisher.studio.environment()["ACCSYN_API_KEY"]
    return lambda: workspace.change_key("artist@acme.test", right)


def accsyn_refuses_connections(publisher: Publisher) -> Callable[[], None]:
    publisher.studio.accsyn.switches.refuse(True)
    return lambda: publisher.studio.accsyn.switches.refuse(False)


@dataclasses.dataclass(frozen=True)
class Case:
    kind: str
    breaks: Callable[[Publisher], Callable[[], None]]


CASES = (
    Case("not-ready", volume_is_unknown),
    Case("not-ready", client_is_unknown),
    Case("not-ready", role_is_standard),
    Case("not-ready", destination_is_not_set_up),
    Case("not-ready", destination_location_is_unknown_in_ftrack),
    Case("not-ready", queue_is_unknown),
    Case("unauthorised", key_is_wrong),
    Case("unreachable", accsyn_refuses_connections),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.breaks.__name__)
def test_publish_waits_with_the_right_cause_and_is_sent_by_itself_when_it_is_mended(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, case: Case
) -> None:
    mend = case.breaks(publisher)
    component = publish_and_wait(publisher, case.kind)
    wait_until(lambda: publisher.item(component).attempts >= 2, 20.0, "a second try")
    assert len(messages(caplog)) == 1, messages(caplog)
    another = publisher.publish_file(publisher.version(publisher.session(), asset="other"), "other")
    publisher.waiting(another, case.kind)

    mend()

    publisher.submitted(component, another)
    assert len(messages(caplog)) == 1, messages(caplog)
    assert sum(len(job.tasks) for job in publisher.studio.accsyn.workspace.jobs()) == 2


def test_unknown_volume_of_a_user_who_may_see_no_volumes_needs_attention_and_is_tried_again(
    publisher: Publisher,
) -> None:
    mend = volume_is_unknown(publisher)
    publisher.studio.accsyn.workspace.employee_volumes = "refused"
    component = publisher.publish_file(publisher.version(publisher.session()))
    item = publisher.waiting(component, "refused")
    assert item.state is State.NEEDS_ATTENTION
    assert "elsewhere" in item.cause

    mend()

    wait_until(lambda: publisher.item(component).state not in (State.PENDING, State.NEEDS_ATTENTION), 20.0)


def test_key_that_is_corrected_in_the_environment_is_taken_at_once(publisher: Publisher) -> None:
    right = publisher.studio.environment()["ACCSYN_API_KEY"]
    publisher.environment(ACCSYN_API_KEY="wrong")
    component = publish_and_wait(publisher, "unauthorised")

    publisher.environment(ACCSYN_API_KEY=right)

    publisher.submitted(component, timeout_s=5.0)


def test_proxy_that_is_corrected_in_the_environment_is_taken_at_once(publisher: Publisher) -> None:
    right = publisher.studio.environment()["ACCSYN_PROXY"]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        publisher.environment(ACCSYN_PROXY=f"127.0.0.1:{unused.getsockname()[1]}")
        component = publish_and_wait(publisher, "unreachable")

        publisher.environment(ACCSYN_PROXY=right)

        publisher.submitted(component, timeout_s=5.0)


def test_item_that_waits_for_settings_goes_out_with_the_next_session_that_has_them(
    publisher: Publisher, run: Any
) -> None:
    publisher.environment(ACCSYN_API_KEY=None)
    component = publish_and_wait(publisher, "settings")
    publisher.close()

    assert run("recover", QUIET_S=0.05).wait() == 0

    assert publisher.item(component).state is not State.PENDING
