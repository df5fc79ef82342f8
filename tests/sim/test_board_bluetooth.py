"""The radio of the simulated board: a peripheral firmware and one central in reach."""

import pytest

ECHO = """
import asyncio, bluetooth
radio = bluetooth.BLE()
flag = asyncio.ThreadSafeFlag()
heard = []
def event(number, data):
    print("event", number, data[:2])
    if number == 3:
        heard.append(radio.gatts_read(data[1]))
        flag.set()
radio.irq(event)
try:
    radio.gap_advertise(100_000)
except OSError as error:
    print("errno", error.errno)
radio.active(True)
service = (
    bluetooth.UUID("6E400001-B5A3-F393-E0A9-E50E24DCCA9E"),
    (
        (bluetooth.UUID(0x2A19), bluetooth.FLAG_READ | bluetooth.FLAG_NOTIFY),
        (bluetooth.UUID(0x2A1A), bluetooth.FLAG_WRITE),
    ),
)
((battery, inbox),) = radio.gatts_register_services((service,))
radio.gatts_write(battery, b"\\x64")
radio.gap_advertise(100_000, b"\\x02\\x01\\x06", resp_data=b"name")
async def main():
    while True:
        await flag.wait()
        while heard:
            radio.gatts_notify(0, battery, heard.pop(0))
print("ready")
asyncio.run(main())
"""


async def test_a_central_connects_writes_and_is_notified(make_node, until):
    node = make_node(ECHO)
    radio = node.peripherals.ble
    await node.power_on()
    await until(lambda: "ready" in node.console and radio.advertisement)
    assert "errno 19" in node.console
    assert radio.advertisement == (100_000, b"\x02\x01\x06", b"name")
    ((_, ((_, _, battery), (_, _, inbox))),) = radio.services
    assert radio.read(battery) == b"\x64"
    radio.connect()
    for number in range(5):
        radio.write(inbox, b"echo %d" % number)
    await until(lambda: len(radio.notified) == 5)
    assert radio.notified == [(battery, b"echo %d" % number) for number in range(5)]
    radio.disconnect()
    await until(lambda: "event 2 (0, 0)" in node.console)
    assert [line for line in node.console if line.startswith("event")][:2] == [
        "event 1 (0, 0)",
        "event 21 (0, 247)",
    ]


async def test_a_board_without_power_is_off_the_air(make_node, until):
    node = make_node(ECHO)
    radio = node.peripherals.ble
    await node.power_on()
    await until(lambda: radio.advertisement)
    await node.power_off()
    with pytest.raises(ConnectionError):
        radio.connect()
