"""That our structure gives ftrack's own identifiers, its StandardStructure being the judge, and what that costs."""

from __future__ import annotations

import threading
import unicodedata

import ftrack_api.exception
import ftrack_api.inspection
import ftrack_api.operation
import ftrack_api.symbol
import pytest
from ftrack_api.structure.standard import StandardStructure
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.staging.structure import StagingStructure


class Entity:
    """Looks like an entity to a structure and ftrack_api.inspection; real ones would need a server for each example."""

    primary_key_attributes = ("id",)

    def __init__(self, session, entity_type, **values):
        self.session = session
        self.entity_type = entity_type
        self.values = values
        session.entities.append(self)
        session.asked.setdefault(values["id"], [])

    def __getitem__(self, name):
        self.session.asked[self.values["id"]].append(name)
        return self.values[name]

    def __eq__(self, other):
        return ftrack_api.inspection.identity(self) == ftrack_api.inspection.identity(other)

    __hash__ = None

    @property
    def attributes(self):
        return {"container": self}

    def get_local_value(self, entity):
        return ftrack_api.symbol.NOT_SET

    def get_remote_value(self, entity):
        return self.values["container"]


class Session:
    """As much of a session as a structure asks; `created` is ftrack's own definition."""

    def __init__(self):
        self.entities = []
        self.recorded_operations = ftrack_api.operation.Operations()
        self.asked = {}
        self.created_was_read = 0

    @property
    def created(self):
        self.created_was_read += 1
        states = ftrack_api.inspection.states(self.entities)
        return [entity for entity, state in zip(self.entities, states) if state is ftrack_api.symbol.CREATED]

    def get(self, entity_type, entity_id):
        found = [e for e in self.entities if e.entity_type == entity_type and e.values["id"] == entity_id]
        return found[0] if found else None

    def record(self, operation_type, entity):
        key = {"id": entity.values["id"]}
        arguments = () if operation_type is ftrack_api.operation.DeleteEntityOperation else ({},)
        if operation_type is ftrack_api.operation.UpdateEntityOperation:
            arguments = ("comment", "", "new")
        self.recorded_operations.push(operation_type(entity.entity_type, key, *arguments))


def make_version(session, names=("show_a", "seq", "sh010", "comp"), number=3, **other):
    Entity(session, "Project", id="project", name=names[0])
    asset = Entity(session, "Asset", id="asset", name=names[-1])
    link = [{"id": "project", "name": names[0]}, *({"id": name, "name": name} for name in names[1:-1]), {"id": "v"}]
    return Entity(
        session, "AssetVersion", **{"id": "version", "version": number, "asset": asset, "link": link, **other}
    )


def make_component(session, entity_type, version, name="beauty", file_type=".exr", **other):
    values = {"id": f"{entity_type}-{name}", "name": name, "file_type": file_type, "container": None, "padding": 4}
    return Entity(session, entity_type, **{**values, "version": version, "version_id": None, **other})


def make_member(session, container, name, file_type=".exr"):
    not_set = ftrack_api.symbol.NOT_SET
    return make_component(session, "FileComponent", not_set, name, file_type, container=container, version_id=None)


def make_sequence(session, frames, entity_type="SequenceComponent"):
    container = make_component(session, entity_type, make_version(session))
    return container, [make_member(session, container, f"{frame:04d}") for frame in range(frames)]


def outcome(structure, entity):
    try:
        return structure.get_resource_identifier(entity)
    except (ftrack_api.exception.StructureError, TypeError, ValueError) as error:
        return type(error), str(error)


def folds(character):
    """Whether StandardStructure has a whole ASCII form for a character: it is one, or one with diacritics."""
    pieces = unicodedata.normalize("NFKD", character)
    return all(piece.isascii() or unicodedata.combining(piece) for piece in pieces)


#: Names that StandardStructure writes completely: ASCII, and what it folds into it.
COMPLETE = st.one_of(
    st.text(st.characters(codec="ascii"), max_size=12),
    st.text(st.characters().filter(folds), max_size=12),
    st.sampled_from(["beauty", "Ünïcode Nàme", "a/b", "..", ".", "", "x.y.%04d", "{0}", "a\\b", " blank ", "A-B_c"]),
)
LETTERS = st.characters(categories=["L", "Nd"])
#: From kana to hangul: letters that StandardStructure drops, and that have no case.
CASELESS = st.characters(categories=["Lo"], min_codepoint=0x3041, max_codepoint=0xD7A3)
SUBSTITUTES = st.sampled_from(["_", "-", "", None])


