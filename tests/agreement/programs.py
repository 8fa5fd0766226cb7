"""A seed to a small typed program.

Every kind of expression comes up. Grants are lowered as the checker lowers them.
"""

from fractions import Fraction
from random import Random
from typing import Literal

from aidrules import types
from aidrules.program import (
    And,
    AnyMatch,
    Arithmetic,
    Branch,
    Cases,
    Compare,
    Constant,
    CountOver,
    DateRules,
    Definition,
    Exclusion,
    Expr,
    Extreme,
    Fact,
    FactUse,
    FigureRow,
    FigureValue,
    Grant,
    Line,
    Module,
    Not,
    OneOf,
    Or,
    Parameter,
    Payable,
    Place,
    Program,
    Ration,
    Role,
    Round,
    SumOver,
    Word,
)
from aidrules.types import Choice
from aidrules.values import Scalar

from .expressions import Made, Maker
from .kinds import (
    CALENDAR,
    CLOSED,
    DATES,
    ENTITIES,
    HERE,
    NUMERIC,
    PARENTS,
    PERIOD_UNITS,
    RANGES,
    TEXTS,
    TYPES,
    VALUED,
    Kind,
    grant_kind,
    is_whole,
    scalar,
    subset,
    type_of,
)


def add_fact(maker: Maker, entity: str, kind: Kind, number: int, *, has_default: bool) -> None:
    """Declare a fact; its default comes from the facts declared before."""
    low, high = maker.rng.choice(RANGES)
    if kind == "count":
        low, high = maker.rng.choice(((0, 2), (0, 3), (1, 3)))
    elif kind in PERIOD_UNITS:
        low, high = maker.rng.choice(((0, 3), (-1, 2), (0, 14)))
    is_bounded = kind.removesuffix("?") in NUMERIC
    maker.in_months = True
    default = maker.make(kind, entity, 1) if has_default else None
    maker.in_months = False
    fact = Fact(
        name=f"{entity}_{kind.replace('?', '_or_none').replace(' ', '_')}_{number}",
        entity=entity,
        type=type_of(kind),
        low=low if is_bounded else None,
        high=high if is_bounded else None,
        step=Fraction(1) if is_whole(kind) else None,
        ask=None,
        holders=(),
        default=default,
        is_private=False,
        office=None,
        citations=(),
        span=HERE,
    )
    maker.facts.append((fact, kind))


def add_facts(maker: Maker) -> None:
    """Declare facts of every entity, some of them with defaults."""
    rng = maker.rng
    for entity in PARENTS:
        kinds = ["number", "truth", rng.choice(("date", "closed", "open", "count"))]
        more = (*VALUED, "count", "month", "day", "person?", "number?", "date?", "closed?")
        kinds += rng.sample(more, rng.randint(1, 3))
        if entity == "person":
            kinds.append("person")
        if entity == "wage_record":
            kinds.append(rng.choice(("person", "wage_record", "date")))
        for number, kind in enumerate(kinds):
            add_fact(maker, entity, kind, number, has_default=False)
        if rng.random() < 0.3:
            kind = rng.choice(("number", "truth", "closed", "count", "date", "number?"))
            add_fact(maker, entity, kind, len(kinds), has_default=True)


def add_parameter(maker: Maker, name: str) -> None:
    """Declare a figure with or without keys, with dates and holes."""
    rng = maker.rng
    kind = rng.choice(("number", "number", "number", "closed", "date", "truth", "text"))
    candidates = ("closed", "open", "text", "truth", "number")
    keys = tuple(rng.choice(candidates) for _ in range(rng.choice((0, 1, 1, 2))))
    rows = []
    for cells in maker.partition(keys):
        if not keys or rng.random() < 0.85:
            rows += [FigureRow(cells, figure_values(maker, kind))]
    if keys and rng.random() < 0.4:
        rows.append(FigureRow(tuple(AnyMatch() for _ in keys), figure_values(maker, kind), True))
    applies, home = None, None
    if rng.random() < 0.2:
        home = rng.choice(("county", "household"))
        province = maker.make("closed", home, 0)
        values = tuple(sorted(subset(CLOSED.values, rng))) or CLOSED.values[:1]
        applies = OneOf(type=types.TRUTH, span=HERE, value=province, values=values)
    parameter = Parameter(
        key=f"t.{name}",
        name=name,
        module="t",
        type=type_of(kind),
        columns=tuple((f"key{number}",) for number, _ in enumerate(keys)),
        key_types=tuple(TYPES[key] for key in keys),
        rows=tuple(rows),
        citations=(),
        is_synthetic=True,
        unverified=None,
        applies=applies,
        span=HERE,
    )
    maker.parameters.append((parameter, kind, keys, home))


