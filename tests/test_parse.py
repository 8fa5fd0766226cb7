"""Tests that text becomes the tree it says, and that a slip is told as one finding."""

import datetime as dt
import re
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import lark
import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from aidrules import grammar
from aidrules.diagnostics import Diagnostic, Severity, render
from aidrules.source import Source, Span
from aidrules.syntax import ast, literate
from aidrules.syntax.build import builders
from aidrules.syntax.parse import MAX_BYTES, check_size, parse, read_text
from aidrules.syntax.tokens import MAX_TOKENS

SPAN = Span(Source("", ""), 0, 0)

EXAMPLE = """\
policy minimum_living
  in force from 2021-07-01
  applies where province is hubei      # amendments and figures of this file hold only there
  dates round down
  working days from "calendars/cn.csv"

source measures "最低生活保障审核确认办法" number "民发〔2021〕57号"
  rank normative from 2021-07-01  unverified "number"
currency yuan to 0.01
unit hour
entity household
entity person in household at most 30
entity wage_record in person at most 120
fact assets of household: money  between 0 and 100_000_000 yuan
  ask "What are the household's savings and securities worth?"
  held by "银行、证监" then "applicant"
  private
fact disability of person: one of (not_disabled, mild, severe)  held by "残联"
fact decided_on of household: date or none
group member of household = person where custody is free  cite measures 7
parameter standard by county_name else province, kind: money per month
  synthetic
  cite interim 10
  | county_name | kind  | 2022-04-01 | 2023-04-01 |
  | "五峰"      | rural | 650        | -          |
  | "宜都"      | any   | 720        |            |
define monthly_wage of person: money per month
  cite measures 13
  = (sum of wage over wage_record where paid_on within 12 months before today) / 12 months
define supplement of person: money per month
  = 30% * standard when age >= 70 or age < 16 or disability is severe
  = 0 otherwise
benefit minimum_living_allowance for household: money per month
  when size >= 1                                    cite measures 7
  when every member has (age >= 60 or disability is severe)
  amount standard * size - income + (sum of supplement over member)
  rounded up to 1 yuan per month
  decided by "township"
  within 30 working days after applied_on           cite measures 22
  paid from start of month after decided_on         cite measures 21
  appeal to "county government" within 60 days after notified_on
only one of (destitute_support, minimum_living_allowance) in this order  cite opinion 2
referral crisis_counselling for person
  when suicide_risk or months_indoors >= 4
  within 0 days after found_on
  urgent
ration voucher within county
  up to fund
  first difficulty highest, applied_on earliest
amend national.dibao from 2024-01-01
  amount 1.1 * standard * size when province is hubei
require service_share of county
  that service_spending >= 60% * purchase_funds
check "No cliff"  known to fail "each supplement is lost at the line"
  income + minimum_living_allowance never falls by more than 100 yuan per month when wage rises
example "Both spouses severely disabled" on 2023-12-01
  like "another"
  household h
    assets 3000 yuan from "assumed"
    needs care, rehab
  person a
    wage_record
      | paid_on    | wage |
      | 2023-03-10 | 1200 |
  person b
    balance -3 yuan
    no wage_record
  expect minimum_living_allowance of h = 1714 yuan per month
  expect destitute_support of h is refused
glossary zh
  person 人员
"""


def read(text: str, name: str = "t.aid") -> ast.File:
    """Return the tree of a text without a slip."""
    file, findings = parse(Source(name, text))

    assert () == findings

    return file


def item(text: str) -> ast.Item:
    (only,) = read(text).items
    return only


def clauses(text: str) -> tuple[ast.Node, ...]:
    """Return the clauses of a benefit."""
    grant = item(f"benefit b for h\n{text}")

    assert isinstance(grant, ast.Grant)

    return grant.clauses


def clause(text: str) -> ast.Node:
    (only,) = clauses(text)
    return only


def expression(text: str) -> ast.Node:
    define = item(f"define d of e: number = {text}")
    match define:
        case ast.Define(clauses=[ast.Version(result=result, case=None)]):
            return result
    raise AssertionError(define)


def finding(text: str, name: str = "t.aid") -> Diagnostic:
    _, findings = parse(Source(name, text))
    (only,) = findings
    return only


def told(text: str) -> tuple[str, str]:
    """Return the code of the one slip of a text and what it underlines."""
    only = finding(text)

    assert only.span is not None

    return only.code, only.span.text


def mended(text: str) -> str:
    """Return a text after the fix of its one slip."""
    fix = finding(text).fix

    assert fix is not None

    return text[: fix.span.start] + fix.text + text[fix.span.end :]


def name(text: str) -> ast.Name:
    return ast.Name(text, span=SPAN)


def use(text: str) -> ast.NameUse:
    return ast.NameUse(text, span=SPAN)


def number(value: int | str, unit: str | None = None, per: str | None = None) -> ast.Number:
    named = None if unit is None else ast.UnitName(unit, per, span=SPAN)
    return ast.Number(Fraction(value), named, span=SPAN)


