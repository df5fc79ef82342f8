"""The codec bench: an honest yardstick, and budgets that are kept on this machine."""

import importlib.util
from pathlib import Path
from types import ModuleType

import cbor2
import pytest

from tools.bench import codec, render

_YARDSTICK = Path(codec.__file__).with_name("micropython") / "generic_cbor.py"
_VALUES = [
    None, True, False, 0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1, -1, -24,
    -25, -(2**64), b"", b"x" * 300, "", "Pa ü" * 20, [1, [2, []]], {"a": [1, {}], 2: b"\x00"},
]  # fmt: skip


def generic() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generic_cbor", _YARDSTICK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_yardstick_is_a_correct_codec():
    yardstick = generic()
    assert yardstick.dumps(_VALUES) == cbor2.dumps(_VALUES)
    assert yardstick.loads(cbor2.dumps(_VALUES)) == _VALUES


@pytest.mark.alone
def test_the_budgets_are_kept():
    rows = codec.run()
    assert [row.name for row in rows] == ["codec.encode", "codec.decode", "codec.alloc"]
    assert all(row.ok for row in rows), "\n" + render(rows)
