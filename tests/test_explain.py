"""Tests that each outcome comes with its reasons, as a good official would write them."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

import aidrules
from aidrules import explain, household, pipeline
from aidrules.backends import interpreter
from aidrules.case import Record
from aidrules.decision import Language
from aidrules.explain import Account, Explanation, Kind, Missing, Outcome
from aidrules.program import Grant, Program, Requirement
from aidrules.values import BOTH, Failure, Possible, Value
from test_hostile import policy_of
from test_hostile import told as told_households

POLICY = """
policy trial
  in force from 2020-01-01
source measures "Measures" number "No. 1" rank rule from 2020-01-01
source notice "Notice" rank county from 2021-01-01  unverified "article not found"
currency yuan to 0.01
unit hour
entity county
entity household in county
entity person in household at most 5
fact fund of county: money  between 0 and 100_000 yuan
fact spent of county: money  between 0 and 100_000 yuan
fact place of county: text
fact rural of household: yes or no
fact assets of household: money  between 0 and 1_000_000 yuan
  ask "What are your savings?"
  held by "bank" then "applicant"
  private
fact supporter of household: yes or no  held by "police, registry"
fact income of household: money per month  between 0 and 10_000 yuan per month
fact points of household: number  between 0 and 100
fact choice of household: one of (home_help, institution)
fact applied_on of household: date
fact decided_on of household: date or none
fact age of person: number  between 0 and 120
fact disability of person: one of (none_known, mild, severe)  default none_known
judgement hardship of household: yes or no by "county bureau"

parameter line by place: money per month
  synthetic
  cite measures 1
  | place | 2020-01-01 | 2023-01-01 |
  | "hill" | 400 | 500 |
parameter share: number
  unverified "scanned"
  from 2020-01-01 = 20%

define size of household: number = count of person  cite measures 2
define counted of household: money per month
  cite measures 3(1)
  = income * (1 - share)
define poor of household: yes or no = counted / size < line  cite measures 4
define level of household: number
  | points   | = |
  | < 10     | 1 |
  | 10 .. 50 | 2 |
  | > 50     | 3 |

benefit allowance for household: money per month
  cite measures 9
  when poor
  when assets <= 24 months * line * size  cite measures 5(2)(3)
  unless supporter  cite notice "annex 2"
  amount line * size - counted
  up to 90% * line * size
  rounded up to 1 yuan per month
  decided by "township"
  within 30 days after applied_on
  paid from start of month after decided_on
  for at most 6 months
  appeal to "county government" within 60 days after decided_on
  say "Bring this letter along."

benefit plan_a for household: money per month
  when rural
  amount 100
benefit plan_b for household: money per month
  when rural or points > 5
  amount 20 yuan per month * level
only one of (plan_a, plan_b) in this order  cite measures 6

benefit larger for household: money per month
  when every person has age >= 60
  amount 30
benefit smaller for household: money per month
  amount 10
only one of (larger, smaller) the highest  cite measures 7

service home_help for household: hour per month
  amount 10
service institution for household
  when rural and supporter
only one of (home_help, institution) as choice says  cite measures 8

benefit voucher for household: money
  amount 300
ration voucher within county
  up to fund
  first points highest

referral counselling for household
  when hardship
  within 0 days after decided_on
  urgent

define past_sizes of household: number
  = sum of size over months from today - 2 months to today
benefit bonus for household: money
  amount 1 yuan * past_sizes

benefit gap for household: money per month
  amount line - income

require spending of county
  cite measures 10
  that spent >= 60% * fund
  that spent <= fund

glossary zh
  household 家庭
  person 人员
  county 县
  allowance 生活补助
  plan_a 甲项补助
  plan_b 乙项补助
  poor 收入符合规定
  counted 计入收入
  income 月收入
  size 家庭人口
  line 保障线
  share 扣减比例
  assets 家庭财产
  supporter 有赡养能力人
  age 年龄
  rural 农村
  disability 残疾程度
  none_known 无残疾
  decided_on 决定日
  applied_on 受理日
  place 地名
  fund 资金
  spent 支出
  spending 支出进度
