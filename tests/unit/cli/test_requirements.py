"""What the command line says when its libraries are missing."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.cli.extras import needs_extra


def test_missing_library_exits_with_the_extra_that_brings_it():
    with pytest.raises(SystemExit) as exit_, needs_extra("sandbox"):
        import no_such_library.part  # noqa: F401
    assert "no_such_library" in str(exit_.value)
    assert "pip install '.[sandbox]'" in str(exit_.value)


def test_missing_module_of_our_own_is_a_fault_and_not_explained_away():
    with pytest.raises(ModuleNotFoundError), needs_extra("sandbox"):
        import ftrack_accsyn_sandbox.no_such_module  # noqa: F401