def string(text: str) -> ast.String:
    return ast.String(text, span=SPAN)


def date(iso: str) -> ast.DateLiteral:
    return ast.DateLiteral(dt.date.fromisoformat(iso).toordinal(), span=SPAN)


def cell(value: ast.Expr) -> ast.ValueCell:
    return ast.ValueCell(value, span=SPAN)


def compare(left: str, op: str, right: str) -> ast.Compare:
    return ast.Compare(op, use(left), use(right), span=SPAN)


def nodes(node: object) -> Iterator[ast.Node]:
    """Return a node and all below it."""
    if isinstance(node, tuple):
        for part in node:
            yield from nodes(part)
    elif isinstance(node, ast.Node):
        yield node
        for field in fields(type(node)):
            yield from nodes(getattr(node, field.name))


# ---------------------------------------------------------------- the grammar


def test_grammar_has_no_conflict() -> None:
    parser = lark.Lark(
        grammar.text(), parser="lalr", lexer="basic", debug=True, keep_all_tokens=True
    )

    assert parser.rules


def test_grammar_is_strictly_free_of_conflicts_and_colliding_terminals() -> None:
    pytest.importorskip("interegular")

    assert lark.Lark(grammar.text(), parser="lalr", lexer="basic", strict=True).rules


def test_every_rule_has_a_builder() -> None:
    parser = lark.Lark(grammar.text(), parser="lalr", lexer="basic", keep_all_tokens=True)
    passed_through = {str(rule.origin.name) for rule in parser.rules if rule.options.expand1}
    rules = {str(rule.alias or rule.origin.name) for rule in parser.rules}

    missing = {x for x in rules - passed_through if not x.startswith("_")} - set(vars(builders()))

    assert set() == missing


def test_stored_tables_give_the_same_parser_as_the_grammar() -> None:
    code = """
import sys, types
from aidrules import grammar
from aidrules.source import Source
from aidrules.syntax.parse import parse
stored = types.ModuleType("aidrules.grammar.tables")
exec(grammar.tables_module(), vars(stored))
if sys.argv[1] == "other":
    stored.KEY = "of another grammar"
sys.modules[stored.__name__] = stored
print(parse(Source("t.aid", sys.stdin.read())))
"""

    def run(which: str) -> str:
        command = [sys.executable, "-c", code, which]
        done = subprocess.run(command, input=EXAMPLE, capture_output=True, text=True, check=True)  # noqa: S603 - the code above
        return done.stdout

    assert run("same") == run("other")


# ---------------------------------------------------------------- the tree


def test_the_whole_example_is_read() -> None:
    file = read(EXAMPLE)

    assert [ast.Policy, ast.SourceText, ast.Currency] == [type(x) for x in file.items[:3]]
    assert len(re.findall(r"^\w", EXAMPLE, re.MULTILINE)) == len(file.items)
    assert frozenset() == file.unread


def test_every_node_reaches_over_its_parts() -> None:
    for parent in nodes(read(EXAMPLE)):
        for child in nodes(parent):
            assert parent.span.start <= child.span.start <= child.span.end <= parent.span.end


@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (ast.NameUse, "custody"),
        (ast.Name, "minimum_living"),
        (ast.InForce, "in force from 2021-07-01"),
        (ast.Cite, "cite measures 7"),
        (ast.Number, "1.1"),
        (ast.Is, "province is hubei"),
        (ast.ForAtMost, None),
        (ast.Deadline, "within 0 days after found_on"),
        (ast.UnitName, "money per month"),
        (ast.Sum, None),
    ],
)
def test_span_covers_the_text_of_the_node(cls: type[ast.Node], text: str | None) -> None:
    texts = [node.span.text for node in nodes(read(EXAMPLE)) if type(node) is cls]

    assert (text is None) or (text in texts)


def test_span_of_an_expression_holds_its_brackets() -> None:
    product = expression("(a + b) * (c)")

    assert isinstance(product, ast.Arithmetic)
    assert ["(a + b) * (c)", "(a + b)", "(c)"] == [
        x.span.text for x in (product, product.left, product.right)
    ]


def test_span_of_a_clause_ends_before_its_comment() -> None:
    assert "urgent" == clause("  urgent   # at once\n").span.text


def test_headers_result_is_the_first_version() -> None:
    define = item("define size of household: number = count of member  cite measures 7\n")

    over = ast.OverRecords(name("member"), None, span=SPAN)
    cite = ast.Cite(name("measures"), (7,), None, span=SPAN)
    version = ast.Version(None, None, ast.Count(over, span=SPAN), None, cite, span=SPAN)
    assert isinstance(define, ast.Define)
    assert (version,) == define.clauses


