"""Commands on one policy and many households: screen, synthesize, explain-record, reassess."""

import argparse
import json
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aidrules.commands import FOUND, USAGE, Commands, add_date, print_json, read_bytes
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
from aidrules.lexicon import exact, words
from aidrules.policy import Policy
from aidrules.population.reassess import Reassessment, RecordedError
from aidrules.population.telling import MissingExtra, Telling

if TYPE_CHECKING:
    from aidrules.population.folder import Screening


def add(commands: Commands) -> None:
    """Add the commands to the parser."""
    _add_screen(commands)
    made = commands.add(
        "synthesize", "write tables of made-up households 生成模拟数据", _synthesize
    )
    made.add_argument("-n", type=int, default=1000, metavar="COUNT", help="how many households")
    made.add_argument("--seed", type=int, default=1, help="the same gives the same tables")
    made.add_argument("--out", required=True, metavar="FOLDER", help="the folder to write")
    made.add_argument(
        "--unknown", type=Fraction, default=Fraction(0), metavar="SHARE", help="such as 0.02"
    )
    add_date(made, required=False)
    made.add_argument("--root", metavar="KIND", help="the kind of a document")
    made = commands.add(
        "explain-record", "give the reasons for one record of a run 说明某一记录的理由", _explain
    )
    made.add_argument("folder", metavar="FOLDER", help="of the run")
    made.add_argument("key", metavar="KEY", help="the id of the record")
    made.add_argument("--kind", metavar="KIND", help="of the record, such as person")
    made.add_argument("--json", action="store_true", help="the decision as JSON")
    made.add_argument("--only", metavar="NAME", help="of one grant or requirement")
    made = commands.add(
        "reassess", "say what is owed, now that facts are known 重新核算应发金额", _reassess
    )
    made.add_argument("household", metavar="HOUSEHOLD", help="facts as JSON, as they turned out")
    made.add_argument(
        "--decisions", nargs="+", required=True, metavar="FILE", help="that were made, as JSON"
    )
    add_date(made, "--until", required=False)
    made.add_argument("--json", action="store_true", help="as JSON")


def _add_screen(commands: Commands) -> None:
    made = commands.add("screen", "decide all households of tables 批量筛查", _screen)
    add_tables(made, required=True)
    add_date(made)
    made.add_argument("--out", required=True, metavar="FOLDER", help="the folder to write")
    made.add_argument("--previous", metavar="FOLDER", help="an earlier run: say what changed")
    made.add_argument(
        "--changed", metavar="FILE", help="ids of changed households, one a line: only they anew"
    )
    made.add_argument(
        "--modified",
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND.COLUMN",
        help="columns that say when a row was modified",
    )
    add_date(made, "--since", required=False)


# ---------------------------------------------------------------- screen


