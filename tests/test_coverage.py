"""What examples reach: a row, a case, a band, a figure, an outcome; and where rules come from."""

from fractions import Fraction
from pathlib import Path

import pytest

import aidrules
from aidrules.cli import main
from aidrules.lexicon import words
from aidrules.pipeline import shipped
from aidrules.verify.covering.articles import articles, number_of
from aidrules.verify.covering.coverage import Coverage
from aidrules.verify.covering.coverage_report import explain, sentence, to_json

POLICY = """
policy heating
  in force from 2023-01-01
source notice "Notice on heating aid" rank county from 2023-01-01
source unused "A notice that nothing cites" rank county from 2023-01-01
currency yuan to 0.01
entity household
fact income of household: money per month  between 0 and 1_000_000
fact rooms of household: number  between 0 and 20
fact fuel of household: one of (coal, gas, wood)
parameter line: money per month
  cite notice 1
  from 2023-01-01 = 900
  from 2024-01-01 = 950
define price of household: money per month
  cite notice 3
  | fuel | =  |
  | coal | 50 |
  | gas  | 70 |
  | wood | 30 |
define share of household: number
  cite notice 4
  = 1    when rooms < 4
  = 0.5  when rooms < 8
  = 0    otherwise
benefit aid for household: money per month
  cite notice 2
  when income < line
  amount price * share
  rounded up to 1 yuan per month
"""
EXAMPLES = """
example "Coal" on 2024-03-01
  household h
    income 100
    rooms 2
    fuel coal
  expect aid of h = 50 yuan per month
example "Gas" on 2024-03-01
  household h
    income 100
    rooms 5
    fuel gas
  expect aid of h = 35 yuan per month
example "Too much" on 2024-03-01
  household h
    income 950
    rooms 2
    fuel gas
  expect aid of h is refused
"""


def _coverage(text: str, name: str = "policy.aid") -> Coverage:
    policy = aidrules.loads(text, name)
    assert policy.is_valid, [finding.code for finding in policy.diagnostics]
    return policy.coverage()


def _missed(found: Coverage) -> list[str]:
    points = (each.point for each in found.points if each.reached_by is None)
    return [f"{point.rule}: {sentence(point, 'en')}" for point in points]


def test_a_row_a_case_and_a_figure_that_no_example_reaches_are_named() -> None:
    found = _coverage(POLICY + EXAMPLES)

    assert _missed(found) == [
        "line: the figure in force from 2023-01-01",
        "price: the row | wood | 30 |",
        "share: otherwise, `0`",
    ]
    assert found.share == Fraction(found.reached, len(found.points)) < 1


def test_one_more_example_reaches_what_it_was_written_for() -> None:
    more = """
example "Wood, the old line, a large house" on 2023-05-01
  household h
    income 100
    rooms 9
    fuel wood
  expect aid of h is refused
  expect price of h = 30 yuan per month
"""
    found = _coverage(POLICY + EXAMPLES + more)

    assert _missed(found) == []
    assert found.share == 1
    (wood,) = (e for e in found.points if ("old", "| wood | 30 |") in e.point.facts)
    assert wood.reached_by == "Wood, the old line, a large house"


def test_only_what_an_expectation_rests_on_is_reached() -> None:
    unasked = EXAMPLES.replace("expect aid of h = 35 yuan per month", "expect share of h = 0.5")

    assert "price: the row | gas | 70 |" in _missed(_coverage(POLICY + unasked))


def test_what_an_unknown_fact_leaves_open_is_not_reached() -> None:
    open_ = """
example "Nobody knows the fuel" on 2024-03-01
  household h
    income 100
    rooms 2
  expect aid of h is undecided
"""
    found = _coverage(POLICY + open_)

    reached = {each.point.word: each.reached_by for each in found.points if each.reached_by}
    assert found.failing == ()
    assert "row" not in reached
    assert {"figure", "yes", "granted"} <= set(reached)  # how much is open, not whether


def test_an_example_that_fails_reaches_nothing() -> None:
    found = _coverage(POLICY + EXAMPLES.replace("= 35", "= 36"))

    assert found.failing == ("Gas",)
    assert not any(each.reached_by == "Gas" for each in found.points)


def test_a_band_is_reached_by_a_value_above_its_threshold() -> None:
    text = """
policy tax
source notice "Notice" rank county from 2023-01-01
currency yuan to 0.01
entity household
fact income of household: money per month  between 0 and 1_000_000
define due of household: money per month
  cite notice 1
  | income above | rate |
  | 0            | 10%  |
  | 1_000        | 20%  |
  | 5_000        | 30%  |
define due_in_months of household: money per month = due  cite notice 1
example "Middle" on 2024-03-01
  household h
    income INCOME
  expect due of h >= 0 yuan per month
"""
    above = "due: the band of `income` above "

    assert _missed(_coverage(text.replace("INCOME", "5_000"))) == [f"{above}5000"]
    assert _missed(_coverage(text.replace("INCOME", "1_000"))) == [f"{above}1000", f"{above}5000"]
    assert _missed(_coverage(text.replace("INCOME", "5_000.01"))) == []


