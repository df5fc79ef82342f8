"""CoAP resources of the gateway: options and codes, no logic."""

import time
from typing import Any

import aiocoap  # type: ignore[import-untyped]
import cbor2
from aiocoap import resource

from gateway.errors import Refused, StoreDown
from gateway.ingest.intake import Intake
from protocols import coap, paths

RETRY_S = 10  # Max-Age of 5.03: when a node may try again
CLOCK_UNCERTAINTY_MS = 1000  # nothing tells us how well the host's own clock is kept


def site(intake: Intake) -> Any:
    """Everything that the gateway serves over CoAP."""
    root = resource.Site()
    core = resource.WKCResource(root.get_resources_as_linkheader, impl_info=None)
    root.add_resource(paths.WELL_KNOWN_CORE.split("/"), core)
    root.add_resource([paths.BLOCKS], Blocks(intake))
    root.add_resource([paths.TIME], Time())
    return root


class Blocks(resource.Resource):  # type: ignore[misc]
    """POST a sealed block; the answer says which blocks of the node are here."""

    ct = str(paths.COSE_MAC0)
    rt = "tocsin.block"

    def __init__(self, intake: Intake) -> None:
        super().__init__()
        self._intake = intake

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
            _, receipt = await self._intake.block(request.payload, _now_ms())
        except Refused as error:
            return _text(error.code, str(error))
        except StoreDown as error:
            return _unavailable(error)
        ranges = [seq for run in receipt.ranges for seq in run]
        return _cbor(coap.CHANGED, [receipt.contiguous, ranges])


class Time(resource.Resource):  # type: ignore[misc]
    """GET the time of day, in milliseconds, and how far off it may be."""

    ct = str(paths.CBOR)
    rt = "tocsin.time"

    async def render_get(self, request: Any) -> Any:
        """[unix_ms, uncertainty_ms], never from a cache."""
        answer = _cbor(coap.CONTENT, [_now_ms(), CLOCK_UNCERTAINTY_MS])
        answer.opt.max_age = 0
        return answer


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _cbor(code: int, value: object) -> Any:
    return aiocoap.Message(code=code, payload=cbor2.dumps(value), content_format=paths.CBOR)


def _text(code: int, text: str) -> Any:
    return aiocoap.Message(code=code, payload=text.encode(), content_format=paths.TEXT)


def _too_large(limit: int) -> Any:
    answer = _text(coap.REQUEST_ENTITY_TOO_LARGE, f"at most {limit} bytes in one message")
    answer.opt.size1 = limit
    return answer


def _unavailable(error: StoreDown) -> Any:
    answer = _text(coap.SERVICE_UNAVAILABLE, str(error))
    answer.opt.max_age = RETRY_S
    return answer