"""

DOCUMENT: dict[str, Any] = {
    "id": "h",
    "county": {"id": "c", "place": "hill", "fund": 1000, "spent": 500},
    "rural": False,
    "assets": [{"value": "3000", "from": "bank", "as_of": "2023-11-02"}],
    "supporter": False,
    "income": "100.10",
    "points": 60,
    "choice": "home_help",
    "applied_on": "2023-11-06",
    "decided_on": "none",
    "hardship": True,
    "person": [{"id": "a", "age": 70}, {"id": "b", "age": 61}, {"id": "k", "age": 59}],
    "previously": {"on": "2023-11-01", "decisions": []},
}

HOUSEHOLD = ("household", "h")
ON = date(2023, 12, 1)


def loaded() -> Program:
    program = pipeline.load_text(POLICY, "trial.aid").program
    assert program is not None
    return program


PROGRAM = loaded()
ENGINE = interpreter.emit(PROGRAM)


def without(document: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != key}


def status_of(receives: Value, amount: Value | None) -> str:
    match receives:
        case True:
            return "undecided" if isinstance(amount, Possible) else "granted"
        case False:
            return "refused"
        case Failure():
            return "error"
        case _:
            return "undecided"


def explained(
    name: str,
    document: dict[str, Any] | None = None,
    record: tuple[str, str] = HOUSEHOLD,
    on: date = ON,
    more: Callable[[Callable[[str, str], Record]], dict[str, Any]] | None = None,
) -> Explanation:
    """Explain a decision as the decision layer would."""
    case, findings = household.read(PROGRAM, DOCUMENT if document is None else document)
    assert case is not None, findings
    trace = ENGINE.open(case, on.toordinal())
    at = case.records[record]
    added = {} if more is None else more(lambda entity, id_: case.records[entity, id_])
    subjects: tuple[Grant | Requirement, ...] = (*PROGRAM.grants, *PROGRAM.requirements)
    subject = next(each for each in subjects if each.name == name)
    if isinstance(subject, Requirement):
        values = [trace.step(line.condition, at).value for line in subject.lines]
        holds: Value = False if False in values else True if set(values) == {True} else BOTH
        status = {True: "holds", False: "fails"}[holds] if isinstance(holds, bool) else "undecided"
        return explain.explain(Account(PROGRAM, trace, subject, at, status, holds, holds, **added))
    receives = trace.value(subject.receives, at)
    amount = None if subject.amount is None else trace.value(subject.payment, at)
    return explain.explain(
        Account(
            PROGRAM,
            trace,
            subject,
            at,
            status_of(receives, amount),
            receives,
            trace.value(subject.eligible, at),
            amount,
            deadline_rule=next(iter(subject.deadlines), None),
            office=subject.offices[0].name if subject.offices else None,
            **added,
        )
    )


def lines(explanation: Explanation, language: str = "en") -> list[str]:
    """Return the lines of the section of reasons, without depth."""
    _, reasons = explain.text([explanation], language).split("\n", 1)
    heading, *found = reasons.splitlines()
    assert heading in {"Reasons:", "理由："}
    taken = []
    for line in found:
        if not line.startswith(" "):
            break
        taken.append(line.strip())
    return taken


# ---------------------------------------------------------------- granted


GRANTED = """\
allowance for household h on 2023-12-01: granted, 1,350 yuan per month
Reasons:
  the rule is in force on 2023-12-01
  poor (counted / size < line): 2002/75 (about 26.69) < 500 yuan per month (holds), \
"Measures" art. 4
    counted: income * (1 - share) = 100.1 * (1 - 0.2) = 80.08 yuan per month, "Measures" art. 3(1)
      income: 100.1 yuan per month
    size: count of person = 3, "Measures" art. 2
    place of county c: "hill"
  assets <= 24 months * line * size: 3,000 <= 36,000 yuan (holds), "Measures" art. 5(2)(3)
    assets: 3,000 yuan (bank, 2023-11-02)
  unless supporter: no (the exception does not apply), "Notice" annex 2
  the longest time of 6 months is not over, "Measures" art. 9
    previously receives allowance: no
  amount: line * size - counted = 500 * 3 - 80.08 = 1,419.92 yuan per month, "Measures" art. 9
  up to 90% * line * size (1,350 yuan per month): 1,419.92 \