def test_versions_and_amendments_are_reached_on_their_days() -> None:
    text = """
policy steps
source notice "Notice" rank county from 2023-01-01
entity household
fact rooms of household: number  between 0 and 20
define weight of household: number
  cite notice 1
  from 2023-01-01 = rooms
  from 2024-01-01 = 2 * rooms
define size of household: number = rooms  cite notice 1
amend size from 2025-01-01
  = rooms + 1  cite notice 2
example "Early" on 2023-03-01
  household h
    rooms 3
  expect weight of h = 3
  expect size of h = 3
"""
    late = """
example "Late" on 2025-03-01
  household h
    rooms 3
  expect weight of h = 6
  expect size of h = 4
"""
    assert _missed(_coverage(text)) == [
        "weight: the version `2024-01-01 = 2 * rooms`",
        "size: the amendment `rooms + 1`",
    ]
    assert _missed(_coverage(text + late)) == []


def test_a_figure_is_reached_by_its_keys_and_its_day() -> None:
    text = """
policy sizes
source notice "Notice" rank county from 2023-01-01
currency yuan to 0.01
entity household
fact size of household: number  between 1 and 20
fact asked_on of household: date
parameter standard by size: money per month
  cite notice 1
  | size | 2023-01-01 | 2024-01-01 |
  | 1    | 600        | 700        |
  | >= 2 | 500        |            |
define line of household: money per month = standard on asked_on  cite notice 1
example "Reads it" on 2024-05-01
  household h
    size SIZE
    asked_on DAY
  expect EXPECTED
"""

    def missed(size: str, day: str, expected: str = "line of h > 0 yuan per month") -> list[str]:
        asked = text.replace("SIZE", size).replace("DAY", day).replace("EXPECTED", expected)
        return _missed(_coverage(asked))

    one_2023 = "standard: the figure of 1 in force from 2023-01-01"
    one_2024 = "standard: the figure of 1 in force from 2024-01-01"
    more = "standard: the figure of >= 2 in force from 2023-01-01"
    assert missed("1", "2023-12-31") == [one_2024, more]
    assert missed("1", "2024-01-01") == [one_2023, more]
    assert missed("3", "2024-01-01") == [one_2023, one_2024]
    assert missed("1", "2023-12-31 .. 2024-01-01") == [one_2023, one_2024, more]
    assert missed("1 .. 2", "2024-01-01") == [one_2023, one_2024, more]
    assert missed("1", "2022-01-01", "line of h is error") == [one_2023, one_2024, more]


def test_a_figure_is_not_reached_where_it_does_not_apply() -> None:
    text = """
policy places
  applies where place is "Wufeng"
source notice "Notice" rank county from 2023-01-01
currency yuan to 0.01
entity household
fact place of household: text
parameter standard: money per month
  cite notice 1
  from 2023-01-01 = 600
define line of household: money per month = standard  cite notice 1
example "Reads it" on 2024-05-01
  household h
    place "PLACE"
  expect line of h EXPECTED
"""
    here = text.replace("PLACE", "Wufeng").replace("EXPECTED", "> 0 yuan per month")
    there = text.replace("PLACE", "Changyang").replace("EXPECTED", "is error")
    figure = "standard: the figure in force from 2023-01-01"

    assert figure not in _missed(_coverage(here))
    assert figure in _missed(_coverage(there))


def test_what_takes_another_grants_place_is_a_condition() -> None:
    text = """
policy pair
source notice "Notice" rank county from 2023-01-01
entity household
fact poor of household: yes or no
fact old of household: yes or no
service visits for household
  cite notice 1
  when poor
service meals for household
  cite notice 2
  when old
only one of (visits, meals) in this order  cite notice 3
example "Old" on 2024-03-01
  household h
    poor no
    old yes
  expect meals of h is granted
  expect visits of h is refused
"""
    only = "meals: `only one of (visits, meals) in this order cite notice 3` comes out "

    assert f"{only}no" in _missed(_coverage(text))
    assert f"{only}yes" not in _missed(_coverage(text))