def test_two_results_are_two_versions() -> None:
    define = item("define d of e: number\n  = 1 when a\n  = 0 otherwise\n")

    when = ast.WhenCase(use("a"), span=SPAN)
    versions = (
        ast.Version(None, None, number(1), when, None, span=SPAN),
        ast.Version(None, None, number(0), ast.OtherwiseCase(span=SPAN), None, span=SPAN),
    )
    assert isinstance(define, ast.Define)
    assert versions == define.clauses


def test_versions_have_first_and_last_days() -> None:
    define = item(
        "define d: number\n  from 2021-01-01 until 2025-12-31 = 0\n  from 2026-01-01 = 1\n"
    )

    assert isinstance(define, ast.Define)
    assert [(date("2021-01-01"), date("2025-12-31")), (date("2026-01-01"), None)] == [
        (x.first, x.last) for x in define.clauses if isinstance(x, ast.Version)
    ]


def test_condition_on_the_next_line_is_a_clause_of_its_own() -> None:
    assert (
        ast.Amount(number(100), None, None, span=SPAN),
        ast.When(use("c"), None, span=SPAN),
    ) == clauses("  amount 100\n  when c\n")


def test_condition_on_the_same_line_is_a_case() -> None:
    case = ast.WhenCase(use("c"), span=SPAN)

    assert ast.Amount(number(100), case, None, span=SPAN) == clause("  amount 100 when c\n")


@pytest.mark.parametrize(
    ("text", "article", "words"),
    [
        ("cite s", (), None),
        ("cite s 13", (13,), None),
        ("cite s 13(2)(1)", (13, 2, 1), None),
        ('cite s "annex 2"', (), "annex 2"),
    ],
)
def test_citation_has_articles_or_words(text: str, article: tuple[int], words: str | None) -> None:
    cite = ast.Cite(name("s"), article, string(words) if words else None, span=SPAN)

    assert cite == clause(f"  {text}\n")
    assert ast.Urgent(cite, span=SPAN) == clause(f"  urgent {text}\n")


def test_amounts_of_equal_value_are_equal_however_written() -> None:
    assert number(1000) == expression("1_000") == expression("1000.0")
    assert number("3/10") == expression("30%")


@pytest.mark.parametrize(
    ("text", "unit", "per"),
    [
        ("5 yuan", "yuan", None),
        ("5 yuan per month", "yuan", "month"),
        ("5 days", "day", None),
        ("5 working days", "working day", None),
        ("5 hours per weeks", "hours", "week"),
    ],
)
def test_period_of_a_unit_is_in_the_singular(text: str, unit: str, per: str | None) -> None:
    assert number(5, unit, per) == expression(text)


def test_chains_of_and_and_or_are_flat() -> None:
    a, b, c, d = map(use, "abcd")

    assert ast.And((a, b, c), span=SPAN) == expression("a and b and c")
    assert ast.Or((ast.And((a, b), span=SPAN), c, d), span=SPAN) == expression("a and b or c or d")


def test_brackets_do_not_deepen_the_tree() -> None:
    assert expression("a + b") == expression("(" * 900 + "a + b" + ")" * 900)


def test_arithmetic_binds_as_in_school() -> None:
    product = ast.Arithmetic("*", use("b"), ast.Negative(use("c"), span=SPAN), span=SPAN)
    total = ast.Arithmetic("+", use("a"), product, span=SPAN)

    assert ast.Arithmetic("-", total, use("d"), span=SPAN) == expression("a + b * -c - d")


def test_aggregate_reaches_to_the_end_of_its_line() -> None:
    both = ast.And((use("a"), use("b")), span=SPAN)
    over = ast.OverRecords(name("person"), None, span=SPAN)

    assert ast.Quantified("any", over, both, span=SPAN) == expression("any person has a and b")


