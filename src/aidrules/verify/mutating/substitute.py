"""A program and expressions in it to the program with others in their place, wherever they stand.

A line of a policy may stand in a program several times: among the lines of a grant and in what
decides it, once for each amendment that it guards. What is written once is changed once: an
expression is taken out wherever an equal one stands for the same words of the file.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs
from attrs import evolve, frozen

from aidrules.program import Expr, Node, Parameter, Program, Ration
from aidrules.source import Span

_T = TypeVar("_T")

_PARTS = ("definitions", "grants", "exclusions", "rations", "requirements", "facts", "parameters")
"""What of a program is made of expressions; checks and examples are not part of the rules."""

_BESIDE = frozenset(("type", "span", "cites", "citations"))
"""What of a class is never made of expressions."""


@frozen
class Change:
    """What is put in the place of what.

    Attributes:
        nodes: Expressions and those in their place, which stand for the same words.
        parameter: A figure in the place of the one with its key.
        ration: A ration in the place of the one with its key.
    """

    nodes: tuple[tuple[Expr, Expr], ...] = ()
    parameter: Parameter | None = None
    ration: Ration | None = None


def substitute(program: Program, change: Change) -> Program:
    """Return the program with a change made, wherever what is changed stands.

    Args:
        program: As written (see `sharpen.as_written`): a sharpened one says a line in other words.
        change: What is put in the place of what.
    """
    if change.nodes:
        by_place: dict[tuple[str, int, int], list[tuple[Expr, Expr]]] = {}
        for old, new in change.nodes:
            by_place.setdefault(_place(old.span), []).append((old, new))
        changed = _Replacer(by_place)
        parts: Mapping[str, Any] = {part: changed(getattr(program, part)) for part in _PARTS}
        program = evolve(program, **parts)
    if change.parameter is not None:
        # An amended figure stands behind the one that it amends, and counts.
        wanted = program.parameter[change.parameter.key]
        parameters = (change.parameter if p is wanted else p for p in program.parameters)
        program = evolve(program, parameters=tuple(parameters))
    if change.ration is not None:
        key = change.ration.key
        program = evolve(
            program,
            rations=tuple(change.ration if r.key == key else r for r in program.rations),
        )
    return program


def _place(span: Span) -> tuple[str, int, int]:
    return span.source.name, span.start, span.end


@frozen
class _Replacer:
    """Goes through data and makes anew only what holds something that is replaced."""

    by_place: Mapping[tuple[str, int, int], list[tuple[Expr, Expr]]]

    def __call__(self, value: _T) -> _T:
        return self._of(value)  # type: ignore[no-any-return]  # an expression takes the place of one

    def _of(self, value: Any) -> Any:
        if isinstance(value, tuple):
            made = [self._of(each) for each in value]
            same = all(new is old for new, old in zip(made, value, strict=True))
            return value if same else tuple(made)
        if isinstance(value, Node):
            for old, new in self.by_place.get(_place(value.span), ()):
                if type(value) is type(old) and value == old:
                    return new
        names = _names(type(value))
        if not names:
            return value
        found: dict[str, Any] = {}
        for name in names:
            old = getattr(value, name)
            new = self._of(old)
            if new is not old:
                found[name] = new
        return evolve(value, **found) if found else value


_KNOWN: dict[type, tuple[str, ...]] = {}


def _names(kind: type) -> tuple[str, ...]:
    """Return the names of what an instance may hold expressions in."""
    found = _KNOWN.get(kind)
    if found is None:
        within = kind.__module__ == Program.__module__ and attrs.has(kind)
        fields: Callable[[type], tuple[Any, ...]] = attrs.fields
        names = tuple(each.name for each in fields(kind)) if within else ()
        found = _KNOWN[kind] = tuple(name for name in names if name not in _BESIDE)
    return found
