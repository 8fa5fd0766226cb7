"""Runs over many households: as the interpreter says, whole or not at all, each row counted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.parquet as pq
from attrs import evolve

import aidrules
from aidrules import Policy
from aidrules.backends.kernel import Layout, emit
from aidrules.cli import main
from aidrules.pipeline import shipped
from aidrules.population import screen as screening_module
from aidrules.population.reading import read
from aidrules.population.screen import CountsError
from aidrules.population.synthesize import Edges
from aidrules.population.telling import Telling
from screening import ON, POLICY, differences, policy, screen, singly, tables

NINE = Path(__file__).parents[1] / "benchmarks" / "nine_rules.aid"
HOME = shipped() or Path()
SHIPPED = sorted(HOME.rglob("*.aid.md"))
LATE = date(2026, 9, 1)


def made(chosen: Policy, folder: Path, **how: Any) -> dict[str, Path]:
    """Return made-up tables of a policy, by kind."""
    chosen.synthesize(how.pop("households", 40), folder, **how)
    return {path.stem: path for path in folder.iterdir()}


def all_complete(chosen: Policy) -> Telling:
    return {"complete": set(Layout.of(chosen.program).below)}


# ---------------------------------------------------------------- one meaning


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name.partition(".")[0])
@pytest.mark.parametrize("unknown", [Fraction(0), Fraction(1, 20)], ids=["known", "unknown"])
def test_a_run_says_what_the_interpreter_says(
    path: Path, unknown: Fraction, tmp_path: Path
) -> None:
    chosen = aidrules.load(path)
    given = made(chosen, tmp_path / "made", on=LATE, unknown=unknown, seed=7)
    telling = all_complete(chosen)
    screening = screen(chosen, given, tmp_path / "run", telling, LATE)

    assert [] == differences(screening, singly(chosen, given, telling, LATE))


@pytest.mark.parametrize("unknown", [Fraction(0), Fraction(1, 50)], ids=["known", "unknown"])
def test_many_households_of_the_nine_rules_are_decided_alike(
    unknown: Fraction, tmp_path: Path
) -> None:
    chosen = aidrules.load(NINE)
    given = made(chosen, tmp_path / "made", households=1500, on=ON, unknown=unknown)
    telling: Telling = {"complete": {"person"}}
    screening = screen(chosen, given, tmp_path / "run", telling)

    assert [] == differences(screening, singly(chosen, given, telling, ON))
    granted = screening.summary["grants"]["nine_rules.minimum_living"]
    assert min(granted["granted"], granted["refused"]) > 100


def test_a_value_at_a_figure_is_among_those_made_up(tmp_path: Path) -> None:
    chosen = aidrules.load(NINE)
    given = made(chosen, tmp_path / "made", households=3000, on=ON)
    incomes = set(pq.read_table(given["person"]).column("other_income").to_pylist())
    days = Edges.of(chosen.program, ON).days

    for standard in (645, 1245):
        assert {Fraction(standard) + Fraction(step, 100) for step in (-1, 0, 1)} <= {
            Fraction(each) for each in incomes
        }
    assert date(1954, 6, 1).toordinal() in days  # seventy years before


def test_the_same_seed_makes_the_same_tables(tmp_path: Path) -> None:
    chosen = policy()
    first, second, other = (
        made(chosen, tmp_path / str(at), seed=seed) for at, seed in enumerate((3, 3, 4))
    )

    assert all(first[kind].read_bytes() == second[kind].read_bytes() for kind in first)
    assert first["person"].read_bytes() != other["person"].read_bytes()


# ---------------------------------------------------------------- columns


def test_a_refusal_names_its_line(tmp_path: Path) -> None:
    rows = screen(policy(), tables(), tmp_path / "run").decisions().to_pylist()
    told = {(row["grant"], row["record"]): row["reason"] for row in rows}

    assert told["allowance.aid", "b"] is None
    assert told["allowance.share", "p2"] == 2  # the first line: the policy is in force
    assert told["allowance.share", "p1"] == 3


def test_the_interpreter_names_the_same_lines_as_the_kernel(tmp_path: Path) -> None:
    chosen = aidrules.load(NINE)
    given = made(chosen, tmp_path / "made", households=300, on=ON)
    kernel = screen(chosen, given, tmp_path / "kernel", {"complete": {"person"}})
    assert kernel.summary["one_by_one"] == 0
    with kernel_that_leaves_all():
        single = screen(chosen, given, tmp_path / "single", {"complete": {"person"}})
    assert single.summary["one_by_one"] == 300
    columns = [name for name in kernel.decisions().column_names if name != "next_change"]
    assert kernel.decisions().select(columns).equals(single.decisions().select(columns))


@contextmanager
def kernel_that_leaves_all() -> Iterator[None]:
    """Let the kernel leave everything to the interpreter."""

    def emitted(program: Any, layout: Any) -> Any:
        kernel = emit(program, layout)

        class Deferring:
            def unfit(self, today: int) -> Any:
                return kernel.unfit(today)

            def run(self, batch: Any, *given: Any, **named: Any) -> Any:
                results = kernel.run(batch, *given, **named)
                return evolve(results, deferred=results.deferred | True)

        return Deferring()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screening_module, "emit", emitted)
        yield


def test_the_day_on_which_time_may_change_an_answer_is_told(tmp_path: Path) -> None:
    chosen = policy()
    given = tables()
    given["person"] = given["person"].set_column(
        2, "birth_date", pa.array([date(1990, 1, 2), date(2010, 5, 5), date(2006, 6, 2), None])
    )
    screening = screen(chosen, given, tmp_path / "run", on=date(2024, 6, 1))
    days = {
        row["record"]: row["next_change"]
        for row in screening.decisions().to_pylist()
        if row["grant"] == "allowance.aid"
    }

    assert days["a"] is not None
    assert days["a"] <= date(2028, 5, 5)


# ---------------------------------------------------------------- counts


def test_every_row_and_record_is_accounted_for(tmp_path: Path) -> None:
    given = tables()
    given["person"] = given["person"].set_column(1, "household_id", [["a", "a", "b", "nobody"]])
    given["payment"] = given["payment"].set_column(2, "wage", pa.array([1, 2, -3]))
    screening = screen(policy(), given, tmp_path / "run")
    files = {each["file"]: each for each in screening.manifest["inputs"]}
    share = screening.summary["grants"]["allowance.share"]

    assert {name: (f["rows"], f["accepted"], f["rejected"]) for name, f in files.items()} == {
        "county": (1, 1, 0),
        "household": (3, 2, 1),
        "person": (4, 2, 2),
        "payment": (3, 2, 1),
    }
    assert share["read"] == 4
    assert share["rejected"] == 2
    assert share["read"] - share["rejected"] == sum(
        share[status] for status in ("granted", "refused", "undecided", "error")
    )
    rows = screening.rejects().group_by("file").aggregate([("row", "count_distinct")]).to_pylist()
    assert {row["file"]: row["row_count_distinct"] for row in rows} == {
        "household": 1,
        "person": 2,
        "payment": 1,
    }


def test_a_row_that_is_lost_on_the_way_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def losing(*given: Any) -> Any:
        found = read(*given)
        rows = pa.array([True] * (found.batch.size - 1) + [False]).to_numpy(zero_copy_only=False)
        return evolve(read(given[0], found.chunk.kept(rows, given[0].below)), rejects=())

    monkeypatch.setattr(screening_module, "read", losing)
    with pytest.raises(CountsError):
        screen(policy(), tables(), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_says_what_a_run_rests_on(tmp_path: Path) -> None:
    chosen = policy()
    given = {kind: tmp_path / f"{kind}.parquet" for kind in tables()}
    for kind, table in tables().items():
        pq.write_table(table, given[kind])
    manifest = screen(chosen, given, tmp_path / "run").manifest

    assert manifest["hash"] == chosen.hash
    assert manifest["on"] == "2024-06-01"
    assert manifest["complete"] == ["payment", "person"]
    assert manifest["places"] == {"payment": {"wage": 2}}
    (person,) = (each for each in manifest["inputs"] if each["kind"] == "person")
    assert person["sha256"] == sha256(given["person"].read_bytes()).hexdigest()
    assert json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8")) == manifest


# ---------------------------------------------------------------- whole or not at all


def test_results_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(FileExistsError):
        screen(policy(), tables(), tmp_path / "run")


@pytest.mark.parametrize("delay", [0.3, 0.8, 1.3, 1.8])
def test_a_run_that_is_killed_leaves_no_result(delay: float, tmp_path: Path) -> None:
    chosen = aidrules.load(NINE)
    given = made(chosen, tmp_path / "made", households=30_000, on=ON, unknown=Fraction(1, 10))
    out = tmp_path / "out" / "run"
    arguments = [
        *("screen", str(NINE), "--on", "2024-06-01", "--out", str(out)),
        *("--households", str(given["household"]), "--members", str(given["person"])),
        *("--complete", "person"),
    ]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "aidrules", *arguments], stdout=subprocess.DEVNULL
    )
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    if out.exists():  # it was done by then: all of it
        assert pq.read_table(out / "decisions.parquet").num_rows > 30_000
        assert (out / "summary.json").exists()
    else:
        assert all(path.name.startswith(".") for path in out.parent.glob("*"))


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        screen(policy(), tmp_path / "nothing.parquet", tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- the command


def written(folder: Path, given: Mapping[str, Any]) -> list[str]:
    """Write policy and tables, and return the arguments that name them."""
    folder.mkdir(exist_ok=True)
    (folder / "allowance.aid").write_text(POLICY, "utf-8")
    for kind, table in given.items():
        pq.write_table(table, folder / f"{kind}.parquet")
    others = [str(folder / f"{kind}.parquet") for kind in given if kind != "household"]
    return [
        str(folder / "allowance.aid"),
        *("--households", str(folder / "household.parquet"), "--members", *others),
        *("--complete", "person", "payment", "--places", "payment.wage=2", "--on", "2024-06-01"),
    ]


def test_the_command_prints_counts_and_writes_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = written(tmp_path, tables())

    assert main(["screen", *arguments, "--out", str(tmp_path / "run")]) == 0
    shown = capsys.readouterr().out
    assert "household: 3 read, 3 accepted, 0 rejected" in shown
    assert "allowance.share" in shown
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "decisions.parquet",
        "rejects.parquet",
        "summary.json",
        "manifest.json",
    }


def test_rejects_are_counted_and_no_value_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tables()
    given["payment"] = given["payment"].set_column(2, "wage", pa.array([1, 2, -98_765]))
    arguments = written(tmp_path, given)

    assert main(["screen", *arguments, "--out", str(tmp_path / "run")]) == 1
    captured = capsys.readouterr()
    assert "1 in payment.parquet, wage: outside the declared range" in captured.out
    assert "98765" not in captured.out + captured.err
    assert "y3" not in captured.out + captured.err
    assert captured.err == ""  # a bar of progress is for terminals


def test_wrong_calls_are_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = written(tmp_path, tables())
    out = ["--out", str(tmp_path / "run")]

    assert main(["screen", *arguments, *out, "--places", "wage"]) == 2
    assert "`wage` is no pair" in capsys.readouterr().out
    assert main(["screen", *arguments, *out, "--members", "dog=x.csv"]) == 2
    assert "no kind of record `dog`" in capsys.readouterr().out
    assert main(["screen", *arguments, *out, "--rename", "person.points=mark"]) == 0
    assert main(["screen", *arguments, *out]) == 2
    assert "is there already" in capsys.readouterr().out
    assert main(["screen", *arguments, "--out", str(tmp_path / "x"), "--changed", "c"]) == 2
    assert "--previous" in capsys.readouterr().out


def test_a_wrong_table_is_told_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tables()
    given["person"] = given["person"].rename_columns(
        ["id", "household_id", "birth_dat", *given["person"].column_names[3:]]
    )
    arguments = written(tmp_path, given)

    assert main(["screen", *arguments, "--out", str(tmp_path / "run"), "--language", "zh"]) == 1
    shown = "未读取 person.parquet：政策中没有该列：birth_dat（是否指“birth_date”？）\n"
    assert capsys.readouterr().out == shown


def test_made_up_tables_are_screened_by_the_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "made"
    assert main(["synthesize", str(NINE), "-n", "50", "--seed", "2", "--out", str(folder)]) == 0
    assert str(folder / "person.parquet") in capsys.readouterr().out
    arguments = [
        *("screen", str(NINE), "--on", "2024-06-01", "--out", str(tmp_path / "run")),
        *("--households", str(folder / "household.parquet")),
        *("--members", f"person={folder / 'person.parquet'}", "--complete", "person"),
    ]
    assert main(arguments) == 0
    assert "household: 50 read, 50 accepted, 0 rejected" in capsys.readouterr().out


# ---------------------------------------------------------------- reasons of one record


def test_a_record_of_a_run_is_explained_from_its_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = written(tmp_path, tables())
    run = str(tmp_path / "run")
    main(["screen", *arguments, "--out", run])
    capsys.readouterr()
    named = str(tmp_path / "allowance.aid")

    assert main(["explain-record", named, run, "a", "--only", "aid"]) == 0
    shown = capsys.readouterr().out
    assert "aid for household a on 2024-06-01: granted, 575 yuan per month" in shown
    assert "tenure: rented" in shown
    assert main(["explain-record", named, run, "p3", "--kind", "person", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["record"] for each in told["decisions"]} == {"p3"}
    assert main(["explain-record", named, run, "y3", "--kind", "payment"]) == 0
    assert main(["explain-record", named, run, "nobody"]) == 2
    assert "no record of this id" in capsys.readouterr().out


def test_tables_in_memory_are_stored_to_be_explained(tmp_path: Path) -> None:
    chosen = policy()
    screen(chosen, tables(), tmp_path / "run")
    decision = chosen.explain_record(tmp_path / "run", "a")

    assert decision.outcome("aid").amount == 575


def test_a_nested_run_is_explained(tmp_path: Path) -> None:
    chosen = policy()
    people = pa.array([[{"id": "p", "works": True}], []])
    table = pa.table({"id": ["a", "b"], "tenure": ["owned", "owned"], "person": people})
    screen(chosen, table, tmp_path / "run", {})

    assert chosen.explain_record(tmp_path / "run", "a").records("person") == ("p",)
    assert chosen.explain_record(tmp_path / "run", "b").records("person") == ()


def test_reasons_are_refused_if_a_table_is_not_what_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = written(tmp_path, tables())
    run = str(tmp_path / "run")
    main(["screen", *arguments, "--out", run])
    other = tables()["person"].set_column(7, "points", [["1", "2", "3", "4"]])
    pq.write_table(other, tmp_path / "person.parquet")
    capsys.readouterr()

    assert main(["explain-record", str(tmp_path / "allowance.aid"), run, "a"]) == 2
    assert capsys.readouterr().out == ("person.parquet is not what it was when the run was made\n")


def test_what_is_not_installed_is_named_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("aidrules.population.telling.find_spec", lambda _: None)
    out = ["--out", str(tmp_path / "run")]

    assert main(["screen", str(NINE), "--households", "h", "--on", "2024-06-01", *out]) == 2
    assert main(["synthesize", str(NINE), *out]) == 2
    message = "this needs more packages: pip install 'aidrules[population]'\n"
    assert capsys.readouterr().out == 2 * message


WITH_COUNTY = """
policy aid
  in force from 2024-01-01