def test_best_has_key_and_filter() -> None:
    over = ast.OverRecords(name("r"), use("c"), span=SPAN)
    best = ast.Best("latest", use("e"), over, use("k"), span=SPAN)

    assert best == expression("latest of e over r by k where c")
    assert ast.Else(best, use("v"), span=SPAN) == expression(
        "latest of e over r by k where c else v"
    )


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a.b", ast.Qualified("a", "b", span=SPAN)),
        ("age of guardian", ast.Path(name("age"), name("guardian"), span=SPAN)),
        ("f for k", ast.Lookup(name("f"), (use("k"),), span=SPAN)),
        ("m.f for (k, 3)", ast.Lookup(name("m.f"), (use("k"), number(3)), span=SPAN)),
        ("f on 2024-01-01", ast.On(use("f"), date("2024-01-01"), span=SPAN)),
        ("x per month", ast.Convert(use("x"), "month", span=SPAN)),
        ("(x) per years", ast.Convert(use("x"), "year", span=SPAN)),
        ("x is not none", ast.Is(use("x"), ast.NoneValue(span=SPAN), True, span=SPAN)),
        ("x is one of (a)", ast.IsOneOf(use("x"), (name("a"),), False, span=SPAN)),
        ("x is not one of (a)", ast.IsOneOf(use("x"), (name("a"),), True, span=SPAN)),
        ("s includes x", ast.Includes(use("s"), use("x"), span=SPAN)),
        (
            "d within 1 month before e",
            ast.Within(use("d"), number(1, "month"), "before", use("e"), span=SPAN),
        ),
        ("not a", ast.Not(use("a"), span=SPAN)),
        ("a <= b", compare("a", "<=", "b")),
        ("highest of (a, b)", ast.BestOf("highest", (use("a"), use("b")), span=SPAN)),
        ("some of (a, b)", ast.SelectionLiteral((name("a"), name("b")), span=SPAN)),
        ("receives m.x", ast.Receives(name("m.x"), span=SPAN)),
        ("eligible for x", ast.EligibleFor(name("x"), span=SPAN)),
        ("previously x", ast.Previously(name("x"), False, span=SPAN)),
        ("previously receives x", ast.Previously(name("x"), True, span=SPAN)),
        (
            "years between b and today",
            ast.Between("year", use("b"), ast.Today(span=SPAN), span=SPAN),
        ),
        (
            "start of month after d",
            ast.Boundary("start", "month", "after", use("d"), span=SPAN),
        ),
        ("year of d", ast.Part("year", use("d"), span=SPAN)),
        (
            "(a rounded half down to 1 yuan)",
            ast.RoundedTo(use("a"), "half down", number(1, "yuan"), span=SPAN),
        ),
        (
            "sum of x over months from a to b",
            ast.Sum(use("x"), ast.OverMonths(use("a"), use("b"), span=SPAN), span=SPAN),
        ),
        ("unknown", ast.UnknownResult(span=SPAN)),
    ],
)
def test_expression(text: str, node: ast.Node) -> None:
    assert node == expression(text)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("| a | = |", (cell(use("a")), ast.ResultCell(span=SPAN))),
        (
            "| size from | = |",
            (ast.StepCell(name("size"), True, span=SPAN), ast.ResultCell(span=SPAN)),
        ),
        (
            "| income above | rate |",
            (ast.StepCell(name("income"), False, span=SPAN), ast.RateCell(span=SPAN)),
        ),
        ("| rate | = |", (cell(use("rate")), ast.ResultCell(span=SPAN))),
        ("| | - |", (ast.BlankCell(span=SPAN), ast.DashCell(span=SPAN))),
        ("|| -3 |", (ast.BlankCell(span=SPAN), cell(ast.Negative(number(3), span=SPAN)))),
        (
            "| 1 .. 3 | >= 3 |",
            (
                ast.RangeCell(number(1), number(3), span=SPAN),
                ast.CompareCell(">=", number(3), span=SPAN),
            ),
        ),
        ("| any | otherwise |", (ast.AnyCell(span=SPAN), ast.OtherwiseCell(span=SPAN))),
        ('| "五峰" | 2024-01-01 |', (cell(string("五峰")), cell(date("2024-01-01")))),
        (
            "| some of (a, b) | 5 yuan |",
            (
                cell(ast.SelectionLiteral((name("a"), name("b")), span=SPAN)),
                cell(number(5, "yuan")),
            ),
        ),
    ],
)
def test_cells_of_a_row(text: str, cells: tuple[ast.Cell, ...]) -> None:
    define = item(f"define d of e: number\n  {text}\n")

    assert isinstance(define, ast.Define)
    assert (ast.Row(cells, span=SPAN),) == define.clauses


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('like "x"', ast.Like(string("x"), span=SPAN)),
        ("county c", ast.Given(name("county"), (use("c"),), span=SPAN)),
        ("household", ast.Given(name("household"), (), span=SPAN)),
        ("needs care, rehab", ast.Given(name("needs"), (use("care"), use("rehab")), span=SPAN)),
        (
            "balance -3 yuan",
            ast.Given(name("balance"), (ast.Negative(number(3, "yuan"), span=SPAN),), span=SPAN),
        ),
        (
            'assets 3 from "article"',
            ast.Given(name("assets"), (number(3),), string("article"), span=SPAN),
        ),
        ("died_on none", ast.Given(name("died_on"), (ast.NoneValue(span=SPAN),), span=SPAN)),
        ("no wage_record", ast.NoRecords(name("wage_record"), span=SPAN)),
        (
            "previously dibao 5 yuan per month",
            ast.PreviousGiven(name("dibao"), number(5, "yuan", "month"), None, span=SPAN),
        ),
        ("previously none", ast.PreviousGiven(None, None, None, span=SPAN)),
        (
            "wage\n | a |\n | 1 |",
            ast.Records(
                name("wage"),
                (ast.Row((cell(use("a")),), span=SPAN), ast.Row((cell(number(1)),), span=SPAN)),
                span=SPAN,
            ),
        ),
    ],
)
def test_line_of_an_example(text: str, line: ast.ExampleLine) -> None:
    assert ast.Example(string("e"), None, (line,), (), span=SPAN) == item(f'example "e"\n {text}\n')


