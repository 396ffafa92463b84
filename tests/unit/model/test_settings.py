"""Settings: every problem at once, by its variable's name; never an exception, never the key."""

from __future__ import annotations

import dataclasses
import logging
import ntpath
import os
import posixpath
from types import ModuleType
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.settings import Settings

seeded = hypothesis_settings(derandomize=True, deadline=None, database=None, max_examples=300)

KEY = "k3y-that-nobody-may-see"
GOOD = {
    "ACCSYN_WORKSPACE": "acme",
    "ACCSYN_API_USER": "artist@acme.test",
    "ACCSYN_API_KEY": KEY,
    "ACCSYN_PROJECTS_PATH": os.path.abspath(os.sep + "projects"),
}


def read(**changes: Optional[str]) -> Settings:
    """Return the settings of a well-configured machine with *changes*; None unsets a variable."""
    merged = {**GOOD, **changes}
    return settings.read({name: value for name, value in merged.items() if value is not None})


def named(found: Settings) -> list[str]:
    return [problem.variable for problem in found.problems]


# What is read.


def test_well_configured_machine_has_no_problems() -> None:
    found = read()
    assert found.complete
    assert (found.workspace, found.api_user, found.api_key) == ("acme", "artist@acme.test", KEY)
    assert found.staging_path == GOOD["ACCSYN_PROJECTS_PATH"]
    assert found.volume == "projects"
    assert found.tls_verify
    assert not found.disabled


def test_empty_environment_is_no_staging_machine_and_no_problem() -> None:
    assert settings.read({}) == Settings()
    assert settings.read({}).complete


def test_credentials_alone_make_no_staging_machine_and_no_problem() -> None:
    found = read(ACCSYN_PROJECTS_PATH=None, ACCSYN_API_KEY=None)
    assert found.staging_path is None
    assert found.complete


@pytest.mark.parametrize(
    ("variable", "attribute", "value"),
    [
        ("FTRACK_ACCSYN_LOCATION", "location", "studio staging"),
        ("FTRACK_ACCSYN_CLIENT", "client", "5d91a5f1b5f0c8a7e2d4c3b1"),
        ("FTRACK_ACCSYN_DESTINATION", "destination", "site=london"),
        ("FTRACK_ACCSYN_DESTINATION", "destination", "vendor+vfx@acme.test"),
        ("FTRACK_ACCSYN_DESTINATION_LOCATION", "destination_location", "studio.london"),
        ("FTRACK_ACCSYN_QUEUE", "queue", "High"),
        ("ACCSYN_PROXY", "proxy", "accsyn:10.0.0.1:80"),
    ],
)
def test_value_is_read_without_its_blanks(variable: str, attribute: str, value: str) -> None:
    assert getattr(read(**{variable: value}), attribute) == value
    assert getattr(read(**{variable: f"  {value}\t\n"}), attribute) == value
    assert getattr(read(**{variable: " "}), attribute) is None
    assert read(**{variable: value}).complete


@pytest.mark.parametrize(("text", "truth"), [("1", True), ("YES", True), ("on", True), ("0", False), ("False", False)])
def test_truth_values_are_read_in_the_usual_spellings(text: str, truth: bool) -> None:
    found = read(FTRACK_ACCSYN_TLS_VERIFY=text, FTRACK_ACCSYN_DISABLE=text)
    assert (found.tls_verify, found.disabled) == (truth, truth)


def test_log_level_is_read_by_name() -> None:
    assert read(FTRACK_ACCSYN_LOG_LEVEL="debug").log_level == logging.DEBUG
    assert read().log_level is None


@pytest.mark.parametrize("order", [("ACCSYN_WORKSPACE", "ACCSYN_DOMAIN"), ("ACCSYN_DOMAIN", "ACCSYN_ORG")])
def test_first_workspace_variable_wins_as_in_accsyns_client(order: tuple[str, str]) -> None:
    first, second = order
    environ = {"ACCSYN_WORKSPACE": None, first: "one", second: "two"}
    assert read(**environ).workspace == "one"
    assert read(**{**environ, first: " "}).workspace == "two"


# The volume and its path.


