"""The hook in a host that behaves as Connect does, and in hosts that are not Connect."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ftrack_api
import pytest

from ftrack_accsyn_accessor import __version__
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT
from publishing import HOOK, Publisher
from qt_support import QtCore, QtWidgets, application, settle

APPLICATION = "ftrack_connect.ui.application"


class ConnectWidget(QtWidgets.QWidget):
    """Connect's base of tabs, as far as its sources promise it to plugins. Connect itself is in no package index."""

    icon: Any = None
    name: Any = None

    def __init__(self, session: Any, parent: Any = None) -> None:
        super().__init__(parent=parent)
        self.session = session

    def get_debug_information(self) -> dict[str, Any]:
        return {"name": self.name}


class ConnectWidgetPlugin:
    """Connect's way to register a tab: the class is the answer to an event of the user's own session."""

    def __init__(self, widget: type) -> None:
        self._widget = widget

    def register(self, session: Any, priority: int) -> None:
        subscription = f"topic=ftrack.connect.plugin.connect-widget and source.user.username={session.api_user}"
        session.event_hub.subscribe(subscription, lambda event: self._widget, priority=priority)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Make this process look like Connect."""
    application()
    module = types.ModuleType(APPLICATION)
    module.ConnectWidget = ConnectWidget  # type: ignore[attr-defined]
    module.ConnectWidgetPlugin = ConnectWidgetPlugin  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, APPLICATION, module)
    return module


def ask(session: Any, topic: str) -> list[Any]:
    """Publish an event as Connect does, and return the answers."""
    return session.event_hub.publish(ftrack_api.event.base.Event(topic=topic), synchronous=True)


@pytest.fixture
def widget(connect: types.ModuleType, publisher: Publisher) -> Iterator[Any]:
    session = publisher.session()
    (found,) = ask(session, "ftrack.connect.plugin.connect-widget")
    window = QtWidgets.QMainWindow()
    tabs = QtWidgets.QTabWidget()
    window.setCentralWidget(tabs)
    made = found(session)
    tabs.addTab(made, made.name)
    made.refresh()
    window.show()
    yield made
    made.tab.close_down()
    window.close()
    window.deleteLater()
    application().sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)


def test_connect_gets_a_tab_with_name_and_icon(widget: Any) -> None:
    assert isinstance(widget, ConnectWidget)
    assert widget.name == "accsyn"
    assert Path(widget.icon).is_file()
    assert not QtWidgets.QFileIconProvider().icon(QtCore.QFileInfo(widget.icon)).isNull()


def test_tab_in_connect_shows_what_is_published_in_connects_own_session(widget: Any, publisher: Publisher) -> None:
    settle(lambda: widget.tab.empty.title.text().startswith("Nothing has been published"), "the empty state")

    publisher.publish_file(publisher.version(widget.session))

    settle(lambda: [line.component for _, line in widget.tab.model.known()] == ["main"], "the row")


def test_quitting_is_guarded_as_soon_as_something_is_unsent(widget: Any, publisher: Publisher) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    publisher.publish_file(publisher.version(widget.session))

    settle(lambda: widget._guard._leaving.unsent == 1, "the number")

    assert widget._guard._window is widget.window()


def test_about_lists_the_tab_with_version_and_settings_and_without_secrets(widget: Any, publisher: Publisher) -> None:
    told = widget.get_debug_information()

    assert told["version"] == __version__
    text = json.dumps(told)
    assert "workspace=acme" in text
    assert publisher.studio.artist.accsyn_key not in text
    assert publisher.studio.artist.ftrack_key not in text


def test_connect_asks_for_problems_and_hears_of_none(connect: types.ModuleType, publisher: Publisher) -> None:
    answers = ask(publisher.session(), "ftrack.connect.verify-startup")

    assert [answer for answer in answers if isinstance(answer, str)] == []


def test_connect_asks_for_problems_and_hears_of_all_in_one_text(
    connect: types.ModuleType, publisher: Publisher
) -> None:
    publisher.environment(ACCSYN_API_KEY=None, FTRACK_ACCSYN_VERIFY="never")

    answers = ask(publisher.session(), "ftrack.connect.verify-startup")

    (text,) = [answer for answer in answers if isinstance(answer, str)]
    assert "ACCSYN_API_KEY" in text
    assert "FTRACK_ACCSYN_VERIFY" in text


def test_hook_in_two_folders_warns_once_and_makes_one_tab(
    connect: types.ModuleType, publisher: Publisher, tmp_path: Path
) -> None:
    other = tmp_path / "plugins" / "ftrack-accsyn-accessor-0.0.1" / "hook"
    shutil.copytree(HOOK, other)
    publisher.environment(ACCSYN_API_KEY=None, FTRACK_EVENT_PLUGIN_PATH=os.pathsep.join([str(HOOK), str(other)]))
    session = publisher.session()

    assert len([answer for answer in ask(session, "ftrack.connect.verify-startup") if isinstance(answer, str)]) == 1
    assert len(ask(session, "ftrack.connect.plugin.connect-widget")) == 1
    assert len([answer for answer in ask(session, "ftrack.action.discover") if answer]) == 1


def test_connect_asks_for_debug_information(connect: types.ModuleType, publisher: Publisher) -> None:
    (told,) = ask(publisher.session(), "ftrack.connect.plugin.debug-information")

    assert told["name"] == "ftrack-accsyn-accessor"
    hash(tuple(told.items()))  # as Connect does with it


# Hosts that are not Connect.


def test_session_outside_connect_loads_neither_tab_nor_qt(studio: Studio) -> None:
    code = (
        "import ftrack_api, json, sys\n"
        "session = ftrack_api.Session()\n"
        "names = [name for name in sys.modules if name.startswith(('PySide', 'ftrack_accsyn_accessor.connect'))]\n"
        "print(json.dumps([session.pick_location()['name'], names]))\n"
    )
    environment = {**os.environ, **studio.environment(), "FTRACK_EVENT_PLUGIN_PATH": str(HOOK)}

    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    name, loaded = json.loads(ran.stdout)
    assert name.startswith("artist.")
    assert loaded == []
    assert ran.stderr == ""


def load_hook(path: Path) -> types.ModuleType:
    specification = importlib.util.spec_from_file_location("hook_under_test", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_hook_without_its_package_says_so_and_lets_connect_start(
    tmp_path: Path, connect: types.ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "hook").mkdir()
    shutil.copy(HOOK / "accsyn_connect_hook.py", tmp_path / "hook")
    for name in [name for name in sys.modules if name.startswith("ftrack_accsyn_accessor")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [item for item in sys.path if Path(item) != ROOT / "source"])
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if "editable" not in repr(finder)])

    with caplog.at_level(logging.ERROR):
        load_hook(tmp_path / "hook" / "accsyn_connect_hook.py").register(object())

    assert "The accsyn tab could not be loaded" in caplog.text


def test_hook_is_thin() -> None:
    assert len((HOOK / "accsyn_connect_hook.py").read_text(encoding="utf-8").splitlines()) < 60


def test_connect_has_the_actions_of_its_user_and_says_where_they_are_asked_for(
    connect: types.ModuleType, publisher: Publisher
) -> None:
    session = publisher.session()

    (menu,) = [answer for answer in ask(session, "ftrack.action.discover") if answer]
    launch = ftrack_api.event.base.Event(topic="ftrack.action.launch", data=menu["items"][0])
    (told,) = [answer for answer in session.event_hub.publish(launch, synchronous=True) if answer]

    assert menu["items"][0]["label"] == "accsyn Send"
    assert "web page" in told["message"]
