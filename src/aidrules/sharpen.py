"""Typed program to the bounds program: sharper on unknowns, the same on certain facts.

Bounds treat every use of a fact as if it were another fact, so what stands on both sides of a
comparison widens it. Three rewritings take such pairs together before anything is evaluated:

1. Like terms of a sum are collected: `x - x` is 0.
2. Over one group, `(sum of E over G) - k * count of G` is `sum of (E - k) over G`; with it
   `income / size < s`, behind a line that keeps `size` above 0, is `sum of (E - s) over G < 0`.
3. Behind the line `X < Y`, the difference `Y - X` in the amount is not below 0.

Each gives the same on single values, and nothing that the plain program would not. They are applied
to whether a grant is given and to how much, not to the lines and steps that reasons show. An error
that a term may have is kept by adding 0 times the term.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Final, Literal

from attrs import evolve, field, frozen

from aidrules.check.conditions import all_of
from aidrules.check.order import in_order
from aidrules.program import (
    And,
    AnyOver,
    Arithmetic,
    BestBy,
    BestOver,
    Branch,
    Cases,
    Compare,
    Constant,
    Convert,
    CountOver,
    Definition,
    EveryOver,
    Expr,
    Extreme,
    FactUse,
    MonthSum,
    Payable,
    Place,
    Program,
    Records,
    Role,
    Round,
    SumOver,
    Use,
)
from aidrules.source import Span
from aidrules.traverse import may_fail, walk
from aidrules.types import NUMBER, TRUTH, Quantity, Type, core

SHARED: Final = "/shared "
"""In the key of a step that stands for what a sharpened rule needs more than once."""


@frozen
class _Affine:
    """A sum: a number, terms with their coefficients, and sums over groups.

    Attributes:
        terms: Expressions that are not sums themselves, on the rule's record.
        groups: For each group of records, the sum of that over its records; its terms are
            evaluated on each record, those of the rule's own record too.
        cancelled: Terms that fell out, whose errors are still to be kept.
    """

    number: Fraction = Fraction(0)
    terms: Mapping[Expr, Fraction] = field(factory=dict)
    groups: "Mapping[Records, _Affine]" = field(factory=dict)
    cancelled: tuple[Expr, ...] = ()

    def scaled(self, factor: Fraction) -> "_Affine":
        return _Affine(
            self.number * factor,
            {term: coefficient * factor for term, coefficient in self.terms.items()},
            {over: inner.scaled(factor) for over, inner in self.groups.items()},
            self.cancelled,
        )

    def plus(self, other: "_Affine") -> "_Affine":
        terms = dict(self.terms)
        cancelled = [*self.cancelled, *other.cancelled]
        for term, coefficient in other.terms.items():
            terms[term] = terms.get(term, Fraction(0)) + coefficient
            if not terms[term]:
                del terms[term]
                cancelled.append(term)
        groups = dict(self.groups)
        for over, inner in other.groups.items():
            groups[over] = groups[over].plus(inner) if over in groups else inner
        return _Affine(self.number + other.number, terms, groups, tuple(cancelled))

    @property
    def size(self) -> int:
        """How many terms it has, those inside groups included."""
        return len(self.terms) + sum(1 + inner.size for inner in self.groups.values())


@frozen
class _Rule:
    """A rule that is sharpened.

    Attributes:
        name: Of the grant or requirement.
        steps: The steps of the rule's own kind, which may be put in place.
            INVARIANT: no others: an aggregate means the records below the record it stands on.
        failing: The test whether an expression may be an error.
        shared: What the rule needs more than once, and is worked out once, as steps of their own.
    """

    name: Definition
    steps: Mapping[str, Definition]
    failing: Callable[[Expr], bool]
    shared: dict[Expr, Definition]

    def share(self, value: Expr) -> Expr:
        """Return the use of a step that stands for a value."""
        value = _without_idle_terms(value, self.failing)
        if isinstance(value, Constant | Use | FactUse):
            return value
        if value not in self.shared:
            key = f"{self.name.key}{SHARED}{len(self.shared) + 1}"
            self.shared[value] = evolve(
                self.name, key=key, type=value.type, body=value, role=Role.AMOUNT
            )
        return Use(self.name.entity, self.shared[value].key, type=value.type, span=value.span)


def sharpen(program: Program) -> Program:
    """Return the program with the rewritings in what decides its grants."""
    steps: dict[str | None, dict[str, Definition]] = {}
    for definition in program.definitions:
        if definition.role is Role.DEFINE:
            steps.setdefault(definition.entity, {})[definition.key] = definition
    failing = may_fail(program)
    changed = dict(program.definition)
    for grant in program.grants:
        named = changed[grant.key]
        rule = _Rule(named, steps.get(grant.entity, {}), failing, {})
        eligible = changed[grant.eligible]
        changed[grant.eligible] = evolve(eligible, body=_conditions(eligible.body, rule))
        payment = changed.get(grant.payment)
        if payment is not None:
            guards = _guards([line.condition for line in grant.lines], rule.steps)
            changed[grant.payment] = evolve(payment, body=_paid(payment.body, guards, rule))
        changed |= {shared.key: shared for shared in rule.shared.values()}
    for requirement in program.requirements:
        named = changed[requirement.key]
        rule = _Rule(named, steps.get(requirement.entity, {}), failing, {})
        changed[requirement.key] = evolve(named, body=_conditions(named.body, rule))
        changed |= {shared.key: shared for shared in rule.shared.values()}
    ordered = in_order(
        tuple(changed.values()), program.fact, program.parameter, program.ration, lambda _: None
    )
    return evolve(program, definitions=ordered)


def as_written(program: Program) -> Program:
    """Return the program without the rewritings: what decides its grants as their lines say it.

    INVARIANT: `sharpen` of it is the program again.
    """
    plain = {each.key: each for each in program.definitions if SHARED not in each.key}
    for grant in program.grants:
        conditions = [line.condition for line in grant.lines]
        if grant.amount is not None:
            conditions.append(Payable(grant.amount, type=TRUTH, span=grant.amount.span))
            payment = plain[grant.payment]
            paid = grant.amount
            if isinstance(core(paid.type), Quantity):
                zero = Constant(0, type=paid.type, span=grant.span)
                paid = Extreme("highest", (paid, zero), type=paid.type, span=grant.span)
            plain[grant.payment] = evolve(payment, body=paid)
        body = all_of(conditions, grant.span)
        plain[grant.eligible] = evolve(plain[grant.eligible], body=body)
    for requirement in program.requirements:
        lines = [line.condition for line in requirement.lines]
        body = all_of(lines, requirement.span)
        plain[requirement.key] = evolve(plain[requirement.key], body=body)
    ordered = in_order(
        tuple(plain.values()), program.fact, program.parameter, program.ration, lambda _: None
    )
    return evolve(program, definitions=ordered)


def _conditions(body: Expr, rule: _Rule) -> Expr:
    """Return the conditions of a rule, sharper, and its amount as they narrow it."""
    items = body.items if isinstance(body, And) else (body,)
    rewritten: list[Expr] = []
    for n, item in enumerate(items):
        earlier = items[:n]
        if isinstance(item, Payable):
            guards = _guards(earlier, rule.steps)
            value = _narrowed(item.value, guards, rule)
            rewritten.append(evolve(item, value=rule.share(value)))
        else:
            rewritten.append(_condition(item, earlier, rule))
    if isinstance(body, And):
        return evolve(body, items=tuple(rewritten))
    return rewritten[0]


def _paid(body: Expr, guards: tuple[_Affine, ...], rule: _Rule) -> Expr:
    """Return the amount of a grant, never below 0, as its conditions narrow it."""
    match body:
        case Extreme(word="highest", items=(amount, Constant(value=0) as zero)):
            narrowed = _narrowed(amount, guards, rule)
            return evolve(body, items=(rule.share(narrowed), zero))
        case _:
            return body


# ---------------------------------------------------------------- conditions


def _standing_alone(line: Expr, steps: Mapping[str, Definition]) -> Expr:
    """Return the condition of a line, or of the yes-or-no step that is the whole of it."""
    seen: set[str] = set()
    while isinstance(line, Use) and line.key in steps and line.key not in seen:
        seen.add(line.key)
        body = steps[line.key].body
        if not isinstance(body, Compare | Use):
            break
        line = body
    return line


def _condition(line: Expr, earlier: Iterable[Expr], rule: _Rule) -> Expr:
    """Return a comparison of sums with its like terms collected, if there are any."""
    compared = _standing_alone(line, rule.steps)
    if not isinstance(compared, Compare) or not isinstance(core(compared.left.type), Quantity):
        return line
    difference = _difference(compared, earlier, rule.steps)
    if difference is None:
        return line
    sharper, before = difference
    if sharper.size >= before:
        return line
    # Written as what the line keeps above 0, it is the very difference that narrows the amount.
    op = compared.op
    if op in {"<", "<="}:
        sharper, op = sharper.scaled(Fraction(-1)), _TURNED[op]
    zero = Constant(0, type=compared.left.type, span=compared.span)
    left = rule.share(_expression(sharper, compared.left.type, compared.span))
    return evolve(compared, op=op, left=left, right=zero)


_TURNED: Mapping[str, Literal[">", ">="]] = {"<": ">", "<=": ">="}


def _difference(
    compared: Compare, earlier: Iterable[Expr], steps: Mapping[str, Definition]
) -> tuple[_Affine, int] | None:
    """Return left minus right as a sum, and how many terms the sides have apart.

    A quotient by a number of records that an earlier line keeps above 0 is multiplied out.
    """
    left, right = compared.left, compared.right
    divided = _inlined(left, steps)
    if isinstance(divided, Arithmetic) and divided.op == "/":
        counted = _inlined(divided.right, steps)
        if not isinstance(counted, CountOver):
            return None
        if not any(_keeps_above_zero(line, counted, steps) for line in earlier):
            return None
        one = _affine(divided.left, steps)
        product = Arithmetic("*", right, divided.right, type=left.type, span=right.span)
        other = _affine(product, steps)
        return one.plus(other.scaled(Fraction(-1))), one.size + other.size + 1
    one, other = _affine(left, steps), _affine(right, steps)
    return one.plus(other.scaled(Fraction(-1))), one.size + other.size


def _keeps_above_zero(line: Expr, counted: CountOver, steps: Mapping[str, Definition]) -> bool:
    match _standing_alone(line, steps):
        case Compare(op=op, left=left, right=Constant(value=int() | Fraction() as limit)):
            if _inlined(left, steps) != counted:
                return False
            return (op == ">=" and limit > 0) or (op == ">" and limit >= 0)
        case _:
            return False


def _guards(lines: Iterable[Expr], steps: Mapping[str, Definition]) -> tuple[_Affine, ...]:
    """Return what the lines keep at or above 0."""
    found: list[_Affine] = []
    earlier: list[Expr] = []
    for line in lines:
        compared = _standing_alone(line, steps)
        if isinstance(compared, Compare) and isinstance(core(compared.left.type), Quantity):
            difference = _difference(compared, earlier, steps)
            if difference is not None and compared.op in {"<", "<="}:
                found.append(difference[0].scaled(Fraction(-1)))
            elif difference is not None and compared.op in {">", ">="}:
                found.append(difference[0])
        earlier.append(line)
    return tuple(found)


# ---------------------------------------------------------------- amounts


def _narrowed(value: Expr, guards: tuple[_Affine, ...], rule: _Rule) -> Expr:
    """Return an amount in which the difference that a line keeps above 0 is not below it."""
    match value:
        case Round(value=inner):
            return evolve(value, value=_narrowed(inner, guards, rule))
        case Extreme(items=items):
            return evolve(value, items=tuple(_narrowed(item, guards, rule) for item in items))
        case Cases(branches=branches, otherwise=otherwise):
            chosen = tuple(
                evolve(branch, result=_narrowed(branch.result, guards, rule)) for branch in branches
            )
            rest = None if otherwise is None else _narrowed(otherwise, guards, rule)
            return evolve(value, branches=chosen, otherwise=rest)
        case Arithmetic(op="+" | "-"):
            return _narrowed_sum(value, guards, rule)
        case _:
            return value


def _narrowed_sum(value: Arithmetic, guards: tuple[_Affine, ...], rule: _Rule) -> Expr:
    whole = _affine(value, rule.steps)
    apart = _affine(value.left, rule.steps).size + _affine(value.right, rule.steps).size
    zero = Constant(0, type=value.type, span=value.span)
    for guard in guards:
        if not guard.size:
            continue
        rest = _without(whole, guard)
        if rest is None:
            continue
        kept = rule.share(_expression(guard, value.type, value.span))
        floor = Extreme("highest", (kept, zero), type=value.type, span=value.span)
        if not rest.size and not rest.number:
            return floor
        more = _expression(rest, value.type, value.span)
        return Arithmetic("+", floor, more, type=value.type, span=value.span)
    return _expression(whole, value.type, value.span) if whole.size < apart else value


def _without(whole: _Affine, part: _Affine) -> _Affine | None:
    """Return a sum less a part of it; None if it does not hold the whole of the part."""
    rest = whole.plus(part.scaled(Fraction(-1)))
    if set(rest.terms) - set(whole.terms) or set(rest.groups) - set(whole.groups):
        return None
    groups: dict[Records, _Affine] = {}
    for over, inner in rest.groups.items():
        if over not in part.groups:
            groups[over] = inner
            continue
        if set(inner.terms) - set(whole.groups[over].terms):
            return None
        if inner.size or inner.number:
            # What cancels against the part keeps its error there.
            groups[over] = evolve(inner, cancelled=whole.groups[over].cancelled)
    left = _Affine(rest.number, rest.terms, groups, whole.cancelled)
    return left if left.size < whole.size else None


# ---------------------------------------------------------------- sums


def _inlined(value: Expr, steps: Mapping[str, Definition]) -> Expr:
    """Return a step's own sum, difference or count in place of its name; else the value."""
    seen: set[str] = set()
    while isinstance(value, Use) and value.key in steps and value.key not in seen:
        seen.add(value.key)
        match steps[value.key].body:
            case Arithmetic() | SumOver() | CountOver() | Convert() | Use() as body:
                value = body
            case _:
                return value
    return value


