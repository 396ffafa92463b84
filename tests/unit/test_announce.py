"""Saying a thing once in a process."""

from __future__ import annotations

import logging
import os
import threading
import uuid

import pytest

from ftrack_accsyn_accessor import announce

logger = logging.getLogger("tests.announce")


def test_same_text_is_logged_once_and_another_one_again(caplog: pytest.LogCaptureFixture) -> None:
    first, second = f"first {uuid.uuid4()}", f"second {uuid.uuid4()}"
    with caplog.at_level(logging.INFO, logger.name):
        for text in (first, first, second, first):
            announce.once(logger, logging.WARNING, text)
    assert caplog.messages == [first, second]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_fault_is_logged_once_with_its_place_and_another_one_again(caplog: pytest.LogCaptureFixture) -> None:
    text = f"broken {uuid.uuid4()}"
    for error in (KeyError("a"), KeyError("a"), KeyError("b")):
        announce.fault(logger, text, error)
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["'a'", "'b'"]


def test_percent_signs_are_no_format(caplog: pytest.LogCaptureFixture) -> None:
    text = f"100 %s full %d {uuid.uuid4()}"
    announce.once(logger, logging.WARNING, text)
    assert caplog.messages == [text]


def test_many_threads_finding_out_together_say_it_once(caplog: pytest.LogCaptureFixture) -> None:
    text = f"everybody {uuid.uuid4()}"
    together = threading.Barrier(16)

    def find_out() -> None:
        together.wait()
        announce.once(logger, logging.WARNING, text)

    threads = [threading.Thread(target=find_out) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert caplog.messages.count(text) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_forked_child_knows_what_its_parent_has_said(capfd: pytest.CaptureFixture[str]) -> None:
    text = f"before the fork {uuid.uuid4()}"
    announce.once(logger, logging.WARNING, text)
    child = os.fork()
    if not child:
        logger.addHandler(logging.StreamHandler())
        announce.once(logger, logging.WARNING, text)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert text not in capfd.readouterr().err
