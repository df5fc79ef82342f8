"""Our exchange and aiocoap over a real loopback socket, each as client and as server."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiocoap
import aiocoap.resource
import pytest

from protocols import coap
from protocols.exchange import REJECTED, REQUEST, RESPONSE, SEND, Exchanges


class Endpoint(asyncio.DatagramProtocol):
    """`Exchanges` on a socket: the thin shell that a node has too."""

    def __init__(self) -> None:
        self.exchanges = Exchanges(mid=1000)
        self.happened: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer: Any) -> None:
        self.carry_out(self.exchanges.receive(peer, data, now_ms()))

    def carry_out(self, actions: list[tuple[Any, ...]]) -> None:
        for action in actions:
            if action[0] == SEND:
                self.transport.sendto(action[2], action[1])
            else:
                self.happened.put_nowait(action)

    def ask(self, peer: Any, code: int, path: str, payload: bytes = b"") -> bytes:
        options = coap.path_options(path)
        token, actions = self.exchanges.request(peer, code, options, payload, now_ms(), 0)
        self.carry_out(actions)
        return token

    async def next(self) -> tuple[Any, ...]:
        return await asyncio.wait_for(self.happened.get(), 10)


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Prompt(aiocoap.resource.Resource):
    async def render_post(self, request: aiocoap.Message) -> aiocoap.Message:
        return aiocoap.Message(code=aiocoap.CHANGED, payload=request.payload[::-1])


class Slow(aiocoap.resource.Resource):
    """Answers later than aiocoap waits before it sends an empty ACK."""

    async def render_get(self, request: aiocoap.Message) -> aiocoap.Message:
        await asyncio.sleep(2 * aiocoap.numbers.constants.TransportTuning.EMPTY_ACK_DELAY)
        return aiocoap.Message(payload=b"at last")


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    loop = asyncio.get_running_loop()
    transport, endpoint = await loop.create_datagram_endpoint(
        Endpoint, local_addr=("127.0.0.1", 0)
    )
    yield endpoint
    transport.close()


@pytest.fixture
async def server() -> AsyncIterator[tuple[str, int]]:
    site = aiocoap.resource.Site()
    site.add_resource(["prompt"], Prompt())
    site.add_resource(["slow"], Slow())
    port = await free_port()
    context = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", port))
    yield "127.0.0.1", port
    await context.shutdown()


@pytest.fixture
async def client() -> AsyncIterator[aiocoap.Context]:
    context = await aiocoap.Context.create_client_context()
    yield context
    await context.shutdown()


async def free_port() -> int:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    transport.close()
    return int(port)


def uri(endpoint: Endpoint) -> str:
    return "coap://127.0.0.1:{}/m".format(endpoint.transport.get_extra_info("sockname")[1])


async def test_aiocoap_answers_our_request_in_the_ack(
    endpoint: Endpoint, server: tuple[str, int]
) -> None:
    token = endpoint.ask(server, coap.POST, "prompt", b"abc")
    kind, answered, message = await endpoint.next()
    assert (kind, answered) == (RESPONSE, token)
    assert (message.type, message.code, message.payload) == (coap.ACK, coap.CHANGED, b"cba")


async def test_aiocoap_answers_our_request_later_and_separately(
    endpoint: Endpoint, server: tuple[str, int]
) -> None:
    token = endpoint.ask(server, coap.GET, "slow")
    kind, answered, message = await endpoint.next()
    assert (kind, answered) == (RESPONSE, token)
    assert (message.type, message.payload) == (coap.CON, b"at last")
    assert endpoint.exchanges.next_ms() is None


async def test_a_path_aiocoap_does_not_have_is_an_answer_too(
    endpoint: Endpoint, server: tuple[str, int]
) -> None:
    endpoint.ask(server, coap.GET, "nowhere")
    assert (await endpoint.next())[2].code == coap.NOT_FOUND


async def test_we_answer_aiocoap(endpoint: Endpoint, client: aiocoap.Context) -> None:
    for kind in (aiocoap.CON, aiocoap.NON):
        request = aiocoap.Message(code=aiocoap.GET, uri=uri(endpoint), _mtype=kind)
        answer = client.request(request).response
        action, peer, message = await endpoint.next()
        assert (action, coap.path(message)) == (REQUEST, "m")
        endpoint.carry_out(
            endpoint.exchanges.respond(peer, message, coap.CONTENT, (), b"21", now_ms())
        )
        assert (await answer).payload == b"21"


async def test_aiocoap_observes_us_until_it_has_enough(
    endpoint: Endpoint, client: aiocoap.Context
) -> None:
    request = client.request(aiocoap.Message(code=aiocoap.GET, uri=uri(endpoint), observe=0))
    _, peer, message = await endpoint.next()
    assert coap.uint(message, coap.OBSERVE) == 0
    options = (coap.uint_option(coap.OBSERVE, 1),)
    endpoint.carry_out(
        endpoint.exchanges.respond(peer, message, coap.CONTENT, options, b"first", now_ms())
    )
    assert (await request.response).payload == b"first"
    observed = aiter(request.observation)
    for number, confirmable in ((2, True), (3, False)):
        notify(endpoint, peer, message.token, number, confirmable)
        assert (await anext(observed)).payload == b"value %d" % number
    request.observation.cancel()
    await withdrawn(endpoint, peer, message.token)


def notify(endpoint: Endpoint, peer: Any, token: bytes, number: int, confirmable: bool) -> None:
    options = (coap.uint_option(coap.OBSERVE, number),)
    payload = b"value %d" % number
    endpoint.carry_out(
        endpoint.exchanges.notify(
            peer, coap.CONTENT, token, options, payload, confirmable, now_ms(), 0
        )
    )


async def withdrawn(endpoint: Endpoint, peer: Any, token: bytes) -> None:
    """aiocoap drops a cancelled observation by a Reset, though not to the first notification."""
    for number in range(9, 13):
        notify(endpoint, peer, token, number, True)
        try:
            happened = await asyncio.wait_for(endpoint.happened.get(), 0.2)
        except TimeoutError:
            continue
        assert happened == (REJECTED, peer, token)
        return
    pytest.fail("aiocoap still takes notifications")