yuan per month → 1,350 yuan per month
  rounded up to 1 yuan per month: unchanged
Figures:
  line ("hill"): 500 yuan per month since 2023-01-01 (synthetic), "Measures" art. 1
  share: 20% since 2020-01-01 (unverified: scanned)
What follows:
  decided by township
  due within 30 days after applied_on
  paid from start of month after decided_on
  for at most 6 months
  appeal to county government within 60 days after decided_on
  Bring this letter along.

Legal texts to be checked:
  "Notice": article not found
"""


def test_a_grant_gives_every_line_and_the_whole_calculation() -> None:
    assert GRANTED == explain.text([explained("allowance")], "en")


def test_the_same_in_chinese() -> None:
    expected = [
        "本项规定2023年12月1日已施行",
        (
            "收入符合规定（计入收入 ÷ 家庭人口 低于 保障线）："
            "2002/75元/月（约26.69）低于500元/月（符合），依据《Measures》第四条"
        ),
        (
            "计入收入：月收入 ×（1 - 扣减比例） = 100.1 ×（1 - 0.2） = 80.08元/月，"
            "依据《Measures》第三条第一款"
        ),
        "月收入：100.1元/月",
        "家庭人口：人员的数量 = 3，依据《Measures》第二条",
        "县 c 的地名：“hill”",
        (
            "家庭财产 不超过24个月 × 保障线 × 家庭人口：3,000元 不超过36,000元（符合），"
            "依据《Measures》第五条第二款第（三）项"
        ),
        "家庭财产：3,000元（bank、2023年11月2日）",
        "但 有赡养能力人的除外：否（不属于除外情形），依据《Notice》annex 2",
        "最长6个月，尚未届满，依据《Measures》第九条",
        "上次享受 生活补助：否",
        (
            "给付：保障线 × 家庭人口 - 计入收入 = 500 × 3 - 80.08 = 1,419.92元/月，"
            "依据《Measures》第九条"
        ),
        "不得超过90% × 保障线 × 家庭人口（1,350元/月）：1,419.92元/月 → 1,350元/月",
        "向上取整至1元/月：不变",
    ]

    assert expected == lines(explained("allowance"), "zh")


def test_an_earlier_date_takes_the_earlier_figure() -> None:
    shown = explain.text([explained("allowance", on=date(2022, 12, 31))], "en")

    assert 'line ("hill"): 400 yuan per month since 2020-01-01 (synthetic)' in shown


def test_what_was_not_rounded_by_a_decimal_is_shown_exactly_and_about() -> None:
    explanation = explained("allowance", DOCUMENT | {"income": "100.01"})

    assert "poor (counted / size < line): 10001/375 (about 26.67) < 500 yuan per month" in (
        explain.text([explanation], "en")
    )


def test_about_never_hides_on_which_side_of_a_whole_number_a_value_is() -> None:
    (line,) = (
        line
        for line in lines(explained("allowance", DOCUMENT | {"income": "1875.01"}))
        if line.startswith("poor")
    )

    assert "187501/375 (about 500.003) >= 500 yuan per month (fails)" in line


def test_a_table_names_its_inputs_and_their_values() -> None:
    assert "level: the value of the table for points (60) = 3" in lines(explained("plan_b"))


def test_a_sum_over_months_tells_of_months_that_are_alike_together() -> None:
    assert [
        "amount: 1 yuan * past_sizes = 1 * 6 = 6 yuan",
        "past_sizes: sum of size over months from today - 2 months to today = 6",
        'size in each month from 2023-10 to 2023-11: count of person = 3, "Measures" art. 2',
    ] == lines(explained("bonus"))[1:]


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        (
            "allowance",
            {"income": 3000},
            'poor (counted / size < line): 800 >= 500 yuan per month (fails), "Measures" art. 4',
        ),
        (
            "allowance",
            {"assets": 36001},
            (
                "assets <= 24 months * line * size: 36,001 > 36,000 yuan (fails),"
                ' "Measures" art. 5(2)(3)'
            ),
        ),
        (
            "allowance",
            {"supporter": True},
            'unless supporter: yes (the exception applies), "Notice" annex 2',
        ),
        (
            "plan_b",
            {"rural": True},
            'plan_a comes first, and its conditions are met, "Measures" art. 6',
        ),
        ("plan_b", {"points": 5}, "rural or points > 5: no (fails)"),
        ("larger", {}, "every person has age >= 60: no (fails for person k)"),
        (
            "smaller",
            {"person": [{"id": "a", "age": 70}]},
            'larger is worth more: 30 yuan per month against 10 yuan per month, "Measures" art. 7',
        ),
        (
            "home_help",
            {"choice": "institution"},
            'institution was chosen instead of home_help (choice), "Measures" art. 8',
        ),
        (
            "gap",
            {"income": 500},
            "nothing is payable: line - income = 500 - 500 = 0 yuan per month",
        ),
    ],
)
def test_a_refusal_gives_the_one_line_that_fails(
    name: str, change: dict[str, Any], expected: str
) -> None:
    explanation = explained(name, DOCUMENT | change)

    assert [expected] == lines(explanation)[:1]
    assert 1 == len(explanation.reasons)
    assert explanation.reasons[0].outcome is Outcome.FAILS


def test_before_its_day_a_rule_refuses_for_that_reason() -> None:
    explanation = explained("plan_a", on=date(2019, 12, 31))

    assert ["the rule is not in force on 2019-12-31"] == lines(explanation)


def test_a_run_of_payments_that_is_over_is_the_reason() -> None:
    decision = {
        "entity": "household",
        "record": "h",
        "name": "allowance",
        "status": "granted",
        "amount": "100",
        "unit": "yuan per month",
        "run_from": "2023-05-01",
    }
    history = {"on": "2023-11-01", "decisions": [decision]}

    (first, *_) = lines(explained("allowance", DOCUMENT | {"previously": history}))

    assert 'the longest time of 6 months is over, "Measures" art. 9' == first


# ---------------------------------------------------------------- undecided


def open_questions(record: Callable[[str, str], Record]) -> dict[str, Any]:
    home = record("household", "h")
    custody = PROGRAM.fact["person", "disability"]
    return {
        "missing": (
            Missing(
                home,
                "assets",
                is_list=False,
                score=Fraction(1, 2),
                holders=("bank", "applicant"),
                office=None,
                question="What are your savings?",
            ),
            Missing(home, "supporter", False, Fraction(0), ("police, registry",), None, None),
            Missing(home, "person", True, Fraction(1), (), None, None),
            Missing(home, "hardship", False, None, (), "county bureau", None),
        ),
        "assumed": ((record("person", "a"), custody, "none_known"),),
    }


def disputed() -> dict[str, Any]:
    document = without(deepcopy(DOCUMENT), "assets")
    document["supporter"] = [
        {"value": True, "from": "police"},
        {"value": False, "from": "registry"},
    ]
    return document


def test_what_is_open_is_shown_with_its_bounds_and_who_can_close_it() -> None:
    shown = explain.text([explained("allowance", disputed(), more=open_questions)], "en")

    expected = """\
