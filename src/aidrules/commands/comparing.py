"""Commands on two policies: what differs in meaning, and in the facts they ask for."""

import argparse
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aidrules import wording
from aidrules.commands import (
    FOUND,
    USAGE,
    Commands,
    add_date,
    count_of_members,
    print_json,
    seconds,
)
from aidrules.commands.tables import (
    WrongPair,
    add_tables,
    print_table,
    refused,
    tables,
    telling,
)
from aidrules.decision import Language
from aidrules.diagnostics import render
from aidrules.lexicon import words
from aidrules.policy import Policy, load
from aidrules.population.telling import MissingExtra, need_population
from aidrules.types import Quantity, core
from aidrules.verify.comparing.comparison import Comparison, GrantComparison
from aidrules.verify.inputs import KINDS, InputChange, input_changes

if TYPE_CHECKING:
    from aidrules.population.effects import Effect, Effects


def add(commands: Commands) -> None:
    """Add the commands to the parser."""
    made = commands.add(
        "compare", "show who gains and who loses 比较两份政策的受益与受损", _compare
    )
    made.add_argument("new", metavar="NEW", help="the policy that it is compared with")
    add_date(made, required=False)
    made.add_argument(
        "--size",
        type=count_of_members,
        default=3,
        metavar="COUNT",
        help="of a kind, at most (3)",
    )
    made.add_argument(
        "--seconds", type=seconds, default=5, metavar="SECONDS", help="for each question (5)"
    )
    made.add_argument("--only", metavar="NAME", help="one grant")
    made.add_argument("--json", action="store_true", help="as JSON")
    add_tables(made, required=False)
    made.add_argument(
        "--chart", metavar="FILE", help="an SVG file of what these households gain and lose"
    )
    made.add_argument(
        "--by",
        nargs="+",
        action="extend",
        default=[],
        metavar="FACT",
        help="groups of households, such as residence, county, county.region",
    )


def _drawn(
    told: "Effects", found: Comparison, chosen: argparse.Namespace, language: Language
) -> int:
    """Draw what is gained and lost, and return the exit code."""
    if find_spec("matplotlib") is None:
        print(words(language).fill("word", "extra-missing", extra="chart"))
        return USAGE
    from aidrules.charts.gains import Titled, svg  # noqa: PLC0415 - an extra

    names = {(each.old and each.old.key, each.new and each.new.key): each for each in found.grants}
    titled = [
        Titled(_heading(names[each.old, each.new], found, language), each)
        for each in told.grants
        if (each.old, each.new) in names
    ]
    Path(chosen.chart).write_text(svg(titled, language), "utf-8")
    return 0


def _compare(old: Policy, language: Language, chosen: argparse.Namespace) -> int:
    new = load_other(chosen.new, language)
    if new is None:
        return FOUND
    found = old.compare(
        new, chosen.on, members=chosen.size, seconds=chosen.seconds, only=chosen.only
    )
    lexicon = words(language)
    if not found.grants:
        print(lexicon.pattern("word", "comparison-nothing"))
        return USAGE
    if chosen.chart is not None and chosen.households is None:
        print(lexicon.pattern("word", "chart-without-households"))
        return USAGE
    try:
        told = None if chosen.households is None else _effects(found, old, new, chosen)
    except _WrongTables as error:
        print("\n".join(error.lines(language)))
        return error.code
    if chosen.json:
        plain = found.to_json(language)
        print_json(plain if told is None else plain | {"households": told.to_json()})
    else:
        sys.stdout.write(found.explain(language))
        if find_spec("z3") is None:
            print(lexicon.fill("word", "extra-missing", extra="prove"))
        if told is not None:
            _print_effects(told, found, language)
    if chosen.chart is not None and told is not None and _drawn(told, found, chosen, language):
        return USAGE
    return 0 if found.is_same else FOUND


class _WrongTables(Exception):  # noqa: N818 - it says what the tables are
    """Tables of which nothing can be told.

    Attributes:
        lines: Says why, in a language.
        code: For the exit.
    """

    def __init__(self, lines: Callable[[Language], Iterable[str]], code: int = USAGE) -> None:
        super().__init__(code)
        self.lines, self.code = lines, code


def _wrong(word: str, **holes: str) -> _WrongTables:
    return _WrongTables(lambda language: [words(language).fill("word", word, **holes)])


