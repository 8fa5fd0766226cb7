"""The kernel gives what the interpreter gives, for many documents at once, unknowns included."""

import ast
import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import kernel as agreement
from aidrules import loads
from aidrules.backends.kernel import (
    Batch,
    Code,
    Column,
    Kernel,
    Layout,
    State,
    emit,
    native,
    numbers,
)
from aidrules.backends.kernel import compile as compiling
from aidrules.backends.kernel.context import FactArray
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
    found = agreement.random_run(range(first, first + 12), each=1)

    assert found.differences == []
    assert found.machine == []


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name.partition(".")[0])
def test_shipped_policies_agree(path: Path) -> None:
    found = agreement.shipped_run(str(path), 60, seed=3)

    assert found.differences == []
    assert found.machine == []
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


# ---------------------------------------------------------------- machine code


CALENDAR_CALLS = """
def kernel(first, last, today, next_change, days, counts, worked, out):
    for row in range(first, last):
        t1 = days[place(row)]
        t2 = counts[place(row)]
        at = row * 12
        out[place(at)] = month_index(t1)
        out[place(at + 1)] = first_of_month(t2)
        out[place(at + 2)] = add_months(t1, t2, row % 3)
        out[place(at + 3)] = months_between(t1, today, 12, t2 > 0)
        out[place(at + 4)] = month_start(t1, t2)
        out[place(at + 5)] = year_start(t1, t2)
        out[place(at + 6)] = year_of(t1) * 10_000 + month_of(t1) * 100 + day_of(t1)
        out[place(at + 7)] = add_working_days(t1, t2, worked, 738_000, 800)
        out[place(at + 8)] = t2 // 7 + t2 % 5 - (t1 - 738_400) // 3
        out[place(at + 9)] = least(t2, 3) * 100 + most(t2, 3) + code_of(t1)
        out[place(at + 10)] = (t1 >> 3) + (one << (row & 7)) - ~t2
        out[place(at + 11)] = select(not (t2 < 0 or t1 == today), flag(t2 != 5), -t2)
"""


@settings(deadline=None)  # the first compiles
@given(
    st.lists(
        st.tuples(st.integers(738_000, 738_799), st.integers(-40, 40)), min_size=1, max_size=40
    ),
    st.integers(738_000, 738_900),
)
def test_machine_code_does_what_the_text_says(rows: list[tuple[int, int]], today: int) -> None:
    given_arrays: list[Any] = [
        np.array([day for day, _ in rows], np.int64),
        np.array([count for _, count in rows], np.int64),
        np.array([0 if at % 7 > 4 else 1 for at in range(790)] + [2] * 10, np.uint8),
    ]
    elements = ("int64", "int64", "uint8", "int64")
    out = np.zeros(len(rows) * 12, np.int64)
    machine(CALENDAR_CALLS, elements)(0, len(rows), today, 0, *given_arrays, out)
    told = [0] * (len(rows) * 12)
    lists = [each.tolist() for each in given_arrays]
    compiling.interpreted(CALENDAR_CALLS)(0, len(rows), today, 0, *lists, told)

    assert np.array_equal(out, told)


@cache
def machine(source: str, elements: tuple[str, ...]) -> Callable[..., None]:
    """Return machine code of a text."""
    return native.loaded(native.object_of(source, elements), elements)


def test_a_text_that_no_kernel_has_is_refused() -> None:
    with pytest.raises(TypeError):
        native.object_of("def kernel(first, last, today, next_change):\n    import os\n", ())