@pytest.mark.parametrize(
    ("volume", "variables", "expected"),
    [
        ("projects", {}, "ACCSYN_PROJECTS_PATH"),
        ("show-2.a", {}, "ACCSYN_SHOW_2_A_PATH"),
        ("show-2.a", {"ACCSYN_SHOW-2.A_PATH": "/x"}, "ACCSYN_SHOW-2.A_PATH"),
        ("show-2.a", {"ACCSYN_SHOW-2.A_PATH": " ", "ACCSYN_SHOW_2_A_PATH": "/x"}, "ACCSYN_SHOW_2_A_PATH"),
    ],
)
def test_staging_variable_follows_the_volume(volume: str, variables: dict[str, str], expected: str) -> None:
    assert settings.staging_variable(volume, variables) == expected
    assert settings.read({**variables, "FTRACK_ACCSYN_VOLUME": volume}).staging_variable == expected


def test_path_of_another_volume_is_not_taken() -> None:
    found = read(FTRACK_ACCSYN_VOLUME="library")
    assert (found.volume, found.staging_path) == ("library", None)


@pytest.mark.parametrize(
    ("flavour", "value", "path"),
    [
        (posixpath, "/mnt/projects/", "/mnt/projects"),
        (posixpath, "/mnt//a/../projects", "/mnt/projects"),
        (posixpath, "/Volumes/Project Disk", "/Volumes/Project Disk"),
        (posixpath, "projects", None),
        (posixpath, "./projects", None),
        (posixpath, "$NOT_SET_ANYWHERE/projects", None),
        (posixpath, "P:\\projects", None),
        (posixpath, "/mnt/a\0b", None),
        (posixpath, "~\0/projects", None),
        (posixpath, "~nobody-is-called-so/projects", None),
        (ntpath, "P:\\projects\\", "P:\\projects"),
        (ntpath, "P:/projects/../staging", "P:\\staging"),
        (ntpath, "P:\\", "P:\\"),
        (ntpath, "\\\\server\\share\\projects", "\\\\server\\share\\projects"),
        (ntpath, "//server/share/projects", "\\\\server\\share\\projects"),
        (ntpath, "P:projects", None),
        (ntpath, "P:", None),
        (ntpath, "\\projects", None),
        (ntpath, "/projects", None),
        (ntpath, "projects\\a", None),
    ],
)
def test_only_a_full_path_of_the_system_is_a_staging_path(flavour: ModuleType, value: str, path: Optional[str]) -> None:
    found = settings.read({**GOOD, "ACCSYN_PROJECTS_PATH": value}, flavour=flavour)
    assert found.staging_path == path
    assert named(found) == ([] if path else ["ACCSYN_PROJECTS_PATH"])


@pytest.mark.skipif(os.name == "nt", reason="a lone surrogate may be part of a name there")
@pytest.mark.parametrize("variable", ["ACCSYN_PROJECTS_PATH", "FTRACK_ACCSYN_OUTBOX"])
@pytest.mark.parametrize("folder", ["/mnt/a\0b", "/mnt/a\ud800b", "/mnt/$ODD/b"])
def test_a_folder_that_no_system_can_name_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, folder: str
) -> None:
    # What a variable in a path stands for is taken from the process, where no test can put such a text.
    monkeypatch.setattr(os, "environ", {"ODD": "\ud800"})
    found = settings.read({**GOOD, variable: folder}, flavour=posixpath)
    (problem,) = found.problems
    assert problem.variable == variable
    assert "no path can hold" in problem.what
    assert str(problem).isascii()


def test_home_and_variables_in_paths_are_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/artist")
    monkeypatch.setenv("USERPROFILE", "C:\\Users\\artist")
    monkeypatch.setenv("STAGING_DISK", "disk1")
    environ = {**GOOD, "ACCSYN_PROJECTS_PATH": "~/$STAGING_DISK", "FTRACK_ACCSYN_OUTBOX": "~/outbox"}
    found = settings.read(environ, flavour=posixpath)
    assert (found.staging_path, found.outbox) == ("/home/artist/disk1", "/home/artist/outbox")
    environ = {**GOOD, "ACCSYN_PROJECTS_PATH": "~\\%STAGING_DISK%"}
    assert settings.read(environ, flavour=ntpath).staging_path == "C:\\Users\\artist\\disk1"


# What is wrong.


