"""Ethernet of the Nucleo: what its driver makes of a cable, and a whole node that hangs on one."""

import asyncio
from errno import EHOSTUNREACH

import pytest

from protocols import codes
from sim import clock
from sim.board import ops
from sim.ethernet import LEASE_S, NEGOTIATION_S, Ethernet
from sim.net import GATEWAY, Network

UP_S = NEGOTIATION_S + LEASE_S

SHOWN = """
import machine, network, time
print(hasattr(network, "WLAN"))
lan = network.LAN()
print(lan.active(), lan.status(), lan.ifconfig()[0])
lan.active(True)
while not lan.isconnected():
    time.sleep_ms(100)
print(lan.active(), lan.status(), lan.ifconfig()[0], lan.ipconfig("addr4"), lan.ipconfig("dhcp4"))
print(len(lan.config("mac")))
try:
    lan.ipconfig("addr6")
except ValueError as error:
    print(error)
time.sleep(60)
"""


async def test_the_interface_speaks_as_the_ports_own(make_node, until):
    node = make_node(SHOWN, board="nucleo_f7")
    await node.power_on()
    await until(lambda: len(node.console) == 5)
    assert list(node.console) == [
        "False",
        "False 1 0.0.0.0",
        "True 3 127.0.0.1 ('127.0.0.1', '255.255.255.0') True",
        "6",
        "unexpected key",
    ]


@pytest.mark.parametrize("board", ["esp32_s3", "pico_w"])
async def test_boards_with_a_radio_have_no_ethernet(make_node, until, board):
    node = make_node(
        "import network, time\nprint(hasattr(network, 'LAN'), hasattr(network, 'WLAN'))\n"
        "time.sleep(60)\n",
        board=board,
    )
    await node.power_on()
    await until(lambda: list(node.console) == ["False True"])


def test_the_driver_follows_the_cable():
    async def main():
        network, loop = Network(1), asyncio.get_running_loop()
        station = network.attach("n1")
        lan = station.ethernet = Ethernet(station.carrier, loop.time)
        found = [lan.status]
        lan.switch(True)
        for pause_s in (0.0, NEGOTIATION_S, LEASE_S):
            await asyncio.sleep(pause_s)
            found.append(lan.status)
        network.impair("n1", unplugged=True)
        found.append(lan.status)
        with pytest.raises(OSError) as caught:
            station.send(station.open(), GATEWAY, b"x")
        assert caught.value.errno == EHOSTUNREACH
        network.heal("n1")
        found.append(lan.status)
        await asyncio.sleep(UP_S)
        found.append(lan.status)
        station.restart()
        found.append(lan.status)
        return found

    names = ["OFF", "NONE", "NO_IP", "UP", "NONE", "NONE", "UP", "OFF"]
    assert clock.run(main(), 1) == [getattr(ops, f"LINK_{name}") for name in names]


@pytest.mark.parametrize("fault", ["link_down", "partition"])
def test_a_node_on_a_cable_delivers_what_it_kept_while_the_cable_was_out(stand, fault):
    async def story(bench):
        await bench.gateway.start()
        await bench.node.power_on()
        await asyncio.sleep(UP_S + 5)
        before = contiguous(bench)
        assert bench.node.station.link == ops.LINK_UP and before > 0
        cable = bench.fault(fault)
        await cable.begin()
        await asyncio.sleep(1)
        stalled = contiguous(bench)
        await asyncio.sleep(19)
        assert contiguous(bench) == stalled
        assert (bench.node.station.link == ops.LINK_UP) == (fault == "partition")
        await cable.end()
        await asyncio.sleep(UP_S + 40)
        delivered = contiguous(bench)
        await bench.node.power_off()
        chain = bench.blocks()
        assert 0 <= len(chain) - delivered <= 2
        assert not [e for one in chain for e in one.events if e.code == codes.EV_GAP]

    stand(story, board="nucleo_f7")


def contiguous(bench):
    return bench.gateway.store.contiguous("pg-01")[0]