def figure_values(maker: Maker, kind: Kind) -> tuple[FigureValue, ...]:
    """Return a value for each of some spans of days, one after the other."""
    rng = maker.rng
    starts = sorted(rng.sample(DATES, rng.choice((0, 1, 1, 2))))
    firsts: list[int | None] = list(starts)
    if rng.random() < 0.7 or not starts:
        firsts.insert(0, None)
    lasts = [None if day is None else day - 1 for day in [*firsts[1:], None]]
    return tuple(
        FigureValue(first, last, None if rng.random() < 0.15 else scalar(kind, rng), HERE)
        for first, last in zip(firsts, lasts, strict=True)
    )


def add(maker: Maker, name: str, entity: str | None, kind: Kind, body: Expr, role: Role) -> Made:
    """Add a definition."""
    key = f"t.{name}"
    maker.definitions.append(
        Definition(key, name, "t", entity, type_of(kind), body, (), role, HERE)
    )
    made = Made(key, entity, kind, maker.has_months)
    maker.has_months = False
    maker.made.append(made)
    return made


def add_definition(maker: Maker, name: str) -> None:
    """Add a named step, or a group."""
    rng = maker.rng
    entity = rng.choice((None, "county", "household", "household", "person", "wage_record"))
    if entity in ("person", "wage_record", "household") and rng.random() < 0.2:
        body = maker.make("truth", entity, 1)
        maker.groups.append(add(maker, name, entity, "truth", body, Role.GROUP))
        return
    if rng.random() < 0.35:
        kind, body = maker.sharp(entity)
        add(maker, name, entity, kind, body, Role.DEFINE)
        return
    kinds = ("number", "number", "number", "truth", "truth", "count", "date", "month", "day")
    more = (*VALUED, "number?", "date?", "closed?", "person?", "text?")
    kind = rng.choice(kinds if rng.random() < 0.7 else more)
    add(maker, name, entity, kind, maker.make(kind, entity, rng.choice((1, 2, 3))), Role.DEFINE)


def add_grant(maker: Maker, name: str, entity: str, *, ration: bool) -> Grant:
    """Add a grant and its first two definitions; `finish` adds the others."""
    rng = maker.rng
    kinds = ("number",) if ration else ("number", "number", "number", "selection", None)
    kind = rng.choice(kinds)
    amount: Expr | None
    if kind == "number" and rng.random() < 0.3:
        conditions, amount = means_test(maker, name, entity)
    else:
        conditions = [
            maker.make("truth", entity, rng.choice((0, 1, 2))) for _ in range(rng.choice((1, 1, 2)))
        ]
        amount = None if kind is None else maker.make(kind, entity, rng.choice((1, 2)))
    lines = tuple(Line(condition, False, ()) for condition in conditions)
    grant = Grant(
        key=f"t.{name}",
        name=name,
        module="t",
        word=Word.BENEFIT,
        entity=entity,
        type=None if kind is None else type_of(kind),
        lines=lines,
        amount=amount,
        deadlines=(),
        offices=(),
        paid_from=None,
        at_most=None,
        is_urgent=False,
        appeal=None,
        notes=(),
        citations=(),
        span=HERE,
    )
    has_months = maker.has_months
    if amount is not None:
        conditions.append(Payable(type=types.TRUTH, span=HERE, value=amount))
    eligible = And(type=types.TRUTH, span=HERE, items=tuple(conditions))
    add(maker, f"{name}/eligible", entity, "truth", eligible, Role.ELIGIBLE)
    if amount is not None and kind is not None:
        maker.has_months = has_months
        zero = Constant(type=types.NUMBER, span=HERE, value=0)
        payment = (
            Extreme(type=types.NUMBER, span=HERE, word="highest", items=(amount, zero))
            if kind == "number"
            else amount
        )
        add(maker, f"{name}/amount", entity, kind, payment, Role.AMOUNT)
    return grant


