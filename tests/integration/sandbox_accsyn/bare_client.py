"""accsyn's own client, as these tests drive it; importing this module where it cannot be driven so skips them.

The plugin goes through its door instead, which any release from 3.0.1 on passes, on every CPython.
"""

from __future__ import annotations

import sys
from importlib import metadata

import pytest

RELEASE = metadata.version("accsyn-python-api")

# 3.4 brought the argument that keeps a foreign .env out, and answers of the form that these tests expect.
if tuple(map(int, RELEASE.split(".")[:2])) < (3, 4):
    pytest.skip(f"written for accsyn-python-api 3.4, here is {RELEASE}", allow_module_level=True)
if sys.version_info < (3, 10):
    pytest.skip(f"accsyn-python-api {RELEASE} cannot be imported on CPython 3.9", allow_module_level=True)

from accsyn_api.session import AccsynException as AccsynException  # noqa: E402
from accsyn_api.session import Session as Session  # noqa: E402
