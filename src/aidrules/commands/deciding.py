"""Commands on one policy and one household: check, test, evaluate, explain, schema, ask."""

import argparse
import json
import sys
from pathlib import Path

from aidrules import interview
from aidrules.commands import FOUND, USAGE, Commands, add_date, print_json, read_bytes
from aidrules.commands.comparing import load_other, print_input_changes
from aidrules.decision import Decision, Language
from aidrules.diagnostics import render
from aidrules.lexicon import words
from aidrules.policy import Policy
from aidrules.verify.nearest import Turned, explain, to_json


def add(commands: Commands) -> None:
    """Add the commands to the parser."""
    made = commands.add(
        "check", "show what is wrong with a policy 检查政策", _check, takes_wrong_policies=True
    )
    made.add_argument("--json", action="store_true", help="findings as JSON")
    made.add_argument("--strict", action="store_true", help="warnings count as findings too")
    commands.add("test", "run the examples of a policy 运行示例", _test)
    for name, about in (
        ("evaluate", "decide a household 作出决定"),
        ("explain", "decide a household, with all reasons 作出决定并说明理由"),
    ):
        made = commands.add(name, about, _evaluate)
        made.add_argument("household", metavar="HOUSEHOLD", help="facts as JSON; - reads stdin")
        add_date(made)
        made.add_argument("--json", action="store_true", help="the decision as JSON")
        if name == "explain":
            form = made.add_mutually_exclusive_group()
            form.add_argument("--markdown", action="store_true", help="as Markdown")
            form.add_argument("--letter", action="store_true", help="as letters to the family")
            form.add_argument(
                "--what-would-change",
                action="store_true",
                help="and the nearest change of one fact that would turn each decision",
            )
            made.add_argument("--only", metavar="NAME", help="of one grant or requirement")
    made = commands.add(
        "schema", "print the JSON Schema of the facts 输出信息的 JSON Schema", _schema
    )
    made.add_argument("--root", metavar="KIND", help="the kind of the document's own record")
    made.add_argument(
        "--against", metavar="OLD", help="say instead what changed since another policy"
    )
    made.add_argument("--json", action="store_true", help="what changed as JSON")
    made = commands.add("ask", "ask a person only what can still change an answer 询问", _ask)
    add_date(made)
    made.add_argument("--facts", metavar="HOUSEHOLD", help="what is known already, as JSON")
    made.add_argument("--save", metavar="FILE", help="write the facts given to a file")


def _check(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    if chosen.json:
        print_json(render.as_json(policy.diagnostics, language))
    elif policy.diagnostics:
        print(render.text(policy.diagnostics, language, color=sys.stdout.isatty()), end="")
    else:
        print(words(language).pattern("word", "nothing-found"))
    counted = [d for d in policy.diagnostics if chosen.strict or d.is_error]
    return FOUND if counted else 0


def _test(policy: Policy, language: Language, _: argparse.Namespace) -> int:
    lexicon = words(language)
    results = policy.test()
    for result in results:
        mark = "ok" if result.passed else "FAILED"
        print(f"{mark:<7}{result.title}")
        if not result.passed:
            print(render.text(result.diagnostics, language, color=sys.stdout.isatty()), end="")
    failed = sum(not result.passed for result in results)
    print(
        lexicon.fill("word", "examples-run", passed=str(len(results) - failed), failed=str(failed))
    )
    return FOUND if failed else 0


def _schema(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    if chosen.against is not None:
        old = load_other(chosen.against, language)
        return (
            FOUND
            if old is None
            else print_input_changes(old, policy, language, as_json=chosen.json)
        )
    try:
        print_json(policy.schema(chosen.root, language))
    except LookupError:
        print(words(language).fill("word", "no-such-kind", name=str(chosen.root)))
        return USAGE
    return 0


def _evaluate(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    facts = sys.stdin.buffer.read() if chosen.household == "-" else read_bytes(chosen.household)
    decision = policy.evaluate(facts, chosen.on)
    turned: tuple[Turned, ...] = ()
    if not decision.is_rejected and getattr(chosen, "what_would_change", False):
        turned = policy.what_would_change(facts, chosen.on, chosen.only)
    if chosen.json:
        plain = decision.to_json(language)
        if turned:
            plain["what_would_change"] = [to_json(each, policy.program) for each in turned]
        print_json(plain)
    elif decision.is_rejected:
        print(render.text(decision.diagnostics, language, color=sys.stdout.isatty()), end="")
    elif chosen.command == "explain":
        only = _only(decision, chosen.only)
        if not only.outcomes:
            print(words(language).fill("word", "no-such-outcome", name=str(chosen.only)))
            return USAGE
        if chosen.letter:
            print(only.letter(language), end="")
        else:
            print(only.explain(language, "markdown" if chosen.markdown else "text"), end="")
            for each in turned:
                print("\n" + explain(each, policy.program, language), end="")
    else:
        print(decision.explain(language), end="")
    return FOUND if decision.is_rejected else 0


def _only(decision: Decision, name: str | None) -> Decision:
    return decision if name is None else decision.only(name)


def _ask(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    facts = b"{}" if chosen.facts is None else read_bytes(chosen.facts)
    session = interview.begin(policy, facts, chosen.on)
    if session.decision.is_rejected:
        print(render.text(session.decision.diagnostics, language), end="")
        return FOUND
    decision = interview.run(session, language, sys.stdin, sys.stdout)
    print(decision.explain(language), end="")
    if chosen.save:
        text = json.dumps(session.document, ensure_ascii=False, indent=2, default=str)
        Path(chosen.save).write_text(text + "\n", "utf-8")
    return 0
