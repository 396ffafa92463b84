"""Which tests cannot hold on which disk, by what they need and the disk lacks."""

from __future__ import annotations

from collections.abc import Mapping

SYMLINKS = "it has no symbolic links"
MODES = "it keeps no modes"
SPECIAL_FILES = "it has no pipes and devices"
ANY_NAME = "it has no such names"
FINE_TIMES = "it keeps no such times"
OPEN_RENAMES = "the test unplugs by moving or removing a folder in which files are open"
LONG_PATHS = "it has no paths that long"
LINUX_NAMES = "it has another rule for names"
SPEED = "it is too slow for so many rounds"

LACKS: Mapping[str, frozenset[str]] = {
    "plain": frozenset(),
    "windows": frozenset({SYMLINKS, MODES, SPECIAL_FILES, ANY_NAME, LINUX_NAMES, OPEN_RENAMES, LONG_PATHS, SPEED}),
    "macos": frozenset({SPECIAL_FILES, LINUX_NAMES, FINE_TIMES, SPEED}),
    "nas": frozenset({SYMLINKS, MODES, SPECIAL_FILES, ANY_NAME, LINUX_NAMES, FINE_TIMES, SPEED}),
    "fat": frozenset({SYMLINKS, MODES, SPECIAL_FILES, ANY_NAME, LINUX_NAMES, FINE_TIMES, SPEED}),
    "ntfs": frozenset({MODES, ANY_NAME, LINUX_NAMES, OPEN_RENAMES, SPEED}),
    "exfat": frozenset({SYMLINKS, MODES, SPECIAL_FILES, ANY_NAME, LINUX_NAMES, FINE_TIMES, OPEN_RENAMES, SPEED}),
}

#: Test function -> what it needs.
NEEDS: Mapping[str, str] = {
    "test_pipe_is_read_to_its_end": SPECIAL_FILES,
    "test_copy_has_the_content_and_nothing_else_of_the_source": MODES,
    "test_staged_file_has_the_mode_of_any_new_file": MODES,
    "test_link_out_of_the_root_is_not_followed": SYMLINKS,
    "test_folder_that_becomes_a_link_out_of_the_root_is_noticed_at_once": SYMLINKS,
    "test_root_that_becomes_a_link_elsewhere_is_the_new_root": SYMLINKS,
    "test_removing_a_link_leaves_its_target": SYMLINKS,
    "test_links_inside_of_the_root_are_followed": SYMLINKS,
    "test_prefix_may_be_a_link": SYMLINKS,
    "test_staged_file_is_known_by_another_way_that_leads_to_it": SYMLINKS,
    "test_fsync_passes_over_what_has_none": SYMLINKS,
    "test_unfinished_write_and_link_to_a_folder_count_as_something_else": SYMLINKS,
    "test_links_to_the_root_and_into_it_lead_there_and_those_in_it_are_kept": SYMLINKS,
    "test_area_is_begun_on_the_systems_own_disk_by_its_name_and_in_a_folder_that_linux_has_there": SYMLINKS,
    "test_folder_of_another_account_is_named_with_it": MODES,
    "test_own_folder_has_no_other_owner": MODES,
    "test_mode_is_what_it_would_have_been_beside_it": MODES,
    "test_group_is_that_of_a_folder_that_hands_it_on": MODES,
    "test_state_folder_and_marker_are_private": MODES,
    "test_state_folder_that_others_could_read_is_closed": MODES,
    "test_file_and_its_log_are_private_whatever_the_umask": MODES,
    "test_replaced_file_keeps_its_mode_and_a_new_one_has_the_usual": MODES,
    "test_files_are_private_to_their_owner": MODES,
    "test_lock_file_is_private": MODES,
    "test_record_is_private_and_holds_plain_json": MODES,
    "test_list_leaves_out_what_no_identifier_could_name": ANY_NAME,
    "test_writing_over_a_pipe_is_invalid": SPECIAL_FILES,
    "test_stamp_is_size_and_time": FINE_TIMES,
    "test_file_written_again_with_the_same_size_is_named": FINE_TIMES,
    "test_content_of_another_time_keeps_its_date": FINE_TIMES,
    "test_file_that_cannot_be_read_is_told_of_and_hides_no_other": FINE_TIMES,
    "test_deleted_file_is_made_anew_instead_of_written_to_unseen": OPEN_RENAMES,
    "test_exchanged_disk_is_noticed_and_the_first_one_too_when_it_is_back": OPEN_RENAMES,
    "test_vanished_root_is_named_and_never_made_again": OPEN_RENAMES,
    "test_vanished_root_is_gone_until_it_comes_back": FINE_TIMES,  # the other disk differs in a time, or not at all
    "test_name_that_is_too_long_is_a_failed_operation": LONG_PATHS,
    "test_longest_path_of_the_system_is_written": LONG_PATHS,
    "test_longer_path_is_called_too_long": LONG_PATHS,
    "test_name_at_the_limit_of_the_file_system_is_written": LINUX_NAMES,
    "test_disk_that_cannot_be_asked_has_the_rule_of_the_system": LINUX_NAMES,
    "test_unfinished_file_that_somebody_removed_is_told_as_that": OPEN_RENAMES,
    "test_threads_that_find_the_damage_at_the_same_moment_keep_one_file_aside": SPEED,
}


def reason(disk: str, function: str) -> str:
    """Return why a test cannot hold on *disk*, or nothing."""
    needed = NEEDS.get(function, "")
    return f"not on {disk}: {needed}" if needed in LACKS[disk] else ""
