"""Whatever tasks, files and vendors are called, the forms of Outsource show it as text, and as nothing else."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from ftrack_accsyn_accessor.actions import forms, outsource_forms
from ftrack_accsyn_accessor.cli.outsource import preview_view
from ftrack_accsyn_accessor.model.access import Standing
from ftrack_accsyn_accessor.model.manifest import Deliverable
from ftrack_accsyn_accessor.model.outsourcing import Way
from ftrack_accsyn_accessor.model.vendors import VendorRules, places
from ftrack_accsyn_accessor.model.work import Remark
from ftrack_accsyn_accessor.model.work import Task as WorkTask
from ftrack_accsyn_accessor.vendor.access import Access
from ftrack_accsyn_accessor.vendor.contents import Contents, Left, Source
from ftrack_accsyn_accessor.vendor.outsourcing import HandedOut, Part, Preview, Task, Work
from ftrack_accsyn_accessor.vendor.picked import Meant

VENDOR = "vendor@acme.test"
RULES = VendorRules(components=("main",))
#: The tags and the Markdown that are the forms' own.
_OWN = re.compile(r"</?(?:ul|li)>|^\*\*|\*\*$|^#+ | #+$|^---$")
_HOSTILE = st.text(alphabet="<>&*#_`[]():!~|\"'/ ab\n\u202e\u2066\x00", min_size=1, max_size=20)


def preview(name: str, standing: Standing = Standing.ENABLED, obstacle: str = "") -> Preview:
    access = Access(
        "show", VENDOR, places(RULES, "show", VENDOR), standing, steps=(name,), remarks=(name,), obstacle=obstacle
    )
    files = (Source(name, name, 3, "", "", ""),)
    work = WorkTask("t1", ("show", name), "p1", "s1", notes=(Remark("2026-11-26", name),))
    wanted = Deliverable("t1", f"sh010_{name}_v001")
    contents = Contents("p1", name, (work,), (wanted,), files, (Left(name, name),))
    tasks = (Task("t1", name, "p1", name, "2026-12-01T00:00:00"),)
    return Preview(
        Work(("t1",), VENDOR),
        (Part("p1", name, tasks, contents, access, Way.DELIVERY, (f"{name} is out with {VENDOR}.",)),),
    )


def labels(reply: dict[str, Any]) -> list[str]:
    return [each["value"] for each in reply["items"] if each["type"] == "label"]


@settings(max_examples=60)
@given(_HOSTILE)
def test_no_name_adds_a_tag_a_heading_or_a_link_to_a_form(name: str) -> None:
    meant = [Meant("t1", name, "p1")]
    shown = [
        outsource_forms.form(meant, [VENDOR], RULES, {}, (), "me"),
        outsource_forms.confirming(preview(name), "plan", "me"),
        outsource_forms.nothing_goes(preview(name, obstacle=name), {}, "me"),
    ]
    for label in (each for reply in shown for each in labels(reply)):
        rest = re.sub(r"&#\d+;", "", _OWN.sub("", label))
        assert not re.search(r"[<>`*\[\]\n\u202e\u2066\x00]", rest), label
    done = outsource_forms.begun(preview(name), [HandedOut("k", name, True, failed=name)])
    assert not re.search(r"[<>\n\u202e]", done)


def test_no_name_steers_a_terminal() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(preview_view(preview("x\x1b[2J\u202e")))
    found = console.file.getvalue()
    assert "x\\u001b[2J" in found
    assert not re.search(r"[\x1b\u202e]", found)


@pytest.mark.parametrize("standing", list(Standing))
def test_the_state_of_every_user_is_told_in_words(standing: Standing) -> None:
    told = html.unescape("\n".join(labels(outsource_forms.confirming(preview("x", standing), "plan", "me"))))
    assert f"{VENDOR}. Th" in told or "does not know this user" in told
    assert "due 2026-12-01" in told
    assert "show/x: 1 note" in told
    assert "sh010_x_v001, due 2026-12-01" in told
    assert f"out with {VENDOR}" in told


def test_a_form_sent_back_untouched_but_for_the_vendor_is_work_by_the_rules() -> None:
    shown = outsource_forms.form([Meant("t1", "a", "p1")], [VENDOR], RULES, {}, (), "me")
    values = {each["name"]: each["value"] for each in shown["items"] if "name" in each}
    found = outsource_forms.filled([Meant("t1", "a", "p1")], {**values, "vendor": VENDOR})
    assert found.work == Work(("t1",), VENDOR, with_used=True)
    assert forms.PLAN not in values


def test_an_address_and_a_choice_that_are_the_same_are_one() -> None:
    values = {"vendor": VENDOR, "address": " Vendor@Acme.Test "}
    assert outsource_forms.filled([Meant("t1", "a", "p1")], values).work is not None
