"""What a studio says of its vendors in the file that FTRACK_ACCSYN_VENDORS names. Pure.

`resource/vendors.example.toml` shows all that may be in it. JSON has the same form.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from typing import Any, Callable, NamedTuple

from ftrack_accsyn_accessor.model import parties, paths
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.model.manifest import why_no_template
from ftrack_accsyn_accessor.model.naming import unsafe_on_windows
from ftrack_accsyn_accessor.model.tables import Tables, is_list, read_content
from ftrack_accsyn_accessor.model.vendors import VendorRules

_FOLDERS = ("to_folder", "from_folder", "publish_folder", "quarantine_folder")
_PLACEHOLDERS = ("{project}", "{vendor}")
_NAMED = re.compile(r"\{(?:project|vendor)\}")
_NO_NAME = re.compile(r'[\\:*?"<>|{}\x00-\x1f]|^[ .]|[ .]$|^$')
_NO_CODE = re.compile(r"[^a-z0-9_-]")
#: What `vendors.vendor_name` makes ends so.
_VENDOR = re.compile(r"-[0-9a-f]{8}$", re.IGNORECASE)
_TYPE = re.compile(r"(?:\.[0-9A-Za-z_+-]{1,16}){1,3}")
#: What stands for names of ftrack in `naming`, besides the version.
_NAMES = re.compile(r"\{(?:project|sequence|shot|asset|task)\}")


def read(text: str, path: str, workspace: str = "") -> VendorRules:
    """Return the rules that *text*, the content of the file *path*, holds; *workspace* is the code of the workspace.

    Raise `errors.SettingsError` that names everything that is wrong with it, each with its place.
    """
    try:
        content = read_content(text, path)
    except ValueError as error:
        raise _error(path, [str(error)]) from None
    reader = _Reader(workspace)
    rules = reader.rules(content)
    if reader.problems:
        raise _error(path, reader.problems)
    return rules


def _error(path: str, problems: list[str]) -> SettingsError:
    remedy = "Correct the file; resource/vendors.example.toml shows what may be in it."
    return SettingsError("use the rules for vendors", path, "; ".join(problems), remedy)


class _Kind(NamedTuple):
    """What a value has to be, in words, and whether it is."""

    wanted: str
    fits: Callable[[Any], bool]


class _Reader(Tables):
    def __init__(self, workspace: str) -> None:
        super().__init__()
        self.kinds = {
            **_KINDS,
            "production": _Kind("a site such as site=internal", lambda value: _site(value, workspace)),
        }

    def rules(self, content: Any) -> VendorRules:
        fields = tuple(field.name for field in dataclasses.fields(VendorRules))
        table = self.table("", content, fields)
        found: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in table.items()
            if self.value(name, value, self.kinds[name].fits, self.kinds[name].wanted) is not None
        }
        rules = VendorRules(**found)
        self._apart(rules)
        return rules

    def _apart(self, rules: VendorRules) -> None:
        """Report folders of which one may lie in another: what is granted on a folder is granted on all below it."""
        if self.problems:
            return
        for pair in itertools.combinations(_FOLDERS, 2):
            for one, other in (pair, pair[::-1]):
                folders = (getattr(rules, one), getattr(rules, other))
                if _may_hold(*folders):
                    self.report(other, folders[1], f"a folder that never lies in {one} ({folders[0]!r})")
                    break


def _text(value: Any) -> bool:
    return isinstance(value, str) and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value)


def _texts(value: Any) -> bool:
    return is_list(value) and all(_text(each) and each.strip() for each in value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _count(least: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _full(value: Any) -> bool:
    return _text(value) and (not value or paths.is_full(value))


def _folder(value: Any) -> bool:
    """Whether *value* is a path in a volume in which the project and the vendor each have a part to themselves."""
    if not _text(value) or unsafe_on_windows(_NAMED.sub("x", value)):
        return False
    parts = value.split("/")
    if any(_NO_NAME.search(_NAMED.sub("x", part)) or len(_NAMED.findall(part)) > 1 for part in parts):
        return False
    return all(value.count(name) == 1 for name in _PLACEHOLDERS)


def _code(value: Any) -> bool:
    return _text(value) and bool(value) and not _NO_CODE.search(_NAMED.sub("x", value))


def _naming(value: Any) -> bool:
    """Whether *value* is what a name can be made of, with the version in it at most once."""
    return _text(value) and not why_no_template(_NAMES.sub("x", value))


def _site(value: Any, workspace: str) -> bool:
    try:
        return value == "" or parties.parse(value, workspace).kind == parties.SITE
    except (ValueError, AttributeError, TypeError):
        return False


def _may_hold(outer: str, inner: str) -> bool:
    """Whether *inner* may be, or lie below, *outer*, whatever projects and vendors are called."""
    above, below = outer.split("/"), inner.split("/")
    return len(above) <= len(below) and all(map(_may_be_one, above, below))


def _may_be_one(first: str, second: str) -> bool:
    """Whether two names of folders may be the same once the placeholders are filled in."""
    if _NAMED.sub("{}", first).casefold() == _NAMED.sub("{}", second).casefold():
        return True
    if "{project}" in first or "{project}" in second:
        return True
    if "{vendor}" in first and "{vendor}" in second:
        return True
    named = next((each for each in (first, second) if "{vendor}" in each), "")
    other = second if named == first else first
    return bool(named) and (not named.endswith("{vendor}") or bool(_VENDOR.search(other)))


_TEXT, _TEXTS, _FLAG = _Kind("a text", _text), _Kind("a list of texts", _texts), _Kind("true or false", _flag)
_FULL, _CODE = _Kind("a full path", _full), _Kind("a code of a-z, 0-9, _ and -, {project} and {vendor}", _code)
_FOLDER = _Kind("a path in the volume in which {project} and {vendor} each stand once, in names of their own", _folder)
_MANY = _Kind("a whole number from 1 on", _count(1))
_KINDS: dict[str, _Kind] = {
    **dict.fromkeys(_FOLDERS, _FOLDER),
    **dict.fromkeys(("to_code", "from_code"), _CODE),
    **dict.fromkeys(("root", "spool"), _FULL),
    **dict.fromkeys(("location", "group", "colour_space", "guidelines", "status_out", "status_in"), _TEXT),
    **dict.fromkeys(("message", "queue", "notes_label"), _TEXT),
    **dict.fromkeys(("components", "closed"), _TEXTS),
    **dict.fromkeys(("with_used", "comment", "time_report", "home_share"), _FLAG),
    **dict.fromkeys(("most_files", "most_depth"), _MANY),
    "deliverables": _Kind("a list of names, at least one", lambda value: _texts(value) and bool(value)),
    "types": _Kind(
        "a list of extensions such as .exr",
        lambda value: is_list(value) and all(_text(each) and _TYPE.fullmatch(each) for each in value),
    ),
    "naming": _Kind(
        "a name, with {project}, {sequence}, {shot}, {asset}, {task} and {version} or {version:03d}", _naming
    ),
    "handles": _Kind("a whole number from 0 on", _count(0)),
    "grace_days": _Kind("a number of days from 0 on", _number),
}
