"""A small typed program, written by hand, for the tests that read facts."""

from fractions import Fraction
from typing import Any

from aidrules.program import (
    Constant,
    Definition,
    Entity,
    Fact,
    Grant,
    Program,
    Requirement,
    Role,
    Word,
)
from aidrules.source import Source, Span
from aidrules.types import (
    DATE,
    NUMBER,
    TEXT,
    TRUTH,
    Choice,
    Optional,
    Quantity,
    Reference,
    Selection,
    Type,
    Unit,
)

SPAN = Span(Source("small.aid", "policy small"), 0, 6)
YUAN = Quantity(Unit.of("yuan"))
MONTHLY = Quantity(Unit.of("yuan").per(Unit.of("month")))
DISABILITY = Choice(("not_disabled", "mild", "severe"))
SERVICE = Choice(("care", "rehab"), is_open=True)
CENT = Fraction(1, 100)


def fact(entity: str, name: str, type_: Type, **more: Any) -> Fact:
    defaults: dict[str, Any] = {
        "low": None,
        "high": None,
        "step": None,
        "ask": None,
        "holders": (),
        "default": None,
        "is_private": False,
        "office": None,
        "citations": (),
        "span": SPAN,
    }
    return Fact(name=name, entity=entity, type=type_, **(defaults | more))


def definition(entity: str, name: str, type_: Type, module: str = "small") -> Definition:
    body = Constant(type=type_, span=SPAN, value=0)
    return Definition(f"{module}.{name}", name, module, entity, type_, body, (), Role.DEFINE, SPAN)


def grant(entity: str, name: str, type_: Type | None) -> Grant:
    return Grant(
        key=f"small.{name}",
        name=name,
        module="small",
        word=Word.BENEFIT,
        entity=entity,
        type=type_,
        lines=(),
        amount=None,
        deadlines=(),
        offices=(),
        paid_from=None,
        at_most=None,
        is_urgent=False,
        appeal=None,
        notes=(),
        citations=(),
        span=SPAN,
    )


ENTITIES = (
    Entity("county", None, 1000, SPAN),
    Entity("household", "county", 1000, SPAN),
    Entity("person", "household", 3, SPAN),
    Entity("wage_record", "person", 120, SPAN),
    Entity("task", "household", 5, SPAN),
)

FACTS = (
    fact("county", "province", Choice(("hubei", "shandong"))),
    fact("county", "county_name", TEXT),
    fact(
        "household",
        "assets",
        YUAN,
        low=0,
        high=100_000,
        step=CENT,
        ask="What are the savings worth?",
        holders=("bank", "applicant"),
    ),
    fact("household", "secret_debt", YUAN, low=0, high=5_000, step=CENT, is_private=True),
    fact("household", "lives_alone", TRUTH),
    fact("household", "needs", Selection(SERVICE)),
    fact("household", "village", Choice(("east", "west"), is_open=True)),
    fact("household", "share", NUMBER, low=Fraction(1, 20), high=Fraction(19, 20)),
    fact("person", "birth_date", DATE),
    fact("person", "died_on", Optional(DATE)),
    fact("person", "disability", DISABILITY, is_private=False),
    fact("person", "illness", DISABILITY, is_private=True),
    fact("person", "guardian", Optional(Reference("person"))),
    fact("person", "children_count", NUMBER, low=0, high=20, step=Fraction(1)),
    fact("person", "custody", Optional(Choice(("prison", "free")))),
    fact("wage_record", "paid_on", DATE, low=730_120, high=740_000),
    fact("wage_record", "wage", MONTHLY, low=0, high=1_000_000, step=CENT),
    fact("task", "paid_on", DATE),
    fact(
        "task",
        "is_done",
        TRUTH,
        default=Constant(type=TRUTH, span=SPAN, value=False),
        office="township",
    ),
)


def small() -> Program:
    """Return a policy with five kinds of record, two grants and two definitions."""
    return Program(
        modules=(),
        entities=ENTITIES,
        facts=FACTS,
        parameters=(),
        definitions=(
            definition("household", "income", MONTHLY),
            definition("household", "doubled", MONTHLY, "one"),
            definition("household", "doubled", MONTHLY, "two"),
        ),
        grants=(grant("household", "allowance", MONTHLY), grant("person", "visit", None)),
        exclusions=(),
        rations=(),
        requirements=(Requirement("small.duty", "duty", "small", "household", (), (), SPAN),),
        checks=(),
        examples=(),
        calendars={},
        glossary={("zh", "household"): "家庭", ("zh", "assets"): "家庭财产"},
        texts=frozenset(("五峰",)),
        currency_steps={"yuan": CENT},
    )
