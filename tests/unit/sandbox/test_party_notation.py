"""Party and path notation: what each text means, and what is refused."""

from __future__ import annotations

import pytest

from ftrack_accsyn_sandbox.accsyn.demo import Demo
from ftrack_accsyn_sandbox.accsyn.entities import Endpoint, Ticks
from ftrack_accsyn_sandbox.accsyn.errors import Denied, Refusal
from ftrack_accsyn_sandbox.accsyn.parties import Reader


@pytest.fixture
def reader(acme: Demo) -> Reader:
    return Reader(acme.workspace, acme.artist)


def source(acme: Demo, reader: Reader, path: str = "share=projects/a/b.mov") -> Endpoint:
    return reader.source(f"client={acme.artist_client.id}:{path}")


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        ("client={client}:share=projects/a/b.mov", "client", "a/b.mov"),
        ("client={client}:volume=PROJECTS/a/b.mov", "client", "a/b.mov"),
        ("client={client}:share=(default)/a/b.mov", "client", "a/b.mov"),
        ("client={client}:share={volume}/a/b.mov", "client", "a/b.mov"),
        ("artist@acme.test:share=projects/a", "user", "a"),
        ("artist@acme.test@{host}:share=projects/a", "client", "a"),
        ("acme:share=projects/a", "workspace", "a"),
        ("acme:a/b.mov", "workspace", "a/b.mov"),
        ("a/b.mov", "workspace", "a/b.mov"),
        ("share=projects/a", "workspace", "a"),
        ("site=london:share=projects/a", "site", "a"),
        ("site={london}:a", "site", "a"),
    ],
)
def test_source_is_read(acme: Demo, reader: Reader, text: str, kind: str, path: str) -> None:
    names = {
        "client": acme.artist_client.id,
        "host": acme.artist_client.code.upper(),
        "volume": acme.volume.id,
        "london": acme.london.id,
    }
    endpoint = reader.source(text.format(**names))
    assert (endpoint.party.kind, endpoint.share_id, endpoint.path) == (kind, acme.volume.id, path)


@pytest.mark.parametrize("text", ["acme", "ACME", "site=london", "hq"])
def test_destination_without_path_mirrors_the_source(acme: Demo, reader: Reader, text: str) -> None:
    endpoint = reader.destination(text, source(acme, reader))
    assert endpoint.mirrored
    assert (endpoint.share_id, endpoint.path) == (acme.volume.id, "a/b.mov")


@pytest.mark.parametrize(
    ("here", "there", "path"),
    [
        ("a/pack", "acme:share=projects/x", "x"),
        ("a/pack", "acme:share=projects/x/", "x/pack"),
        ("a/pack", "acme:share=projects", "pack"),
        ("a/pack/", "acme", "a/pack/pack"),
        ("a/pack/", "acme:share=projects/x", "x"),
        ("a/pack/", "acme:share=projects/x/", "x/pack"),
    ],
)
def test_slash_at_the_end_means_into_that_folder(acme: Demo, reader: Reader, here: str, there: str, path: str) -> None:
    endpoint = source(acme, reader, f"share=projects/{here}")
    assert (endpoint.path, endpoint.into) == ("a/pack", here.endswith("/"))
    assert reader.destination(there, endpoint).path == path


def test_placeholder_names_nothing(acme: Demo, reader: Reader) -> None:
    here = source(acme, reader, "null")
    assert here.null
    assert reader.destination("acme", here).null


def test_own_local_path_is_read(acme: Demo, reader: Reader) -> None:
    assert str(source(acme, reader, "/tmp/x.mov").absolute) == "/tmp/x.mov"


def test_path_below_a_volume_is_read_at_the_workspace(acme: Demo, reader: Reader) -> None:
    inside = acme.hq.folders[acme.volume.id] / "a" / "b.mov"
    assert reader.source(f"acme:{inside}").path == "a/b.mov"