@pytest.mark.parametrize(
    ("written", "status"),
    [
        *(
            (f"is {status}", status)
            for status in ["granted", "refused", "undecided", "unknown", "error"]
        ),
        ("holds", "holds"),
        ("fails", "fails"),
    ],
)
def test_expected_status_is_no_comparison(written: str, status: str) -> None:
    example = item(f'example "e"\n  expect x of h {written}\n')

    path = ast.Path(name("x"), name("h"), span=SPAN)
    assert isinstance(example, ast.Example)
    assert (ast.ExpectStatus(path, status, span=SPAN),) == example.expects


def test_expected_value_of_a_choice_is_a_comparison() -> None:
    example = item('example "e"\n  expect granted of h is mild\n')

    path = ast.Path(name("granted"), name("h"), span=SPAN)
    value = ast.Is(path, use("mild"), False, span=SPAN)
    assert isinstance(example, ast.Example)
    assert (ast.ExpectTrue(value, span=SPAN),) == example.expects


# ---------------------------------------------------------------- lines and characters


@pytest.mark.parametrize(
    "text",
    [
        "a +\n b",
        "a\n + b",
        "(a\n\n + b)",
        "(\na + b # c\n)",
        "a # comment\n  # another\n\n  + b",
        "a\r\n  + b\r\n",
        "a +\u3000b\u00a0",
        "a ＋ b；",
        "（a + b）。",
    ],
)
def test_clause_goes_on_over_lines_and_other_blanks(text: str) -> None:
    assert expression("a + b") == expression(text)


@pytest.mark.parametrize("word", ["and", "or", "is", "includes"])
def test_line_that_begins_with_a_joining_word_goes_on(word: str) -> None:
    assert expression(f"a {word} b") == expression(f"a\n  {word} b")


def test_line_that_begins_with_else_over_where_or_has_goes_on() -> None:
    assert expression("highest of a over r where c else d") == expression(
        "highest of a\n over r\n where c\n else d"
    )
    assert expression("any r has c") == expression("any r\n has c")


@pytest.mark.parametrize(
    ("wide", "narrow"), [("≤", "<="), ("≥", ">="), ("≠", "!="), ("＜", "<"), ("＞＝", ">=")]
)
def test_signs_of_print_are_operators(wide: str, narrow: str) -> None:
    assert compare("a", narrow, "b") == expression(f"a {wide} b")


def test_wide_signs_stay_in_texts_and_comments() -> None:
    assert ast.Say(string("（a，b）"), span=SPAN) == clause('  say "（a，b）"  # （\n')


@pytest.mark.parametrize("signs", [("×", "*"), ("÷", "/"), ("／", "/"), ("－", "-"), ("−", "-")])
def test_signs_of_arithmetic_in_print(signs: tuple[str, str]) -> None:
    printed, typed = signs

    assert ast.Arithmetic(typed, use("a"), use("b"), span=SPAN) == expression(f"a {printed} b")


def test_byte_order_mark_and_carriage_returns_are_no_slip() -> None:
    assert read("unit hour\nunit point\n") == read("\ufeffunit hour\r\nunit point\r\n")


def test_indentation_has_no_meaning() -> None:
    assert read(EXAMPLE) == read(re.sub(r"^ +", "", EXAMPLE, flags=re.MULTILINE))


@given(
    word=st.sampled_from(["when", "sum", "up", "of", "month", "fact", "条件", "none", "per"]),
    more=st.text("abcxyz_09条件收入", min_size=1, max_size=5),
)
def test_word_of_the_language_with_more_letters_is_a_name(word: str, more: str) -> None:
    longer = word + more
    if longer not in {"months", "upper"}:
        assert use(longer) == expression(longer)


@pytest.mark.parametrize("text", ["sumptuous", "非农收入", "when_", "Ａｇｅ", "_x"])
def test_whole_words_are_names(text: str) -> None:
    expected = {"Ａｇｅ": "Age"}.get(text, text)

    assert use(expected) == expression(text)


# ---------------------------------------------------------------- slips

GRANT = "benefit b for h\n"
WITHIN = ("within-without-date", "within 1 month")


