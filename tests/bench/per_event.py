"""A submitter as accessors in this field are built: each component-added event is looked up and becomes one task.

Written for the benchmark only, so that the ratio can be seen. Prints a line when it listens and runs until it is ended.
"""

from __future__ import annotations

import datetime
import os
import sys
from typing import Any

import accsyn_api
import ftrack_api
from ftrack_api.symbol import COMPONENT_ADDED_TO_LOCATION_TOPIC


class Submitter:
    def __init__(self, session: Any) -> None:
        self.session = session
        self.accsyn = accsyn_api.Session(path_envfile=os.devnull)
        self.location = session.query('Location where name is "bench.plain"').one()

    def on_added(self, event: Any) -> None:
        if event["data"]["location_id"] != self.location["id"]:
            return
        component_id = event["data"]["component_id"]
        found = self.session.query(
            "select resource_identifier, component.version.link from ComponentLocation "
            f'where component_id is "{component_id}" and location_id is "{self.location["id"]}"'
        ).first()
        self.submit(component_id, found["resource_identifier"])

    def submit(self, component_id: str, path: str) -> None:
        client = self.accsyn.find_one("Client WHERE type=0")
        wanted = {"location_id": self.location["id"]}
        destination = self.accsyn.get_setting(name="upload_ident", integration="ftrack", data=wanted) or "acme"
        name = f"bench upload {datetime.date.today().isoformat()}"
        job = self.accsyn.find_one(f'Transfer WHERE code="{name}"')
        source = f"client={client['id']}:share=projects/{path}"
        task = {"source": source, "destination": destination, "metadata": {"ftrack_component_id": component_id}}
        if job is None:
            self.accsyn.create("Transfer", {"code": name, "tasks": [task], "mirror_paths": True})
        else:
            self.accsyn.create("Task", {"tasks": [task]}, job["id"])


def main() -> None:
    session = ftrack_api.Session(auto_connect_event_hub=False)
    session.event_hub.connect()
    submitter = Submitter(session)
    session.event_hub.subscribe(f"topic={COMPONENT_ADDED_TO_LOCATION_TOPIC}", submitter.on_added)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    session.event_hub.wait()


if __name__ == "__main__":
    main()