source rules "Rules of the county" rank county from 2024-01-01
currency yuan to 0.01

entity county
entity household in county at most 1000
fact planned of county: money  between 0 and 1_000_000
fact income of household: money per month  between 0 and 100_000

benefit aid for household: money per month
  cite rules 1
  when income < 100 yuan per month or previously receives aid
  amount 10 yuan per month

require floor of county
  cite rules 2
  that planned >= 10 yuan
"""


def test_what_no_run_decides_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A duty of the county stands above its households; what was decided before is in no table."""
    file = tmp_path / "aid.aid"
    file.write_text(WITH_COUNTY, "utf-8")
    policy = aidrules.load(file)
    table = pa.table({"id": ["a", "b"], "income": [50, 150]})
    run = policy.screen({"household": table}, ON, tmp_path / "one", root="household")

    assert run.summary["left_out"] == ["aid.floor"]
    assert run.summary["not_known_before"] == ["aid.aid"]
    assert run.decisions()["status"].to_pylist() == ["granted", "undecided"]

    pq.write_table(table, tmp_path / "household.parquet")
    households = ["--households", str(tmp_path / "household.parquet"), "--on", "2024-06-01"]
    main(["screen", str(file), *households, "--out", str(tmp_path / "two")])
    shown = capsys.readouterr().out
    assert "aid.floor" in shown
    assert "what was decided before is not known" in shown