def test_arrays_of_another_type_are_refused() -> None:
    run = machine(CALENDAR_CALLS, ("int64", "int64", "uint8", "int64"))
    with pytest.raises(TypeError):
        run(0, 1, 738_000, 0, *[np.zeros(12, np.int32)] * 4)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep compiled kernels in a folder of their own."""
    monkeypatch.setenv(compiling.CACHE_VARIABLE, str(tmp_path))
    compiling.compiled.cache_clear()
    yield tmp_path
    compiling.compiled.cache_clear()


def run_compiled() -> list[int]:
    """Return the statuses of three households, by a compiled kernel."""
    compiling.compiled.cache_clear()
    results = kernel_of(RULES).run(households([1, 63_200], [63_199], [0]), TODAY, compiled=True)
    return [int(each) for each in results.answers[0].status]


def test_compiled_code_is_kept_and_found_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_compiled()
    (kept,) = home.iterdir()
    monkeypatch.setattr(native, "object_of", None)

    assert run_compiled() == first
    assert sorted(path.name for path in kept.iterdir()) == ["kernel.o", "seal"]


@pytest.mark.parametrize("name", ["kernel.o", "seal"])
@pytest.mark.parametrize("content", [b"", b"\x7fELF broken", None])
def test_what_was_not_written_here_is_compiled_anew(
    home: Path, name: str, content: bytes | None
) -> None:
    first = run_compiled()
    (kept,) = home.iterdir()
    whole = (kept / name).read_bytes()
    if content is None:
        (kept / name).chmod(0o666)  # anybody may write to it
    else:
        (kept / name).write_bytes(content)

    assert run_compiled() == first
    assert (kept / name).read_bytes() == whole
    assert not (kept / name).stat().st_mode & 0o022


def test_code_that_is_sealed_and_no_kernel_is_compiled_anew(home: Path) -> None:
    first = run_compiled()
    (kept,) = home.iterdir()
    other = native.object_of("def kernel(first, last, today, next_change):\n    today = 1\n", ())
    other = other.replace(b"kernel", b"foreign")[: len(other)]
    (kept / "kernel.o").write_bytes(other)
    (kept / "seal").write_text(hashlib.sha256(other).hexdigest(), "utf-8")

    assert run_compiled() == first


def test_a_kernel_runs_where_nothing_can_be_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: object) -> str:
        raise PermissionError

    monkeypatch.setattr(compiling, "mkdtemp", refused)

    assert len(run_compiled()) == 3
    assert list(home.iterdir()) == []


def test_what_another_translation_made_is_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_compiled()
    monkeypatch.setattr(compiling, "translation", lambda: "another")

    assert run_compiled() == first
    assert len(list(home.iterdir())) == 2


def test_kernels_are_made_where_the_package_has_no_sources(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: str) -> bytes:
        raise FileNotFoundError

    monkeypatch.setattr(compiling, "get_data", missing)

    assert len(run_compiled()) == 3
    assert len(list(home.iterdir())) == 1


# ---------------------------------------------------------------- what may be unknown


def test_only_what_is_unknown_is_worked_out_within_bounds() -> None:
    kernel = kernel_of(RULES)
    batch = households([63_200], [63_199, 0], [1])
    states = np.zeros(4, np.uint8)
    states[1] = State.MISSING
    wage = ("person", "wage")
    unknown = evolve(batch, facts={**batch.facts, wage: evolve(batch.facts[wage], states=states)})

    text = kernel.text_for(unknown, TODAY)

    assert "fact" in text.source
    parts = {array.part for array in text.arrays if isinstance(array, FactArray)}
    assert parts == {"values", "states"}
    assert len(text.source) < len(kernel.text(TODAY, None).source)


def test_who_reckons_with_bounds_reckons_with_less() -> None:
    kernel = kernel_of(RULES)
    batch = households([63_200], [63_199, 0], [1])
    wage = ("person", "wage")
    texts = []
    for state in (State.BETWEEN, State.MISSING):
        ends = np.zeros(2, np.int64), np.full(2, 100, np.int64)
        column = Column(batch.facts[wage].values, np.array([0, state], np.uint8), *ends)
        texts.append(kernel.text_for(evolve(batch, facts={**batch.facts, wage: column}), TODAY))

    assert texts[0] is texts[1]


def test_few_texts_are_made_whatever_is_unknown_by_turns() -> None:
    facts = "".join(f"fact f{at} of household: number  between 0 and 9\n" for at in range(12))
    total = " + ".join(f"f{at}" for at in range(12))
    kernel = kernel_of(
        RULES + facts + f"benefit all for household: money\n  cite rules 4\n"
        f"  amount ({total}) * 1 yuan\n"
    )
    names = [("household", f"f{at}") for at in range(12)]
    for unknown in names:
        batch = households([1], [1])
        told = {
            name: Column(np.zeros(2, np.int64), np.full(2, State.MISSING * (name == unknown), "u1"))
            for name in names
        }
        kernel.text_for(evolve(batch, facts={**batch.facts, **told}), TODAY)

    assert len(kernel._texts) <= 6  # noqa: SLF001 - how many were made


def test_a_fault_in_machine_code_is_seen(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(native._SIGNS, ast.LtE, "<")  # noqa: SLF001 - a planted fault

    found = agreement.random_run(range(40, 46), each=1)

    assert list(home.iterdir())
    assert found.machine
    assert not found.differences
