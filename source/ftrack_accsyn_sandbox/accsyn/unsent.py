"""Names that accsyn never carries, and counts as done all the same (accsyn workflow facts, section 6)."""

from __future__ import annotations

from fnmatch import fnmatchcase

# What operating systems leave behind; the third, macOS's folder icon, ends in a carriage return.
_LITTER = (".ds_store", "thumbs.db")
_FOLDER_ICON = "Icon\r"
# What accsyn takes for its own: half-written files, and the folders of those that it could not put in their place.
_OWN = (
    *(".ACCSYN_TMP.*", ".ACCSYN_CHECKPOINT.*", "_ACCSYN_INCOMPLETE.*", "*.ASC_TMP*"),
    *("ASC_RENAME_FAILED", "ASC_LOCKED_DESTINATION_FILES"),
)


def is_never_sent(relative: str) -> bool:
    """Return whether the file or folder at *relative*, with forward slashes, is left out by accsyn.

    Litter goes by the last name, without regard to case; accsyn's own by any name on the way, letter by letter.
    """
    parts = relative.split("/")
    is_litter = parts[-1].lower() in _LITTER or parts[-1] == _FOLDER_ICON
    return is_litter or any(fnmatchcase(part, pattern) for part in parts for pattern in _OWN)