WITH_FUND = """
policy vouchers
  in force from 2023-01-01
source notice "Notice on vouchers" rank county from 2023-01-01
currency yuan to 0.01

entity district
entity household in district at most 100_000
fact fund of district: money  between 0 and 10_000_000
fact difficulty of household: number  between 0 and 10
fact applied_on of household: date

benefit voucher for household: money
  cite notice 1
  amount 100 yuan * difficulty

ration voucher within district
  cite notice 2
  up to fund
  first difficulty highest, applied_on earliest

task waiting for household
  cite notice 3
  when eligible for voucher
  unless receives voucher
"""


def test_limited_funds_go_in_order_over_all_households(tmp_path: Path) -> None:
    """Never beyond the fund, and nobody in front is left behind one who is served."""
    file = tmp_path / "vouchers.aid"
    file.write_text(WITH_FUND, "utf-8")
    chance = Random(4)  # noqa: S311 - chance for tests, not for secrets
    days = [date(2023, 1, 1) + timedelta(days) for days in chance.sample(range(400), 300)]
    claims = {f"h{at:03d}": (chance.randrange(11), day) for at, day in enumerate(days)}
    households = pa.table(
        {
            "id": list(claims),
            "district_id": [f"d{at % 2}" for at in range(300)],
            "difficulty": [difficulty for difficulty, _ in claims.values()],
            "applied_on": [day for _, day in claims.values()],
        }
    )
    districts = pa.table({"id": ["d0", "d1"], "fund": [20_000, 1_000_000]})
    run = aidrules.load(file).screen(
        {"district": districts, "household": households},
        date(2024, 6, 1),
        tmp_path / "out",
        complete={"household"},
        root="district",
    )
    rows = run.decisions().to_pylist()
    voucher = {row["record"]: row for row in rows if row["grant"] == "vouchers.voucher"}
    waiting = {
        row["record"]
        for row in rows
        if row["grant"] == "vouchers.waiting" and row["status"] == "granted"
    }
    mine = [each for at, each in enumerate(claims) if at % 2 == 0 and claims[each][0]]
    mine.sort(key=lambda each: (-claims[each][0], claims[each][1]))
    served = [each for each in mine if voucher[each]["status"] == "granted"]

    assert served == mine[: len(served)]
    paid = sum(voucher[each]["amount"] for each in served)
    assert paid <= 20_000 < paid + 100 * claims[mine[len(served)]][0]
    assert set(mine) - set(served) == waiting
