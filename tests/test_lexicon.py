"""Tests that both languages have the same words, and every finding its message."""

import ast
from fractions import Fraction
from pathlib import Path

import pytest

import aidrules
from aidrules.diagnostics import catalogue
from aidrules.lexicon import LANGUAGES, Lexicon, exact, holes, words

ENGLISH, *OTHERS = (words(language) for language in LANGUAGES)


def codes_of_the_catalogue() -> set[str]:
    tree = ast.parse(Path(catalogue.__file__).read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id in {"_error", "_warning"}
        and isinstance(call.args[0], ast.Constant)
    }


def codes_of_failures() -> set[str]:
    """Return the codes of what cannot be computed on a record, wherever the package names one."""
    found = set()
    for path in Path(aidrules.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id=name) | ast.Attribute(attr=name),
                    args=[ast.Constant(value=str(code)), *_],
                ) if name in {"fail", "Fail", "Failure"}:
                    found.add(code)
                case _:
                    pass
    return found


@pytest.mark.parametrize("other", OTHERS, ids=lambda lexicon: lexicon.language)
def test_every_language_has_the_same_keys_in_every_table(other: Lexicon) -> None:
    expected = {table: set(patterns) for table, patterns in ENGLISH.tables.items()}
    actual = {table: set(patterns) for table, patterns in other.tables.items()}

    assert expected == actual


@pytest.mark.parametrize("other", OTHERS, ids=lambda lexicon: lexicon.language)
def test_every_language_has_the_same_holes_in_every_pattern(other: Lexicon) -> None:
    different = [
        (table, key)
        for table, patterns in ENGLISH.tables.items()
        for key, pattern in patterns.items()
        if holes(pattern) != holes(other.tables[table].get(key, ""))
    ]

    assert [] == different


@pytest.mark.parametrize("lexicon", [ENGLISH, *OTHERS], ids=lambda lexicon: lexicon.language)
def test_every_finding_has_a_message(lexicon: Lexicon) -> None:
    codes = codes_of_the_catalogue()

    assert codes
    assert set() == codes - set(lexicon.tables["message"])


@pytest.mark.parametrize("lexicon", [ENGLISH, *OTHERS], ids=lambda lexicon: lexicon.language)
def test_every_failure_has_a_message(lexicon: Lexicon) -> None:
    codes = codes_of_failures()

    assert {"division-by-zero", "no-figure", "amendment-conflict"} <= codes
    assert set() == codes - set(lexicon.tables["message"])


def test_help_belongs_to_a_message() -> None:
    assert set() == set(ENGLISH.tables["help"]) - set(ENGLISH.tables["message"])


def test_english_messages_are_one_line_in_lower_case_without_a_final_stop() -> None:
    wrong = [
        key
        for table in ("message", "help", "label")
        for key, text in ENGLISH.tables[table].items()
        if "\n" in text or text.endswith(".") or (text[:2].istitle() and text[:2].isalpha())
    ]

    assert [] == wrong


def test_a_language_without_a_lexicon_is_refused() -> None:
    with pytest.raises(ValueError, match="no lexicon for `fr`"):
        words("fr")


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        (0, "0"),
        (1200, "1200"),
        (Fraction(1, 8), "0.125"),
        (Fraction(-1, 100), "-0.01"),
        (Fraction(-5, 2), "-2.5"),
        (Fraction(1000, 3), "1000/3"),
        (Fraction(10**30 + 1, 10), "1" + "0" * 29 + ".1"),
    ],
)
def test_a_number_is_written_exactly(number: Fraction, digits: str) -> None:
    assert digits == exact(number)
