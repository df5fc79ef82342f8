"""CoAP resources of the gateway: options and codes, no logic."""

from collections.abc import Callable
from typing import Any

import aiocoap
import cbor2
from aiocoap import resource

from gateway.errors import Refused, StoreDown
from gateway.ingest import plain
from gateway.ingest.intake import Intake
from gateway.ingest.watch import Watcher
from gateway.live import now_ms
from protocols import coap, paths

# Uri-Host, Uri-Port, Uri-Path, Uri-Query, Accept (each resource has one form), Block2, Block1.
CRITICAL = (3, 7, coap.URI_PATH, coap.URI_QUERY, 17, 23, 27)
RETRY_S = 10  # Max-Age of 5.03: when a node may try again
CLOCK_UNCERTAINTY_MS = 1000  # nothing tells us how well the host's own clock is kept


def site(intake: Intake, watcher: Watcher, clock: Callable[[], int] = now_ms) -> Any:
    """Everything that the gateway serves over CoAP; `clock` gives unix time in ms."""
    root = resource.Site()
    core = resource.WKCResource(root.get_resources_as_linkheader, impl_info=None)
    root.add_resource(paths.WELL_KNOWN_CORE.split("/"), core)
    root.add_resource([paths.BLOCKS], Blocks(intake, watcher, clock))
    root.add_resource([paths.MEASUREMENTS], Measurements(intake, clock))
    root.add_resource([paths.TIME], Time(clock))
    return root


class _Resource(resource.Resource):  # type: ignore[misc]
    """A resource that refuses critical options which it would have to understand (§5.4.1)."""

    async def render(self, request: Any) -> Any:
        """4.02 for such an option, else what the method says."""
        for option in request.opt.option_list():
            if option.number & 1 and option.number not in CRITICAL:
                return _text(coap.BAD_OPTION, f"option {int(option.number)} is not understood")
        return await super().render(request)


class Blocks(_Resource):
    """POST a sealed block; the answer says which blocks of the node are here."""

    ct = str(paths.COSE_MAC0)
    rt = "tocsin.block"

    def __init__(self, intake: Intake, watcher: Watcher, clock: Callable[[], int]) -> None:
        super().__init__()
        self._clock = clock
        self._intake = intake
        self._watcher = watcher

    async def needs_blockwise_assembly(self, request: Any) -> bool:
        """Never: a block fits one message, and nobody may make us gather more."""
        return False

    async def render_post(self, request: Any) -> Any:
        """2.04 after the commit."""
        if request.opt.block1 is not None and request.opt.block1.more:
            return _too_large(paths.MAX_BLOCK_BYTES)
        if request.opt.content_format not in (None, paths.COSE_MAC0):
            return _text(coap.UNSUPPORTED_CONTENT_FORMAT, f"send {paths.COSE_MAC0} (cose-mac0)")
        try:
            block, receipt = await self._intake.block(request.payload, self._clock())
        except (Refused, StoreDown) as error:
            return _sorry(error)
        self._watcher.heard(block.node, request.remote, block.boot)
        ranges = [seq for run in receipt.ranges for seq in run]
        return _cbor(coap.CHANGED, [receipt.contiguous, ranges])


class Measurements(_Resource):
    """POST SenML from a sender that the configuration lists; 2.04 after the commit."""

    ct = " ".join(str(one) for one in plain.FORMATS)
    rt = "tocsin.measurements"

    def __init__(self, intake: Intake, clock: Callable[[], int]) -> None:
        super().__init__()
        self._clock = clock
        self._intake = intake

    async def needs_blockwise_assembly(self, request: Any) -> bool:
        """Yes, for the senders we know, up to a limit; nobody else may fill our memory."""
        block1 = request.opt.block1
        if block1 is None:
            return False
        try:
            self._intake.names(*_host_port(request.remote))
        except Refused as error:
            raise _Sorry(_sorry(error)) from None
        if (block1.block_number + 1) * block1.size > plain.MAX_PACK_BYTES:
            raise _Sorry(_too_large(plain.MAX_PACK_BYTES))
        return True

    async def render_post(self, request: Any) -> Any:
        """2.04 without content."""
        try:
            allowed = self._intake.names(*_host_port(request.remote))
            form = request.opt.content_format
            await self._intake.pack(request.payload, form, allowed, self._clock())
        except (Refused, StoreDown) as error:
            return _sorry(error)
        return aiocoap.Message(code=coap.CHANGED)


class Time(_Resource):
    """GET the time of day, in milliseconds, and how far off it may be."""

    ct = str(paths.CBOR)
    rt = "tocsin.time"

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__()
        self._clock = clock

    async def render_get(self, request: Any) -> Any:
        """[unix_ms, uncertainty_ms], never from a cache."""
        answer = _cbor(coap.CONTENT, [self._clock(), CLOCK_UNCERTAINTY_MS])
        answer.opt.max_age = 0
        return answer


class _Sorry(aiocoap.error.RenderableError):  # type: ignore[misc]
    """An answer that is given by raising it."""

    def __init__(self, message: Any) -> None:
        super().__init__()
        self._message = message

    def to_message(self) -> Any:
        return self._message


def _host_port(remote: Any) -> tuple[str, int]:
    host, port = aiocoap.util.hostportsplit(remote.hostinfo)
    return host, port or paths.PORT


def _cbor(code: int, value: object) -> Any:
    return aiocoap.Message(code=code, payload=cbor2.dumps(value), content_format=paths.CBOR)


def _text(code: int, text: str) -> Any:
    return aiocoap.Message(code=code, payload=text.encode(), content_format=paths.TEXT)


def _too_large(limit: int) -> Any:
    answer = _text(coap.REQUEST_ENTITY_TOO_LARGE, f"at most {limit} bytes in one message")
    answer.opt.size1 = limit
    return answer


def _sorry(error: Refused | StoreDown) -> Any:
    """The answer to what was not taken."""
    if isinstance(error, Refused):
        return _text(error.code, str(error))
    answer = _text(coap.SERVICE_UNAVAILABLE, str(error))
    answer.opt.max_age = RETRY_S
    return answer