@given(
    names=st.lists(COMPLETE, min_size=2, max_size=5),
    number=st.integers(0, 12000),
    component=COMPLETE,
    members=st.lists(COMPLETE, max_size=3),
    file_type=st.one_of(st.sampled_from([".exr", "", ".tar.gz", ".E X R"]), COMPLETE),
    padding=st.sampled_from([None, 0, 4, 6]),
    prefix=st.sampled_from([None, "versions", "ver sions"]),
    substitute=SUBSTITUTES,
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_names_that_standard_structure_writes_completely_keep_its_identifiers(
    names, number, component, members, file_type, padding, prefix, substitute
):
    standard, ours = StandardStructure(prefix, substitute), StagingStructure(prefix, substitute)
    session = Session()
    version = make_version(session, names, number)
    entities = [make_component(session, "FileComponent", version, component, file_type)]
    for entity_type in ("SequenceComponent", "ContainerComponent"):
        container = make_component(session, entity_type, version, component, file_type, padding=padding)
        entities += [container, *(make_member(session, container, member, file_type) for member in members)]
    expected = [outcome(standard, entity) for entity in entities]
    # A name of which StandardStructure leaves nothing has a stand-in, at whatever place of the path it is.
    whole = [not isinstance(text, str) or "" not in text.split("/") for text in expected]
    found = [outcome(ours, entity) for entity in entities]
    assert [text for text, same in zip(found, whole) if same] == [text for text, same in zip(expected, whole) if same]
    assert all("" not in text.split("/") for text in found if isinstance(text, str) and substitute is not None)
    with ours.one_publish():
        assert [outcome(ours, entity) for entity in reversed(entities)] == found[::-1]


def part(name, substitute="_"):
    return StagingStructure(illegal_character_substitute=substitute).sanitise_for_filesystem(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SH 01", "sh_01"),
        ("Ärmel", "armel"),
        ("A\u0308rmel", "armel"),
        ("東京", "東京"),
        ("大阪", "大阪"),
        ("東京 Été", "東京_ete"),
        ("東京–大阪", "東京_大阪"),
        ("Bjørn", "bjørn"),
        ("Сцена 5", "сцена_5"),
        ("\u0438\u0306", "й"),  # in NFC it is one character
        ("か\u3099", "が"),
        ("हिन्दी", "हिन्दी"),
        ("สวัสดี", "สวัสดี"),
        ("שָׁלוֹם", "שָׁלוֹם"),
        ("٣٤", "٣٤"),
        ("ﬁn", "fin"),
        ("ﷺ", "ﷺ"),  # StandardStructure would leave the blanks of its long form
        ("…", "..."),
    ],
)
def test_letters_digits_and_marks_of_every_script_are_kept(name, expected):
    assert part(name) == unicodedata.normalize("NFC", expected)


@pytest.mark.parametrize(("substitute", "expected"), [("_", "東_京"), ("-", "東-京"), ("", "東京"), (None, "東 京")])
def test_what_is_no_letter_gets_the_chosen_substitute(substitute, expected):
    assert part("東 京", substitute) == expected
    if substitute is not None:
        assert part("東🎬京", substitute) == expected


@given(names=st.lists(st.text(CASELESS, min_size=1, max_size=6), min_size=2, max_size=2), substitute=SUBSTITUTES)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_different_names_of_letters_without_an_ascii_form_never_get_one_part(names, substitute):
    one, other = (unicodedata.normalize("NFC", name) for name in names)
    assert (part(one, substitute) == part(other, substitute)) == (one == other)


@given(before=st.text(max_size=6), letter=LETTERS, after=st.text(LETTERS, max_size=6))
@settings(max_examples=500, deadline=None, derandomize=True)
def test_no_letter_and_no_digit_is_dropped(before, letter, after):
    with_it, without = (unicodedata.normalize("NFD", part(name)) for name in (before + letter + after, before + after))
    assert len(with_it) > len(without)


@given(name=st.text(max_size=8), index=st.sampled_from(["1", "0001"]), file_type=st.text(max_size=5))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_frames_lie_where_their_sequence_says(name, index, file_type):
    assert part(f"{name}.{index}.{file_type}") == f"{part(name)}.{index}.{part(f'_.{file_type}')[2:]}"


@given(name=st.text(max_size=8), substitute=SUBSTITUTES)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_part_is_in_normal_form_and_stays_as_it_is(name, substitute):
    found = part(name, substitute)
    if substitute is not None:
        assert unicodedata.normalize("NFC", found) == found
        assert part(found, substitute) == found


@pytest.mark.parametrize("substitute", ["_", "", None])
def test_name_of_which_nothing_is_left_has_a_stand_in(substitute):
    session = Session()
    version = make_version(session, ["show_a", "\u0301", "", "comp"])
    container = make_component(session, "ContainerComponent", version, "" if substitute is None else "\u0301")
    member = make_member(session, container, "", "")
    structure = StagingStructure(illegal_character_substitute=substitute)
    folder, name, file = structure.get_resource_identifier(member).split("/")[-3:]
    assert folder == "v003"
    assert (name, file) == ("_", "_")


def test_shots_in_japanese_get_paths_of_their_own():
    identifiers = set()
    for shot in ("東京", "大阪"):
        component = make_component(Session(), "FileComponent", None)
        session = component.session
        component.values["version"] = make_version(session, ("show_a", "seq", shot, "comp"))
        identifiers.add(StagingStructure().get_resource_identifier(component))
    assert identifiers == {"show_a/seq/東京/comp/v003/beauty.exr", "show_a/seq/大阪/comp/v003/beauty.exr"}