allowance for household h on 2023-12-01: undecided; if granted, 1,350 yuan per month
Reasons:
  assets <= 24 months * line * size: between 0 and 1,000,000 yuan; the line is \
36,000 yuan (undecided), "Measures" art. 5(2)(3)
    assets: between 0 and 1,000,000 yuan (not given)
    place of county c: "hill"
    size: count of person = 3, "Measures" art. 2
  unless supporter: yes or no (disputed) (whether the exception applies is undecided), \
"Notice" annex 2
  amount: line * size - counted = 500 * 3 - 80.08 = 1,419.92 yuan per month, "Measures" art. 9
    counted: income * (1 - share) = 100.1 * (1 - 0.2) = 80.08 yuan per month, "Measures" art. 3(1)
      income: 100.1 yuan per month
  up to 90% * line * size (1,350 yuan per month): 1,419.92 \
yuan per month → 1,350 yuan per month
  rounded up to 1 yuan per month: unchanged
Missing, most decisive first:
  assets of household h, held by bank, otherwise by applicant: may settle it; \
ask: What are your savings?
  supporter of household h, held by police, registry: settles it only together with others; \
to be verified
  whether household h has more records of person: settles it
  hardship of household h, decided by county bureau
Disputed:
  supporter of household h: police says yes, registry says no