def means_test(maker: Maker, name: str, entity: str) -> tuple[list[Expr], Expr]:
    """Return the conditions and the amount of a grant up to a standard: what sharpening is for."""
    rng = maker.rng

    def plain(op: Literal["+", "-", "*", "/"], left: Expr, right: Expr) -> Expr:
        return Arithmetic(type=types.NUMBER, span=HERE, op=op, left=left, right=right)

    def step(part: str, kind: Kind, body: Expr) -> Expr:
        if rng.random() < 0.5:
            return body
        return maker.use(add(maker, f"{name}_{part}", entity, kind, body, Role.DEFINE))

    over = maker.records(entity, 1)
    size = step("size", "count", CountOver(type=types.COUNT, span=HERE, over=over))
    value = maker.read("number", over.entity)
    if rng.random() < 0.4:
        value = plain(rng.choice(("+", "-", "*")), value, maker.make("number", over.entity, 1))
    income = SumOver(type=types.NUMBER, span=HERE, over=over, value=value)
    income_step = step("income", "number", income)
    standard = maker.make("number", entity, rng.choice((0, 0, 1)))
    need = plain("*", standard, size)
    share = plain("/", income_step, size)
    op: Literal["<", "<=", ">", ">="] = rng.choice(("<", "<=", "<", ">", ">="))
    sides = rng.choice(((share, standard), (income_step, need), (need, income_step)))
    left, right = sides
    if rng.random() < 0.2:  # what stands on both sides, and may fail
        both = maker.of_facts(entity)
        left, right = plain("+", left, both), plain("+", right, both)
    one = Constant(type=types.COUNT, span=HERE, value=rng.choice((0, 1, 1)))
    counted = Compare(type=types.TRUTH, span=HERE, op=rng.choice((">=", ">")), left=size, right=one)
    test = Compare(type=types.TRUTH, span=HERE, op=op, left=left, right=right)
    lines = [counted, step("test", "truth", test)]
    if rng.random() < 0.15:
        lines = lines[1:]
    amount = plain("-", need, income_step)
    if rng.random() < 0.4:
        amount = plain(rng.choice(("+", "-")), amount, maker.make("number", entity, 1))
    if rng.random() < 0.3:
        quantum = rng.choice((Fraction(1), Fraction(2)))
        amount = Round(type=types.NUMBER, span=HERE, value=amount, mode="up", quantum=quantum)
    return lines, amount


def finish(maker: Maker, grant: Grant, beaten: Expr | None, last: Expr | None) -> None:
    """Add whether a grant is received, and its value."""
    made = {made.key: made for made in maker.made}
    items = [maker.use(made[grant.eligible])]
    if beaten is not None:
        items.append(beaten)
    if last is not None:
        items.append(last)
    body = items[0] if len(items) == 1 else And(type=types.TRUTH, span=HERE, items=tuple(items))
    has_months = any(one.has_months for one in maker.made)
    maker.has_months = has_months
    receives = add(maker, f"{grant.name}/receives", grant.entity, "truth", body, Role.RECEIVES)
    kind = grant_kind(grant)
    maker.has_months = has_months
    if grant.amount is None:
        add(maker, grant.name, grant.entity, "truth", maker.use(receives), Role.VALUE)
    else:
        nothing: Scalar = 0 if kind == "number" else frozenset()
        value = Cases(
            type=type_of(kind),
            span=HERE,
            branches=(Branch(maker.use(receives), maker.use(made[grant.payment])),),
            otherwise=Constant(type=type_of(kind), span=HERE, value=nothing),
        )
        add(maker, grant.name, grant.entity, kind, value, Role.VALUE)
    maker.grants.append(grant)