@pytest.mark.parametrize("entity_type", ["FileComponent", "SequenceComponent", "ContainerComponent"])
@pytest.mark.parametrize(
    ("operations", "refused"),
    [
        ([], False),
        (["Create"], True),
        (["Create", "Update"], True),
        (["Update"], False),
        (["Create", "Delete"], False),
        (["Delete", "Create"], False),
    ],
)
def test_uncommitted_version_is_refused_as_standard_structure_does(entity_type, operations, refused):
    session = Session()
    version = make_version(session)
    for name in operations:
        session.record(getattr(ftrack_api.operation, f"{name}EntityOperation"), version)
    component = make_component(session, entity_type, version)
    expected = outcome(StandardStructure(), component)
    assert outcome(StagingStructure(), component) == expected
    assert (expected[0] is ftrack_api.exception.StructureError) == refused


@pytest.mark.parametrize("entity_type", ["FileComponent", "SequenceComponent", "ContainerComponent"])
@pytest.mark.parametrize("link", [[], None])
def test_version_without_a_parent_context_is_refused(entity_type, link):
    session = Session()
    component = make_component(session, entity_type, make_version(session, link=link))
    with pytest.raises(ftrack_api.exception.StructureError, match="must be attached to a committed version"):
        StagingStructure().get_resource_identifier(component)


def test_component_without_a_version_is_refused():
    component = make_component(Session(), "FileComponent", ftrack_api.symbol.NOT_SET)
    with pytest.raises(ftrack_api.exception.StructureError):
        StagingStructure().get_resource_identifier(component)


def test_version_known_by_its_id_only_is_looked_up():
    session = Session()
    make_version(session)
    component = make_component(session, "FileComponent", ftrack_api.symbol.NOT_SET, version_id="version")
    identifier = StagingStructure().get_resource_identifier(component)
    assert identifier == "show_a/seq/sh010/comp/v003/beauty.exr"
    assert identifier == StandardStructure().get_resource_identifier(component)


@pytest.mark.parametrize("structure", [StandardStructure(), StagingStructure()], ids=["ftrack", "accsyn"])
def test_other_entities_are_not_supported(structure):
    task = Entity(Session(), "Task", id="task", name="task")
    with pytest.raises(NotImplementedError):
        structure.get_resource_identifier(task)


def test_container_is_worked_out_once_during_a_publish():
    session = Session()
    container, members = make_sequence(session, 50)
    structure = StagingStructure()
    with structure.one_publish():
        identifiers = [structure.get_resource_identifier(entity) for entity in [*members, container]]
    assert session.asked["version"].count("link") == 1
    assert sum(session.asked[member.values["id"]].count("container") for member in members) == 1
    assert session.created_was_read == 0
    assert identifiers[7] == "show_a/seq/sh010/comp/v003/beauty.0007.exr"
    assert identifiers[-1] == "show_a/seq/sh010/comp/v003/beauty.%04d.exr"


def test_nothing_is_remembered_outside_of_a_publish():
    session = Session()
    container, members = make_sequence(session, 3, "ContainerComponent")
    structure = StagingStructure()
    with structure.one_publish():
        structure.get_resource_identifier(members[0])
    container.values["name"] = "renamed"
    assert structure.get_resource_identifier(members[0]) == "show_a/seq/sh010/comp/v003/renamed/0000.exr"
    structure.get_resource_identifier(members[0])
    assert session.asked["version"].count("link") == 3


def test_nested_publish_keeps_the_memory_of_the_outer_one():
    session = Session()
    _, members = make_sequence(session, 2)
    structure = StagingStructure()
    with structure.one_publish():
        structure.get_resource_identifier(members[0])
        with structure.one_publish():
            structure.get_resource_identifier(members[1])
        structure.get_resource_identifier(members[1])
        assert session.asked["version"].count("link") == 1


def test_memory_ends_with_a_failing_publish():
    session = Session()
    container, members = make_sequence(session, 2)
    structure = StagingStructure()

    def publish():
        with structure.one_publish():
            structure.get_resource_identifier(members[0])
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        publish()
    container.values["name"] = "renamed"
    assert "renamed" in structure.get_resource_identifier(members[0])


def test_failure_is_not_remembered():
    session = Session()
    container, members = make_sequence(session, 1)
    structure = StagingStructure()
    version = container.values["version"]
    link, version.values["link"] = version.values["link"], []
    with structure.one_publish():
        with pytest.raises(ftrack_api.exception.StructureError):
            structure.get_resource_identifier(members[0])
        version.values["link"] = link
        assert structure.get_resource_identifier(members[0]).endswith("beauty.0000.exr")


def test_memory_belongs_to_one_thread():
    session = Session()
    container, members = make_sequence(session, 1, "ContainerComponent")
    structure = StagingStructure()
    seen = []
    with structure.one_publish():
        structure.get_resource_identifier(members[0])
        container.values["name"] = "renamed"
        other = threading.Thread(target=lambda: seen.append(structure.get_resource_identifier(members[0])))
        other.start()
        other.join()
        seen.append(structure.get_resource_identifier(members[0]))
    assert "renamed" in seen[0]
    assert "renamed" not in seen[1]
