"""Program to the properties that are to hold of it: those stated in it, and those of any policy."""

from collections.abc import Iterator
from typing import assert_never

from attrs import field, frozen

from aidrules.program import (
    And,
    AnyOver,
    BestBy,
    BestOver,
    Cases,
    Check,
    Compare,
    Constant,
    CountOver,
    Definition,
    EveryOver,
    Exclusion,
    Expr,
    Fail,
    Follow,
    Grant,
    HoldsForSome,
    MonthSum,
    Not,
    OnRecord,
    Or,
    Place,
    Program,
    Role,
    SumOver,
    Table,
    Today,
    Use,
)
from aidrules.source import Span
from aidrules.traverse import children, walk
from aidrules.types import TRUTH, Quantity


@frozen
class Defined:
    """A definition is never an error: nothing is divided by zero, and some case always holds."""

    key: str


@frozen
class Reachable:
    """Some household is granted it."""

    key: str


@frozen
class Reached:
    """Each case of a definition is met by some household.

    Attributes:
        nodes: The cases and the tables in it.
    """

    key: str
    nodes: tuple[Cases | Table, ...]


@frozen
class Complete:
    """Some case of a definition, or some row of its table, always holds: it has no gap."""

    key: str


@frozen
class NeverNegative:
    """An amount is never below nothing."""

    key: str


@frozen
class AtMost:
    """An amount has a highest value, which is told."""

    key: str


@frozen
class OneAlone:
    """Of grants that exclude one another, nobody receives two."""

    exclusion: Exclusion


@frozen
class Separate:
    """Of the amendments of a definition, no two hold for one household."""

    key: str
    node: Cases


@frozen
class OrderFree:
    """In what order the records of a kind are listed does not matter.

    Attributes:
        kind: Of the records.
    """

    key: str
    kind: str


@frozen
class DrawnAlike:
    """Who stands right at a line is on one side of it in all rules that draw it.

    Attributes:
        lines: The keys of the rules, and the comparison of each, which is the same in all but the
            side of who stands at it.
    """

    lines: tuple[tuple[str, Compare], ...]

    @property
    def first(self) -> tuple[str, Compare]:
        """The first of them."""
        return self.lines[0]

    @property
    def is_by_form(self) -> bool:
        """Whether they are written alike."""
        return len({_equal_is_below(compared) for _, compared in self.lines}) == 1


@frozen
class Possible:
    """Some record meets all of some conditions.

    Attributes:
        entity: The kind of the record.
        title: What the author says of it; None for all that is required of the kind.
    """

    entity: str
    conditions: tuple[Expr, ...]
    title: str | None


@frozen
class Stated:
    """What the author stated."""

    check: Check


Claim = (
    Defined
    | Reachable
    | Reached
    | Complete
    | NeverNegative
    | AtMost
    | OneAlone
    | Separate
    | OrderFree
    | DrawnAlike
    | Possible
    | Stated
)


@frozen
class Property:
    """Something that is to hold of all households.

    Attributes:
        subject: The name of the rule that it is about, or the title of the check.
        module: In which that rule stands.
        known_to_fail: Why the author says that it does not hold; None if it is to hold.
    """

    claim: Claim
    subject: str
    module: str
    span: Span = field(eq=False, repr=False)
    known_to_fail: str | None = None

    @property
    def is_stated(self) -> bool:
        """Whether the author states it, in a check."""
        return self.word == "property-stated"

    @property
    def word(self) -> str:
        """The key of its sentence in the lexicon."""
        match self.claim:
            case Defined():
                return "property-defined"
            case Reachable():
                return "property-reachable"
            case Reached():
                return "property-reached"
            case Complete():
                return "property-complete"
            case NeverNegative():
                return "property-never-negative"
            case AtMost():
                return "property-at-most"
            case OneAlone():
                return "property-one-alone"
            case Separate():
                return "property-separate"
            case OrderFree():
                return "property-order-free"
            case DrawnAlike():
                return "property-drawn-alike"
            case Possible(title=title):
                return "property-met-at-once" if title is None else "property-stated"
            case Stated():
                return "property-stated"
            case _:
                assert_never(self.claim)


def properties(program: Program) -> tuple[Property, ...]:
    """Return every property of a policy, in the order of its rules; the author's own come first."""
    return (
        *_stated(program),
        *(each for grant in program.grants for each in _of_grant(grant, program)),
        *(
            Property(Defined(each.key), each.name, each.module, each.span)
            for each in program.definitions
            if each.role is Role.REQUIREMENT
        ),
        *_required(program),
        *(each for definition in program.definitions for each in _of_definition(definition)),
        *_lines(program),
        *(
            Property(
                OneAlone(each), _names(each, program), _module_of(each.span, program), each.span
            )
            for each in program.exclusions
        ),
    )


def _stated(program: Program) -> Iterator[Property]:
    for check in program.checks:
        module = _module_of(check.span, program)
        claim: Claim = Stated(check)
        if isinstance(check.property, HoldsForSome):
            claim = Possible(check.property.entity, (check.property.condition,), check.title)
        yield Property(claim, check.title, module, check.span, check.known_to_fail)