Assumed:
  disability of person a was not given; taken as none_known
"""

    assert shown.startswith(expected)


def test_bounds_are_shown_as_decimals_that_hold_them() -> None:
    document = DOCUMENT | {"income": {"low": "1000.01", "high": "3000.02"}}

    assert (
        "poor (counted / size < line): between 266.66 and 800.01 yuan per month;"
        ' the line is 500 yuan per month (undecided), "Measures" art. 4'
    ) == lines(explained("allowance", document))[0]


def test_an_undecided_rival_is_named() -> None:
    explanation = explained("plan_b", without(DOCUMENT, "rural"))

    assert (
        'plan_a comes first, and whether its conditions are met is undecided, "Measures" art. 6'
        in lines(explanation)
    )


def test_one_household_alone_cannot_know_its_place() -> None:
    assert [
        "amount: 300 yuan",
        "whether the fund for voucher reaches this claim is undecided",
    ] == lines(explained("voucher"))


# ---------------------------------------------------------------- error


def test_an_error_says_what_cannot_be_computed_where_and_how_to_mend_it() -> None:
    document = deepcopy(DOCUMENT)
    document["county"]["place"] = "valley"

    expected = (
        "poor (counted / size < line): cannot be computed: `line` has no value for this record"
        " on this day; add the value for valley on 2023-12-01, or write `-` where there is none"
    )

    assert lines(explained("allowance", document))[0].startswith(expected)


def test_a_negative_amount_is_an_error_of_the_amount() -> None:
    explanation = explained("gap", DOCUMENT | {"income": 600})

    assert [Kind.AMOUNT] == [reason.kind for reason in explanation.reasons]
    assert lines(explanation, "zh")[0].startswith("给付：无法计算：该金额小于0；")


# ---------------------------------------------------------------- requirements


def test_an_obligation_shows_both_sides_and_its_headroom() -> None:
    explanation = explained("spending", record=("county", "c"))

    assert [
        'spent >= 60% * fund: 500 < 600 yuan; short by 100 yuan (fails), "Measures" art. 10',
        "spent: 500 yuan",
        "fund: 1,000 yuan",
        'spent <= fund: 500 <= 1,000 yuan; 500 yuan to spare (holds), "Measures" art. 10',
    ] == lines(explanation)
    assert [-100, 500] == [reason.headroom for reason in explanation.reasons]


# ---------------------------------------------------------------- letters


def test_the_letter_of_a_grant() -> None:
    expected = """\
Decision: allowance

To household h

Under "Measures" art. 4: met, counted / size < line (about \
26.69 yuan per month; line 500 yuan per month). Under "Measures" art. 5(2)(3): met, assets \
<= 24 months * line * size (3,000 yuan; line 36,000 yuan). Under "Notice" annex 2: the exception \
does not apply, supporter (no). The calculation: line * size - counted = 500 * 3 - 80.08 = \
1,419.92 yuan per month, "Measures" art. 9; up to 90% * line * size (1,350 yuan per month): \
1,419.92 yuan per month → 1,350 yuan per month. \
Decision: allowance is granted, 1,350 yuan per month.

This rests on the circumstances of 2023-12-01. These figures are made up and have no force of law: \
line. The figure share is to be checked: scanned. "Notice" is to be checked: article not \
found. Bring this letter along.

It is paid from start of month after decided_on. It is paid for at most 6 months. \
Whoever disagrees may appeal to county government within 60 days after decided_on.

township, 2023-12-01
"""

    assert expected == explain.letter(explained("allowance"), "en")


def test_the_letter_of_a_refusal_in_chinese() -> None:
    expected = """\
社会救助审核确认结果告知书（生活补助）

家庭 h：

依据《Measures》第四条，以下条件不成立：\
计入收入 ÷ 家庭人口 低于 保障线（实际800元/月，界限500元/月）。\
决定不予生活补助。

以上按2023年12月1日的情况计算。下列标准或者比例为示例数据，不具有法律效力：保障线。\
扣减比例未核实：scanned。Bring this letter along.

