"""The kernel gives what the interpreter gives, for many documents at once, unknowns included."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import pytest

from agreement import kernel as agreement
from aidrules import loads
from aidrules.backends.kernel import Batch, Code, Column, Kernel, Layout, State, emit, numbers
from aidrules.backends.kernel.emit import live

POLICIES = sorted((Path(__file__).parents[1] / "docs" / "policies").rglob("*.aid.md"))
TODAY = date(2025, 6, 1).toordinal()

RULES = """
policy aid
  in force from 2024-01-01
source rules "Rules of the county" rank county from 2024-01-01
currency yuan to 0.01

entity household
entity person in household at most 10

fact county of household: one of (east, west)
fact wage of person: money per month  between 0 and 100_000

parameter standard by county: money per month
  synthetic
  cite rules 1
  | county | 2024-01-01 |
  | east   | 700.00     |
  | west   | 632.00     |

define size of household: number = count of person  cite rules 2
define income of household: money per month = sum of wage over person  cite rules 2

benefit living for household: money per month
  cite rules 3
  when size >= 1                  cite rules 2
  when income / size < standard   cite rules 3
  amount standard * size - income
  rounded up to 1 yuan per month
"""


def kernel_of(rules: str) -> Kernel:
    policy = loads(rules)
    assert [found for found in policy.diagnostics if found.is_error] == []
    return emit(policy.program, Layout.of(policy.program))


def households(*members: Sequence[int | None], county: int = 1) -> Batch:
    """Return households of the west, by the wages of their members in hundredths of a yuan."""
    wages = [wage for each in members for wage in each]
    missing = np.array([State.MISSING if wage is None else 0 for wage in wages], np.uint8)
    return Batch(
        len(members),
        {"household": len(members), "person": len(wages)},
        {"person": np.cumsum([0, *map(len, members)])},
        {},
        {
            ("household", "county"): Column(np.full(len(members), county)),
            ("person", "wage"): Column(np.array([wage or 0 for wage in wages]), missing),
        },
    )


def told(kernel: Kernel, batch: Batch, **how: object) -> list[tuple[Code, int, int]]:
    (answers,) = kernel.run(batch, TODAY, **how).answers  # type: ignore[arg-type] # passed on
    assert answers.low is not None
    assert answers.high is not None
    return [
        (Code(int(status)), int(low), int(high))
        for status, low, high in zip(answers.status, answers.low, answers.high, strict=True)
    ]


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_random_policies_agree(first: int) -> None:
    found = agreement.random_run(range(first, first + 50))

    assert found.differences == []
    assert found.stale == []
    assert found.answers > 1_000


@pytest.mark.parametrize(
    "seed",
    [19, 49, 78, 123, 733, 1271, 1442, 1608, 2176, 2283, 2502, 2525, 4916, 41196, 50013, 100387],
)
def test_a_policy_that_differed_once_agrees(seed: int) -> None:
    found = agreement.random_run(range(seed, seed + 1))

    assert found.differences == []
    assert found.stale == []


@pytest.mark.parametrize("first", [5, 24])
def test_random_policies_agree_once_compiled(first: int) -> None:
    found = agreement.random_run(range(first, first + 2), compiled=True)

    assert found.differences == []


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name.partition(".")[0])
def test_shipped_policies_agree(path: Path) -> None:
    found = agreement.shipped_run(str(path), 60, seed=3)

    assert found.differences == []
    assert found.stale == []


def test_what_a_planted_fault_changes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that takes `below` for `at most` does not pass."""
    monkeypatch.setattr(numbers, "below", numbers.at_most)

    assert agreement.random_run(range(20)).differences


def test_income_at_the_standard_is_not_below_it() -> None:
    at, below = households([63_200]), households([63_199])
    kernel = kernel_of(RULES)

    assert told(kernel, at) == [(Code.REFUSED, 0, 0)]
    assert told(kernel, below) == [(Code.GRANTED, 1, 1)]


def test_the_failing_line_is_the_reason() -> None:
    """The first line is that the policy is in force."""
    (answers,) = kernel_of(RULES).run(households([63_200], [], [1]), TODAY).answers

    assert answers.reason.tolist() == [3, 2, 0]


def test_an_unknown_wage_leaves_bounds() -> None:
    kernel = kernel_of(RULES)

    assert told(kernel, households([None, 100_000])) == [(Code.UNDECIDED, 0, 264)]
    assert told(kernel, households([None, 126_400])) == [(Code.REFUSED, 0, 0)]


def test_threads_and_the_compiler_change_nothing() -> None:
    rng = Random(1)  # noqa: S311 - chance for tests, not for secrets
    batch = households(*[[rng.randrange(100_000)] * rng.randrange(4) for _ in range(500)])
    kernel = kernel_of(RULES)
    plain = told(kernel, batch, compiled=False)

    assert told(kernel, batch, compiled=True) == plain
    assert told(kernel, batch, compiled=True, threads=2) == plain


def test_what_lies_outside_its_range_is_left_to_the_interpreter() -> None:
    results = kernel_of(RULES).run(households([10_000_001], [10_000_000]), TODAY)

    assert results.deferred.tolist() == [True, False]


def test_numbers_that_might_not_fit_are_refused_by_name() -> None:
    wide = RULES.replace(
        "\nparameter", "fact score of household: number  between 0 and 1_000_000_000\n\nparameter"
    ).replace("when size >= 1 ", "when score * score * score >= 1 ")
    unfit = kernel_of(wide).unfit(TODAY)

    assert {key: unfit[key].name for key in unfit} == {"aid.living": "aid.living/eligible"}
    assert kernel_of(wide).run(households([1]), TODAY).deferred.tolist() == [True]


def test_terms_that_nothing_reads_are_dropped() -> None:
    lines = ["t1 = 1", "t2 = t1 + 1", "for r in range(2):", "    t3 = t2", "output[0] = t1"]

    assert live(lines) == ["t1 = 1", "output[0] = t1"]


def test_a_day_on_which_time_alone_changes_the_answer_is_told() -> None:
    later = RULES.replace("| 2024-01-01 |", "| 2024-01-01 | 2025-07-01 |")
    later = later.replace("| 700.00     |", "| 700.00     | 710.00 |")
    later = later.replace("| 632.00     |", "| 632.00     | 640.00 |")

    horizon = kernel_of(later).run(households([1]), TODAY).horizon

    assert horizon.tolist() == [date(2025, 7, 1).toordinal()]