@pytest.mark.parametrize(
    "text",
    [
        "client=0123456789abcdef01234567:share=projects/a",
        "client=short:share=projects/a",
        "client={client}",
        "client={client}/a",
        "client={client}:a/b.mov",
        "client={client}:~/b.mov",
        "client={client}:share=nothing/a",
        "client={client}:home=projects/a",
        "client={client}:share=projects/../a",
        "client={client}:share=projects//a",
        "client={client}:share=projects/a\\b",
        "client={client}:share=projects/a b.%04d.exr[1-2]",
        "client={client}:share=projects/a{{b}}.####.exr",
        "client={client}:share=projects/a.%04d.exr[9-2]",
        "nobody@acme.test:share=projects/a",
        "artist@acme.test@elsewhere:share=projects/a",
        "site=paris:share=projects/a",
        "elsewhere:share=projects/a",
        "acme:/etc/passwd",
        "~/b.mov",
        "acme",
    ],
)
def test_impossible_source_is_refused(acme: Demo, reader: Reader, text: str) -> None:
    with pytest.raises(Refusal):
        reader.source(text.format(client=acme.artist_client.id))


@pytest.mark.parametrize(
    "text", ["acme:share=projects/x.%04d.exr", "acme:share=projects/x/s.####.exr", "acme:share=projects/file.exr"]
)
def test_sequence_goes_only_into_a_folder(acme: Demo, reader: Reader, text: str) -> None:
    with pytest.raises(Refusal):
        reader.destination(text, source(acme, reader, "share=projects/s.%04d.exr[1-2]"))


def test_path_outside_of_shares_cannot_be_mirrored(acme: Demo, reader: Reader) -> None:
    with pytest.raises(Refusal, match="mirror"):
        reader.destination("acme", source(acme, reader, "/tmp/x.mov"))


def test_disabled_share_is_refused_for_file_operations_and_waits_for_tasks(acme: Demo, reader: Reader) -> None:
    acme.volume.status = "disabled"
    with pytest.raises(Refusal, match="disabled"):
        reader.place("share=projects/a", write=False)
    assert source(acme, reader).share_id == acme.volume.id


def test_site_that_does_not_serve_the_volume_is_refused(acme: Demo, reader: Reader) -> None:
    acme.workspace.add_site("paris")
    with pytest.raises(Refusal, match="not served"):
        reader.destination("site=paris", source(acme, reader))


def test_local_path_on_the_machine_of_another_user_is_denied(acme: Demo) -> None:
    with pytest.raises(Denied, match="owner"):
        Reader(acme.workspace, acme.admin).source(f"client={acme.artist_client.id}:/tmp/x.mov")


def test_share_that_the_other_user_has_not_mapped_is_denied(acme: Demo) -> None:
    admin = Reader(acme.workspace, acme.admin)
    acme.artist_client.ticks[acme.volume.id] = Ticks(read=True)
    assert admin.source(f"client={acme.artist_client.id}:share=projects/a").path == "a"
    acme.artist_client.folders.clear()
    with pytest.raises(Denied, match="not mapped"):
        admin.source(f"client={acme.artist_client.id}:share=projects/a")


def test_site_transfer_needs_full_access_to_the_volume(acme: Demo, reader: Reader) -> None:
    here = source(acme, reader)
    acme.workspace.change_role(acme.artist.code, "employee")  # which takes the grants away
    with pytest.raises(Denied, match="full access"):
        reader.destination("site=london", here)
    assert Reader(acme.workspace, acme.admin).destination("site=london", here).mirrored


def test_standard_user_needs_own_client_and_write_access(acme: Demo) -> None:
    vendor = Reader(acme.workspace, acme.vendor)
    with pytest.raises(Denied, match="another user"):
        source(acme, vendor)
    own = acme.workspace.add_client("laptop", acme.vendor)
    here = vendor.source(f"client={own.id}:share=projects/in/x.mov")
    with pytest.raises(Denied, match="write access"):
        vendor.destination("acme", here)
    acme.workspace.grant(acme.vendor, acme.volume, path="/in")
    assert vendor.destination("acme", here).path == "in/x.mov"
    with pytest.raises(Denied, match="write access"):
        vendor.destination("acme:share=projects/inside/x.mov", here)
