"""Checks of both servers. Each asks them: for the command line, or a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable, Optional

import requests

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.ftrack.trouble import CHECK_ADDRESS, of_answer, trouble
from ftrack_accsyn_accessor.insight.doctor.check import Check, Subject, clock, fail, failed, ok, skipped, warn
from ftrack_accsyn_accessor.insight.doctor.view import staging_view
from ftrack_accsyn_accessor.insight.probe.remembered import last
from ftrack_accsyn_accessor.insight.probe.trial import earlier
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import locations
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import Client, Workspace
from ftrack_accsyn_accessor.workspace.limit import Limit, limited_session
from ftrack_accsyn_accessor.workspace.transport import clock_skew_s

PROBED = "assumed of accsyn"


def ftrack(subject: Subject, found: dict[str, str]) -> Iterator[Check]:
    """Yield checks of ftrack; the staging location's id is put into *found*."""
    if subject.ftrack is None:
        yield _unset()
        return
    reached = _server(subject.ftrack, subject.clock)
    yield from reached
    if reached[0].level != "ok":
        yield skipped("ftrack login", "The server cannot be reached.")
        return
    registrations = Registrations(subject.ftrack)
    try:
        yield from _registrations(subject, subject.ftrack.server_url, registrations, found)
    except errors.RegistrationRefused as error:
        yield fail("ftrack login", error.what, "Check FTRACK_API_USER and FTRACK_API_KEY.")
    except errors.RegistrationError as error:
        yield fail("ftrack login", error.what, "ftrack's server may be busy or under repair: look again in a while.")
    finally:
        registrations.close()


def _unset() -> Check:
    """Return what keeps this process from knowing how to reach ftrack."""
    try:
        environment.ftrack_credentials()
    except errors.SettingsError as error:
        return failed("ftrack server", error)
    return skipped("ftrack server", "How to reach ftrack was not known when this began.")


def _server(credentials: FtrackCredentials, now: Callable[[], float]) -> list[Check]:
    url = credentials.server_url
    try:
        with limited_session(Limit(endpoint.SHORT_LIMIT_S)) as http:
            answer = http.get(credentials.address, timeout=endpoint.SHORT_LIMIT_S)
    except (requests.RequestException, OSError) as error:
        outcome, remedy = trouble(error)
        return [fail("ftrack server", f"{url} does not answer: {outcome.rstrip('.')}.", remedy or CHECK_ADDRESS)]
    version = answer.headers.get("FTRACK_VERSION")
    if version is None:
        outcome, remedy = of_answer(answer)
        return [fail("ftrack server", f"{url} is no ftrack server: {outcome}.", remedy or CHECK_ADDRESS)]
    skew = clock("ftrack clock", clock_skew_s(answer.headers.get("Date"), now()))
    return [ok("ftrack server", f"{url} answers, version {version}."), skew]


def _registrations(
    subject: Subject, server_url: str, registrations: Registrations, found: dict[str, str]
) -> Iterator[Check]:
    name = locations.location_name(subject.settings, server_url, subject.api_user)
    location_id = registrations.location_id(name)
    yield ok("ftrack login", f"{subject.api_user} may log in.")
    if location_id is None:
        yield warn("staging location", f"ftrack has no location {name} yet.", "Open a session with the plugin once.")
    else:
        found["location"] = location_id
        yield ok("staging location", f"{name} is known to ftrack.")
    wanted = subject.settings.destination_location
    if wanted is None:
        yield skipped("destination location", "FTRACK_ACCSYN_DESTINATION_LOCATION is not set; accsyn names one.")
    elif registrations.location_id(wanted) is None:
        text = f"ftrack has no location {wanted}."
        yield fail("destination location", text, "Correct FTRACK_ACCSYN_DESTINATION_LOCATION.")
    else:
        yield ok("destination location", f"{wanted} is known to ftrack.")