不服本决定的，可自决定日起60日内向county government申请行政复议。

township　2023年12月1日
"""

    assert expected == explain.letter(explained("allowance", DOCUMENT | {"income": 3000}), "zh")


def test_the_letter_of_an_open_case_says_what_is_missing_disputed_and_assumed() -> None:
    shown = explain.letter(explained("allowance", disputed(), more=open_questions), "en")

    paragraph = shown.split("\n\n")[3]

    assert (
        "Assets of household h is missing; the office asks bank for it itself. "
        "Supporter of household h is disputed: police says yes, registry says no. "
        "It counts as unknown until it is verified. "
        "It is not known whether there are more records of person for household h. "
        "Hardship of household h is still to be decided by county bureau. "
        "Disability of person a was not given; taken as none_known. Say so if this is wrong."
    ) == paragraph


def test_the_letter_of_an_open_case_in_chinese() -> None:
    shown = explain.letter(explained("allowance", disputed(), more=open_questions), "zh")

    paragraph = shown.split("\n\n")[3]

    assert (
        "尚缺家庭 h 的家庭财产，由本机关向bank查询，家庭无须提供。"
        "家庭 h 的有赡养能力人存在争议：police为是、registry为否。核实前按未知处理。"
        "家庭 h 是否还有其他人员，尚不清楚。家庭 h 的hardship尚待county bureau认定。"
        "人员 a 的残疾程度未提供，视为无残疾。如与实际不符，请提出。"
    ) == paragraph


def test_a_service_to_be_done_at_once_says_so() -> None:
    shown = explain.letter(explained("counselling"), "en")

    assert "It is due on decided_on itself. The matter is urgent." in shown


def test_a_letter_on_an_error_decides_nothing() -> None:
    shown = explain.letter(explained("gap", DOCUMENT | {"income": 600}), "en")

    assert "gap cannot be decided: this amount is below 0." in shown
    assert "granted" not in shown
    assert "trial.aid" not in shown


# ---------------------------------------------------------------- Markdown and JSON


def test_markdown_shows_the_same_lines_as_text() -> None:
    explanation = explained("allowance")

    def bare(shown: str) -> list[str]:
        return [line.strip(" #-:").replace("\\", "") for line in shown.splitlines() if line.strip()]

    assert bare(explain.text([explanation], "en")) == bare(explain.markdown([explanation], "en"))


def test_text_of_a_policy_is_no_markdown() -> None:
    document = DOCUMENT | {"assets": [{"value": 3000, "from": "<b>*bank*</b>"}]}

    assert r"\<b\>\*bank\*\</b\>" in explain.markdown([explained("allowance", document)], "en")


def test_json_holds_exact_values_beside_the_sentences() -> None:
    shown: Any = explain.as_json(explained("allowance"), "zh")

    assert shown == json.loads(json.dumps(shown, allow_nan=False))
    assert ("granted", "1350", "yuan per month") == (
        shown["status"],
        shown["amount"],
        shown["unit"],
    )
    (test,) = (each for each in shown["reasons"] if "收入符合规定" in each["sentence"])
    assert ["2002/75", "500"] == [side["value"] for side in test["sides"]]
    assert "35498/75" == test["headroom"]
    assert [4] == test["citations"][0]["article"]
    (line,) = (each for each in shown["figures"] if each["name"] == "line")
    assert ("500", "2023-01-01", True, ["hill"]) == (
        line["value"],
        line["since"],
        line["synthetic"],
        line["keys"],
    )


def test_json_of_an_open_case_holds_bounds() -> None:
    shown: Any = explain.as_json(explained("allowance", disputed(), more=open_questions), "en")

    assert shown == json.loads(json.dumps(shown, allow_nan=False))
    assert {"among": [False, True]} == shown["receives"]
    assert {"low": "0", "high": "1000000"} == shown["reasons"][0]["sides"][0]["value"]
    assert ["1/2", "0", "1", None] == [
        None if each["score"] is None else each["score"].replace("0.5", "1/2")
        for each in shown["missing"]
    ]
    assert [
        {"from": "police", "value": True},
        {"from": "registry", "value": False},
    ] == shown["disputed"][0]["statements"]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "change",
    [{}, {"income": 3000}, {"rural": True}, {"points": 5}, {"supporter": True}],
    ids=str,
)
def test_every_grant_has_reasons_in_both_languages(language: str, change: dict[str, Any]) -> None:
    for subject in PROGRAM.grants:
        explanation = explained(subject.name, DOCUMENT | change)

        assert explanation.reasons
        assert explain.letter(explanation, language)
        assert isinstance(explanation.account.subject, Grant)


# ---------------------------------------------------------------- cases, versions, other decisions

GRADES = """
policy grades
  in force from 2020-01-01
