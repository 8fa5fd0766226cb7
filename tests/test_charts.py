"""Charts: amounts against one number of a household, proved straight between their points."""

import json
import re
import shlex
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from aidrules import Policy, load, loads
from aidrules.charts import AxisError, Chart, explain
from aidrules.charts.axis import axis_of
from aidrules.charts.chart import Cliff
from aidrules.charts.curve import Run, Target, Tracer
from aidrules.cli import main
from aidrules.household import Reader
from aidrules.lexicon import exact
from aidrules.policy import FactsError
from aidrules.values import Exact

POLICIES = sorted((Path(__file__).parents[1] / "docs" / "policies").rglob("*.aid.md"))
ON = "2024-06-01"
Amounts = tuple[Exact | None, ...]

HEATING = """
policy heating
  in force from 2024-01-01
source notice "Notice on heating" rank county from 2024-01-01
currency yuan to 0.01
entity household
entity person in household at most 10
fact rooms of household: number  between 0 and 20
fact income of person: money per month  between 0 and 100_000
parameter standard: money per month  cite notice 1
  from 2024-01-01 = 700
define size of household: number = count of person  cite notice 1
define counted of person: money per month  cite notice 1
  = income * 80%
define income_of_all of household: money per month = sum of counted over person  cite notice 1
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard * size
  amount standard * size - income_of_all
benefit heating for household: money per month
  cite notice 3
  when income_of_all < standard * size * 150%
  amount 120 yuan per month
benefit coal for household: money
  cite notice 4
  when rooms > 2
  when income_of_all <= 1_000 yuan per month
  amount 50 yuan * rooms
"""
ZHANG = {
    "id": "h",
    "rooms": 3,
    "person": [{"id": "zhang", "income": 300}, {"id": "li", "income": 0}],
}


def charted(policy: str = HEATING, along: str = "income of zhang", **rooms: object) -> Chart:
    return loads(policy).chart({**ZHANG, **rooms}, ON, along)


def told(cliff: Cliff) -> str:
    at, to, loss, left = map(exact, (cliff.at, cliff.to, cliff.loss, cliff.left))
    return f"{at} to {to}: {loss} less, {left} left"


def test_a_taper_and_a_cliff_are_exact() -> None:
    chart = charted()
    monthly, once = chart.panels

    assert [each.grant.name for each in monthly.amounts] == ["aid", "heating"]
    stretches = [each for each in monthly.stretches() if each.run.kind == "straight"]
    assert [(str(e.first.at), str(e.last.at), str(e.rate)) for e in stretches] == [
        ("0", "1750", "4/5"),
        ("1750", "262499/100", "0"),
        ("2625", "5000", "0"),
    ]
    assert list(map(told, monthly.cliffs())) == ["2624.99 to 2625: 120 less, 0 left"]
    # paid once: no rate against a monthly income, yet a cliff
    assert list(map(told, once.cliffs())) == ["1250 to 1250.01: 150 less, 0 left"]
    assert once.factor is None


def test_roundings_are_no_cliffs() -> None:
    rounded = HEATING.replace("income * 80%", "income * 80%\n  rounded down to 0.1 yuan per month")
    chart = charted(rounded)
    monthly, _ = chart.panels

    assert list(map(told, monthly.cliffs())) == ["2624.99 to 2625: 120 less, 0 left"]
    first = next(monthly.stretches())
    assert monthly.rounding(first.run) == Fraction(1, 10)
    assert len(monthly.curves.points) < 12


def test_what_is_not_certain_is_left_out_and_never_nothing() -> None:
    facts = {key: value for key, value in ZHANG.items() if key != "rooms"}
    chart = loads(HEATING).chart(facts, ON, "income of zhang")

    assert [each.grant.name for each in chart.left_out] == ["coal"]
    assert [each.grant.name for each in chart.amounts] == ["aid", "heating"]
    assert "left out: coal" in explain(chart, "en")


def test_the_fact_must_be_one_number() -> None:
    with pytest.raises(AxisError) as wrong:
        charted(along="income")
    assert wrong.value.choices == ("rooms of h", "income of zhang", "income of li")
    with pytest.raises(FactsError):
        loads(HEATING).chart({**ZHANG, "rooms": -1}, ON, "rooms")
    with pytest.raises(ValueError, match="nothing lies between 9 and 2"):
        loads(HEATING).chart(ZHANG, ON, "rooms", (9, 2))


