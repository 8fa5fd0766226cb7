"""Tests that a finding is shown as its reader needs it: exact place, exact words."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from aidrules.diagnostics import Diagnostic, Fix, Label, Severity, render
from aidrules.lexicon import Lexicon, words
from aidrules.source import Source, Span
from aidrules.types import (
    NUMBER,
    TRUTH,
    Choice,
    Described,
    Optional,
    Quantity,
    Reference,
    Selection,
    Unit,
)

PER_MONTH = Unit.of("yuan").per(Unit.of("month"))


Lend = Callable[..., None]


@pytest.fixture
def lend(monkeypatch: pytest.MonkeyPatch) -> Lend:
    """Return a function that puts one message into the lexicons that `render` reads."""

    def put(pattern: str, advice: str | None = None) -> None:
        def lent(language: str) -> Lexicon:
            tables = dict(words(language).tables)
            tables["message"] = {"sample": pattern}
            tables["help"] = {} if advice is None else {"sample": advice}
            tables["label"] = {"first": "first said here"}
            return Lexicon(language, tables)

        monkeypatch.setattr(render, "words", lent)

    return put


def finding(span: Span | None = None, **more: Any) -> Diagnostic:
    return Diagnostic("sample", Severity.ERROR, span=span, **more)


def span_of(text: str, part: str, name: str = "低保.aid") -> Span:
    at = text.index(part)
    return Span(Source(name, text), at, at + len(part))


def test_wide_signs_take_two_carets_and_two_columns(lend: Lend) -> None:
    lend("no name is called {name}", "did you mean {near}?")
    place = span_of("# 1\n待遇 补差 = 700 - 家庭收入\n", "家庭收入")
    facts = {"name": "`家庭收入`", "near": "`家庭月收入`"}

    expected = """\
error[sample]: no name is called `家庭收入`
 --> 低保.aid:2:15
2 | 待遇 补差 = 700 - 家庭收入
  |                   ^^^^^^^^
help: did you mean `家庭月收入`?

1 error
"""

    assert expected == render.text([finding(place, facts=facts)], "en")


def test_a_second_place_is_shown_with_its_words(lend: Lend) -> None:
    lend("said twice")
    text = "unit hour\n\n\n\n\n\n\n\n\nunit hour\n"
    source = Source("a.aid", text)
    second = Span(source, text.rindex("hour"), text.rindex("hour") + 4)
    label = Label(Span(source, 5, 9), "first")

    expected = """\
error[sample]: said twice
  --> a.aid:10:6
10 | unit hour
   |      ^^^^
  --> a.aid:1:6
 1 | unit hour
   |      ---- first said here

1 error
"""

    assert expected == render.text([finding(second, labels=(label,))], "en")


def test_two_places_on_one_line_show_the_line_once(lend: Lend) -> None:
    lend("they differ")
    text = "a + b"
    source = Source("a.aid", text)
    label = Label(Span(source, 0, 1), "first")

    expected = """\
error[sample]: they differ
 --> a.aid:1:5
1 | a + b
  |     ^
  | - first said here

