"""Saying a thing once in a process."""

from __future__ import annotations

import logging
import logging.handlers
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


class Broken(logging.Handler):
    """A handler whose window is closed."""

    def emit(self, record: logging.LogRecord) -> None:
        raise RuntimeError("Internal C++ object already deleted.")


def shielded() -> logging.Logger:
    found = logging.getLogger(f"shielded_{uuid.uuid4().hex}")
    for _ in range(2):  # as often as anybody likes
        announce.shield(found)
    return found


def test_handler_of_the_host_that_raises_is_no_matter_of_whoever_logs(caplog: pytest.LogCaptureFixture) -> None:
    broken = Broken()
    logging.getLogger().addHandler(broken)
    try:
        shielded().getChild("room").warning("It is said %s.", "once")
    finally:
        logging.getLogger().removeHandler(broken)
    assert caplog.messages == ["It is said once."]


def test_words_below_a_shield_reach_who_listens_there_and_at_the_root_and_stderr_where_nobody_does(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    top, root, heard = shielded(), logging.getLogger(), [logging.handlers.BufferingHandler(9) for _ in range(3)]
    room = top.getChild("room")
    for logger_, handler in zip((room, top, root), heard):
        handler.setLevel(logging.WARNING)
        monkeypatch.setattr(logger_, "handlers", [*logger_.handlers, handler])
    room.warning("a")
    room.info("b")
    assert [[record.getMessage() for record in handler.buffer] for handler in heard] == [["a"]] * 3
    monkeypatch.setattr(root, "handlers", [])
    room.warning("c")
    assert capfd.readouterr().err == ""
    room.removeHandler(heard[0])
    top.removeHandler(heard[1])
    room.warning("d")
    assert capfd.readouterr().err == "d\n"


def test_who_listens_to_all_loggers_hears_it_once(caplog: pytest.LogCaptureFixture) -> None:
    top = shielded()
    top.addHandler(caplog.handler)
    top.warning("It is said once.")
    assert caplog.messages == ["It is said once."]


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