def test_every_problem_is_reported_at_once_by_its_variable() -> None:
    found = settings.read(
        {
            "ACCSYN_PROJECTS_PATH": "relative",
            "ACCSYN_CREDENTIALS_PATH": "/cannot/be/read",
            "FTRACK_ACCSYN_CLIENT": "my laptop",
            "FTRACK_ACCSYN_DESTINATION": "to london",
            "FTRACK_ACCSYN_OUTBOX": "here",
            "FTRACK_ACCSYN_TLS_VERIFY": "maybe",
            "FTRACK_ACCSYN_DISABLE": "perhaps",
            "FTRACK_ACCSYN_LOG_LEVEL": "loud",
        }
    )
    expected = {
        "ACCSYN_PROJECTS_PATH",
        "ACCSYN_CREDENTIALS_PATH",
        "ACCSYN_WORKSPACE",
        "ACCSYN_API_USER",
        "ACCSYN_API_KEY",
        "FTRACK_ACCSYN_CLIENT",
        "FTRACK_ACCSYN_DESTINATION",
        "FTRACK_ACCSYN_OUTBOX",
        "FTRACK_ACCSYN_TLS_VERIFY",
        "FTRACK_ACCSYN_DISABLE",
        "FTRACK_ACCSYN_LOG_LEVEL",
    }
    assert sorted(named(found)) == sorted(expected)
    assert not found.complete
    text = settings.describe(found.problems)
    for problem in found.problems:
        assert text.count(f"  - {problem.variable}: {problem.what} {problem.remedy}") == 1
        assert problem.what.endswith(".")
        assert problem.remedy.endswith(".")


@pytest.mark.parametrize("missing", ["ACCSYN_WORKSPACE", "ACCSYN_API_USER", "ACCSYN_API_KEY"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_missing_credential_is_a_problem_and_leaves_staging_possible(missing: str, value: Optional[str]) -> None:
    found = read(**{missing: value})
    assert named(found) == [missing]
    assert found.staging_path is not None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FTRACK_ACCSYN_VOLUME", "my volume"),
        ("FTRACK_ACCSYN_VOLUME", "../x"),
        ("FTRACK_ACCSYN_CLIENT", "5D91A5F1B5F0C8A7E2D4C3B1"),
        ("FTRACK_ACCSYN_CLIENT", "5d91a5f1b5f0c8a7e2d4c3b"),
        ("FTRACK_ACCSYN_DESTINATION", "site=london:share=projects"),
        ("FTRACK_ACCSYN_DESTINATION", 'acme"'),
        ("FTRACK_ACCSYN_TLS_VERIFY", "2"),
    ],
)
def test_malformed_value_is_named_shown_and_not_used(variable: str, value: str) -> None:
    found = read(**{variable: value})
    assert named(found) == [variable]
    assert repr(value) in str(found.problems[0])
    assert dataclasses.replace(found, problems=()) == read()


def test_unset_tls_verify_and_a_malformed_one_both_verify() -> None:
    assert read(FTRACK_ACCSYN_TLS_VERIFY="nope").tls_verify


# The credentials file.


def test_credentials_file_wins_over_the_environment() -> None:
    text = "\n".join(["# mine", "ACCSYN_API_USER = other@acme.test", "", "ACCSYN_API_KEY='with=sign'", "nonsense"])
    found = settings.read({**GOOD, "ACCSYN_CREDENTIALS_PATH": "/home/artist/accsyn.env"}, text)
    assert (found.api_user, found.api_key, found.workspace) == ("other@acme.test", "with=sign", "acme")
    assert found.complete


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("ACCSYN_API_KEY=plain", "plain"),
        ('ACCSYN_API_KEY="quoted"', "quoted"),
        ("  ACCSYN_API_KEY\t=\tblanks  ", "blanks"),
        ("ACCSYN_API_KEY='", "'"),
        ("ACCSYN_API_KEY=\"half'", "\"half'"),
        ("\ufeffACCSYN_API_KEY=marked", "marked"),
        ("#ACCSYN_API_KEY=comment", KEY),
        ("ACCSYN_API_KEY", KEY),
        ("ACCSYN_API_KEYS=another", KEY),
    ],
)
def test_lines_of_the_credentials_file_are_read_as_accsyns_client_reads_them(line: str, key: str) -> None:
    assert settings.read(GOOD, line).api_key == key


def test_nothing_but_credentials_is_taken_from_the_credentials_file() -> None:
    text = "ACCSYN_PROJECTS_PATH=/elsewhere\nFTRACK_ACCSYN_TLS_VERIFY=0\nFTRACK_ACCSYN_DISABLE=1\nPATH=/evil"
    assert settings.read(GOOD, text) == settings.read(GOOD)


def test_unreadable_credentials_file_is_a_problem_on_a_staging_machine_only() -> None:
    assert named(read(ACCSYN_CREDENTIALS_PATH="/nowhere")) == ["ACCSYN_CREDENTIALS_PATH"]
    assert read(ACCSYN_CREDENTIALS_PATH="/nowhere", ACCSYN_PROJECTS_PATH=None).complete


# The location's name.