source act "Act" rank law from 2020-01-01
currency yuan to 0.01
entity district
entity household in district at most 9
entity person in household at most 3
fact fund of district: money  between 0 and 100_000 yuan
fact score of household: number  between 0 and 100
fact urgent_need of household: yes or no  held by "the office" then "the applicant"
fact warned of household: yes or no
fact wealth of household: money  between 0 and 1_000_000 yuan
fact kind of household: one of (family, single, other_kind)
fact told_on of household: date
fact fee of person: money  between 0 and 9_000 yuan
judgement proposed of household: money by "the office"  between 0 and 50_000 yuan
parameter small: money
  synthetic
  cite act 9
  from 2020-01-01 = 4200
define grade of household: number
  cite act 2
  = 1 when score >= 90
  = 2 when score >= 50
  = 3 otherwise
define worth of household: money
  cite act 8
  from 2020-01-01 until 2021-12-31 = 100
  from 2022-01-01 = wealth
define choice of household: yes or no
  cite act 3
  = yes when kind is family
  = urgent_need and warned when kind is single
  = warned otherwise
benefit aid for household: money
  cite act 1
  when grade >= 2
  unless warned and not urgent_need
  amount proposed
  decided by "the office" when proposed <= small  cite act 9
  decided by "the county" otherwise  cite act 10
  within 0 days after told_on
benefit extra for household: money
  cite act 4
  when receives aid
  when wealth <= 6_200 yuan
  amount worth
task visit for household
  cite act 5
  when choice
  decided by "the office"
  within 5 days after told_on when urgent_need
  within 9 days after told_on otherwise
benefit fees for household: money
  cite act 6
  amount sum of fee over person
benefit place for household: money
  cite act 7
  amount 600
ration place within district
  up to fund
  first score highest
glossary zh
  household 家庭
  "the office" "乡镇人民政府"
  "the county" "县民政局"
"""

GRADED: dict[str, Any] = {
    "id": "h",
    "district": {"id": "d", "fund": 1000},
    "score": 40,
    "urgent_need": True,
    "warned": False,
    "wealth": 6200,
    "kind": "other_kind",
    "told_on": "2023-12-01",
    "proposed": {"value": "4200.01", "from": "Li Ming", "as_of": "2023-11-30", "grounds": "a fire"},
    "person": [],
}


def told(
    name: str,
    change: dict[str, Any] | None = None,
    language: Language = "en",
    document: dict[str, Any] | None = None,
) -> str:
    """Explain one grant of the second policy, as a user of the library would."""
    policy = aidrules.loads(GRADES, "grades.aid")
    assert not policy.diagnostics, aidrules.render(policy.diagnostics, "en")
    given = GRADED if document is None else document
    return policy.evaluate(given | (change or {}), ON).only(name).explain(language)


def test_a_case_shows_why_those_before_it_were_not_taken() -> None:
    assert """\
    grade: otherwise: 3, "Act" art. 2
      score >= 90: 40 < 90 (does not hold)
      score >= 50: 40 < 50 (does not hold)
""" in told("aid")


def test_a_case_that_its_words_explain_is_not_said_twice() -> None:
    assert """\
    choice: when kind is family: yes, "Act" art. 3
      kind: family