def test_a_deadline_behind_the_one_that_counts_is_not_asked() -> None:
    text = """
policy visiting
source notice "Notice" rank county from 2023-01-01
entity household
fact pressing of household: yes or no
fact remote of household: yes or no
fact applied_on of household: date
service visits for household
  cite notice 1
  within 3 days after applied_on when pressing
  within 20 days after applied_on when remote
  within 10 days after applied_on otherwise
example "Pressing" on 2024-03-01
  household h
    pressing yes
    remote yes
    applied_on 2024-02-20
  expect visits of h by 2024-02-23
"""
    missed = _missed(_coverage(text))

    assert "visits: `pressing` comes out yes" not in missed
    assert "visits: `remote` comes out yes" in missed


# ---------------------------------------------------------------- articles


LITERATE = """
# Heating

> 家庭人均收入低于标准的，给予补贴。
> — notice, article 2

> 有争议的，由镇政府决定。
> — notice, article 7(2)

> 第十二条 补贴按月发放。
> — the same, article 12

> This names nothing.
> — somebody

```aid
policy heating
source notice "Notice on heating aid" rank county from 2023-01-01
source unused "A notice that nothing cites" rank county from 2023-01-01
entity household
fact poor of household: yes or no
fact old of household: yes or no
define needy of household: yes or no = poor or old
service aid for household
  cite notice 2
  when needy
service meals for household
  when old  cite notice 3(1)
only one of (aid, meals) in this order
```
"""


def test_an_article_that_is_quoted_and_a_rule_that_cites_nothing_are_named() -> None:
    found = _coverage(LITERATE, "heating.aid.md").articles

    notice, unused = found.texts
    assert notice.cited == (2, 3)
    assert [(number, span.line) for number, span in notice.without_rule] == [(7, 8), (12, 11)]
    assert not unused.is_cited
    assert [(rule.kind, rule.name) for rule in found.without_article] == [
        ("definition", ("needy",)),
        ("exclusion", ("aid", "meals")),
    ]


def test_prose_is_not_read_in_a_file_that_has_none() -> None:
    found = _coverage(POLICY + EXAMPLES).articles

    assert [text.without_rule for text in found.texts] == [(), ()]
    assert [text.cited for text in found.texts] == [(1, 2, 3, 4), ()]


@pytest.mark.parametrize(
    ("text", "number"), [("十", 10), ("十二", 12), ("二十", 20), ("一百零三", 103), ("62", 62)]
)
def test_numbers_of_articles_are_read(text: str, number: int) -> None:
    assert number_of(text) == number


# ---------------------------------------------------------------- shipped policies


def _names() -> list[str]:
    folder = shipped()
    assert folder is not None
    return sorted(
        ".".join((p.parent.name, p.name.partition(".aid")[0])) for p in folder.rglob("*.aid.md")
    )


@pytest.mark.parametrize("name", _names())
def test_the_coverage_of_each_shipped_policy_has_words(name: str) -> None:
    policy = aidrules.load(name)
    found = policy.coverage()

    assert found.failing == ()
    assert bool(found.points) == (name != "cn.registry")  # inputs alone
    assert (found.reached > 0) == bool(policy.program.examples)
    assert len({(e.point.word, e.point.facts, e.point.span) for e in found.points}) == len(
        found.points
    )
    for language in ("en", "zh"):
        assert words(language).pattern("word", "coverage-unknown") in explain(found, language)
    plain = to_json(found, "zh")
    assert plain["reached"] == found.reached
    assert articles(policy.program).texts == found.articles.texts


@pytest.mark.parametrize("name", ["hubei.wufeng", "hubei.services"])
def test_no_example_notices_a_slip_in_what_none_reaches(name: str) -> None:
    policy = aidrules.load(name)
    lines: dict[bool, set[tuple[str, int]]] = {True: set(), False: set()}
    for each in policy.coverage().points:
        if each.point.word.startswith(("row", "figure")):
            span = each.point.span
            lines[each.reached_by is not None].add((span.source.name, span.line))
    slips = [
        each
        for each in policy.mutate(seconds=0, tries=0).judged
        if each.mutant.word in {"figure", "number"}
        and (each.mutant.span.source.name, each.mutant.span.line) in lines[False] - lines[True]
    ]

    assert slips
    assert [each.killed_by for each in slips] == [None] * len(slips)


# ---------------------------------------------------------------- the command


def test_the_command_fails_under_a_share(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "heating.aid"
    file.write_text(POLICY + EXAMPLES, "utf-8")

    assert main(["coverage", str(file)]) == 0
    assert "the row | wood | 30 |" in capsys.readouterr().out
    assert main(["coverage", str(file), "--fail-under", "50"]) == 0
    assert main(["coverage", str(file), "--fail-under", "95", "--json"]) == 1
    capsys.readouterr()
    assert main(["coverage", str(file), "--within", "nowhere"]) == 2
    assert main(["coverage", str(file), "--fail-under", "many"]) == 2
