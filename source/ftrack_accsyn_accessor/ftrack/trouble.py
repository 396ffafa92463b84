"""What is wrong on the way to ftrack, in words: told from what ftrack's client raises."""

from __future__ import annotations

import json
import socket
from typing import Any, Optional
from urllib.parse import urlsplit

import requests

from ftrack_accsyn_accessor import network
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.network import Trouble

CHECK_ADDRESS = "Check FTRACK_SERVER: it is the address of the studio's ftrack alone, as https://studio.ftrackapp.com."
_UNREACHED = "Check the network, the firewall and FTRACK_SERVER."
#: Statuses by which a web server says that it does not know what was asked for.
_UNKNOWN = frozenset({404, 405, 410})
#: What requests calls its own errors, though the server has answered, or nobody was asked.
_ODD = (requests.exceptions.HTTPError, ValueError)
_OF_ADDRESSES = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
#: By these words requests tells that the file of certificates is not there, in a bare OSError.
_NO_BUNDLE = "TLS CA certificate bundle"
#: Of what ftrack's client, or its event hub, was handling when it raised an error of its own.
_CALLERS = ("call", "_get_socket_io_session")


def trouble(error: BaseException, *secrets: str) -> Trouble:
    """Return what *error* of ftrack's client says, without any of *secrets*, with a remedy where the cause is known.

    The server is not named in it.
    """
    links = list(network.chain(error))
    request = next((link for link in links if isinstance(link, requests.exceptions.RequestException)), None)
    unusable = network.unusable(request) if request is not None else None
    if unusable is not None:
        return unusable
    if isinstance(request, _OF_ADDRESSES):
        return Trouble("the address cannot be used", CHECK_ADDRESS)
    response = _response(links)
    if response is not None and not _is_ftracks(response):
        return of_answer(response)
    if isinstance(error, ModuleNotFoundError):
        return Trouble(f"{type(error).__name__}: {error}", "Install ftrack-python-api for this Python.")
    if request is None and _NO_BUNDLE in errors.words(links[-1]):
        return Trouble(network.clean(errors.words(links[-1])), network.CERTIFICATES)
    if isinstance(error, socket.timeout) or (request is not None and not isinstance(request, _ODD)):
        found = network.trouble(request or error, links, where=False)
        return found._replace(remedy=_UNREACHED) if found.remedy is None and network.never_sent(links) else found
    return Trouble(f"{type(error).__name__}: {errors.words(error, *secrets)}")


def of_answer(response: requests.Response) -> Trouble:
    """Return what *response*, which is none of ftrack's, says."""
    asked = response.history[0] if response.history else response
    if response.status_code == 407:
        return network.denied(str(response.url))
    text = network.excerpt(response.text)
    outcome = f"HTTP status {response.status_code}: {text}" if text else f"HTTP status {response.status_code}"
    if _host(response) != _host(asked):
        outcome = f"it leads to {_host(response)}, which answers with {outcome}"
        return Trouble(outcome, network.LOG_IN)
    outcome = f"something answered, and not as ftrack does, but with {outcome}"
    if network.leads_elsewhere(response.status_code, response.text):
        return Trouble(outcome, network.LOG_IN)
    return Trouble(outcome, CHECK_ADDRESS if response.status_code in _UNKNOWN else None)


def _response(links: list[BaseException]) -> Optional[requests.Response]:
    """Return the answer that ftrack's client could not read; it is kept nowhere but where it was read."""
    for link in links:
        traceback = link.__traceback__
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_code.co_name in _CALLERS and str(frame.f_globals.get("__name__")).startswith("ftrack_api."):
                found = frame.f_locals.get("response")
                if isinstance(found, requests.Response):
                    return found
            traceback = traceback.tb_next
    return None


def _is_ftracks(response: requests.Response) -> bool:
    """Whether *response* is one of ftrack's, or of its event hub's, which does not speak JSON."""
    if urlsplit(str(response.request.url)).path.startswith("/socket.io"):
        return response.status_code in (200, 401, 403) and response.text.lstrip()[:1] != "<"
    try:
        answer: Any = json.loads(response.text)
    except ValueError:
        return False
    return isinstance(answer, (list, dict))


def _host(response: requests.Response) -> str:
    return str(urlsplit(str(response.url)).hostname or "")