def _screen(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    if (chosen.changed or chosen.modified) and not chosen.previous:
        print(words(language).pattern("word", "changed-without-previous"))
        return USAGE
    if bool(chosen.modified) != bool(chosen.since):
        print(words(language).pattern("word", "modified-without-since"))
        return USAGE
    try:
        return _screened(policy, language, chosen)
    except MissingExtra as error:
        return _need(error, language)


def _screened(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    from aidrules.population.telling import need_population  # noqa: PLC0415 - an extra

    need_population()
    from aidrules.population.screen import OtherPolicyError  # noqa: PLC0415 - an extra
    from aidrules.population.table import TablesError  # noqa: PLC0415 - an extra

    lexicon = words(language)
    is_shown = sys.stderr.isatty()
    try:
        screening = policy.screen(
            dict(tables(policy, chosen)),
            chosen.on,
            chosen.out,
            previous=chosen.previous,
            changed=_keys(chosen.changed),
            threads=chosen.threads,
            progress=_show if is_shown else None,
            **_told(chosen),
        )
    except FileExistsError:
        print(lexicon.fill("word", "folder-there", file=chosen.out))
        return USAGE
    except OtherPolicyError as error:
        print(lexicon.fill("word", "other-policy", name=str(error)))
        return USAGE
    except TablesError as error:
        for each in error.refused:
            print(refused(each, language))
        return FOUND
    except LookupError as error:
        print(lexicon.fill("word", "no-such-kind", name=str(error.args[0])))
        return USAGE
    except WrongPair as error:
        print(lexicon.fill("word", "not-a-pair", text=str(error)))
        return USAGE
    finally:
        if is_shown:
            print(file=sys.stderr)
    return _print_screening(screening, language)


def _told(chosen: argparse.Namespace) -> Telling:
    told = telling(chosen)
    if chosen.modified:
        told |= {"modified": chosen.modified, "since": chosen.since}
    return told


def _keys(name: str | None) -> list[str] | None:
    if name is None:
        return None
    lines = Path(name).read_text("utf-8-sig").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _show(done: int, total: int) -> None:
    width = 30
    filled = width * done // max(total, 1)
    bar = "#" * filled + "." * (width - filled)
    print(f"\r{bar} {done:,} / {total:,}", end="", file=sys.stderr, flush=True)


def _print_screening(screening: "Screening", language: Language) -> int:
    lexicon = words(language)
    summary, manifest = screening.summary, screening.manifest
    for kind, counted in summary["records"].items():
        print(
            lexicon.fill(
                "word",
                "records-read",
                kind=kind,
                read=f"{counted['read']:,}",
                accepted=f"{counted['accepted']:,}",
                rejected=f"{counted['read'] - counted['accepted']:,}",
            )
        )
    print()
    columns = ("granted", "refused", "undecided", "error")
    headings = [lexicon.pattern("word", f"screened-{each}") for each in columns]
    rows = [("", *headings)]
    for name, counted in summary["grants"].items():
        told = (
            counted.get("granted", counted.get("holds")),
            counted.get("refused", counted.get("fails")),
        )
        numbers = (*told, counted["undecided"], counted["error"])
        rows.append((name, *(f"{number:,}" for number in numbers)))
    print_table(rows)
    if summary.get("changes") is not None:
        _print_changes(summary["changes"], language)
    if manifest["incomplete"]:
        kinds = lexicon.join(manifest["incomplete"])
        print("\n" + lexicon.fill("word", "tables-incomplete", kinds=kinds))
    for word, keys in (
        ("screened-left-out", summary["left_out"]),
        ("screened-before", summary["not_known_before"]),
    ):
        if keys:
            print("\n" + lexicon.fill("word", word, names=lexicon.join(keys)))
    rejects = screening.rejects()
    if rejects.num_rows:
        print("\n" + lexicon.pattern("word", "rows-rejected"))
        counted = rejects.group_by(["file", "reason", "field"]).aggregate([([], "count_all")])
        for row in counted.sort_by([("count_all", "descending")]).to_pylist():
            print("  " + _reject(row, language))
    print("\n" + lexicon.fill("word", "screened-into", file=str(screening.folder)))
    return FOUND if rejects.num_rows else 0


def _reject(row: Mapping[str, Any], language: Language) -> str:
    lexicon = words(language)
    own = lexicon.get("word", f"why-{row['reason']}")
    why = row["reason"] if own is None else own.format(column=row["field"] or "")
    place = row["file"] if row["field"] is None else f"{row['file']}, {row['field']}"
    return lexicon.fill(
        "word", "rejected-rows", count=f"{row['count_all']:,}", place=place, why=why
    )


def _print_changes(changes: Mapping[str, Mapping[str, int]], language: Language) -> None:
    lexicon = words(language)
    kinds = list(next(iter(changes.values()), {}))
    keys = [kind.replace(" ", "-") for kind in kinds]
    rows = [("", *(lexicon.pattern("word", key) for key in keys))]
    rows += [(name, *(f"{counted[kind]:,}" for kind in kinds)) for name, counted in changes.items()]
    print()
    print_table(rows)


def _need(error: MissingExtra, language: Language) -> int:
    print(words(language).fill("word", "extra-missing", extra=error.extra))
    return USAGE


# ---------------------------------------------------------------- the others


def _synthesize(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    lexicon = words(language)
    try:
        folder = policy.synthesize(
            chosen.n,
            chosen.out,
            seed=chosen.seed,
            on=chosen.on,
            unknown=chosen.unknown,
            root=chosen.root,
        )
    except MissingExtra as error:
        return _need(error, language)
    except FileExistsError:
        print(lexicon.fill("word", "folder-there", file=chosen.out))
        return USAGE
    except LookupError:
        print(lexicon.fill("word", "no-such-kind", name=str(chosen.root)))
        return USAGE
    for path in sorted(folder.iterdir()):
        print(path)
    return 0


def _explain(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    lexicon = words(language)
    try:
        decision = policy.explain_record(chosen.folder, chosen.key, chosen.kind)
    except MissingExtra as error:
        return _need(error, language)
    except LookupError:
        print(lexicon.fill("word", "no-such-record", folder=chosen.folder))
        return USAGE
    except ValueError as error:
        file = getattr(error, "file", None)
        key = (
            ("other-policy", {"name": str(error)})
            if file is None
            else ("input-changed", {"file": file})
        )
        print(lexicon.fill("word", key[0], **key[1]))
        return USAGE
    if chosen.only:
        decision = decision.only(chosen.only)
        if not decision.outcomes and not decision.is_rejected:
            print(lexicon.fill("word", "no-such-outcome", name=chosen.only))
            return USAGE
    if chosen.json:
        print_json(decision.to_json(language))
    else:
        print(decision.explain(language), end="")
    return FOUND if decision.is_rejected else 0


def _reassess(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    lexicon = words(language)
    try:
        made = [json.loads(read_bytes(name)) for name in chosen.decisions]
        found = policy.reassess(made, read_bytes(chosen.household), chosen.until)
    except (RecordedError, json.JSONDecodeError, UnicodeDecodeError):
        print(lexicon.pattern("word", "no-recorded-decision"))
        return FOUND
    if found.rejected is not None:
        print(render.text(found.rejected.diagnostics, language), end="")
        return FOUND
    if chosen.json:
        print_json(found.to_json())
    else:
        _print_reassessment(found, language)
    return 0


def _print_reassessment(found: Reassessment, language: Language) -> None:
    lexicon = words(language)
    keys = ("month", "record", "grant", "should-be-paid", "was-paid", "difference")
    rows = [tuple(lexicon.pattern("word", f"owed-{key}") for key in keys)]
    for each in found.months:
        if each.difference == 0:
            continue
        should = lexicon.pattern("word", "screened-undecided")
        if each.should is not None:
            should = exact(each.should)
        owed = "" if each.difference is None else exact(each.difference)
        month = each.month.isoformat()[:7]
        rows.append((month, each.record, each.grant, should, exact(each.paid), owed))
    if len(rows) > 1:
        print_table(rows)
        print()
    print(lexicon.fill("word", "back-pay", amount=exact(found.back_pay)))
    print(lexicon.fill("word", "overpayment", amount=exact(found.overpayment)))
    if found.undecided:
        print(lexicon.fill("word", "months-undecided", count=str(len(found.undecided))))
    if found.not_monthly:
        print(lexicon.fill("word", "not-monthly", names=lexicon.join(found.not_monthly)))