@pytest.mark.parametrize(
    ("hostname", "platform", "name"),
    [
        ("ws1", "linux", "artist.ws1"),
        ("MacServer.local", "darwin", "artist.MacServer"),
        ("MacServer.LOCAL", "darwin", "artist.MacServer"),
        ("ws1.local", "linux", "artist.ws1.local"),
        ("ws1.local", "win32", "artist.ws1.local"),
        ("local", "darwin", "artist.local"),
    ],
)
def test_location_is_named_as_by_earlier_releases(hostname: str, platform: str, name: str) -> None:
    assert settings.location_name(Settings(), "artist", hostname, platform) == name


def test_location_named_by_the_environment_wins() -> None:
    assert settings.location_name(Settings(location="studio.staging"), "artist", "ws1") == "studio.staging"


# Whatever the environment.

VARIABLES = [
    *settings.WORKSPACE_VARIABLES,
    "ACCSYN_API_USER",
    "ACCSYN_PROXY",
    "ACCSYN_PROJECTS_PATH",
    "ACCSYN_CREDENTIALS_PATH",
    *(
        f"FTRACK_ACCSYN_{name}"
        for name in ("VOLUME", "LOCATION", "CLIENT", "DESTINATION", "DESTINATION_LOCATION", "QUEUE", "OUTBOX")
    ),
    *(f"FTRACK_ACCSYN_{name}" for name in ("TLS_VERIFY", "DISABLE", "LOG_LEVEL")),
]
WORDS = st.sampled_from(["", " ", "/data/projects", "~", "~x", "~\0", "$HOME", "%", "P:\\", "acme", "1", "site=x", '"'])
TEXTS = st.text(st.characters(), max_size=20) | WORDS  # lone surrogates and NUL included
ENVIRONMENTS = st.dictionaries(st.sampled_from(VARIABLES), TEXTS)


@seeded
@given(ENVIRONMENTS, st.none() | TEXTS, st.booleans(), st.sampled_from([posixpath, ntpath]))
def test_no_environment_raises_or_shows_a_secret(
    environ: dict[str, str], file_text: Optional[str], key_in_file: bool, flavour: ModuleType
) -> None:
    proxy = "accsyn:user:s3cr3t-of-the-proxy@10.0.0.1:80"
    secrets = {"ACCSYN_API_KEY": KEY, "ACCSYN_PROXY": proxy}
    if key_in_file:
        lines = [f"{name}={value}" for name, value in secrets.items()]
        file_text = "\n".join([file_text or "", *lines])
    else:
        environ = {**environ, **secrets}
    found = settings.read(environ, file_text, flavour)
    shown = repr(found) + str(found) + settings.describe(found.problems)
    assert found.complete == (not found.problems)
    assert KEY not in shown
    assert "s3cr3t-of-the-proxy" not in shown
    assert found.staging_path is None or flavour.isabs(found.staging_path)


@seeded
@given(ENVIRONMENTS)
def test_same_environment_gives_equal_settings(environ: dict[str, str]) -> None:
    # The worker connects anew whenever they differ.
    assert settings.read(environ) == settings.read(dict(environ))


def test_changed_key_makes_other_settings_although_it_is_not_shown() -> None:
    assert read() != read(ACCSYN_API_KEY="another")


@pytest.mark.parametrize(("text", "verify"), [("", "none"), ("none", "none"), ("SIZE", "size")])
def test_verify_is_none_unless_size_is_asked_for(text: str, verify: str) -> None:
    found = read(FTRACK_ACCSYN_VERIFY=text)
    assert (found.verify, found.problems) == (verify, ())


def test_unknown_word_for_verify_is_a_problem() -> None:
    (problem,) = read(FTRACK_ACCSYN_VERIFY="hash").problems
    assert str(problem) == "FTRACK_ACCSYN_VERIFY: 'hash' is none of none, size. Correct it or unset it."


@pytest.mark.parametrize(
    ("value", "patterns"),
    [(None, ()), (" ", ()), ("site=*", ("site=*",)), (" site=* ,, *@vendor.test,", ("site=*", "*@vendor.test"))],
)
def test_destinations_that_the_service_may_send_to_are_listed_between_commas(
    value: Optional[str], patterns: tuple[str, ...]
) -> None:
    environ = {} if value is None else {"FTRACK_ACCSYN_SEND_TO": value}
    assert settings.read(environ).send_to == patterns


def test_the_folder_to_sync_is_kept_as_a_template() -> None:
    assert settings.read({"FTRACK_ACCSYN_SYNC_PATH": " {project}/scans "}).sync_path == "{project}/scans"
    assert settings.read({}).sync_path is None