def add_grants(maker: Maker) -> None:
    """Add one grant, some that exclude each other, or one that is rationed."""
    rng = maker.rng
    entity = rng.choice(("household", "household", "person"))
    match rng.choice(("one", "order", "order", "highest", "highest", "choice", "ration")):
        case "one":
            finish(maker, add_grant(maker, "g0", entity, ration=False), None, None)
        case "ration":
            grant = add_grant(maker, "g0", entity, ration=True)
            within = rng.choice(("county", "household") if entity == "person" else ("county",))
            orders = tuple(
                (maker.make(rng.choice(("number", "date")), entity, 1), rng.random() < 0.5)
                for _ in range(rng.choice((1, 2)))
            )
            fund = maker.make("number", within, 1)
            ration = Ration(
                "t.g0/ration", grant.key, within, fund, orders, rng.random() < 0.4, (), HERE
            )
            maker.rations.append(ration)
            maker.has_months = True
            finish(maker, grant, None, Place(type=types.TRUTH, span=HERE, ration=ration.key))
        case how:
            add_exclusion(maker, how, entity)


def add_exclusion(maker: Maker, how: str, entity: str) -> None:
    """Add two or three grants of which one is received."""
    rng = maker.rng
    is_highest = how == "highest"
    grants = [
        add_grant(maker, f"g{number}", entity, ration=is_highest)
        for number in range(rng.choice((2, 2, 3)))
    ]
    made = {one.key: one for one in maker.made}
    choice = None
    if how == "choice":
        names = Choice(tuple(grant.name for grant in grants))
        fact = Fact(
            f"{entity}_wish", entity, names, None, None, None, None, (), None, False, None, (),
            HERE,
        )  # fmt: skip
        maker.facts.append((fact, "wish"))
        choice = FactUse(type=names, span=HERE, entity=entity, name=fact.name)
    for at, grant in enumerate(grants):
        rivals: list[Expr] = []
        for place, other in enumerate(grants):
            if how == "order" and place < at:
                rivals.append(maker.use(made[other.eligible]))
            elif is_highest and place != at:
                more = Compare(
                    type=types.TRUTH,
                    span=HERE,
                    op=">=" if place < at else ">",
                    left=maker.use(made[other.payment]),
                    right=maker.use(made[grant.payment]),
                )
                items = (maker.use(made[other.eligible]), more)
                rivals.append(And(type=types.TRUTH, span=HERE, items=items))
        if choice is not None:
            says = Constant(type=choice.type, span=HERE, value=grant.name)
            beaten: Expr | None = Compare(
                type=types.TRUTH, span=HERE, op="=", left=choice, right=says
            )
        elif rivals:
            one = Or(type=types.TRUTH, span=HERE, items=tuple(rivals), guards=not is_highest)
            beaten = Not(type=types.TRUTH, span=HERE, value=one)
        else:
            beaten = None
        finish(maker, grant, beaten, None)
    keys = tuple(grant.key for grant in grants)
    written: dict[str, Literal["order", "highest", "choice"]] = {
        "order": "order", "highest": "highest", "choice": "choice",
    }  # fmt: skip
    maker.exclusions.append(Exclusion(keys, written[how], choice, (), HERE))


def make_program(seed: int) -> Program:
    """Return the program of a seed."""
    rng = Random(seed)
    maker = Maker(rng)
    add_facts(maker)
    for number in range(rng.choice((1, 2, 3))):
        add_parameter(maker, f"p{number}")
    size = rng.choice((3, 4, 5, 6))
    for number in range(size):
        add_definition(maker, f"d{number}")
    add_grants(maker)
    for number in range(size, size + rng.choice((0, 1, 2))):
        add_definition(maker, f"d{number}")
    source = HERE.source
    rules = DateRules("down", "cn")
    return Program(
        modules=(Module("t", source, None, None, "en", rules, (), ()),),
        entities=ENTITIES,
        facts=tuple(fact for fact, _ in maker.facts),
        parameters=tuple(parameter for parameter, *_ in maker.parameters),
        definitions=tuple(maker.definitions),
        grants=tuple(maker.grants),
        exclusions=tuple(maker.exclusions),
        rations=tuple(maker.rations),
        requirements=(),
        checks=(),
        examples=(),
        calendars={"cn": CALENDAR},
        glossary={},
        texts=frozenset(TEXTS),
        currency_steps={},
    )
