"""Locations with other accessors than ours, and components of every kind to go to and fro between them and a desk."""

from __future__ import annotations

import contextlib
import errno
import functools
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftrack_api.accessor.disk import DiskAccessor
from ftrack_api.structure.entity_id import EntityIdStructure
from ftrack_api.structure.standard import StandardStructure
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from accessors import HOST, Bucket, Cut, fetched
from ftrack_accsyn_accessor.staging.entities import files_of
from ftrack_accsyn_accessor.staging.temporaries import is_temporary_name
from publishing import Publisher
from tracking import Desk

if TYPE_CHECKING:  # it needs paramiko
    from ssh_server import SshServer

#: More than what ftrack_api copies at a time.
LARGE_BYTES = 8 * 1024 * 1024 + 4321


def read(location: Any, component: Any) -> dict[str, bytes]:
    """Return what *location* gives out for the files of *component*, by the components' ids, by ftrack's own calls."""
    found = {}
    for file in files_of(component):
        data = location.accessor.open(location.get_resource_identifier(file), "rb")
        found[file["id"]] = data.read()
        data.close()
    return found


class Unplugged(DiskAccessor):  # type: ignore[misc]
    """A disk that can be pulled out in the midst of a file."""

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix)
        self.cut = Cut()

    def open(self, resource_identifier: str, mode: str = "rb") -> Any:
        data = super().open(resource_identifier, mode)
        for name in ("read", "write"):
            setattr(data, name, functools.partial(self._unless_pulled_out, getattr(data, name)))
        return data

    def _unless_pulled_out(self, work: Callable[[Any], Any], what: Any = None) -> Any:
        if self.cut.happens():
            raise OSError(errno.EIO, "Input/output error")
        return work(what)


@dataclass
class Place:
    """A location with an accessor of somebody else's. *look* tells what it keeps, by identifier, without ftrack."""

    location: Any
    look: Callable[[], dict[str, bytes]]
    #: Breaks it off in the midst of a second file, in either direction; what it is given lets it work again.
    interrupted: Callable[[], contextlib.AbstractContextManager[None]]


def configured(session: Any, name: str, accessor: Any, structure: Any) -> Any:
    location = session.ensure("Location", {"name": name})
    location.accessor, location.structure, location.priority = accessor, structure, 30
    return location


def files_below(root: Path) -> dict[str, bytes]:
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def staged_files(desk: Desk) -> list[str]:
    """Return what lies in the staging area, unfinished files, too, but not the outbox and what belongs to it."""
    found = sorted(path for path in Path(desk.area.root).rglob("*") if path.is_file())
    return [
        path.relative_to(desk.area.root).as_posix()
        for path in found
        if Path(desk.area.state_dir) not in path.parents or is_temporary_name(path.name)
    ]


def disk(session: Any, folder: Path, structure: Any = None, name: str = "studio.disk") -> Place:
    root = folder / name
    root.mkdir(exist_ok=True)
    accessor = Unplugged(prefix=str(root))
    location = configured(session, name, accessor, structure or StandardStructure())
    return Place(location, lambda: files_below(root), accessor.cut.interrupting)


def s3(desk: Desk, server: Bucket) -> Place:
    desk.publisher.environment(**server.environment)
    bucket = server.empty()
    accessor = fetched("ftrack_s3_accessor.s3").S3Accessor(server.NAME)

    def look() -> dict[str, bytes]:
        objects = {each.key: each.get()["Body"].read() for each in bucket.objects.all()}
        return {name: content for name, content in objects.items() if not name.endswith("/")}

    location = configured(desk.session, "studio.s3", accessor, StandardStructure())
    return Place(location, look, server.cut.interrupting)


def sftp(desk: Desk, server: SshServer) -> Place:
    module = fetched("ftrack_sftp_accessor.sftp")

    def connected() -> Any:
        accessor = module.SFTPAccessor(HOST, server.USER, server.port, server.PASSWORD)
        # Each request waits for its answer, and what is small would be kept back.
        accessor.ssh.get_transport().sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return accessor

    @contextlib.contextmanager
    def interrupted() -> Iterator[None]:
        with server.cut.interrupting():
            yield
        location.accessor = connected()  # it does not connect anew by itself

    # It takes each folder that is there for a file, and refuses to put anything into it.
    location = configured(desk.session, "studio.sftp", connected(), EntityIdStructure())
    return Place(location, lambda: files_below(server.root), interrupted)


class Kit:
    """Components of every kind on one version, whose content is known; nothing of it is in a location yet."""

    def __init__(self, publisher: Publisher, session: Any) -> None:
        self.publisher = publisher
        self.session = session
        self.version = publisher.version(session)
        self.content: dict[str, bytes] = {}

    def file(self, name: str = "main", size_bytes: int = 2000, container: Any = None) -> Any:
        """Create a file component; that of a *container* is committed with it."""
        path = self.publisher.file(f"{name}.mov", size_bytes)
        where = {"container": container} if container else {"version": self.version}
        component = self.session.create_component(str(path), {"name": name, **where}, location=None)
        if container:
            container["members"].append(component)
        else:
            self.session.commit()
        self.content[component["id"]] = path.read_bytes()
        return component

    def sequence(self, name: str = "frames", frames: tuple[int, ...] = (1001, 1002, 1003, 1007), **data: Any) -> Any:
        """Create a sequence, with a hole."""
        for frame in frames:
            self.publisher.file(f"{name}.{frame:04d}.exr", 200)
        listed = ", ".join(map(str, frames))
        path = f"{self.publisher.folder}/{name}.%04d.exr [{listed}]"
        component = self.session.create_component(path, {"name": name, "version": self.version, **data}, location=None)
        if not data:
            self.session.commit()
        for member in component["members"]:
            path = self.publisher.folder / f"{name}.{int(member['name']):04d}.exr"
            self.content[member["id"]] = path.read_bytes()
        return component

    def container(self, name: str = "pack") -> Any:
        """Create a container of a container, a sequence and a file; ftrack's structure needs versions of the former."""
        data = {"name": name, "version": self.version}
        outer = self.session.create("ContainerComponent", data)
        inner = self.session.create("ContainerComponent", {**data, "name": f"{name} inner", "container": outer})
        outer["members"].append(inner)
        self.file("läs mig", 30, outer)
        self.file("a", 30, inner)
        outer["members"].append(self.sequence(f"{name}_frames", container=outer))
        self.session.commit()
        return outer

    def kinds(self) -> dict[str, Any]:
        """Create one of each kind of component."""
        return {"file": self.file(), "sequence": self.sequence(), "container": self.container()}

    def everything(self) -> dict[str, Any]:
        """Create one of each kind, and files with something special about them."""
        special = {
            "unicode": self.file("Åsa Öhman"),
            "empty": self.file("empty", 0),
            "large": self.file("large", LARGE_BYTES),
        }
        return {**special, **self.kinds()}

    def expected(self, component: Any) -> dict[str, bytes]:
        """Return the content of the files of *component*, by the components' ids."""
        return {file["id"]: self.content[file["id"]] for file in files_of(component)}

    def put(self, component: Any, location: Any) -> None:
        """Bring *component* from where it was made into *location*, as a publish does."""
        location.add_component(component, self.session.get("Location", ORIGIN_LOCATION_ID))
