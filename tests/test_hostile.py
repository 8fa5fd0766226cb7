"""Whatever is read, in good faith or bad, ends in an answer or in findings that say where.

A few examples each run with every test; `AIDRULES_FUZZ=N` takes N of each, other ones every time.
"""

import json
import os
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aidrules import Decision, Policy, loads, render
from aidrules.decision import Language
from aidrules.diagnostics import Diagnostic
from aidrules.diagnostics.render import as_json
from aidrules.syntax.parse import read_text
from lessons import blocks

ROOT = Path(__file__).resolve().parents[1]
ON = date(2024, 6, 1)
LANGUAGES: tuple[Language, ...] = get_args(Language)
OF_THE_WHOLE = frozenset(
    {
        "document-not-json",
        "document-not-object",
        "document-not-utf-8",
        "document-too-deep",
        "document-too-large",
        "root-not-said",
        "value-not-json",
        "binary-float",
        "text-not-allowed",
        "number-not-finite",
        "number-too-long",
    }
)
"""What may be wrong with a document as a whole, so that no path leads to it."""


def often(few: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Take so many examples, none of which may take long."""
    asked = os.environ.get("AIDRULES_FUZZ")
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=int(asked or few),
        derandomize=asked is None,
        database=None,
        deadline=timedelta(seconds=20),
        suppress_health_check=slow,
        print_blob=True,
    )


# ---------------------------------------------------------------- what there is to spoil


@cache
def texts() -> tuple[str, ...]:
    """Return the policies of the lessons, and those that are shipped."""
    lessons = [
        block.body
        for path in sorted((ROOT / "tests/cases").glob("*.md"))
        for block in blocks(path.read_text("utf-8"))
        if block.info == ("aid",)
    ]
    shipped = [
        block.body
        for path in sorted((ROOT / "docs/policies").rglob("*.aid.md"))
        for block in blocks(path.read_text("utf-8"))
        if block.info[:1] == ("aid",)
    ]
    return (*lessons, *shipped)


@cache
def told() -> tuple[tuple[str, str, str], ...]:
    """Return the households of the lessons: the policy, the day and the document."""
    found = []
    for path in sorted((ROOT / "tests/cases").glob("*.md")):
        policy = ""
        for block in blocks(path.read_text("utf-8")):
            match block.info:
                case ("aid",):
                    policy = block.body
                case ("json", day) if _document(block.body) and policy_of(policy).is_valid:
                    found.append((policy, day, block.body))
                case _:
                    pass
    return tuple(found)


def _document(text: str) -> dict[str, Any]:
    try:
        plain = json.loads(text, parse_float=Decimal)
    except ValueError:
        return {}
    return plain if isinstance(plain, dict) else {}


@cache
def policy_of(text: str) -> Policy:
    return loads(text)


WORD = re.compile(r'"[^"\n]*"|\w+|\n *|[^\w\n]')


@cache
def vocabulary() -> tuple[str, ...]:
    return tuple(sorted({word for text in texts() for word in WORD.findall(text)}))


STRANGE = (
    "\ufeff", "\u200b", "\u202e", "\ud800", "\0", "\r", "\t", "；", "“", "”", "、", "１２", "²",
    "(" * 200, ")" * 200, "-" * 200, "not " * 200, "9" * 60, "0." + "1" * 60, "1e9", "%", "==", "$",
    "9999-12-31", "0001-01-01", "2024-02-30", "99999 years", "0 months", "1 / 0", "/ 0", "# x",
    "```", "```aid\n", "| | |\n", "|\n", "\n  | = |\n  | - |\n", " " * 300, "x" * 3000,
)  # fmt: skip


FIGURES = ("0", "1", "-1", "1 / 3", "40", "9" * 40, "0." + "0" * 39 + "1", "none", "x")


# ---------------------------------------------------------------- what must hold


def is_told(findings: tuple[Diagnostic, ...]) -> None:
    """See that findings have words in both languages, and lie within their sources."""
    for language in LANGUAGES:
        assert len(findings) == len(as_json(findings, language))
        assert bool(findings) is bool(render(findings, language))
    for finding in findings:
        for span in (finding.span, finding.fix.span if finding.fix else None):
            if span is not None:
                assert 0 <= span.start <= span.end <= len(span.source.text)


def is_answered(decision: Decision) -> None:
    """See that a decision has findings with a path, or else outcomes that can be shown."""
    is_told(decision.diagnostics)
    assert decision.is_rejected is any(finding.is_error for finding in decision.diagnostics)
    for finding in decision.diagnostics:
        assert finding.path or finding.code in OF_THE_WHOLE, finding.code
    for language in LANGUAGES:
        json.loads(decision.json(language))
        decision.explain(language)
        decision.letter(language)


def is_looked_at(policy: Policy) -> None:
    """See that a policy has findings with a place, or else decides."""
    is_told(policy.diagnostics)
    for finding in policy.diagnostics:
        assert finding.span is not None, finding.code
    assert policy.is_valid is not any(finding.is_error for finding in policy.diagnostics)
    if policy.is_valid:
        for result in policy.test():
            is_told(result.diagnostics)
        for entity in policy.program.entities:
            json.dumps(policy.schema(entity.name))
            is_answered(policy.evaluate({"entity": entity.name}, ON))


# ---------------------------------------------------------------- policies


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """A policy with a few words or lines that stand where they should not."""
    words = WORD.findall(draw(st.sampled_from(texts())))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(words) - 1))
        there = draw(st.integers(0, len(words) - 1))
        match draw(
            st.sampled_from(["word", "strange", "less", "twice", "swapped", "cut", "moved"])
        ):
            case "word":
                words[at] = draw(st.sampled_from(vocabulary()))
            case "strange":
                words.insert(at, draw(st.sampled_from(STRANGE) | st.characters()))
            case "less":
                del words[at : at + draw(st.integers(1, 3))]
            case "twice":
                words[at:at] = words[there : there + draw(st.integers(1, 40))]
            case "swapped":
                words[at], words[there] = words[there], words[at]
            case "cut":
                del words[at : at + draw(st.integers(1, 200))]
            case _:
                words[at] = words[there]
        words = words or ["\n"]
    return "".join(words)


@given(spoilt())
@often(160)
def test_a_spoilt_policy_is_told_where(text: str) -> None:
    is_looked_at(loads(text))


ALIKE = tuple(
    group.split()
    for group in (
        "< <= > >= = !=", "+ - * /", "and or", "sum count highest lowest earliest latest",
        "any every", "up down", "day days week month months year years", "before after",
        "start end", "when unless", "benefit service", "yes no none unknown", "above from until",
    )
)  # fmt: skip


@st.composite
def changed(draw: st.DrawFn) -> tuple[int, str]:
    """A household of a lesson, by its place, and its policy with a word that is another."""
    which = draw(st.integers(0, len(told()) - 1))
    words = WORD.findall(told()[which][0])
    ways: dict[int, Sequence[str]]
    ways = {at: FIGURES for at, word in enumerate(words) if word.isdecimal()}
    ways |= {at: group for at, word in enumerate(words) for group in ALIKE if word in group}
    if draw(st.booleans()):
        names = sorted({word for word in words if word.isidentifier()})
        ways = {at: names for at, word in enumerate(words) if word.isidentifier()}
    at = draw(st.sampled_from(sorted(ways)))
    words[at] = draw(st.sampled_from(ways[at]))
    return which, "".join(words)


@given(changed())
@often(150)
def test_a_changed_policy_is_told_where_or_decides(drawn: tuple[int, str]) -> None:
    which, text = drawn
    policy = loads(text)
    is_looked_at(policy)
    if policy.is_valid:
        is_answered(policy.evaluate(told()[which][2], told()[which][1]))


@given(spoilt())
@often(20)
def test_a_spoilt_policy_in_markdown_is_told_where(text: str) -> None:
    is_looked_at(loads(f"# a\n\n```aid\n{text}```\n", "a.aid.md"))


@given(st.lists(st.deferred(lambda: st.sampled_from((*vocabulary(), *STRANGE))), max_size=60))
@often(60)
def test_words_without_sense_are_told_where(words: list[str]) -> None:
    is_looked_at(loads(" ".join(words)))


@given(st.text() | st.text("()|-=\"'0123456789.\n \tofaby#`《》"))
@often(60)
def test_signs_without_sense_are_told_where(text: str) -> None:
    is_looked_at(loads(text))


@given(st.binary(max_size=200) | spoilt().map(lambda text: text.encode("utf-16", "replace")))
@often(60)
def test_bytes_are_text_or_a_finding(data: bytes) -> None:
    source, findings = read_text("a.aid", data)

    assert (source is None) is bool(findings)
    is_told(findings)
    if source is not None:
        is_looked_at(loads(source.text))


@pytest.mark.parametrize(
    "text",
    [
        "define a: number = " + "(" * 50_000,
        "define a: number = " + "-" * 50_000 + "1",
        "define a: yes or no = " + "not " * 50_000 + "yes",
        "define a: number = " + "1 + " * 50_000 + "1",
        "fact a of b: one of (" + "c, " * 50_000 + "c)",
        "fact month of b: number\n" + "define a: number = sum of month over b\n" * 10_000,
        "fact paid of b: number\ndefine a: number = " + "paid + " * 30_000 + "paid",
        "benefit " * 50_000,
        "define a: number\n" + "  = 1 when yes\n" * 20_000,
        "parameter a: number\n" + "  | 1 | 2 |\n" * 15_000,
        'example "e"\n' + "  p a\n" * 30_000,
        "use a\n" * 50_000,
        "|" * 90_000,
        '"' * 90_000,
        "# " * 900_000,
        "\u3000" * 900_000,
        "policy a\n" + "benfit b\n" * 30_000,
        "check x\n" * 40_000,
    ],
    ids=lambda text: text[:24].strip(),
)
def test_a_large_policy_is_looked_at_in_time(text: str) -> None:
    before = datetime.now().astimezone()
    policy = loads(text)

    is_told(policy.diagnostics[:100])
    assert not policy.is_valid
    assert datetime.now().astimezone() - before < timedelta(seconds=30)


# ---------------------------------------------------------------- facts

NUMBERS: tuple[object, ...] = (
    0, -1, 1, 10**39, 10**41, -(10**39), 0.5, float("nan"), float("inf"), Decimal("0.005"),
    Decimal("NaN"), Decimal("-Infinity"), Decimal("1e999999"), Decimal("1e-99"), Fraction(1, 3),
    "1", "-0", "1.50", "1e5", ".5", "1.", "９", "٣", "9" * 60, "1/3", " 1",
)  # fmt: skip
WORDS: tuple[object, ...] = (
    "", "none", "yes", "no", "a", "h", "value", "\0", "\ud800", "x" * 200, "person", "household",
    None, True, False, (), [], {}, [[]], [None], [{}], {"": ""}, {"value": None}, b"1", object(),
)  # fmt: skip
DAYS: tuple[object, ...] = (
    "2024-05-01", "1899-12-31", "1900-01-01", "2100-12-31", "2100-01-01", "2024-02-30",
    "0000-00-00", "2024-5-1", "2024-05-01T00:00", ON, datetime(2024, 5, 1),  # noqa: DTZ001 - to be refused
)  # fmt: skip
ALL_LEAVES = (*NUMBERS, *WORDS, *DAYS)
LEAVES = st.integers(0, len(ALL_LEAVES) - 1).map(ALL_LEAVES.__getitem__)


def said(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return ways to say a value: by someone, within bounds, several times."""
    optional = {"from": leaf, "as_of": leaf, "grounds": leaf}
    statement = st.fixed_dictionaries({"value": leaf}, optional=optional)
    return st.one_of(
        leaf,
        statement,
        st.lists(statement | leaf, max_size=3),
        st.fixed_dictionaries({"low": leaf, "high": leaf}),
        st.fixed_dictionaries({"among": st.lists(leaf, max_size=3)}),
    )


ANYTHING = st.recursive(
    LEAVES, lambda inner: said(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=6
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return all lists and objects within a value, with each key of theirs."""
    match value:
        case dict():
            keys: list[Any] = list(value)
        case list():
            keys = list(range(len(value)))
        case _:
            return []
    return [(value, key) for key in keys] + [x for key in keys for x in places(value[key])]


@st.composite
def spoilt_households(draw: st.DrawFn) -> tuple[int, Any]:
    """A household of a lesson, by its place, with a few facts that should be otherwise."""
    which = draw(st.integers(0, len(told()) - 1))
    text, _, document = told()[which]
    policy, plain = policy_of(text), _document(document)
    names = [fact.name for fact in policy.program.facts]
    names += [entity.name for entity in policy.program.entities]
    names += ["id", "entity", "previously", "decisions", "x", "", "\0", "value"]
    for _ in range(draw(st.integers(1, 4))):
        found = places(plain)
        if not found:
            break
        inside, key = draw(st.sampled_from(found))
        other, there = draw(st.sampled_from(found))
        match draw(st.sampled_from(["leaf", "anything", "less", "less", "renamed", "moved"])):
            case "leaf":
                inside[key] = deepcopy(draw(LEAVES))
            case "anything":
                inside[key] = deepcopy(draw(ANYTHING))
            case "less":
                del inside[key]
            case "renamed" if isinstance(inside, dict):
                inside[draw(st.sampled_from(names))] = inside.pop(key)
            case _:
                if id(inside) not in {id(each) for each, _ in places(other[there])}:
                    inside[key] = deepcopy(other[there])
    return which, plain


@given(spoilt_households())
@often(300)
def test_a_spoilt_household_is_decided_or_told_where(drawn: tuple[int, Any]) -> None:
    which, document = drawn
    text, day, _ = told()[which]
    is_answered(policy_of(text).evaluate(document, day))


@given(spoilt_households(), st.data())
@often(60)
def test_a_household_as_spoilt_text_is_decided_or_told_where(
    drawn: tuple[int, Any], data: st.DataObject
) -> None:
    which, document = drawn
    policy, day = policy_of(told()[which][0]), told()[which][1]
    text = json.dumps(document, default=str, ensure_ascii=False, skipkeys=True)
    at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    end = data.draw(st.sampled_from([end, min(end, at + 3), at]))
    put = data.draw(st.sampled_from(["", "\0", "[", "{", '"', "1", "NaN"]))
    text = text[:at] + put + text[end:]
    is_answered(policy.evaluate(text, day))
    is_answered(policy.evaluate(text.encode("utf-8", "surrogatepass"), day))


@given(ANYTHING | st.dictionaries(st.text(max_size=5), ANYTHING) | st.binary() | st.text())
@often(60)
def test_what_is_no_household_is_told(document: Any) -> None:
    policy = policy_of(told()[0][0])
    is_answered(policy.evaluate(document, ON))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"id":' + "9" * 1_000_000 + "}",
        '{"id":1e' + "9" * 1_000 + "}",
        '{"id":"h",' + '"x":1,' * 100_000 + '"y":1}',
        '{"person":[' + "{}," * 100_000 + "{}]}",
        '{"id":"' + "h" * 1_000_000 + '"}',
    ],
    ids=lambda text: text[:12],
)
def test_a_large_document_is_read_in_time(text: str) -> None:
    policy = policy_of(told()[0][0])
    before = datetime.now().astimezone()
    decision = policy.evaluate(text, ON)

    assert datetime.now().astimezone() - before < timedelta(seconds=20)
    is_told(decision.diagnostics[:100])