def accsyn(subject: Subject, found: dict[str, str]) -> Iterator[Check]:
    """Yield checks of accsyn; *found* may hold the staging location's id."""
    current = subject.settings
    if not (current.workspace and current.api_user and current.api_key):
        yield skipped("accsyn login", "The credentials are not complete.")
        return
    workspace = endpoint.connect(current, endpoint.SHORT_LIMIT_S)
    try:
        role = workspace.check_role()
        text = f"{current.api_user} may log in to {current.workspace} and has the role {role}."
        yield ok("accsyn login", text)
        yield clock("accsyn clock", workspace.clock_skew_s)
        yield from _client(workspace, current, found)
        yield _guarded("accsyn volume", lambda: _volume(workspace, current))
        yield _guarded("destination", lambda: _destination(workspace, current, found))
        yield _guarded("accsyn queue", lambda: _queue(workspace, current))
        yield _guarded("accsyn's staging folder", lambda: staging_view(workspace, subject))
        yield _probed(current)
    except errors.WorkspaceError as error:
        yield failed("accsyn login", error)
    finally:
        workspace.close()


def _probed(current: Settings) -> Check:
    """Return what the last probe saw of what is assumed of this accsyn."""
    seen = last(current)
    left = earlier(current.workspace or "")
    if left:
        text = f"A probe is at work, or was killed and has left {left[0].folder}, and what it made in accsyn."
        return warn(PROBED, f"{seen} {text}" if seen else text, "ftrack-accsyn doctor --probe clears it away.")
    return ok(PROBED, seen) if seen else skipped(PROBED, "Nobody has looked yet: ftrack-accsyn doctor --probe.")


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except errors.AccsynAccessorError as error:
        return failed(name, error)


def _client(workspace: Workspace, current: Settings, found: dict[str, str]) -> Iterator[Check]:
    try:
        client = endpoint.find_client(workspace, current)
    except (errors.NotReady, errors.Refused) as error:
        yield failed("accsyn client", error)
        return
    found["client"] = client.id
    yield _online(client)


def _online(client: Client) -> Check:
    text = f"{client.code} ({client.id}) is {client.status}."
    if client.online:
        return ok("accsyn client", text)
    remedy = "Start accsyn's desktop app or daemon on this machine."
    if client.status.startswith("disabled"):
        remedy = "Have an accsyn administrator enable it."
    return fail("accsyn client", text, remedy)


def _volume(workspace: Workspace, current: Settings) -> Check:
    exists = workspace.volume_exists(current.volume)
    if exists is None:
        return skipped("accsyn volume", f"{current.api_user} may not list volumes.")
    if exists:
        return ok("accsyn volume", f"{current.volume} is known to accsyn.")
    return fail("accsyn volume", f"accsyn has no volume {current.volume}.", "Correct FTRACK_ACCSYN_VOLUME.")


def _destination(workspace: Workspace, current: Settings, found: dict[str, str]) -> Check:
    if current.destination is not None:
        return _party(workspace, current.destination)
    location_id, client_id = found.get("location"), found.get("client")
    if location_id is None or client_id is None:
        return skipped("destination", "It is asked for once location and client are known.")
    destination = workspace.destination(location_id, client_id)
    if destination is None:
        return fail(
            "destination",
            "accsyn's ftrack integration names none.",
            "Set one up in accsyn's ftrack integration, or set FTRACK_ACCSYN_DESTINATION.",
        )
    return ok("destination", f"{destination.party}, for which {destination.location_name} stands in ftrack.")


def _party(workspace: Workspace, party: str) -> Check:
    kind, _, code = party.partition("=")
    exists: Optional[bool] = workspace.site_exists(code) if kind == "site" else None
    if exists is None:
        return ok("destination", f"{party}, as FTRACK_ACCSYN_DESTINATION says.")
    if exists:
        return ok("destination", f"{party} is known to accsyn.")
    return fail("destination", f"accsyn has no site {code}.", "Correct FTRACK_ACCSYN_DESTINATION.")


def _queue(workspace: Workspace, current: Settings) -> Check:
    if current.queue is None:
        return skipped("accsyn queue", "FTRACK_ACCSYN_QUEUE is not set; the project's is used where there is one.")
    if workspace.find_queue(current.queue) is None:
        text = f"accsyn has no queue {current.queue}."
        return fail("accsyn queue", text, "Correct or unset FTRACK_ACCSYN_QUEUE.")
    return ok("accsyn queue", f"{current.queue} is known to accsyn.")
