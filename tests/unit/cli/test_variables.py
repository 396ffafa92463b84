"""The variables that `ftrack-accsyn sandbox` prints, read back by what they are meant for."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys

import pytest

from ftrack_accsyn_accessor.cli.sandbox import as_object, as_text, studio_folder

AWKWARD = {"PLAIN": "value", "SPACED": "a b", "QUOTED": 'it\'s "so" $HOME `id`', "EMPTY": ""}
PRINT = f"import json, os; print(json.dumps({{name: os.environ[name] for name in {list(AWKWARD)}}}))"


def read_back(shell, script):
    done = subprocess.run([shell, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(shutil.which("sh") is None, reason="no POSIX shell on this machine")
def test_posix_shell_reads_every_value_back_unchanged(tmp_path):
    exports = [line for line in as_text(AWKWARD, tmp_path).splitlines() if line.startswith("export ")]
    assert read_back("sh", "\n".join([*exports, f"{sys.executable} -c {shlex.quote(PRINT)}"])) == AWKWARD


def test_power_shell_form_doubles_single_quotes(tmp_path):
    assert "$env:QUOTED = 'it''s \"so\" $HOME `id`'" in as_text(AWKWARD, tmp_path).splitlines()


def test_json_form_is_one_object():
    assert json.loads(as_object(AWKWARD)) == AWKWARD


def test_named_folder_is_made_and_kept_and_a_temporary_one_removed(tmp_path):
    with studio_folder(tmp_path / "new" / "studio") as kept:
        assert kept.is_dir()
    assert kept.is_dir()
    with studio_folder(None) as temporary:
        assert temporary.is_dir()
    assert not temporary.exists()
