"""Tests that values and expressions read as their reader would write them, in both languages."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from aidrules import program as core
from aidrules import wording
from aidrules.source import Source, Span
from aidrules.types import (
    COUNT,
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
from aidrules.values import (
    ABSENT,
    BOTH,
    INFINITY,
    OTHER,
    UNLISTED,
    Failure,
    Interval,
    Options,
    Possible,
    Scalar,
    Selections,
    Value,
    settle,
)

YUAN = Quantity(Unit.of("yuan"))
PER_MONTH = Quantity(Unit.of("yuan").per(Unit.of("month")))
HOURS = Quantity(Unit.of("hour").per(Unit.of("month")))
MONTHS = Quantity(Unit.of("month"))
DISABILITY = Choice(("not_disabled", "mild", "severe"))
HELP = Selection(Choice(("rail", "chair", "bed")))

HERE = Span(Source("a.aid", "?"), 0, 1)
RULES = core.DateRules("down", None)

CHINESE = {
    "income": "家庭月收入",
    "size": "家庭人口",
    "standard": "低保标准",
    "assets": "家庭财产",
    "member": "共同生活成员",
    "person": "人员",
    "supplement": "增发金额",
    "monthly_wage": "月均工资",
    "work_disregard": "就业成本扣减比例",
    "other_income": "其他收入",
    "wage_record": "工资记录",
    "wage": "工资",
    "paid_on": "发放日",
    "applied_on": "受理日",
    "decided_on": "决定日",
    "birth_date": "出生日",
    "death_date": "死亡日",
    "age": "年龄",
    "guardian": "监护人",
    "disability": "残疾程度",
    "mild": "轻度",
    "severe": "重度",
    "not_disabled": "无残疾",
    "lives_alone": "独居",
    "capable_supporter": "有赡养能力人",
    "allowance": "最低生活保障金",
    "county_name": "县名",
    "province": "省份",
    "meal": "餐",
    "rail": "扶手",
    "chair": "轮椅",
    "bed": "护理床",
    "equipment": "辅具",
}


def definition(name: str, entity: str, type_: Type, role: core.Role) -> core.Definition:
    body = core.UnknownValue(type=type_, span=HERE)
    return core.Definition(f"a.{name}", name, "a", entity, type_, body, (), role, HERE)


PROGRAM = core.Program(
    modules=(),
    entities=(),
    facts=(),
    parameters=(
        core.Parameter(
            "a.standard",
            "standard",
            "a",
            PER_MONTH,
            (("county_name", "province"),),
            (TEXT,),
            (),
            (),
            is_synthetic=True,
            unverified=None,
            applies=None,
            span=HERE,
        ),
    ),
    definitions=(
        definition("income", "household", PER_MONTH, core.Role.DEFINE),
        definition("size", "household", COUNT, core.Role.DEFINE),
        definition("age", "person", COUNT, core.Role.DEFINE),
        definition("member", "person", TRUTH, core.Role.GROUP),
        definition("supplement", "person", PER_MONTH, core.Role.DEFINE),
        definition("allowance", "household", PER_MONTH, core.Role.VALUE),
    ),
    grants=(),
    exclusions=(),
    rations=(
        core.Ration(
            "a.allowance/ration",
            "a.allowance",
            "county",
            None,
            (),
            passes_over=False,
            citations=(),
            span=HERE,
        ),
    ),
    requirements=(),
    checks=(),
    examples=(),
    calendars={},
    glossary={("zh", name): other for name, other in CHINESE.items()},
    texts=frozenset(),
    currency_steps={},
)


def fact(name: str, type_: Type, entity: str = "household") -> core.FactUse:
    return core.FactUse(entity, name, type=type_, span=HERE)


def use(name: str, type_: Type, entity: str = "household") -> core.Use:
    return core.Use(entity, f"a.{name}", type=type_, span=HERE)


def constant(value: Scalar, type_: Type = NUMBER, written: str = "?") -> core.Constant:
    return core.Constant(value, type=type_, span=Span(Source("a.aid", written), 0, len(written)))


def calculate(left: core.Expr, op: Any, right: core.Expr, type_: Type = NUMBER) -> core.Arithmetic:
    return core.Arithmetic(op, left, right, type=type_, span=HERE)


def compare(left: core.Expr, op: Any, right: core.Expr) -> core.Compare:
    return core.Compare(op, left, right, type=TRUTH, span=HERE)


def truth(node: Any, *parts: Any, **named: Any) -> core.Expr:
    expr: core.Expr = node(*parts, **named, type=TRUTH, span=HERE)
    return expr


def typed(node: Any, type_: Type, *parts: Any, **named: Any) -> core.Expr:
    expr: core.Expr = node(*parts, **named, type=type_, span=HERE)
    return expr


INCOME, SIZE, AGE = use("income", PER_MONTH), use("size", COUNT), use("age", COUNT, "person")
STANDARD = core.Figure(
    "a.standard",
    ((fact("county_name", TEXT, "county"), fact("province", TEXT, "county")),),
    None,
    type=PER_MONTH,
    span=HERE,
)
ALONE, SUPPORTER = fact("lives_alone", TRUTH), fact("capable_supporter", TRUTH)
SEVERE = compare(fact("disability", DISABILITY, "person"), "=", constant("severe", DISABILITY))
OLD = compare(AGE, ">=", constant(70))
APPLIED, PAID = fact("applied_on", DATE), fact("paid_on", DATE, "wage_record")
TODAY = typed(core.Today, DATE)
MEMBERS = core.Records("person", "a.member", truth(core.Use, "person", "a.member"))
PERSONS = core.Records("person", None, None)
RECENT = truth(core.Within, PAID, constant(12, MONTHS), "before", TODAY, RULES)
WAGES = core.Records("wage_record", None, RECENT)
SEVERE_WAGES = core.Records("wage_record", None, SEVERE)
WAGE = fact("wage", YUAN, "wage_record")
WAGE_SUM = typed(core.SumOver, YUAN, WAGES, WAGE)
LIMITED = core.Records(
    "person", "a.member", truth(core.And, (truth(core.Use, "person", "a.member"), SEVERE))
)
GAP = calculate(calculate(STANDARD, "*", SIZE), "-", INCOME, PER_MONTH)


@pytest.mark.parametrize(
    ("expr", "english", "chinese"),
    [
        (
            compare(calculate(INCOME, "/", SIZE), "<", STANDARD),
            "income / size < standard",
            "家庭月收入 ÷ 家庭人口 低于 低保标准",
        ),
        (
            compare(
                fact("assets", YUAN),
                "<=",
                calculate(calculate(constant(24, MONTHS), "*", STANDARD), "*", SIZE),
            ),
            "assets <= 24 months * standard * size",
            "家庭财产 不超过24个月 × 低保标准 × 家庭人口",
        ),
        (
            calculate(GAP, "+", typed(core.SumOver, PER_MONTH, MEMBERS, use("supplement", NUMBER))),
            "standard * size - income + (sum of supplement over member)",
            "低保标准 × 家庭人口 - 家庭月收入 + 各 共同生活成员的增发金额 之和",
        ),
        (
            calculate(WAGE_SUM, "/", constant(12, MONTHS)),
            (
                "(sum of wage over wage_record where paid_on within 12 months before today)"
                " / 12 months"
            ),
            "（各 工资记录（限 发放日 在 基准日 前12个月内）的工资 之和）÷ 12个月",
        ),
        (
            typed(
                core.SumOver,
                PER_MONTH,
                MEMBERS,
                calculate(
                    calculate(
                        use("supplement", PER_MONTH),
                        "*",
                        calculate(constant(1), "-", constant(Fraction(1, 5), written="20%")),
                    ),
                    "+",
                    fact("other_income", PER_MONTH),
                ),
            ),
            "sum of supplement * (1 - 20%) + other_income over member",
            "各 共同生活成员的（增发金额 ×（1 - 20%）+ 其他收入）之和",
        ),
        (
            truth(core.Or, (OLD, truth(core.And, (SEVERE, ALONE)))),
            "age >= 70 or (disability is severe and lives_alone)",
            "年龄 不低于70 或者（残疾程度 为 重度 且 独居）",
        ),
        (
            truth(core.And, (truth(core.Or, (OLD, SEVERE)), ALONE)),
            "(age >= 70 or disability is severe) and lives_alone",
            "（年龄 不低于70 或者 残疾程度 为 重度）且 独居",
        ),
        (truth(core.Not, SEVERE), "disability is not severe", "残疾程度 不为 重度"),
        (truth(core.Not, ALONE), "not lives_alone", "并非 独居"),
        (truth(core.Not, OLD), "not (age >= 70)", "并非（年龄 不低于70）"),
        (
            truth(core.OneOf, fact("disability", DISABILITY), ("mild", "severe")),
            "disability is one of (mild, severe)",
            "残疾程度 属于（轻度、重度）",
        ),
        (
            truth(core.Not, truth(core.OneOf, fact("disability", DISABILITY), ("mild",))),
            "disability is not one of (mild)",
            "残疾程度 不属于（轻度）",
        ),
        (
            truth(core.Not, truth(core.IsNone, fact("death_date", Optional(DATE)))),
            "death_date is not none",
            "死亡日 不为 无",
        ),
        (
            truth(core.Includes, fact("equipment", HELP), constant("rail", HELP.choice)),
            "equipment includes rail",
            "辅具 包含 扶手",
        ),
        (constant(frozenset(("bed", "rail")), HELP), "some of (rail, bed)", "清单（扶手、护理床）"),
        (compare(APPLIED, "<=", TODAY), "applied_on <= today", "受理日 不晚于 基准日"),
        (
            compare(fact("county_name", TEXT), "=", constant("五峰", TEXT)),
            'county_name is "五峰"',
            "县名 为“五峰”",
        ),
        (
            typed(core.Else, DATE, fact("death_date", Optional(DATE)), TODAY),
            "death_date else today",
            "死亡日 无则 基准日",
        ),
        (
            compare(
                typed(core.PeriodsBetween, COUNT, "year", fact("birth_date", DATE), TODAY, RULES),
                ">",
                constant(16),
            ),
            "years between birth_date and today > 16",
            "从 出生日 到 基准日的整年数 超过16",
        ),
        (
            typed(core.Boundary, DATE, "start", "month", "after", fact("decided_on", DATE)),
            "start of month after decided_on",
            "决定日的次月首日",
        ),
        (
            typed(core.Boundary, DATE, "end", "year", "of", TODAY),
            "end of year of today",
            "基准日的当年末日",
        ),
        (typed(core.Part, COUNT, "year", TODAY), "year of today", "基准日的年份"),
        (
            typed(
                core.Shift,
                DATE,
                APPLIED,
                constant(30, Quantity(Unit.of("working day"))),
                1,
                "working day",
                RULES,
            ),
            "applied_on + 30 working days",
            "受理日 + 30个工作日",
        ),
        (
            truth(core.EveryOver, MEMBERS, truth(core.Or, (OLD, SEVERE))),
            "every member has age >= 70 or disability is severe",
            "每一 共同生活成员 均满足（年龄 不低于70 或者 残疾程度 为 重度）",
        ),
        (
            truth(core.And, (truth(core.AnyOver, PERSONS, SEVERE), ALONE)),
            "(any person has disability is severe) and lives_alone",
            "（任一 人员 有 残疾程度 为 重度）且 独居",
        ),
        (
            typed(core.CountOver, COUNT, LIMITED),
            "count of member where disability is severe",
            "共同生活成员（限 残疾程度 为 重度）的数量",
        ),
        (
            typed(core.BestOver, DATE, "highest", SEVERE_WAGES, PAID, APPLIED),
            "latest of paid_on over wage_record where disability is severe else applied_on",
            "各 工资记录（限 残疾程度 为 重度）的发放日 最晚者 无则 受理日",
        ),
        (
            typed(core.BestBy, YUAN, "highest", SEVERE_WAGES, WAGE, PAID, None),
            "latest of wage over wage_record by paid_on where disability is severe",
            "各 工资记录（限 残疾程度 为 重度）中 发放日 最晚者的工资",
        ),
        (
            typed(core.MonthSum, NUMBER, SIZE, APPLIED, TODAY),
            "sum of size over months from applied_on to today",
            "从 受理日 到 基准日 逐月的家庭人口 之和",
        ),
        (
            typed(core.Extreme, PER_MONTH, "highest", (GAP, constant(0, PER_MONTH))),
            "highest of (standard * size - income, 0)",
            "（低保标准 × 家庭人口 - 家庭月收入、0）中最高者",
        ),
        (
            typed(core.Round, PER_MONTH, GAP, "half up", Fraction(1)),
            "standard * size - income rounded half up to 1 yuan per month",
            "低保标准 × 家庭人口 - 家庭月收入 四舍五入至1元/月",
        ),
        (
            typed(core.Convert, PER_MONTH, calculate(INCOME, "+", INCOME), Fraction(1, 12)),
            "(income + income) per month",
            "（家庭月收入 + 家庭月收入）按月折算",
        ),
        (
            calculate(constant(0), "-", calculate(INCOME, "-", INCOME)),
            "-(income - income)",
            "-（家庭月收入 - 家庭月收入）",
        ),
        (
            calculate(INCOME, "-", calculate(INCOME, "-", INCOME)),
            "income - (income - income)",
            "家庭月收入 -（家庭月收入 - 家庭月收入）",
        ),
        (
            calculate(INCOME, "/", calculate(SIZE, "*", SIZE)),
            "income / (size * size)",
            "家庭月收入 ÷（家庭人口 × 家庭人口）",
        ),
        (
            typed(
                core.Cases,
                PER_MONTH,
                (
                    core.Branch(
                        OLD, calculate(constant(Fraction(3, 10), written="30%"), "*", STANDARD)
                    ),
                ),
                constant(0, PER_MONTH),
            ),
            "30% * standard when age >= 70, 0 otherwise",
            "年龄 不低于70的，为30% × 低保标准；其他情形，为0",
        ),
        (
            truth(core.Use, "household", "a.allowance/receives"),
            "receives allowance",
            "享受 最低生活保障金",
        ),
        (
            truth(core.Use, "household", "a.allowance/eligible"),
            "eligible for allowance",
            "符合 最低生活保障金 条件",
        ),
        (
            truth(core.Recorded, "household", "a.allowance", "receives"),
            "previously receives allowance",
            "上次享受 最低生活保障金",
        ),
        (
            typed(core.Recorded, Optional(PER_MONTH), "household", "a.allowance", "value"),
            "previously allowance",
            "上次 最低生活保障金",
        ),
        (
            typed(
                core.Follow,
                Optional(COUNT),
                fact("guardian", Optional(Reference("person")), "person"),
                "person",
                AGE,
            ),
            "age of guardian",
            "监护人的年龄",
        ),
        (
            core.Figure(
                "a.standard", ((constant("宜都", TEXT),),), APPLIED, type=PER_MONTH, span=HERE
            ),
            'standard for ("宜都") on applied_on',
            "受理日 时的低保标准（按“宜都”）",
        ),
        (
            truth(core.Place, "a.allowance/ration"),
            "there is a place for allowance",
            "最低生活保障金尚有名额或者资金",
        ),
    ],
)
def test_an_expression_reads_as_its_language_writes_it(
    expr: core.Expr, english: str, chinese: str
) -> None:
    assert english == wording.expression(expr, PROGRAM, "en")
    assert chinese == wording.expression(expr, PROGRAM, "zh")


@pytest.mark.parametrize(
    ("value", "type_", "english", "chinese"),
    [
        (540, PER_MONTH, "540 yuan per month", "540元/月"),
        (Fraction(1081, 2), PER_MONTH, "540.5 yuan per month", "540.5元/月"),
        (Fraction(1000, 3), YUAN, "1000/3 yuan", "1000/3元"),
        (100_000, YUAN, "100,000 yuan", "10万元"),
        (20, HOURS, "20 hours per month", "20小时/月"),
        (1, HOURS, "1 hour per month", "1小时/月"),
        (12, MONTHS, "12 months", "12个月"),
        (1, Quantity(Unit.of("working day")), "1 working day", "1个工作日"),
        (3, Quantity(Unit.of("meal")), "3 meal", "3餐"),
        (2, Quantity(Unit.of("meal").per(Unit.of("day"))), "2 meal per day", "2餐/日"),
        (3, COUNT, "3", "3"),
        (True, TRUTH, "yes", "是"),
        (False, TRUTH, "no", "否"),
        (date(2021, 7, 1).toordinal(), DATE, "2021-07-01", "2021年7月1日"),
        ("五峰", TEXT, '"五峰"', "“五峰”"),
        ("severe", DISABILITY, "severe", "重度"),
        ("p1", Reference("person"), "p1", "p1"),
        (frozenset(("chair", "rail")), HELP, "rail, chair", "扶手、轮椅"),
        (frozenset(), HELP, "nothing", "无"),
        (ABSENT, Optional(DATE), "none", "无"),
    ],
)
def test_a_value_is_shown_exactly(value: Scalar, type_: Type, english: str, chinese: str) -> None:
    assert english == wording.value(value, type_, "en", PROGRAM)
    assert chinese == wording.value(value, type_, "zh", PROGRAM)


DAYS = Interval(date(2024, 1, 1).toordinal(), date(2024, 5, 1).toordinal())


@pytest.mark.parametrize(
    ("possible", "type_", "english", "chinese"),
    [
        (540, PER_MONTH, "540 yuan per month", "540元/月"),
        (Possible(Interval(0, 5000)), YUAN, "between 0 and 5,000 yuan", "0至5,000元"),
        (Possible(Interval(0, INFINITY)), YUAN, "at least 0 yuan", "不低于0元"),
        (Possible(Interval(-INFINITY, 5)), NUMBER, "at most 5", "不超过5"),
        (Possible(Interval(-INFINITY, INFINITY)), YUAN, "unknown", "未知"),
        (Possible(DAYS), DATE, "between 2024-01-01 and 2024-05-01", "2024年1月1日至2024年5月1日"),
        (BOTH, TRUTH, "yes or no", "是或者否"),
        (
            Possible(Options(frozenset(("severe", "mild")))),
            DISABILITY,
            "mild or severe",
            "轻度或者重度",
        ),
        (
            Possible(Options(frozenset((OTHER, "mild")))),
            Choice(("mild",), is_open=True),
            "mild or another value",
            "轻度或者其他值",
        ),
        (Possible(Options(frozenset((OTHER, "五峰")))), TEXT, "unknown", "未知"),
        (Possible(Options(frozenset(("a", UNLISTED)))), Reference("person"), "unknown", "未知"),
        (
            Possible(Selections(frozenset(("rail",)), frozenset(("rail", "bed")))),
            HELP,
            "rail, perhaps also bed",
            "扶手，另可能有护理床",
        ),
        (
            Possible(DAYS, absent=True),
            Optional(DATE),
            "between 2024-01-01 and 2024-05-01 or none",
            "2024年1月1日至2024年5月1日或者无",
        ),
        (
            settle(Interval(3, 3), failure=Failure("division-by-zero")),
            NUMBER,
            "3 or cannot be computed",
            "3或者无法计算",
        ),
        (Failure("division-by-zero"), NUMBER, "cannot be computed", "无法计算"),
        (ABSENT, Optional(DATE), "none", "无"),
    ],
)
def test_bounds_say_what_may_come_out(
    possible: Value, type_: Type, english: str, chinese: str
) -> None:
    assert english == wording.bounds(possible, type_, "en", PROGRAM)
    assert chinese == wording.bounds(possible, type_, "zh", PROGRAM)


@pytest.mark.parametrize(
    ("type_", "english", "chinese"),
    [
        (PER_MONTH, "yuan per month", "元/月"),
        (NUMBER, "number", "数"),
        (TRUTH, "yes or no", "是否"),
        (DISABILITY, "one of (not_disabled, mild, severe)", "下列之一（无残疾、轻度、重度）"),
        (HELP, "some of (rail, chair, bed)", "清单（扶手、轮椅、护理床）"),
        (Optional(Reference("person")), "person or none", "人员或无"),
    ],
)
def test_a_type_has_a_name(type_: Type, english: str, chinese: str) -> None:
    assert english == wording.type_name(type_, "en", PROGRAM)
    assert chinese == wording.type_name(type_, "zh", PROGRAM)


def text(number: str | None = "国务院令第649号") -> core.LegalText:
    return core.LegalText(
        "a.interim", "interim", "社会救助暂行办法", number, None, None, None, None, HERE
    )


@pytest.mark.parametrize(
    ("article", "words", "english", "chinese"),
    [
        ((9,), None, '"社会救助暂行办法" art. 9', "《社会救助暂行办法》第九条"),
        ((13, 2), None, '"社会救助暂行办法" art. 13(2)', "《社会救助暂行办法》第十三条第二款"),
        (
            (13, 2, 3),
            None,
            '"社会救助暂行办法" art. 13(2)(3)',
            "《社会救助暂行办法》第十三条第二款第（三）项",
        ),
        ((1010,), None, '"社会救助暂行办法" art. 1010', "《社会救助暂行办法》第一千零一十条"),
        ((205,), None, '"社会救助暂行办法" art. 205', "《社会救助暂行办法》第二百零五条"),
        ((), "annex 2", '"社会救助暂行办法" annex 2', "《社会救助暂行办法》annex 2"),
        ((), None, '"社会救助暂行办法"', "《社会救助暂行办法》"),
    ],
)
def test_an_article_is_cited_as_lawyers_do(
    article: tuple[int, ...], words: str | None, english: str, chinese: str
) -> None:
    cited = core.Citation(text(), article, words, HERE)

    assert english == wording.citation(cited, "en")
    assert chinese == wording.citation(cited, "zh")


def test_a_citation_in_full_has_the_number_of_the_document() -> None:
    cited = core.Citation(text(), (9,), None, HERE)

    assert '"社会救助暂行办法" (国务院令第649号) art. 9' == wording.citation(
        cited, "en", number=True
    )
    assert "《社会救助暂行办法》（国务院令第649号）第九条" == wording.citation(
        cited, "zh", number=True
    )
    without = core.Citation(text(None), (9,), None, HERE)
    assert '"社会救助暂行办法" art. 9' == wording.citation(without, "en", number=True)


def test_a_name_without_a_pair_keeps_its_spelling() -> None:
    assert "家庭月收入" == wording.name(PROGRAM, "income", "zh")
    assert "income" == wording.name(PROGRAM, "income", "en")
    assert "town" == wording.name(PROGRAM, "town", "zh")