@pytest.mark.parametrize(
    ("text", "code", "underlined"),
    [
        ("polcy a\n", "unknown-item", "polcy"),
        ("something else\n", "unknown-item", "something"),
        (GRANT + "  whne a\n", "misspelt-word", "whne"),
        (GRANT + "  rounded upp to 1\n", "misspelt-word", "upp"),
        (GRANT + "  amount\n", "unexpected", ""),
        (GRANT + "  when a b\n", "unexpected", "b"),
        ('check "c"\n', "unexpected", ""),
        ("fact amount of h: number\n", "reserved-word", "amount"),
        (GRANT + "  when amount > 3\n", "reserved-word", "amount"),
        ('example "e"\n  amount 3\n', "reserved-word", "amount"),
        ("fact f of h: one of (none, a)\n", "none-in-choice", "none"),
        (GRANT + '  say "a\n', "unclosed-string", '"a'),
        (GRANT + "  say “a”\n", "wrong-quotes", "“a”"),
        (GRANT + "  amount (a\n  when b\n", "unclosed-bracket", "("),
        ("define d: number = (a\nunit hour\n", "unclosed-bracket", "("),
        (GRANT + "  amount a)\n", "unopened-bracket", ")"),
        (GRANT + "  amount 1 + sum of a over b\n", "bracket-needed", "sum"),
        (GRANT + "  amount sum of a over b / c\n", "bracket-needed", "sum of a over b"),
        (GRANT + "  amount sum of (a) over b + c\n", "bracket-needed", "sum of (a) over b"),
        (GRANT + "  when (a or count of b > 3)\n", "bracket-needed", "count"),
        (GRANT + "  when count of b >= 3\n", "bracket-needed", "count of b"),
        (GRANT + "  when a and any b has c\n", "bracket-needed", "any"),
        (GRANT + "  amount (sum of a over b where c within 1 month) / d\n", *WITHIN),
        (GRANT + "  when a within 3 days\n", "within-without-date", "within 3 days"),
        (GRANT + "  when a within 3 days and b\n", "within-without-date", "within 3 days"),
        (GRANT + "  when a is unknown\n", "known-asked", "is unknown"),
        (GRANT + "  when (a is not known)\n", "known-asked", "is not known"),
        (GRANT + "  when a != unknown or b\n", "known-asked", "!= unknown"),
        ("fact f of h: one of (a, first)\n", "reserved-word", "first"),
        (GRANT + "  when a is first\n", "reserved-word", "first"),
        ("define d: number\n  | a | = |\n  | first | 3 |\n", "reserved-word", "first"),
        ("fact f of h: number default first\n", "reserved-word", "first"),
        ("fact of h: number\n", "unexpected", "of"),
        (GRANT + "  amount 1 + highest of a over b\n", "bracket-needed", "highest"),
        ("define d of e: number count of r\n", "missing-equals", "count"),
        ("parameter p: number\n  from 2024-01-01 20%\n", "missing-equals", "20"),
        ("parameter p: number\n  | a | b\n", "missing-bar", ""),
        (GRANT + "  when a < b < c\n", "chained-comparison", "<"),
        (GRANT + "  when a == b\n", "wrong-operator", "=="),
        (GRANT + "  when a <> b\n", "wrong-operator", "<>"),
        (GRANT + "  when a && b\n", "wrong-operator", "&&"),
        (GRANT + "  when a || b\n", "wrong-operator", "||"),
        (GRANT + "  amount 5 yuan/month\n", "slash-for-per", "/month"),
        ("fact f of h: money/month\n", "slash-for-per", "/month"),
        ("policy p\n  in force from 2024-2-30\n", "bad-date", "2024-2-30"),
        ("policy p\n  in force from 2024/05/01\n", "bad-date", "2024/05/01"),
        ("policy p\n  in force from 2024年5月1日\n", "bad-date", "2024年5月1日"),
        (GRANT + "  amount ６５０\n", "wide-digits", "６５０"),
        (GRANT + "  amount 1,000 yuan\n", "comma-in-number", "1,000"),
        (GRANT + "  amount 3,5 yuan\n", "comma-in-number", "3,5"),
        (GRANT + f"  amount {'9' * 41}\n", "figure-too-long", "9" * 41),
        (GRANT + "  cite s 1.5\n", "article-not-whole", "1.5"),
        ("currency yuan to 0.00\n", "bad-quantum", "0.00"),
        (GRANT + "  amount a、b\n", "strange-character", "、"),
        (GRANT + "  wa\u200bge 3\n", "hidden-character", "\u200b"),
    ],
)
def test_slip(text: str, code: str, underlined: str) -> None:
    assert (code, underlined) == told(text)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("polcy a\n", "policy a\n"),
        (GRANT + "  whne a\n", GRANT + "  when a\n"),
        (GRANT + "  when a == b\n", GRANT + "  when a = b\n"),
        (GRANT + "  when a || b\n", GRANT + "  when a or b\n"),
        (GRANT + "  amount 5 yuan/months\n", GRANT + "  amount 5 yuan per month\n"),
        (GRANT + "  amount 1,000.5 yuan\n", GRANT + "  amount 1000.5 yuan\n"),
        (GRANT + "  amount ６５０\n", GRANT + "  amount 650\n"),
        (GRANT + "  say “a”\n", GRANT + '  say "a"\n'),
        (GRANT + "  when sum of a over b > c\n", GRANT + "  when (sum of a over b) > c\n"),
        (GRANT + "  amount a)\n", GRANT + "  amount a\n"),
        (GRANT + "  when a – b > 0\n", GRANT + "  when a - b > 0\n"),
        ("define d: number 3\n", "define d: number = 3\n"),
        ("parameter p: number\n  | a | b\n", "parameter p: number\n  | a | b |\n"),
        ("amend a from 2024/5/1\n", "amend a from 2024-05-01\n"),
        ("unit ho\u200bur\n", "unit hour\n"),
    ],
)
def test_fix_mends_the_slip(wrong: str, right: str) -> None:
    assert right == mended(wrong)
    assert read(right).items