def test_both_languages_tell_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need the extra [chart]")
    policy, facts, out = (tmp_path / name for name in ("heating.aid", "zhang.json", "zhang.svg"))
    policy.write_text(HEATING, "utf-8")
    facts.write_text(json.dumps(ZHANG), "utf-8")
    line = ["chart", str(policy), str(facts), "--on", ON]

    assert main([*line, "--along", "income of zhang", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "from 0 to 1,750: 1,520 to 120, 80 % withdrawn\n" in said
    assert "cliff: from 2,624.99 to 2,625 it falls by 120, to 0" in said
    picture = out.read_text("utf-8")
    assert "−120 at 2,624.99" in picture
    assert "income of zhang (yuan per month)" in picture

    assert main([*line, "--along", "income of zhang", "--language", "zh", "--out", str(out)]) == 0
    assert "骤减：由2,624.99到2,625，减少120，余0" in capsys.readouterr().out
    assert "扣减率" in out.read_text("utf-8")
    again = tmp_path / "again.svg"
    assert main([*line, "--along", "income of zhang", "--language", "zh", "--out", str(again)]) == 0
    assert again.read_bytes() == out.read_bytes()
    capsys.readouterr()

    assert main([*line, "--along", "income of zhang", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["along"]["now"] == "300"
    assert told["panels"][0]["cliffs"] == [{"at": "2624.99", "to": "2625", "loss": "120"}]

    assert main(line) == 2
    assert "say along which fact" in capsys.readouterr().out
    assert main([*line, "--along", "wage"]) == 2
    assert "wage names no one number of this household" in capsys.readouterr().out


def test_the_page_shows_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="pictures need the extra [chart]")
    page = (POLICIES[0].parents[2] / "charts.md").read_text("utf-8")
    for name, kind in (("heating.aid", "aid"), ("zhang.json", "json")):
        (text,) = re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)
        (tmp_path / name).write_text(text, "utf-8")
    (block,) = re.findall(r"```console\n\$ aidrules (.*?)\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)

    assert main(shlex.split(block[0])) == 0
    assert capsys.readouterr().out == block[1]
    assert (tmp_path / "zhang.svg").exists()


# ---------------------------------------------------------------- what is said between the points


def _checked(policy: Policy, chart: Chart, facts: dict[str, object], rng: Random) -> int:
    """Look at values between the points, and return at how many."""
    engine = policy._engine  # noqa: SLF001 - the same work, without loading it again
    case, _ = Reader.of(policy.program).read(facts)
    assert case is not None
    axis = axis_of(policy.program, case, f"{chart.axis.fact.name} of {chart.axis.record.id}")
    looked = 0
    for panel in chart.panels:
        targets = tuple(
            Target(each.grant.key, case.records[each.record.entity, each.record.id])
            for each in panel.amounts
        )
        tracer = Tracer(engine, case, chart.on, axis, targets)
        points = panel.curves.points
        for first, last, run in zip(points, points[1:], panel.curves.runs, strict=False):
            steps = int((last.at - first.at) / axis.step)
            if run.kind == "straight" and steps > 1:
                for _ in range(6):
                    at = first.at + rng.randrange(steps + 1) * axis.step
                    share = (at - first.at) / (last.at - first.at)
                    looked += 1
                    _is_near(first.amounts, tracer.point(at).amounts, last.amounts, share, run)
    return looked


def _is_near(ones: Amounts, there: Amounts, others: Amounts, share: Fraction, run: Run) -> None:
    for one, found, other, off in zip(ones, there, others, run.roundings, strict=True):
        if one is None or other is None:
            assert found is None
        else:
            assert found is not None
            assert abs(found - (one + (other - one) * share)) <= 3 * off


@pytest.mark.parametrize("quantum", ["0.01", "1", "10"])
@pytest.mark.parametrize("mode", ["up", "down", "half up"])
def test_between_points_it_is_as_the_interpreter_says(quantum: str, mode: str) -> None:
    text = HEATING.replace(
        "amount standard * size - income_of_all",
        f"amount standard * size - income_of_all\n  rounded {mode} to {quantum} yuan per month",
    ).replace("income * 80%", f"income * 80%\n  rounded {mode} to {quantum} yuan per month")
    policy = loads(text)
    chart = policy.chart(ZHANG, ON, "income of zhang")

    assert _checked(policy, chart, dict(ZHANG), Random(1)) >= 12  # noqa: S311 - chance for tests


def test_shipped_examples_are_drawn_as_the_interpreter_says() -> None:
    rng, looked, runs = Random(2), 0, 0  # noqa: S311 - chance for tests
    for path in POLICIES:
        policy = load(path)
        reader = Reader.of(policy.program)
        for example in policy.program.examples[:6]:
            case, _ = reader.read(example.document)
            if case is None:
                continue
            try:
                axis_of(policy.program, case, None)
                names: list[str | None] = [None]
            except AxisError as several:
                names = list(several.choices[:8])
            for name in names:
                facts = dict(example.document)
                chart = policy.chart(facts, date.fromordinal(example.date), name)
                every = [run for panel in chart.panels for run in panel.curves.runs]
                runs += len(every)
                assert not [run for run in every if run.kind == "open"], (path, name)
                looked += _checked(policy, chart, facts, rng)
    assert looked > 300
    assert runs > 60
