"""What the nodes say of themselves: polled over CoAP while they run, as any client could."""

import asyncio
import contextlib
from typing import Any

import aiocoap
import cbor2

from gateway.ingest import datagram
from sim.net import Network
from sim.port import Port
from sim.sockets import Address
from sim.station import SUBNET
from sim.supervisor import SHIMS_KIB

ASK_S = 0.8
CLIENT: Address = (SUBNET + "2", 5683)  # where we stand in the simulated network
PAUSE_S = 0.1


class Nodes:
    """Latest `/id` of every node, and of every boot of it."""

    def __init__(self, addresses: dict[str, Address], network: Network | None = None) -> None:
        """`network`: the simulated one to ask through, if there is no other way."""
        self._addresses = addresses
        self._network = network
        # aiocoap looks addresses up in threads: two at once would come back in any order
        self._turn = contextlib.nullcontext() if network is None else asyncio.Lock()
        self._client: aiocoap.Context | None = None
        self._observations: list[Any] = []  # kept, or they would end
        self.boots: dict[str, dict[int, dict[str, Any]]] = {node: {} for node in addresses}

    async def __aenter__(self) -> "Nodes":
        if self._network is None:
            self._client = await aiocoap.Context.create_client_context()
        else:
            sock: Any = Port(self._network, CLIENT)
            self._client = await datagram.serve(sock, lambda: None)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._client is not None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._client.shutdown(), 0.5)

    async def poll(self) -> None:
        """Ask everybody; who does not answer is asked again next time."""
        await asyncio.gather(*(self._ask(node, aiocoap.GET, "id") for node in self._addresses))

    async def ready(self) -> None:
        """Wait until everybody has answered: a board needs a moment after power-on."""
        while not all(self.boots.values()):
            await self.poll()
            await asyncio.sleep(PAUSE_S)

    async def flush(self, node: str) -> bool:
        """Let a node close its open block: True if it answered."""
        return await self._ask(node, aiocoap.POST, "cmd", b"flush")

    async def observe(self, node: str) -> None:
        """Have a node's newest values sent to us for as long as the context lasts."""
        assert self._client is not None
        uri = self._uri(node, "m")
        request = self._client.request(aiocoap.Message(code=aiocoap.GET, uri=uri, observe=0))
        await asyncio.wait_for(request.response, ASK_S)
        self._observations.append(request)

    def latest(self, node: str) -> dict[str, Any]:
        """Identity of a node's newest boot, as last heard; empty if it never answered."""
        boots = self.boots[node]
        return boots[max(boots)] if boots else {}

    def taken(self, node: str) -> int:
        """Samples taken over all boots, of a killed one as last heard before it went."""
        return sum(int(found["taken"]) for found in self.boots[node].values())

    def missed(self, node: str) -> int:
        """Missed slots over all boots."""
        return sum(int(found["missed"]) for found in self.boots[node].values())

    def heap_peak(self, node: str) -> int:
        """Highest heap of any boot in bytes, without what the simulator's shims take of it."""
        peak = max((int(found["heap_peak"]) for found in self.boots[node].values()), default=0)
        return max(peak - SHIMS_KIB * 1024, 0)

    def _uri(self, node: str, path: str) -> str:
        host, port = self._addresses[node]
        return f"coap://{host}:{port}/{path}"

    async def _ask(self, node: str, code: aiocoap.Code, path: str, payload: bytes = b"") -> bool:
        assert self._client is not None
        uri = self._uri(node, path)
        request = aiocoap.Message(code=code, uri=uri, payload=payload)
        try:
            async with self._turn:
                answer = await asyncio.wait_for(self._client.request(request).response, ASK_S)
        except (TimeoutError, aiocoap.error.Error):
            return False
        if not answer.code.is_successful():
            return False
        found = cbor2.loads(answer.payload)
        self.boots[node][found["boot"]] = found
        return True
