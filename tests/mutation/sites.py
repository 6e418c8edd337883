"""The faults that can be put into a file: each a small change of its syntax tree, with the lines it touches."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
Change = tuple[ast.AST, str, int | None, object]  # in this node, this field (at this place) becomes this


@dataclass(frozen=True)
class Mutant:
    """One fault in one file."""

    path: str
    number: int
    line: int
    lines: frozenset[int]
    before: str
    after: str
    tree: ast.Module
    change: Change

    def code(self) -> CodeType:
        """The file's code with the fault in it."""
        node, name, at, new = self.change
        old = getattr(node, name)
        _set(node, name, at, new)
        try:
            return compile(ast.fix_missing_locations(copy.deepcopy(self.tree)), self.path, "exec", dont_inherit=True)
        finally:
            setattr(node, name, old)

    def __str__(self) -> str:
        return f"{Path(self.path).name}:{self.line} #{self.number}  {self.before}  →  {self.after}"


def _set(node: ast.AST, name: str, at: int | None, new: object) -> None:
    if at is None:
        setattr(node, name, new)
    else:
        setattr(node, name, [new if place == at else one for place, one in enumerate(getattr(node, name))])


def mutants_of(path: Path) -> list[Mutant]:
    """Every mutant of a file, numbered in the order of the file."""
    where = str(path.resolve())
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: list[Mutant] = []
    for site, lines, change in _sites(tree, frozenset()):
        node, name, at, new = change
        kept = getattr(node, name)
        old = kept if at is None else kept[at]
        whole = site if isinstance(old, ast.cmpop | ast.boolop | ast.operator) else None
        before = _text(whole or old)
        _set(node, name, at, new)
        after = _text(whole or new)
        setattr(node, name, kept)
        line = getattr(site, "lineno", min(lines, default=1))
        found.append(Mutant(where, len(found), line, lines, before, after, tree, change))
    return found


def _text(node: object) -> str:
    text = ast.unparse(node) if isinstance(node, ast.AST) else repr(node)
    text = " ".join(text.split())
    return text if len(text) <= 100 else text[:99] + "…"


def _sites(node: ast.AST, lines: frozenset[int]) -> Iterator[tuple[ast.AST, frozenset[int], Change]]:
    """(node, the lines of its statement, the change), in the order of the file. Annotations, decorators, docstrings
    and the words of an error are left alone."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "format_spec", "decorator_list"):
            continue
        for at, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _says_nothing(child) or (name == "args" and _are_words(node, child)):
                continue
            here = _header(child) if isinstance(child, ast.stmt | ast.ExceptHandler) else lines
            for new in _instead(child):
                yield child, here, (node, name, at, new)
            for inner in _inside(child):
                yield child, here, inner
            yield from _sites(child, here)


def _are_words(call: ast.AST, argument: ast.AST) -> bool:
    """Whether this is a sentence that an error, or another object, is made with."""
    match call, argument:
        case ast.Call(func=ast.Name(id=name)), ast.Constant(value=str() as text):
            return name[0].isupper() and " " in text
        case ast.Call(func=ast.Name(id=name)), ast.JoinedStr():
            return name[0].isupper()
    return False


def _header(node: ast.stmt | ast.ExceptHandler) -> frozenset[int]:
    """The lines of a statement without the statements in it."""
    decorators = [one.lineno for one in getattr(node, "decorator_list", [])]
    body = getattr(node, "body", getattr(node, "cases", None))
    last = node.end_lineno or node.lineno
    if body:
        first = body[0]
        last = max(node.lineno, getattr(first, "lineno", getattr(getattr(first, "pattern", None), "lineno", 1)) - 1)
    return frozenset(range(min([node.lineno, *decorators]), last + 1))


def _says_nothing(node: ast.AST) -> bool:
    """A docstring, or what only the type checker sees."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return False


def _instead(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of this node."""
    match node:
        case ast.Raise() | ast.Expr(value=ast.Call() | ast.Await()) | ast.Delete():
            yield ast.Pass()
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            yield ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load())))
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Constant(value=bool() as truth):
            yield ast.Constant(not truth)
        case ast.Constant(value=int() as number):
            yield ast.Constant(number + 1)
        case ast.Constant(value=str() as text):
            yield ast.Constant(text + "X")
        case ast.Constant(value=bytes() as data):
            yield ast.Constant(data + b"X")
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BoolOp(op=op, values=values):
            for at in range(len(values)):
                rest = values[:at] + values[at + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.Slice(lower=lower, upper=upper, step=step):
            if lower is not None:
                yield ast.Slice(None, upper, step)
            if upper is not None:
                yield ast.Slice(lower, None, step)


def _inside(node: ast.AST) -> Iterator[Change]:
    """What may change within this node."""
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                yield node, "ops", at, COMPARISONS[type(op)]()
        case ast.BoolOp(op=op):
            yield node, "op", None, ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATORS:
            yield node, "op", None, OPERATORS[type(op)]()
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
                yield node, "test", None, ast.UnaryOp(ast.Not(), test)
        case ast.ExceptHandler(type=ast.Tuple(elts=elts) as caught):
            for at in range(len(elts)):
                yield node, "type", None, ast.Tuple(elts[:at] + elts[at + 1 :], caught.ctx)
