"""Which client is this machine: host name, other names, MAC address, what it was; online first, then user server."""

from __future__ import annotations

import itertools

import pytest

from ftrack_accsyn_accessor.model.accsyn import Client
from ftrack_accsyn_accessor.workspace.clients import choose_clients

MAC_1, MAC_2, MAC_3 = "00:11:22:33:44:55", "66:77:88:99:AA:BB", "CC:CC:CC:CC:CC:CC"


def client(id_: str, code: str, type_: object = 0, status: str = "online", macs: str = "") -> Client:
    return Client.from_answer({"id": id_, "code": code, "type": type_, "status": status, "host_id": macs})


@pytest.mark.parametrize(
    ("clients", "hostname", "macs", "expected"),
    [
        pytest.param([], "ws1", [], "", id="no clients"),
        pytest.param([client("a", "ws1")], "ws1", [], "a", id="same name"),
        pytest.param([client("a", "WS1.Studio.Local")], "ws1", [], "a", id="case and domain"),
        pytest.param([client("a", "MacServer")], "macserver.local", [], "a", id="domain here only"),
        pytest.param([client("a", "ws10")], "ws1", [], "", id="longer name"),
        pytest.param([client("a", "ws2")], "ws1", [], "", id="other name"),
        pytest.param([client("a", "")], "", [], "", id="empty names are not equal"),
        pytest.param([client("a", "old-name", macs=MAC_1)], "ws1", [MAC_1], "a", id="MAC where no name fits"),
        pytest.param(
            [client("a", "x", macs=f"{MAC_2}, {MAC_1}")], "ws1", [MAC_1.lower()], "a", id="one of several MACs"
        ),
        pytest.param([client("a", "x", macs="00:00:00:00:00:00")], "w", ["00:00:00:00:00:00"], "", id="zero MAC"),
        pytest.param(
            [client("a", "x", macs=MAC_1), client("b", "ws1", macs=MAC_2)], "ws1", [MAC_1], "b", id="name before MAC"
        ),
        pytest.param(
            [client("a", "ws1", status="offline"), client("b", "ws1", status="disabled"), client("c", "ws1")],
            "ws1",
            [],
            "abc",
            id="which one is online tells nothing about whose it is",
        ),
        pytest.param(
            [client("a", "ws1", status="offline", macs=MAC_1), client("b", "ws1", macs=MAC_1)],
            "ws1",
            [MAC_1],
            "b",
            id="installed anew: online first",
        ),
        pytest.param(
            [client("a", "ws1", macs=MAC_2), client("b", "ws1", macs=MAC_3)], "ws1", [MAC_1], "ab", id="neither is sure"
        ),
        pytest.param([client("a", "ws1", 2), client("b", "ws1"), client("c", "ws1")], "ws1", [], "abc", id="two apps"),
        pytest.param([client("a", "ws1"), client("b", "ws1", 2)], "ws1", [], "b", id="user server before app"),
        pytest.param(
            [client("a", "ws1"), client("b", "ws1", 2, "offline")], "ws1", [], "a", id="online before user server"
        ),
        pytest.param([client("a", "ws1", status="offline")], "ws1", [], "a", id="offline is better than none"),
        pytest.param(
            [client("a", "ws1", macs=MAC_2), client("b", "ws1", status="offline", macs=MAC_1)],
            "ws1",
            [MAC_1],
            "b",
            id="two machines of one name, one with the MAC",
        ),
        pytest.param(
            [client("a", "ws1.paris.test"), client("b", "ws1.london.test", status="offline")],
            "ws1.london.test",
            [],
            "b",
            id="another domain is another machine",
        ),
        pytest.param([client("a", "ws1.home")], "ws1.office", [], "a", id="a laptop that travels"),
        pytest.param([client("a", "ws1", 1), client("b", "ws1", 3)], "ws1", [], "", id="servers and browsers"),
        pytest.param([client("a", "ws1", "0")], "ws1", [], "a", id="type as text"),
        pytest.param([client("a", "ws1", None)], "ws1", [], "a", id="type not told"),
        pytest.param(
            [client("b", "ws1"), client("a", "ws1")], "ws1", [], "ab", id="two machines of one name without MAC"
        ),
        pytest.param([client("a", "ws1", macs=MAC_3)], "ws1", [MAC_1], "a", id="new network card"),
    ],
)
def test_the_choice_is_right_in_whatever_order_clients_come(clients, hostname, macs, expected):
    for order in itertools.permutations(clients):
        assert "".join(chosen.id for chosen in choose_clients(order, [hostname], macs)) == expected


@pytest.mark.parametrize(
    ("clients", "names", "macs", "known_id", "expected"),
    [
        pytest.param([client("a", "Marys-Mac")], ["dhcp-17-3.lan", "Marys-Mac"], [], "", "a", id="DHCP"),
        pytest.param([client("a", "marys-mac.local")], ["dhcp-17-3.lan", "Marys-Mac"], [], "", "a", id="DHCP, domain"),
        pytest.param(
            [client("a", "ws1"), client("b", "ws2")], ["ws2", "ws1"], [], "", "b", id="host name before other names"
        ),
        pytest.param(
            [client("a", "other", macs=MAC_1), client("b", "ws1")],
            ["x", "ws1"],
            [MAC_1],
            "",
            "b",
            id="before MAC",
        ),
        pytest.param([client("a", "WORKSTATION-DES")], ["workstation-design-07"], [], "", "a", id="NetBIOS there"),
        pytest.param([client("a", "workstation-design-07")], ["WORKSTATION-DES"], [], "", "a", id="NetBIOS here"),
        pytest.param([client("a", "workstation-de")], ["workstation-design-07"], [], "", "", id="shorter than NetBIOS"),
        pytest.param([client("a", "workstation-design")], ["workstation-design-07"], [], "", "", id="longer"),
        pytest.param(
            [client("a", "WORKSTATION-DES"), client("b", "workstation-design-07")],
            ["workstation-design-07"],
            [],
            "",
            "b",
            id="whole name before NetBIOS",
        ),
        pytest.param(
            [client("a", "workstation-design-07"), client("b", "workstation-design-08")],
            ["WORKSTATION-DES"],
            [],
            "",
            "ab",
            id="two machines of one NetBIOS name",
        ),
        pytest.param([client("a", "old"), client("b", "other")], ["new"], [], "a", "a", id="as it was known earlier"),
        pytest.param([client("a", "old"), client("b", "new")], ["new"], [], "a", "b", id="name before what was known"),
        pytest.param(
            [client("a", "old"), client("b", "x", macs=MAC_1)],
            ["new"],
            [MAC_1],
            "a",
            "b",
            id="MAC before known",
        ),
        pytest.param([client("b", "other")], ["new"], [], "a", "", id="known but not there"),
        pytest.param([client("a", "old", 1)], ["new"], [], "a", "", id="known but no client of ours"),
    ],
)
def test_machine_is_found_by_any_of_its_names_its_card_or_what_it_was(clients, names, macs, known_id, expected):
    for order in itertools.permutations(clients):
        assert "".join(chosen.id for chosen in choose_clients(order, names, macs, known_id)) == expected
