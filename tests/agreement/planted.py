"""Wrong rules, planted in copies of interpreter and rewritings, to what the properties say of them.

A property that never fails proves nothing. Each fault is one that somebody may well write; the
list is that of the design. A fault whose text is no longer found in the interpreter is an error:
then it must be planted anew.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from importlib import import_module, invalidate_caches
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve, field, frozen

import aidrules
from aidrules.case import Case, Record
from aidrules.program import Arithmetic, Program
from aidrules.types import Quantity
from aidrules.values import Failure, Infinite, Interval, Value, is_decided, parts, settle

from .properties import FORM, ORDER, RAISES, SHARPER, SHORT, TWICE, Emit, Engine, Evaluation, Kit

PACKAGE = Path(aidrules.__file__).parent
COPIED = (".", "bounds", "backends/interpreter")
"""What a fault may be planted in; each copy imports the others."""


@frozen
class Edit:
    """A piece of a module and the wrong piece in its place; blanks and line ends do not count."""

    module: str
    right: str
    wrong: str

    def applied(self, text: str) -> str:
        """Return the text with the fault.

        Raises:
            LookupError: If the piece does not stand there exactly once.
        """
        pieces = map(re.escape, re.findall(r"\w+|[^\w\s]", self.right))
        pattern = r"\s*".join(pieces)
        changed, count = re.subn(pattern, lambda _: self.wrong, text)
        if count != 1:
            message = f"{self.module} has {count} times: {self.right}"
            raise LookupError(message)
        return changed


# ---------------------------------------------------------------- wrong ways to ask


@frozen
class Asked:
    """A case, open in a right engine, that is asked in a wrong way.

    Attributes:
        plain: Whether the engine takes the shorter way.
        first: What was answered first, by definition.
    """

    program: Program
    evaluation: Evaluation
    case: Case
    plain: bool
    wrong: "Callable[[Asked, str, Record], Value]"
    first: dict[str, Value] = field(factory=dict)

    def value(self, key: str, record: Record) -> Value:
        """Return a value, wrong now and then."""
        return self.wrong(self, key, record)

    def right(self, key: str, record: Record) -> Value:
        """Return the right value."""
        return self.evaluation.value(key, record)


@frozen
class _AskedEngine:
    program: Program
    engine: Engine
    plain: bool
    wrong: Callable[[Asked, str, Record], Value]

    def open(self, case: Case, today: int) -> Evaluation:
        evaluation = self.engine.open(case, today)
        return Asked(self.program, evaluation, case, self.plain, self.wrong)


@frozen
class _Asking:
    make: Emit
    wrong: Callable[[Asked, str, Record], Value]

    def __call__(self, program: Program, *, plain: bool = True) -> Engine:
        return _AskedEngine(program, self.make(program, plain=plain), plain, self.wrong)


def _without_undecided(asked: Asked, key: str, record: Record) -> Value:
    """Return whether a grant is received, as if only surely eligible grants stood before it."""
    name = key.removesuffix("/receives")
    for exclusion in asked.program.exclusions:
        if key == name or exclusion.how != "order" or name not in exclusion.grants:
            continue
        earlier = exclusion.grants[: exclusion.grants.index(name)]
        found = [asked.right(f"{grant}/eligible", record) for grant in earlier]
        if not any(value is True or isinstance(value, Failure) for value in found):
            return asked.right(f"{name}/eligible", record)
    return asked.right(key, record)


def _in_full(asked: Asked, key: str, record: Record) -> Value:
    """Return the value of a grant, an undecided one being worth what is asked for."""
    grant = asked.program.grant.get(key)
    if grant is None or grant.amount is None or is_decided(asked.right(grant.receives, record)):
        return asked.right(key, record)
    return asked.right(grant.payment, record)


def _raise(asked: Asked, key: str, record: Record) -> Value:
    """Return decided values alone."""
    value = asked.right(key, record)
    if not is_decided(value):
        raise TypeError(value)
    return value


def _upside_down(asked: Asked, key: str, record: Record) -> Value:
    """Return numbers with their ends exchanged."""
    body, absent, failure = parts(asked.right(key, record))
    if isinstance(body, Interval) and not isinstance(body.high, Infinite):
        body = Interval(body.high, body.low)
    return settle(body, absent, failure)


def _of_first_sibling(asked: Asked, key: str, record: Record) -> Value:
    """Return the value of the record that stands first in the list."""
    if record.parent is None:
        return asked.right(key, record)
    return asked.right(key, record.parent.children[record.entity][0])


def _of_first_asked(asked: Asked, key: str, record: Record) -> Value:
    """Return the value of the record that was asked first."""
    return asked.first.setdefault(key, asked.right(key, record))


def _longer_rounds(asked: Asked, key: str, record: Record) -> Value:
    """Return a number without its fraction, the longer way."""
    value = asked.right(key, record)
    return floor(value) if isinstance(value, Fraction) and not asked.plain else value


def _widened(program: Program) -> Program:
    """Return a program in which x + x - x stands for each number x."""
    definitions = []
    for definition in program.definitions:
        body = definition.body
        if isinstance(definition.type, Quantity):
            twice = Arithmetic("+", body, body, type=body.type, span=body.span)
            body = Arithmetic("-", twice, body, type=body.type, span=body.span)
        definitions.append(evolve(definition, body=body))
    return evolve(program, definitions=tuple(definitions))


@frozen
class Fault:
    """A wrong rule: edits of the interpreter, or a wrong way to ask it.

    Attributes:
        wrong: How it is asked.
        sharpen: What makes the sharper program.
        claim: The property that must catch it; None for any.
    """

    name: str
    edits: tuple[Edit, ...] = ()
    wrong: Callable[[Asked, str, Record], Value] | None = None
    sharpen: Callable[[Program], Program] | None = None
    claim: str | None = None


# ---------------------------------------------------------------- the list

FAULTS = (
    Fault(
        "an optional record is taken for a known one when there may be one",
        (
            Edit(
                "interpreter/aggregates.py",
                "return self.is_listed and self.may_be_in and not self.may_be_out",
                "return (self.is_listed or self.times == 1)"
                " and self.may_be_in and not self.may_be_out",
            ),
        ),
    ),
    Fault(
        "a no on the right beats an error on the left",
        (
            Edit(
                "bounds/truths.py",
                "if not may_be(item, not decisive): reached_end = False break",
                "if not may_be(item, not decisive):\n"
                "            reached_end = False\n"
                "            if not isinstance(item, Failure):\n"
                "                break",
            ),
        ),
    ),
    Fault(
        "cases stop at the first possible yes",
        (
            Edit(
                "interpreter/closures.py",
                "if not may_be(condition, False): break",
                "if may_be(condition, True):\n                break",
            ),
        ),
    ),
    Fault(
        "a missing row is skipped",
        (
            Edit(
                "interpreter/lookups.py",
                "error = error or (None if is_complete else failure.of(values, day))",
                "pass",
            ),
        ),
    ),
    Fault(
        "an undecided filter is counted in the low end",
        (
            Edit(
                "interpreter/aggregates.py",
                "low = sum(member.is_in for member in found.members)",
                "low = sum(m.is_listed and m.may_be_in for m in found.members)",
            ),
        ),
    ),
    Fault(
        "the highest has the low end of undecided members",
        (
            Edit(
                "interpreter/aggregates.py",
                "far = best(far for far, _ in inside) if inside else",
                "far = best(far for far, _ in maybe) if inside else",
            ),
        ),
    ),
    Fault(
        "a certain error is lost in any and every",
        (
            Edit(
                "interpreter/aggregates.py",
                "if found.lost is not None: return found.lost may_decide = any(",
                "may_decide = any(",
            ),
        ),
    ),
    Fault(
        "0 inside a divisor is no error",
        (
            Edit(
                "bounds/numbers.py", "right.low <= 0 <= right.high", "0 in (right.low, right.high)"
            ),
        ),
    ),
    Fault(
        "an amount that may be negative is no error",
        (
            Edit(
                "bounds/numbers.py",
                'failure = fail("negative-amount", span) if low < 0 else None',
                'failure = fail("negative-amount", span) if high < 0 else None',
            ),
        ),
    ),
    Fault(
        "an undecided earlier grant is ignored",
        wrong=_without_undecided,
    ),
    Fault(
        "an undecided grant is worth its full amount",
        wrong=_in_full,
    ),
    Fault(
        "a possible tie is no error",
        (
            Edit(
                "interpreter/aggregates.py",
                "is_level = max(one.low, other.low, line) <= min(one.high, other.high)",
                "is_level = one.low == one.high == other.low == other.high",
            ),
        ),
    ),
    Fault(
        "two values differ only when they are disjoint",
        (
            Edit(
                "bounds/truths.py",
                "return bits(no=not is_same, yes=meet(one, other, named))",
                "return bits(no=not (is_same or meet(one, other, named)),"
                " yes=meet(one, other, named))",
            ),
        ),
    ),
    Fault(
        "the ends of a date difference are not crossed",
        (
            Edit(
                "bounds/days.py",
                "_count(period, start.high, end.low,",
                "_count(period, start.low, end.low,",
            ),
            Edit(
                "bounds/days.py",
                '_count(period, start.low, end.high, "down"',
                '_count(period, start.high, end.high, "down"',
            ),
        ),
    ),
    Fault(
        "an operand in error has a body",
        (
            Edit(
                "bounds/numbers.py",
                "return strict(_sum, left, right)",
                "wrong = isinstance(left, Failure) and not isinstance(right, Failure)\n"
                "    return hull((left, right)) if wrong else strict(_sum, left, right)",
            ),
            Edit(
                "bounds/numbers.py",
                "from aidrules.bounds.sets import",
                "from aidrules.bounds.sets import hull\nfrom aidrules.bounds.sets import",
            ),
        ),
    ),
    Fault(
        "an undecided filter adds the part without 0",
        (
            Edit(
                "interpreter/aggregates.py",
                "part = settle(body) if member.is_in else hull((0, settle(body)))",
                "part = settle(body)",
            ),
        ),
    ),
    Fault(
        "the open end of a row is in it",
        (
            Edit(
                "interpreter/lookups.py",
                "return above and (key < high or (cell.high_included and key == high))",
                "return above and key <= high",
            ),
        ),
    ),
    Fault(
        "two products stand for four",
        (
            Edit(
                "bounds/numbers.py",
                "ends = [_times(one, other) for one in _ends(left) for other in _ends(right)]",
                "ends = [_times(a, b) for a, b in zip(_ends(left), _ends(right), strict=True)]",
            ),
        ),
    ),
    Fault("an undecided value is raised", wrong=_raise, claim=RAISES),
    Fault("the ends of a number are exchanged", wrong=_upside_down, claim=FORM),
    Fault("the first of a list counts for all", wrong=_of_first_sibling, claim=ORDER),
    Fault("what was asked first is remembered for all", wrong=_of_first_asked, claim=TWICE),
    Fault("the longer way rounds", wrong=_longer_rounds, claim=SHORT),
    Fault("the sharper program is wider", sharpen=_widened, claim=SHARPER),
    Fault(
        "a term that falls out of a sum takes its error along",
        (
            Edit(
                "sharpen.py",
                "parts.extend(_scaled(term, Fraction(0), type_, span)"
                " for term in affine.cancelled)",
                "pass",
            ),
        ),
    ),
    Fault(
        "a quotient is multiplied out though its divisor may be 0",
        (Edit("sharpen.py", '(op == ">=" and limit > 0)', '(op == ">=" and limit >= 0)'),),
    ),
    Fault(
        "a line is taken for its opposite",
        (
            Edit(
                "sharpen.py",
                "found.append(difference[0].scaled(Fraction(-1)))",
                "found.append(difference[0])",
            ),
            Edit(
                "sharpen.py",
                'elif difference is not None and compared.op in {">", ">="}: '
                "found.append(difference[0])",
                'elif difference is not None and compared.op in {">", ">="}:\n'
                "                found.append(difference[0].scaled(Fraction(-1)))",
            ),
        ),
    ),
)


# ---------------------------------------------------------------- copies of the interpreter


@contextmanager
def planted(fault: Fault) -> Iterator[Kit]:
    """Give the parts with a fault."""
    with TemporaryDirectory() as folder:
        name = "planted_" + re.sub(r"\W+", "_", fault.name)
        _copy(fault, Path(folder) / name, name)
        sys.path.insert(0, folder)
        invalidate_caches()
        try:
            make: Emit = import_module(f"{name}.interpreter").emit
            if fault.wrong is not None:
                make = _Asking(make, fault.wrong)
            yield Kit(make, fault.sharpen or import_module(f"{name}.sharpen").sharpen)
        finally:
            sys.path.remove(folder)
            for module in [module for module in sys.modules if module.split(".")[0] == name]:
                del sys.modules[module]


def _copy(fault: Fault, target: Path, name: str) -> None:
    """Write the interpreter to a folder, under another name and with the edits of a fault."""
    target.mkdir()
    (target / "__init__.py").touch()
    edits = list(fault.edits)
    for part in COPIED:
        folder = target if part == "." else target / Path(part).name
        folder.mkdir(exist_ok=True)
        names = ["sharpen.py"] if part == "." else ["*.py"]
        for path in sorted((PACKAGE / part).glob(*names)):
            text = path.read_text(encoding="utf-8")
            for edit in [edit for edit in edits if target / edit.module == folder / path.name]:
                text = edit.applied(text)
                edits.remove(edit)
            for old, new in (
                ("aidrules.backends.interpreter", f"{name}.interpreter"),
                ("aidrules.backends import", f"{name} import"),
                ("aidrules.bounds", f"{name}.bounds"),
                (
                    "aidrules import bounds, dates",
                    f"aidrules import dates\nfrom {name} import bounds",
                ),
            ):
                text = text.replace(old, new)
            (folder / path.name).write_text(text, encoding="utf-8")
    if edits:
        raise LookupError(edits[0].module)


def table(caught: Mapping[str, tuple[frozenset[str], int] | None]) -> str:
    """Return which properties caught each fault, and after how many triples."""
    lines = [f"{'fault':<68} {'triples':>8}  caught by"]
    for name, found in caught.items():
        claims, triples = found or (("nothing",), 0)
        lines.append(f"{name:<68} {triples:>8,}  {'; '.join(sorted(claims))}")
    return "\n".join(lines)
