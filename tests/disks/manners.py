"""How a disk may behave: each manner by itself, and the mixtures that the systems have."""

from __future__ import annotations

import dataclasses
import errno
import unicodedata
from typing import Any

#: Letters and devices that Windows gives no file.
FORBIDDEN_CHARACTERS = frozenset('<>:"|?*\\') | {chr(number) for number in range(32)}
FORBIDDEN_NAMES = frozenset({"CON", "PRN", "AUX", "NUL"}) | {
    f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10)
}
#: Windows lets a folder's path leave room for a file name of the old kind.
ROOM_FOR_A_FILE = 12
QUARTER_HOUR_S = 900


@dataclasses.dataclass(frozen=True)
class Manners:
    """A disk without any is a plain one. All can be changed while the disk is mounted."""

    #: Names that differ only in case are one, and are listed as first written.
    ignores_case: bool = False
    #: Names that differ only in their Unicode form are one.
    ignores_form: bool = False
    #: Names are listed decomposed, however they were written (HFS+).
    lists_decomposed: bool = False
    #: A file that anybody has open cannot be renamed, replaced or removed, nor can its folders be renamed: EACCES.
    shares_nothing: bool = False
    #: So long (milliseconds) somebody keeps each file that was just written or renamed, as a virus scanner does.
    holder_ms: int = 0
    #: Longest path, in UTF-16 units, from the root of the system on; longer ones are not found. 0: no limit.
    longest_path: int = 0
    #: Names that Windows forbids are refused: EINVAL.
    windows_names: bool = False
    #: Modification times are whole multiples of this.
    time_step_ns: int = 1
    #: So long (milliseconds) after a written file was closed, its modification time moves on by as much.
    lazy_times_ms: int = 0
    #: All times are shown later by as many quarter hours.
    quarter_hours: int = 0
    #: Everything is everybody's; changing its mode is done with a nod (Windows, FAT).
    ignores_modes: bool = False
    #: Changing a mode is refused: EPERM (an SMB share without Unix extensions).
    refuses_modes: bool = False
    #: What flock and fcntl locks answer, as an errno. 0: there are locks. Decided when the disk is mounted.
    lock_errno: int = 0
    no_symlinks: bool = False
    no_hard_links: bool = False

    def key(self, name: str) -> str:
        """Return what is equal for names that are one on this disk."""
        if self.ignores_form or self.lists_decomposed:
            name = unicodedata.normalize("NFD", name)
        if self.ignores_case:
            # Letter by letter, as file systems do: one letter stays one.
            name = "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in name)
        return name

    def shown(self, name: str) -> str:
        """Return *name* as a listing has it."""
        return unicodedata.normalize("NFD", name) if self.lists_decomposed else name

    def check(self, path: str, is_folder: bool = False) -> None:
        """Refuse the absolute *path* of something to be looked at or made, as Windows would."""
        if self.longest_path:
            longest = self.longest_path - (ROOM_FOR_A_FILE if is_folder else 0)
            if len(path.encode("utf-16-le", "surrogatepass")) // 2 > longest:
                raise OSError(errno.ENOENT, "path too long")
        if self.windows_names and any(map(is_forbidden, path.split("/"))):
            raise OSError(errno.EINVAL, "name forbidden")

    def shown_time(self, time_ns: int) -> int:
        """Return the modification time that the disk shows for the real one."""
        return time_ns // self.time_step_ns * self.time_step_ns + self.quarter_hours * QUARTER_HOUR_S * 10**9

    def real_time(self, time_ns: int) -> int:
        """Return what is to be kept, so that *time_ns* is shown."""
        return time_ns - self.quarter_hours * QUARTER_HOUR_S * 10**9

    def as_values(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def is_forbidden(name: str) -> bool:
    """Return whether Windows has no file of that *name*."""
    if name in ("", ".", ".."):
        return False
    if FORBIDDEN_CHARACTERS.intersection(name) or name[-1] in ". ":
        return True
    return name.partition(".")[0].rstrip(" ").upper() in FORBIDDEN_NAMES


PLAIN = Manners()
#: NTFS below Windows, with a virus scanner, and without long paths switched on.
WINDOWS = Manners(
    ignores_case=True,
    shares_nothing=True,
    holder_ms=40,
    longest_path=259,
    windows_names=True,
    time_step_ns=100,
    ignores_modes=True,
    no_symlinks=True,
)
#: HFS+, the stricter of the two that macOS has: APFS lists names as they were written.
MACOS = Manners(ignores_case=True, ignores_form=True, lists_decomposed=True, time_step_ns=10**9)
#: A share of a storage in the house: SMB as Samba or a vendor's appliance serves it.
NAS = Manners(
    ignores_case=True,
    windows_names=True,
    time_step_ns=10 * 10**6,
    lazy_times_ms=30,
    refuses_modes=True,
    lock_errno=errno.ENOLCK,
    no_symlinks=True,
    no_hard_links=True,
)
#: A stick or card: whole even seconds, local time.
FAT = Manners(
    ignores_case=True,
    windows_names=True,
    time_step_ns=2 * 10**9,
    ignores_modes=True,
    no_symlinks=True,
    no_hard_links=True,
)
PRESETS = {"plain": PLAIN, "windows": WINDOWS, "macos": MACOS, "nas": NAS, "fat": FAT}
