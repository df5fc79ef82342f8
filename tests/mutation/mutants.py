"""Ways to break a file: one small change each, as a careless hand might make it.

A mutant is the file with one comparison turned, one bound moved by one, one `and` an `or`, one
`not` dropped, one line left out, or one row of a table missing. It is made in the syntax tree, so
that it always compiles; its name says where it stands and what was there before.
"""

import ast
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPPOSITE: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
_SHOWN = 60  # characters of a statement
_LEFT_OUT = (ast.Assign, ast.AugAssign, ast.Expr, ast.Raise, ast.Break, ast.Continue)


class Mutant(NamedTuple):
    """One change: in which function (or `-`) and statement, what was there, what is instead."""

    where: str
    statement: str  # its first line
    before: str
    after: str
    line: int
    source: str

    @property
    def name(self) -> str:
        """Stable for as long as the broken expression stands where it stands."""
        return f"{self.where}: {self.statement}: {self.before} -> {self.after}"


def every(path: Path) -> list[Mutant]:
    """Every mutant of a file; those that read the same are numbered."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: list[Mutant] = []
    known: dict[str, int] = {}
    for where, statement, node in _walk(tree):
        for after in _changes(node):
            one = _make(tree, node, after, (where, statement))
            count = known[one.name] = known.get(one.name, 0) + 1
            found.append(one if count == 1 else one._replace(after=f"{one.after} #{count}"))
    return found


def _walk(tree: ast.Module) -> Iterator[tuple[str, str, ast.AST]]:
    """Everything that may be broken, with the function or class and the statement around it."""

    def down(node: ast.AST, where: str, statement: str) -> Iterator[tuple[str, str, ast.AST]]:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            where = node.name if where == "-" else f"{where}.{node.name}"
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_docstring(child):
                    line = _first_line(child) if isinstance(child, ast.stmt) else statement
                    yield where, line, child
                    yield from down(child, where, line)

    return down(tree, "-", "")


def _first_line(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0][:_SHOWN]


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What could stand there instead."""
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            ops = [*node.ops[:i], _TURNED[type(op)](), *node.ops[i + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPPOSITE:
        yield ast.BinOp(node.left, _OPPOSITE[type(node.op)](), node.right)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif (
        isinstance(node, ast.Tuple)
        and node.elts
        and all(isinstance(row, ast.Tuple) for row in node.elts)
    ):
        for i in range(len(node.elts)):
            yield ast.Tuple([*node.elts[:i], *node.elts[i + 1 :]], node.ctx)
    if isinstance(node, _LEFT_OUT):
        yield ast.Pass()


def _make(tree: ast.Module, node: ast.AST, after: ast.AST, at: tuple[str, str]) -> Mutant:
    changed = _replaced(tree, node, after)
    before, instead = ast.unparse(node), ast.unparse(after)
    if isinstance(after, ast.Tuple) and isinstance(node, ast.Tuple):
        (gone,) = [row for row in node.elts if row not in after.elts]
        before, instead = ast.unparse(gone), "no such row"
    source = ast.unparse(ast.fix_missing_locations(changed))
    return Mutant(*at, before, instead, getattr(node, "lineno", 0), source)


def _replaced(tree: ast.Module, node: ast.AST, after: ast.AST) -> ast.Module:
    """A copy of the tree with `after` in the place of `node`."""

    class Swap(ast.NodeTransformer):
        def visit(self, one: ast.AST) -> ast.AST:
            return after if one is node else self.generic_visit(one)

    # a transformer works in place: let it work on a copy whose nodes are known by identity
    memo: dict[int, ast.AST] = {}
    twin = copy.deepcopy(tree, memo)
    node, after = memo[id(node)], copy.deepcopy(after, memo)
    result = Swap().visit(twin)
    assert isinstance(result, ast.Module)
    return result
