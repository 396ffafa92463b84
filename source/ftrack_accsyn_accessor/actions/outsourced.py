"""What is done for tasks that are assigned to vendors: they are handed out."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.actions.handing import Follow
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.wording import one_line
from ftrack_accsyn_accessor.ftrack.assignments import Assignment
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.vendor.outsourcing import Preview, Work, address

logger = logging.getLogger(__name__)

_TOKENS = uuid.UUID("b0c2b0a5-8a3c-4d0b-9a37-6b1f7f4b9d52")


class Outsource(NamedTuple):
    """Tasks that are assigned to members of the ftrack group *group* are handed out to them, for *username*.

    *follow* goes on with what was written down.
    """

    group: str
    username: str
    follow: Follow

    @property
    def fact(self) -> str:
        """The name of a fact."""
        return f"outsourced to {self.group}"

    @property
    def done(self) -> str:
        """What is done."""
        return "handed out"

    def assignments(self, office: Office) -> list[Assignment]:
        """Return what is assigned to members of the group who have an e-mail address; others are said."""
        return [each for each in office.of_members(self.group) if _is_addressed(each)]

    def carry_out(self, office: Office, group: Sequence[Assignment], again: bool) -> str:
        """Have *group* handed out; return why it cannot be yet."""
        vendor = address(group[0].email)
        office.require_vendor(vendor)
        tasks = office.not_handed_out(dict.fromkeys(each.task_id for each in group), vendor)
        if not tasks:
            logger.info("Of what was assigned to %s nothing is handed out: it is over, or was already.", vendor)
            return ""
        outsourcing, requester = office.outsourcing(), Requester(self.username)
        preview = outsourcing.preview(Work(tuple(tasks), vendor))
        obstacle = _private(office, preview) or preview.obstacle
        if obstacle:
            return obstacle
        self.follow(outsourcing.accept(preview, requester, _token(group)), requester)
        _log(preview)
        return ""


def _is_addressed(each: Assignment) -> bool:
    try:
        return bool(address(each.email))
    except errors.Unresolved:
        text = f"Nothing is handed out to {one_line(each.username)}, who has no e-mail address in ftrack."
        announce.once(logger, logging.WARNING, text)
        return False


def _private(office: Office, preview: Preview) -> str:
    """Return why nobody but a person who may see all of *preview* hands it out; empty where there is no reason."""
    if any(office.private_besides(part.project_id, part.contents.concerns) for part in preview.parts):
        return "it uses something of a private project. Hand it out yourself, if that is meant."
    return ""


def _token(group: Iterable[Assignment]) -> str:
    """Return what the same assignments are known by, whatever happened before they were noted as seen."""
    return f"assigned-{uuid.uuid5(_TOKENS, chr(10).join(sorted(each.key for each in group)))}"


def _log(preview: Preview) -> None:
    for part in preview.parts:
        contents = part.contents
        what = f"{len(part.tasks)} task(s) of {one_line(part.project)} with {len(contents.files)} file(s)"
        logger.info("%s were assigned to %s, and are handed out.", what, preview.work.vendor)
        for each in contents.left:
            logger.warning("%s does not go to %s: %s", one_line(each.name), preview.work.vendor, one_line(each.cause))
