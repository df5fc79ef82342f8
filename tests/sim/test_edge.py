"""Only integers and bytes cross between a board and its supervisor: no float that a board with
single ones would round otherwise."""

import ast
import struct
from pathlib import Path

import pytest

from sim import supervisor
from sim.board import ops

SIM = Path(supervisor.__file__).parent
FILES = sorted([*(SIM / "board").glob("*.py"), *SIM.glob("*.py")])
FORMATS = {
    name: value
    for name, value in vars(ops).items()
    if isinstance(value, str) and not name.startswith("_")
}
_FLOATS = set("fde")


def test_every_format_of_the_link_holds_integers_and_bytes():
    assert len(FORMATS) >= 8
    for name, layout in FORMATS.items():
        assert not _FLOATS & set(layout), name
        zeros = struct.unpack(layout, bytes(struct.calcsize(layout)))
        assert {type(one) for one in zeros} <= {int, bytes}, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_else_is_packed_than_integers_and_bytes(path):
    """Every `struct` call of both sides: one of those formats, or one written there."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "struct"):
            continue
        layout = node.args[0]
        if isinstance(layout, ast.Attribute | ast.Name):
            name = layout.attr if isinstance(layout, ast.Attribute) else layout.id
            assert name in FORMATS, ast.unparse(node)
        else:
            text = "".join(
                one.value
                for one in ast.walk(layout)
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            )
            assert text and not _FLOATS & set(text), ast.unparse(node)


def test_a_payload_that_is_no_bytes_does_not_leave_the_board():
    """What a shim hands to the link is made of integers: floats have no way into its frame."""
    with pytest.raises((TypeError, struct.error)):
        bytes((1.5,))  # type: ignore[arg-type]
    for layout in FORMATS.values():
        count = len(struct.unpack(layout, bytes(struct.calcsize(layout))))
        with pytest.raises(struct.error):
            struct.pack(layout, *[0.5] * count)
