"""The verbs with which a probe looks at what the other verbs rely on, and clears away what it has made."""

from __future__ import annotations

from typing import Any

from ftrack_accsyn_accessor.model.accsyn import Job
from ftrack_accsyn_accessor.model.errors import Refused, WorkspaceError
from ftrack_accsyn_accessor.workspace.door import Door, quoted
from ftrack_accsyn_accessor.workspace.session import Call

#: The form of an id that no entity has.
NOBODY = "0" * 24
#: What is said of an answer to a creation in which no job is.
NAMELESS = "the answer names no job"
_UNKNOWN = "ftrack_accsyn_probe"


class Probing(Door):
    """One HTTP request each, whatever is known of the assumptions."""

    def asked_by_name(self, name: str, finished: bool = False) -> list[Job]:
        """Return what a query for a job called *name* finds."""
        return self._jobs(f"code={quoted(name)}", {"finished": True} if finished else {})

    def asked_by_ids(self, job_ids: list[str], finished: bool = False) -> list[Job]:
        """Return what a query for several ids finds."""
        return self._jobs('id in "{}"'.format(",".join(job_ids)), {"finished": True} if finished else {})

    def asked_by_id(self, job_id: str) -> list[Job]:
        """Return what is found by the id alone."""
        rows = self._entity("look the probe's job up", job_id, "transfer", job_id)
        return [Job.from_answer(row) for row in rows]

    def probes_jobs(self, name: str) -> list[Job]:
        """Return the jobs called *name*, the live and the finished ones, however accsyn finds them.

        Two requests, four where there are none of that name, or they are not found by it.
        """
        for query in (f"code={quoted(name)}", ""):
            rows = [*self._jobs(query, {}), *self._jobs(query, {"finished": True})]
            found = {job.id: job for job in rows if job.id and job.name == name}
            if found:
                break
        return list(found.values())

    def integration(self, location_id: str) -> tuple[Any, Any]:
        """Return what accsyn's ftrack integration says of a location, as it says it: `upload_location`, `upload_ident`.

        Two requests.
        """
        tried = "ask accsyn's ftrack integration"
        return tuple(self._setting(tried, location_id, name) for name in ("upload_location", "upload_ident"))

    def own_name(self) -> str:
        """Return what the user is called in accsyn."""
        user_id = self._login().user_id
        rows = self._entity("look the user up", "", "user", user_id)
        return str(rows[0].get("code") or "") if rows else ""

    def refusal(self) -> WorkspaceError:
        """Ask for what there is not, which does no harm, and return how that is refused."""
        try:
            self._call("ask for what there is not", _UNKNOWN, Call("GET", f"{_UNKNOWN}/find", {}))
        except WorkspaceError as error:
            return error
        return Refused("ask for what there is not", _UNKNOWN, "")

    def remove_job(self, job_id: str) -> None:
        """Take a job out of accsyn's lists; it is archived there."""
        self._call("remove the probe's job", job_id, Call("DELETE", "transfer/delete", {}, entity_id=job_id))

    def remove_files(self, place: str, whole: bool = False) -> None:
        """Remove a file or an empty folder ("share=projects/a"), or a *whole* folder, at the main site."""
        data = {"op": "delete", "path": place, **({"force": True} if whole else {})}
        self._call("remove the probe's files", place, Call("POST", "workspace/file", data))

    def _jobs(self, expression: str, data: dict[str, Any]) -> list[Job]:
        rows = self._find("look for the probe's job", "", "transfer", expression, data)
        return [Job.from_answer(row) for row in rows]