def _affine(value: Expr, steps: Mapping[str, Definition]) -> _Affine:
    """Return an expression as a sum of terms."""
    match value:
        case Constant(value=int() | Fraction() as number):
            return _Affine(Fraction(number))
        case Arithmetic(op="+", left=left, right=right):
            return _affine(left, steps).plus(_affine(right, steps))
        case Arithmetic(op="-", left=left, right=right):
            taken = _affine(right, steps).scaled(Fraction(-1))
            return _affine(left, steps).plus(taken)
        case Arithmetic(op="*"):
            return _product(value, steps)
        case Arithmetic(op="/", left=left, right=Constant(value=int() | Fraction() as number)):
            if number:
                return _affine(left, steps).scaled(1 / Fraction(number))
            return _Affine(terms={value: Fraction(1)})
        case Convert(value=inner, factor=factor):
            return _affine(inner, steps).scaled(factor)
        case SumOver(over=over, value=inner):
            return _Affine(groups={over: _affine(inner, {})})
        case CountOver(over=over):
            return _Affine(groups={over: _Affine(Fraction(1))})
        case Use():
            inner = _inlined(value, steps)
            if isinstance(inner, Use) or not _is_sum(inner):
                return _Affine(terms={value: Fraction(1)})
            return _affine(inner, steps)
        case _:
            return _Affine(terms={value: Fraction(1)})