def _effects(found: Comparison, old: Policy, new: Policy, chosen: argparse.Namespace) -> "Effects":
    """Return what happens to the households of some tables."""
    try:
        need_population()
    except MissingExtra as error:
        raise _wrong(word="extra-missing", extra=error.extra) from None
    from aidrules.population.table import TablesError  # noqa: PLC0415 - an extra

    try:
        return old.effects(
            new,
            dict(tables(new, chosen)),
            found.on,
            by=chosen.by,
            threads=chosen.threads,
            **telling(chosen),
        )
    except TablesError as error:
        files = error.refused
        raise _WrongTables(
            lambda language: [refused(each, language) for each in files], FOUND
        ) from None
    except WrongPair as error:
        raise _wrong(word="not-a-pair", text=str(error)) from None
    except LookupError as error:
        raise _wrong(word="no-such-group", name=str(error.args[0])) from None


def _print_effects(told: "Effects", found: Comparison, language: Language) -> None:
    lexicon = words(language)
    names = {(each.old and each.old.key, each.new and each.new.key): each for each in found.grants}
    for effect in told.grants:
        compared = names.get((effect.old, effect.new))
        if compared is None:
            continue
        print("\n" + _heading(compared, found, language))
        columns = ("gain", "lose", "same", "otherwise", "before", "after", "more", "less")
        rows = [("", *(lexicon.pattern("word", f"effect-{name}") for name in columns))]
        rows.append(_row(lexicon.pattern("word", "effect-all"), effect.all, language))
        for by, groups in effect.groups.items():
            for group in groups:
                name = (
                    lexicon.pattern("word", "effect-not-said")
                    if group.group is None
                    else group.group
                )
                label = lexicon.fill("word", "effect-group", by=by, group=name)
                rows.append(_row(label, group, language))
        print_table(rows)
    old, new = told.rejected
    print()
    print(
        lexicon.fill("word", "effect-read", read=f"{told.read:,}", old=f"{old:,}", new=f"{new:,}")
    )


def _heading(compared: GrantComparison, found: Comparison, language: Language) -> str:
    """Return the name of a grant, and the unit of its amounts."""
    program = (found.old if compared.new is None else found.new).program
    name = wording.name(program, compared.grant.name, language)
    kind = None if compared.grant.type is None else core(compared.grant.type)
    if not isinstance(kind, Quantity):
        return name
    unit = wording.unit(kind.unit, language, program)
    return words(language).fill("word", "effect-heading", name=name, unit=unit)


def _row(label: str, effect: "Effect", language: Language) -> tuple[str, ...]:
    counts = (effect.gain, effect.lose, effect.same, effect.otherwise)
    sums = (effect.before, effect.after, effect.more, effect.less)
    return (
        label,
        *(f"{count:,}" for count in counts),
        *(wording.digits(each, language) for each in sums),
    )


def load_other(name: str, language: Language) -> Policy | None:
    """Return a second policy; None if it has errors, which are shown."""
    other = load(name)
    if other.is_valid:
        return other
    print(render.text(other.diagnostics, language, color=sys.stdout.isatty()), end="")
    return None


def print_input_changes(old: Policy, new: Policy, language: Language, *, as_json: bool) -> int:
    """Print what changed in the facts that are asked for, and return the exit code.

    Returns:
        1 if somebody who gives facts or reads decisions has to change something, else 0.
    """
    changes = input_changes(old.program, new.program, language)
    breaks = any(change.breaks for change in changes)
    if as_json:
        said = [
            change.to_json() | {"says": _sentence(change, old, new, language)} for change in changes
        ]
        print_json({"old": _about(old), "new": _about(new), "changes": said, "breaks": breaks})
    else:
        _print_changes(changes, old, new, language)
    return FOUND if breaks else 0


def _about(policy: Policy) -> dict[str, str]:
    return {"policy": policy.name, "hash": policy.hash}


def _sentence(change: InputChange, old: Policy, new: Policy, language: Language) -> str:
    """Return a change as a sentence; what is gone has its name in the old glossary alone."""
    is_gone = change.what in {"gone", "no-longer-decided"}
    return change.sentence((old if is_gone else new).program, language)


def _print_changes(
    changes: tuple[InputChange, ...], old: Policy, new: Policy, language: Language
) -> None:
    lexicon = words(language)
    if not changes:
        print(lexicon.pattern("word", "inputs-same"))
        return
    for kind in KINDS:
        of_kind = [change for change in changes if change.kind == kind]
        if of_kind:
            print(lexicon.pattern("word", f"input-heading-{kind}"))
        for change in of_kind:
            mark = "*" if change.breaks else " "
            print(f"{mark} {_sentence(change, old, new, language)}")
    count = sum(change.breaks for change in changes)
    key = "inputs-break" if count else "inputs-keep"
    print("\n" + lexicon.pattern("word", key).format(count=count))
