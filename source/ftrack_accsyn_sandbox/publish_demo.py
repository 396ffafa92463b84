"""A publisher as any studio has one: publishes a movie, a sequence and a container into two projects, and ends.

Knows nothing of the plugin and of accsyn: it uses `ftrack_api` and is told by the environment where the studio is.

    publish_demo.py FOLDER [FRAMES]

FOLDER takes the files that it makes up; FRAMES are those of the sequence, as in "1001-1020, 1025-1048". Prints one
line of JSON about its session, then one for each published component.
"""

from __future__ import annotations

import inspect
import json
import platform
import random
import sys
from pathlib import Path
from typing import Any

import clique
import ftrack_api
import ftrack_api.symbol

FRAMES = "1001-1048"
MOVIE_BYTES = 6_000_000
FRAME_BYTES = 120_000
TEXTURES = ("diffuse", "displacement", "normal", "roughness")
TEXTURE_BYTES = 1_000_000


def main(folder: Path, frames: str) -> None:
    """Publish everything, from files made up in *folder*."""
    session = ftrack_api.Session(auto_connect_event_hub=False)
    staging = session.pick_location()
    report(
        python=platform.python_version(),
        ftrack_api=ftrack_api.__version__,
        location=staging["name"],
        accessor=inspect.getfile(type(staging.accessor)),
    )
    version = create_version(session, "show_a", "comp")
    publish_movie(version, staging, folder)
    publish_sequence(version, staging, folder, frames)
    publish_container(create_version(session, "show_b", "lookdev"), staging, folder)
    session.close()


def create_version(session: Any, project: str, asset: str) -> Any:
    """Create the next version of *asset* on the first shot of *project*."""
    shot = session.query(f'Shot where project.name is "{project}" order by name').first()
    found = session.query(f'Asset where name is "{asset}" and parent.id is "{shot["id"]}"').first()
    if found is None:
        asset_type = session.query("AssetType order by name").first()
        found = session.create("Asset", {"name": asset, "parent": shot, "type": asset_type})
    version = session.create("AssetVersion", {"asset": found, "comment": "From the demo"})
    session.commit()
    return version


def publish_movie(version: Any, staging: Any, folder: Path) -> None:
    """Publish one file."""
    movie = make_file(folder / "comp.mov", MOVIE_BYTES)
    component = version.create_component(str(movie), {"name": "movie"}, location=staging)
    report_component(component, version, staging)


def publish_sequence(version: Any, staging: Any, folder: Path, frames: str) -> None:
    """Publish a sequence of *frames*."""
    expression = f"{folder / 'comp.%04d.exr'} [{frames}]"
    for frame in clique.parse(expression):
        make_file(Path(frame), FRAME_BYTES)
    component = version.create_component(expression, {"name": "beauty"}, location=staging)
    report_component(component, version, staging)


def publish_container(version: Any, staging: Any, folder: Path) -> None:
    """Publish a container of several files."""
    session = version.session
    container = session.create("ContainerComponent", {"name": "textures", "version": version})
    for name in TEXTURES:
        texture = make_file(folder / f"{name}.tx", TEXTURE_BYTES)
        session.create_component(str(texture), {"name": name, "container": container}, location=None)
    session.commit()
    staging.add_component(container, session.get("Location", ftrack_api.symbol.ORIGIN_LOCATION_ID))
    report_component(container, version, staging)


def make_file(path: Path, size_bytes: int) -> Path:
    """Write *size_bytes* bytes to *path*, the same at every run but different in each file."""
    path.write_bytes(random.Random(path.name).randbytes(size_bytes))
    return path


def report_component(component: Any, version: Any, staging: Any) -> None:
    """Say where the files of *component* are now."""
    members = list(component["members"]) if "members" in component.keys() else [component]  # noqa: SIM118
    report(
        component=component["name"],
        component_id=component["id"],
        project=version["link"][0]["name"],
        identifier=staging.get_resource_identifier(component),
        files=[staging.get_filesystem_path(member) for member in members],
    )


def report(**facts: Any) -> None:
    """Print *facts* as one line of JSON, at once."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else FRAMES)