1 error
"""

    assert expected == render.text([finding(Span(source, 4, 5), labels=(label,))], "en")


def test_the_end_of_a_text_is_pointed_at_with_one_caret(lend: Lend) -> None:
    lend("more is expected")
    source = Source("a.aid", "policy a\n")

    shown = render.text([finding(Span(source, 9, 9))], "en")

    assert " --> a.aid:2:1\n2 |\n  | ^\n" in shown


def test_a_span_over_lines_is_underlined_on_its_first(lend: Lend) -> None:
    lend("too much")
    source = Source("a.aid", "ab cd\nef gh\n")

    assert "1 | ab cd\n  |    ^^\n\n" in render.text([finding(Span(source, 3, 10))], "en")


def test_a_place_in_a_document_stands_for_a_span(lend: Lend) -> None:
    lend("not a number")

    expected = "error[sample]: not a number\n --> person[0].wage\n\n1 error\n"

    assert expected == render.text([finding(path="person[0].wage")], "en")


def test_text_of_a_policy_cannot_drive_the_terminal(lend: Lend) -> None:
    lend("{name} is wrong")
    source = Source("a\x1b[2J.aid", "x\t\x1b[31m \u202eb")

    shown = render.text([finding(Span(source, 0, 1), facts={"name": "\x1b[1m\n"})], "en")

    assert {"\x1b", "\u202e", "\t"}.isdisjoint(shown)
    assert 5 == shown.count("\n") - 1


def test_color_stands_around_the_code_alone(lend: Lend) -> None:
    lend("wrong")

    shown = render.text([finding()], "en", color=True)

    assert shown.startswith("\x1b[1;31merror[sample]\x1b[0m: wrong\n")


def test_help_is_left_out_if_a_hole_of_it_is_not_filled(lend: Lend) -> None:
    lend("wrong", "did you mean {near}?")

    assert "help" not in render.text([finding(facts={"near": None})], "en")
    assert "help: did you mean b?" in render.text([finding(facts={"near": "b"})], "en")


@pytest.mark.parametrize(
    ("fact", "english", "chinese"),
    [
        ("income", "income", "income"),
        (1200, "1200", "1200"),
        (Fraction(1, 8), "0.125", "0.125"),
        (Fraction(1, 3), "1/3", "1/3"),
        (date(2021, 7, 1), "2021-07-01", "2021年7月1日"),
        (True, "yes", "是"),
        (("a", 2), "a, 2", "a、2"),
        ([], "", ""),
        (PER_MONTH, "yuan per month", "元/月"),
        (Unit(), "number", "数"),
        (Unit.of("yuan").times(PER_MONTH), "yuan·yuan per month", "元·元/月"),
        (Unit().per(Unit.of("month")), "per month", "/月"),
        (Unit.of("meal"), "meal", "meal"),
        (Described(NUMBER), "number", "数"),
        (Described(TRUTH), "yes or no", "是否"),
        (Described(Quantity(PER_MONTH)), "yuan per month", "元/月"),
        (Described(Choice(("a", "b"), is_open=True)), "one of (a, b, ...)", "下列之一（a、b 等）"),
        (Described(Selection(Choice(("a", "b")))), "some of (a, b)", "清单（a、b）"),
        (Described(Optional(Reference("person"))), "person or none", "person或无"),
    ],
)
def test_each_kind_of_fact_has_its_words(
    lend: Lend, fact: object, english: str, chinese: str
) -> None:
    lend("{fact}")
    sample = finding(facts={"fact": fact})

    assert english == render.message(sample, "en")
    assert chinese == render.message(sample, "zh")


@pytest.mark.parametrize(
    ("errors", "warnings", "english", "chinese"),
    [
        (1, 0, "1 error", "1处错误"),
        (2, 1, "2 errors, 1 warning", "2处错误、1处提醒"),
        (0, 2, "2 warnings", "2处提醒"),
    ],
)
def test_the_last_line_counts(
    lend: Lend, errors: int, warnings: int, english: str, chinese: str
) -> None:
    lend("wrong")
    found = [Diagnostic("sample", Severity.ERROR)] * errors
    found += [Diagnostic("sample", Severity.WARNING)] * warnings

    assert english == render.text(found, "en").splitlines()[-1]
    assert chinese == render.text(found, "zh").splitlines()[-1]


def test_nothing_found_is_nothing_shown() -> None:
    assert "" == render.text([], "en")


def test_json_says_all_that_the_text_says(lend: Lend) -> None:
    lend("{name} is wrong", "write {near}")
    text = "ab\ncd ef"
    place = span_of(text, "cd", "a.aid")
    sample = finding(
        place,
        facts={"name": "cd", "near": "ce"},
        labels=(Label(span_of(text, "ab", "a.aid"), "first"),),
        fix=Fix(place, "ce"),
    )
    where = {"file": "a.aid", "line": 2, "column": 1, "end_line": 2, "end_column": 3}
    there = {"file": "a.aid", "line": 1, "column": 1, "end_line": 1, "end_column": 3}

    expected = [
        {
            "code": "sample",
            "severity": "error",
            "message": "cd is wrong",
            "help": "write ce",
            **where,
            "path": None,
            "labels": [{"message": "first said here", **there}],
            "fix": {**where, "text": "ce"},
        }
    ]

    assert expected == render.as_json([sample], "en")


def test_json_of_a_finding_without_a_place_has_no_place(lend: Lend) -> None:
    lend("wrong")

    (shown,) = render.as_json([finding(path="assets")], "zh")

    assert {"file", "line", "column", "end_line", "end_column", "fix", "help"} == {
        key for key, held in shown.items() if held is None
    }
    assert "assets" == shown["path"]