def _is_sum(value: Expr) -> bool:
    match value:
        case SumOver() | CountOver():
            return True
        case Arithmetic(op="+" | "-"):
            return True
        case _:
            return False


def _product(value: Arithmetic, steps: Mapping[str, Definition]) -> _Affine:
    for factor, other in ((value.left, value.right), (value.right, value.left)):
        if isinstance(factor, Constant) and isinstance(factor.value, int | Fraction):
            return _affine(other, steps).scaled(Fraction(factor.value))
        counted = _inlined(factor, steps)
        if isinstance(counted, CountOver) and _reads_the_same(other):
            each = _affine(other, {})
            # The factor is read on each record; over none, its error would be lost.
            return _Affine(groups={counted.over: each}, cancelled=tuple(each.terms))
    return _Affine(terms={value: Fraction(1)})


def _without_idle_terms(value: Expr, failing: Callable[[Expr], bool]) -> Expr:
    """Return an expression without the terms `0 * x` whose x cannot fail."""
    match value:
        case Arithmetic(op="+", left=left, right=right):
            left = _without_idle_terms(left, failing)
            right = _without_idle_terms(right, failing)
            if _is_idle(right, failing):
                return left
            if _is_idle(left, failing):
                return right
            return evolve(value, left=left, right=right)
        case SumOver(value=inner):
            return evolve(value, value=_without_idle_terms(inner, failing))
        case Extreme(items=items):
            return evolve(value, items=tuple(_without_idle_terms(item, failing) for item in items))
        case And(items=items):
            return evolve(value, items=tuple(_without_idle_terms(item, failing) for item in items))
        case Compare(left=left, right=right):
            return evolve(
                value,
                left=_without_idle_terms(left, failing),
                right=_without_idle_terms(right, failing),
            )
        case Round(value=inner) | Payable(value=inner):
            return evolve(value, value=_without_idle_terms(inner, failing))
        case Cases(branches=branches, otherwise=otherwise):
            chosen = tuple(
                Branch(b.condition, _without_idle_terms(b.result, failing), b.guard)
                for b in branches
            )
            rest = None if otherwise is None else _without_idle_terms(otherwise, failing)
            return evolve(value, branches=chosen, otherwise=rest)
        case _:
            return value