@pytest.mark.parametrize(
    "use",
    [
        "define d of h: money = sum of paid over r\n",
        "define d of h: money = paid\n",
        GRANT + "  when 3 < paid\n  amount paid of a\n",
        'example "e"\n  h a\n    paid 3\n    r\n      | paid | x |\n      | 3 | 4 |\n',
        "define d of h: number\n  | paid | = |\n  | paid | 3 |\n",
        "unit hour\n",
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_word_declared_as_a_name_is_told_once_and_understood(use: str, *, is_first: bool) -> None:
    fact = "fact paid of r: money\n"
    file, findings = parse(Source("t.aid", fact + use if is_first else use + fact))

    assert [("reserved-word", "r_paid")] == [(x.code, x.facts["proposal"]) for x in findings]
    assert 2 == len(file.items)


def test_a_word_declared_as_a_name_that_begins_items_is_understood() -> None:
    file, findings = parse(
        Source(
            "t.aid",
            "fact check of person_grade: one of (first, second)\n"
            'example "e"\n  person_grade p\n    check first\n'
            'check "c"\n  always a\n',
        )
    )

    assert ["person_grade_check", "first_check"] == [x.facts["proposal"] for x in findings]
    assert ["Fact", "Example", "Check"] == [type(x).__name__ for x in file.items]


def test_what_stops_behind_a_word_declared_as_a_name_is_not_told() -> None:
    _, findings = parse(
        Source("t.aid", "fact month of r: number\ndefine d of h: number = sum of month over r\n")
    )

    assert ["reserved-word"] == [x.code for x in findings]


@pytest.mark.parametrize("text", ["2024-02-30", "01/05/2024"])
def test_date_that_cannot_be_told_has_no_fix(text: str) -> None:
    assert None is finding(f"amend a from {text}\n").fix


def test_slip_spoils_its_item_alone() -> None:
    file, findings = parse(Source("t.aid", "unit hour\nfact a of: number\nunit point\n"))

    assert [name("hour"), name("point")] == [
        x.name for x in file.items if isinstance(x, ast.UnitDeclaration)
    ]
    assert ["unexpected"] == [x.code for x in findings]
    assert frozenset({"a"}) <= file.unread


def test_open_bracket_does_not_reach_into_the_items_after_it() -> None:
    file, findings = parse(
        Source("t.aid", "define d: number = (a\n" + GRANT + "  urgent\n  when a\n")
    )

    assert ["unclosed-bracket"] == [x.code for x in findings]
    assert [2] == [len(x.clauses) for x in file.items if isinstance(x, ast.Grant)]


def test_each_broken_item_is_told() -> None:
    _, findings = parse(Source("t.aid", "unit\nunit hour\nentity 3\npolcy b\n"))

    assert [1, 3, 4] == [x.span.line for x in findings if x.span]


def test_misspelt_item_does_not_spoil_the_one_before() -> None:
    file, findings = parse(Source("t.aid", GRANT + "  urgent\nbenfit c for h\n  urgent\n"))

    assert ["unknown-item"] == [x.code for x in findings]
    assert [name("b")] == [x.name for x in file.items if isinstance(x, ast.Grant)]
    assert frozenset({"c"}) == file.unread


def test_money_of_a_broken_currency_is_unread_too() -> None:
    file, _ = parse(Source("t.aid", "currency yuan 0.01\n"))

    assert frozenset({"yuan", "money"}) == file.unread


def test_values_of_a_broken_choice_are_unread_too() -> None:
    file, _ = parse(Source("t.aid", "fact a of h: one of (b, c\n"))

    assert frozenset({"a", "b", "c"}) <= file.unread


def test_message_names_things_as_an_author_does() -> None:
    only = finding("entity person in household at most\n")

    assert "the end of the line does not fit here" == render.message(only, "en")
    assert "here may stand: a number" == render.help_text(only, "en")
    assert "此处可以是：数" == render.help_text(only, "zh")


def test_no_message_names_a_terminal_of_the_grammar() -> None:
    terminals = re.compile(r"\b_?[A-Z]{2,}(_[A-Z]+)*\b|ANON")
    stopped = [EXAMPLE[:at] + " @" for at in range(0, len(EXAMPLE), 7)]
    stopped += [" ".join(EXAMPLE.split()[:at]) for at in range(1, 120)]

    for text in stopped:
        for only in parse(Source("t.aid", text))[1]:
            for language in ("en", "zh"):
                words = f"{render.message(only, language)} {render.help_text(only, language)}"
                assert not terminals.search(words.replace("COMMERCIAL AT", "").replace("UTF", ""))


# ---------------------------------------------------------------- limits

DEFINE = "define d: number = "


@pytest.mark.parametrize(
    "text",
    [
        DEFINE + "(" * 10_000,
        DEFINE + "(" * 1_001 + "1" + ")" * 1_001,
        DEFINE + "not " * 10_000 + "a",
        DEFINE + "-" * 10_000 + "1",
        DEFINE + "1" + "+1" * 10_000,
        DEFINE + "1" + " else 1" * 10_000,
    ],
    ids=lambda text: text[19:25],
)
def test_what_is_too_deep_is_one_finding(text: str) -> None:
    assert "too-deep" == finding(text).code


def test_long_flat_chain_is_not_deep() -> None:
    chain = expression("a" + " or a" * 10_000)

    assert isinstance(chain, ast.Or)
    assert 10_001 == len(chain.items)


def test_too_many_tokens_are_one_finding() -> None:
    assert "too-many-tokens" == finding("unit hour\n" * (MAX_TOKENS // 2)).code


def test_file_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert None is check_size("t.aid", MAX_BYTES)

    too_large = check_size("t.aid", MAX_BYTES + 1)

    assert too_large is not None
    assert "file-too-large" == too_large.code
    assert "file-too-large" == finding("#" * (MAX_BYTES + 1)).code


@pytest.mark.parametrize("text", ["", "\n", "  # only a comment\n", "\ufeff"])
def test_file_without_an_item_is_empty(text: str) -> None:
    assert "empty-file" == finding(text).code


@pytest.mark.parametrize(
    ("data", "byte"), [(b"unit \xff", 6), (b"unit \0", 6), (b"\xff\xfeu\0", 1)]
)
def test_bytes_that_are_not_text_are_told_with_their_place(data: bytes, byte: int) -> None:
    source, (only,) = read_text("t.aid", data)

    assert None is source
    assert ("not-text", byte) == (only.code, only.facts["offset"])


def test_bytes_are_read_without_their_mark() -> None:
    assert (Source("t.aid", "unit 元\n"), ()) == read_text("t.aid", "\ufeffunit 元\n".encode())


# ---------------------------------------------------------------- literate files


LITERATE = """\
# 办法

```aid
unit hour
```
prose (
~~~~ text
```aid
unit wrong
~~~~ text
```
unit wrong
~~~~
```aid x
unit point
```
"""


def test_program_of_a_literate_file_is_in_its_blocks() -> None:
    file = read(LITERATE, "t.aid.md")

    assert [(4, "hour"), (15, "point")] == [
        (x.span.line, x.name.text) for x in file.items if isinstance(x, ast.UnitDeclaration)
    ]


def test_program_of_a_literate_file_keeps_every_place() -> None:
    source = Source("t.aid.md", LITERATE)
    text, _ = literate.program(source)

    assert len(source.text) == len(text)
    assert all(a in (b, " ") for a, b in zip(text, source.text, strict=True))
    assert source.text.count("\n") == text.count("\n")


def test_literate_file_without_a_block_is_empty() -> None:
    only = finding("unit hour\n", "t.aid.md")

    assert "empty-file" == only.code
    assert "the file holds no block marked `aid`" == render.message(only, "en")


def test_block_that_nothing_closes_is_told() -> None:
    file, findings = parse(Source("t.aid.md", "text\n```aid\nunit hour\n"))

    assert ["unclosed-fence"] == [x.code for x in findings]
    assert ["```aid"] == [x.span.text for x in findings if x.span]
    assert 1 == len(file.items)


# ---------------------------------------------------------------- any text


def holds(text: str, name: str = "t.aid") -> None:
    source = Source(name, text)
    file, findings = parse(source)
    for only in findings:
        assert Severity.ERROR is only.severity
        assert only.span is not None
        assert 0 <= only.span.start <= only.span.end <= len(text)
        assert render.message(only, "en")
        assert render.message(only, "zh")
    for before, after in pairwise(file.items):
        assert before.span.end <= after.span.start
    assert findings or file.items


@given(st.text(max_size=200))
def test_any_text_gives_a_tree_or_a_finding(text: str) -> None:
    holds(text)


@given(st.text("`~aid\n \r#x", max_size=60))
def test_any_markdown_gives_a_tree_or_a_finding(text: str) -> None:
    holds(text, "t.aid.md")


WORDS = sorted(set(re.findall(r'\w+|"[^"]*"|[^\w\s]|\n', EXAMPLE)))


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_words_give_a_tree_or_a_finding(words: list[str]) -> None:
    holds(" ".join(words))


@given(at=st.integers(0, len(EXAMPLE)), length=st.integers(0, 9), put=st.sampled_from(["", *WORDS]))
def test_any_slip_in_the_example_gives_the_rest_of_the_tree(at: int, length: int, put: str) -> None:
    text = EXAMPLE[:at] + put + EXAMPLE[at + length :]
    holds(text)
    file, _ = parse(Source("t.aid", text))

    assert len(file.items) >= len(read(EXAMPLE).items) - 2
