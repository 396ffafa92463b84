"""accsyn runs the hooks as processes of their own: what a vendor has brought becomes a version, other jobs nothing."""

from __future__ import annotations

from hooking import Hooking

DONE, FAILED = "post-done-server", "post-failed-server"


def test_what_a_vendor_has_uploaded_by_hand_becomes_a_version_and_the_job_stays_green(hooking: Hooking) -> None:
    hooking.hand_out()

    job = hooking.upload(hooking.frames())

    (run,) = hooking.runs()
    assert (run.exit_code, job["status"]) == (0, "done"), run.output
    assert hooking.versions() == [1], run.output
    assert f"{hooking.stem}_v001: accepted as {hooking.stem} v001" in run.output
    assert hooking.waiting() == []