""" in told("visit", {"kind": "family"}).replace("  choice: yes (holds)", "    choice", 1)


def test_of_cases_only_those_are_shown_that_may_still_be_taken() -> None:
    shown = told("visit", {"kind": {"among": ["single", "other_kind"]}, "warned": None})

    assert "urgent_need and warned when kind is single, warned otherwise" in shown
    assert "when kind is family," not in shown


def test_a_version_is_named_by_its_day() -> None:
    assert "worth, since 2022-01-01: wealth = 6,200 yuan" in told("extra")


def test_another_decision_carries_the_line_that_decides_it() -> None:
    assert """\
  receives aid: no (fails), "Act" art. 4
    grade >= 2: 1 < 2 (fails), "Act" art. 1
""" in told("extra", {"score": 95})


def test_an_open_exception_stands_as_it_was_written() -> None:
    assert """\
  unless warned and not urgent_need: yes or no (whether the exception applies is undecided), \
"Act" art. 1
    warned: yes
    urgent_need: yes or no (not given)
""" in told("aid", {"warned": True}, document=without(GRADED, "urgent_need"))


def test_an_office_comes_with_the_case_its_articles_and_its_figures() -> None:
    shown = told("aid")

    assert "  small: 4,200 yuan since 2020-01-01 (synthetic)" in shown
    assert (
        """\
  decided by the county, "Act" art. 10
    proposed <= small: 4,200.01 > 4,200 yuan (does not hold)
      proposed: 4,200.01 yuan (Li Ming, 2023-11-30: a fire)
"""
        in shown
    )


def test_what_is_due_at_once_is_due_on_its_day() -> None:
    assert "  due on 2023-12-01\n" in told("aid")
    assert "  2023年12月1日当日办结\n" in told("aid", language="zh")


def test_an_open_deadline_names_the_days_it_may_be() -> None:
    shown = told("visit", {"warned": True}, document=without(GRADED, "urgent_need"))

    assert "  due by 2023-12-06 or 2023-12-10\n" in shown


def test_texts_of_the_policy_are_worded_by_its_glossary() -> None:
    assert "  由县民政局审核确认" in told("aid", language="zh")
    assert "  由乡镇人民政府办理" in told("visit", {"warned": True}, language="zh")


def test_if_granted_is_without_the_nothing_of_a_refusal() -> None:
    shown = told("aid", document=without(GRADED, "score"))

    assert "undecided; if granted, 4,200.01 yuan" in shown.splitlines()[0]


def test_records_that_nobody_listed_are_told_of_in_one_line() -> None:
    shown = told("fees", document=without(GRADED, "person"))

    assert "  records of person of household h that are not listed: up to 3\n" in shown
    assert "which records of person household h has" in shown
    assert "\0" not in shown


def test_a_place_in_a_ration_says_by_what_and_what_stands_in_front() -> None:
    policy = aidrules.loads(GRADES, "grades.aid")
    homes = [GRADED | {"id": str(score), "score": score} for score in (40, 50, 60)]
    for home in homes:
        del home["district"]
    decision = policy.evaluate({"id": "d", "fund": 1200, "household": homes}, ON)

    shown = decision.outcome("place", "40").explanation

    assert (
        "the fund for place does not reach as far as this claim: place 3 of 3 by score (40); "
        "the claims in front take 1,200 yuan of 1,200 yuan"
    ) == explain.text([shown], "en").splitlines()[2].strip()


def test_the_letter_does_not_ask_for_what_an_office_has_first() -> None:
    policy = aidrules.loads(GRADES, "grades.aid")
    decision = policy.evaluate(without(GRADED, "urgent_need") | {"warned": True}, ON)

    shown = decision.only("aid").letter("en")

    assert "the office asks the office for it itself" in shown


def test_reasons_of_one_case_after_another_leave_nothing_behind() -> None:
    """An engine that decides all day long does not grow with what it has explained."""
    cases = [
        (policy_of(text), {"entity": json.loads(document).get("entity", "household")}, day)
        for text, day, document in told_households()
    ]
    sizes: list[int] = []
    for _ in range(3):
        for policy, document, day in cases:
            policy.evaluate(document, day).explain()
        engines = {id(policy): policy._engine for policy, _, _ in cases}  # noqa: SLF001 - what grows is inside
        kept = [(each._compiled, each._looks, each.prepared) for each in engines.values()]  # noqa: SLF001
        sizes.append(sum(len(part) for parts in kept for part in parts))

    assert cases
    assert sizes[1] == sizes[2]