def _is_idle(value: Expr, failing: Callable[[Expr], bool]) -> bool:
    match value:
        case Arithmetic(op="*", left=Constant(value=0), right=term):
            return not failing(term)
        case _:
            return False


def _reads_the_same(value: Expr) -> bool:
    """Whether an expression means the same on a record as on the one above it."""
    return not any(
        isinstance(
            node, SumOver | CountOver | AnyOver | EveryOver | BestOver | BestBy | Place | MonthSum
        )
        for node in walk(value)
    )


def _expression(affine: _Affine, type_: Type, span: Span) -> Expr:
    """Return a sum as an expression."""
    parts: list[Expr] = []
    for over, inner in affine.groups.items():
        body = _expression(inner, type_, span)
        parts.append(SumOver(over, body, type=type_, span=span))
    parts.extend(_scaled(term, share, type_, span) for term, share in affine.terms.items())
    parts.extend(_scaled(term, Fraction(0), type_, span) for term in affine.cancelled)
    if affine.number or not parts:
        number = affine.number
        exact = number.numerator if number.denominator == 1 else number
        parts.append(Constant(exact, type=type_, span=span))
    whole = parts[0]
    for part in parts[1:]:
        whole = Arithmetic("+", whole, part, type=type_, span=span)
    return whole


def _scaled(term: Expr, coefficient: Fraction, type_: Type, span: Span) -> Expr:
    if coefficient == 1:
        return term
    exact = coefficient.numerator if coefficient.denominator == 1 else coefficient
    factor = Constant(exact, type=NUMBER, span=span)
    return Arithmetic("*", factor, term, type=type_, span=span)
