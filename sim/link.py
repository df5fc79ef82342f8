"""The supervisor's end of the link to one running board: frames of `sim/board/ops.py`."""

import asyncio
from collections.abc import Callable

from sim.board import ops

# (operation, argument, payload) -> answer, ignored for what is only told, or None if the answer
# comes later; OSError carries an errno
Handler = Callable[[int, int, bytes], bytes | None]

_HEADER = ops.HEADER_BYTES


class BoardLink(asyncio.Protocol):
    """Cuts the stream into frames, has them handled in order and sends the answers."""

    def __init__(self, handle: Handler, edges: Callable[[], bool] = lambda: False) -> None:
        self.closed = asyncio.get_running_loop().create_future()
        self._handle = handle
        self._edges = edges  # may one wait, as every answer says
        self._pending = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The board's process is about to start."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """The board's process has ended."""
        self._transport = None
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Handle every frame that is whole."""
        self._pending += data
        while len(self._pending) >= _HEADER:
            operation, argument, low, high = self._pending[:_HEADER]
            end = _HEADER + (low | high << 8)
            if len(self._pending) < end:
                return
            payload = bytes(self._pending[_HEADER:end])
            del self._pending[:end]
            self._frame(operation, argument, payload)

    def close(self) -> None:
        """Hear no more of this board, not even what it has already sent."""
        self._pending.clear()
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def answer(self, status: int, payload: bytes) -> None:
        """Answer the question that was asked last."""
        if self._transport is not None:
            size = len(payload).to_bytes(2, "little")
            self._transport.write(bytes((status, self._edges())) + size + payload)

    def _frame(self, operation: int, argument: int, payload: bytes) -> None:
        status, answer = 0, None
        try:
            answer = self._handle(operation, argument, payload)
        except OSError as error:
            status, answer = error.errno or 5, b""
        if operation >= ops.FIRST_QUESTION and answer is not None:
            self.answer(status, answer)