def _required(program: Program) -> Iterator[Property]:
    """Yield for each kind of record that all that is required of it can be met at once."""
    required: dict[str, list[Definition]] = {}
    for each in program.definitions:
        if each.role is Role.REQUIREMENT and each.entity is not None:
            required.setdefault(each.entity, []).append(each)
    for kind, found in required.items():
        uses = tuple(Use(kind, each.key, type=TRUTH, span=each.span) for each in found)
        module = _module_of(found[0].span, program)
        yield Property(Possible(kind, uses, None), kind, module, found[0].span)


def _of_grant(grant: Grant, program: Program) -> Iterator[Property]:
    rest = grant.name, grant.module, grant.span
    yield Property(Defined(grant.key), *rest)
    yield Property(Reachable(grant.key), *rest)
    if isinstance(grant.type, Quantity):
        yield Property(NeverNegative(grant.key), *rest)
        yield Property(AtMost(grant.key), *rest)
    for kind in program.children(grant.entity):
        if program.entity[kind].limit > 1:
            yield Property(OrderFree(grant.key, kind), *rest)


def _of_definition(definition: Definition) -> Iterator[Property]:
    found = [each for each in _within(definition.body) if isinstance(each, Cases | Table)]
    rest = definition.name, definition.module, definition.span
    if found:
        yield Property(Reached(definition.key, tuple(found)), *rest)
    if any(gap_in(each) for each in found):
        yield Property(Complete(definition.key), *rest)
    for node in found:
        if isinstance(node, Cases) and sum(each.guard is not None for each in node.branches) > 1:
            yield Property(Separate(definition.key, node), *rest)


def _lines(program: Program) -> Iterator[Property]:
    """Yield for each line that several rules draw that they draw it alike."""
    drawn: dict[tuple[str | None, frozenset[Expr]], dict[str, Compare]] = {}
    for definition in program.definitions:
        for node in _within(definition.body):
            if isinstance(node, Compare) and _is_line(node):
                line = definition.entity, frozenset((node.left, node.right))
                drawn.setdefault(line, {}).setdefault(definition.key, node)
    for lines in drawn.values():
        if len(lines) > 1:
            first = program.definition[next(iter(lines))]
            claim = DrawnAlike(tuple(lines.items()))
            yield Property(claim, first.name, first.module, first.span)


def _is_line(compared: Compare) -> bool:
    """Return whether a comparison draws a line: not in time, and not between something and none."""
    ends = compared.left, compared.right
    is_of_nothing = any(isinstance(each, Constant) and each.value == 0 for each in ends)
    return compared.op not in ("=", "!=") and not is_of_nothing and not is_of_time(compared)


def _equal_is_below(compared: Compare) -> bool:
    """Return whether who stands at a line is on the side of the lower of its two ends.

    Which of the two is called the lower does not matter, as long as it is the same for all.
    """
    is_first = repr(compared.left) <= repr(compared.right)
    return (compared.op in ("<=", ">")) == is_first


def gap_in(node: Cases | Table) -> bool:
    """Return whether the cases of a node, by their form, may leave something out."""
    if node.otherwise is not None and not isinstance(node.otherwise, Fail):
        return False
    return isinstance(node, Table) or not node.complete


def _within(root: Expr) -> Iterator[Expr]:
    """Yield an expression and all in it that is worked out on the same record, on the same day."""
    yield root
    for child in on_the_record(root):
        yield from _within(child)


def on_the_record(node: Expr) -> tuple[Expr, ...]:
    """Return what an expression asks for on the same record, on the same day."""
    match node:
        case SumOver() | CountOver() | AnyOver() | EveryOver() | BestOver() | BestBy():
            return ()
        case Follow() | OnRecord() | MonthSum():
            return ()
        case _:
            return children(node)


def _names(exclusion: Exclusion, program: Program) -> str:
    return ", ".join(program.grant[key].name for key in exclusion.grants)


def _module_of(span: Span, program: Program) -> str:
    return next((each.name for each in program.modules if each.source == span.source), "")


def is_of_time(condition: Expr) -> bool:
    """Return whether a condition is about the date asked for alone."""
    return all(
        isinstance(node, Constant | Today | Compare | And | Or | Not) for node in walk(condition)
    )


def is_by_form(claim: Claim, program: Program) -> bool:
    """Return whether a property follows from how the rules are written, for any size."""
    match claim:
        case OrderFree(key=key):
            return orders_nothing(key, program)
        case DrawnAlike():
            return claim.is_by_form
        case _:
            return False


def orders_nothing(key: str, program: Program) -> bool:
    """Return whether no rule on the way to a definition can tell the order of a list.

    Sums, counts and answers about lists do not depend on it; a record picked out of a list by its
    key, one that a rule names, and places among limited funds are left to be looked at.
    """
    seen: set[str] = set()
    waiting = [key]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for node in walk(program.definition[name].body):
            if isinstance(node, BestBy | OnRecord | Place | Follow):
                return False
            if isinstance(node, Use):
                waiting.append(node.key)
    return True
