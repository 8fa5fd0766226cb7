"""The command line to calls of a policy: check, test, evaluate, explain, schema, ask.

Exit codes: 0 decided or undecided, 1 findings or bad facts, 2 wrong usage.
"""

import argparse
import io
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from aidrules import interview
from aidrules.decision import Decision, Language
from aidrules.diagnostics import render
from aidrules.lexicon import words
from aidrules.policy import Policy, load

FOUND, USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        arguments: Behind the program's name; None: those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    parser = _parser()
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as stop:
        return USAGE if stop.code else 0
    try:
        return _run(chosen)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        language = _language(chosen.language)
        print(words(language).fill("word", "cannot-open", file=str(error.filename or error)))
        return USAGE
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print()
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aidrules",
        description="Rules of social aid: check them, test them, decide by them. "
        "社会救助规则：检查、测试、据以作出决定。",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.add_argument("policy", metavar="POLICY", help="a file, a folder, or a shipped name")
        made.add_argument(
            "--language", choices=("en", "zh"), default="en", help="of messages and reasons 语言"
        )
        return made

    found = command("check", "show what is wrong with a policy 检查政策")
    found.add_argument("--json", action="store_true", help="findings as JSON")
    found.add_argument("--strict", action="store_true", help="warnings count as findings too")
    command("test", "run the examples of a policy 运行示例")
    for name, about in (
        ("evaluate", "decide a household 作出决定"),
        ("explain", "decide a household, with all reasons 作出决定并说明理由"),
    ):
        made = command(name, about)
        made.add_argument("household", metavar="HOUSEHOLD", help="facts as JSON; - reads stdin")
        made.add_argument(
            "--on", required=True, type=_day, metavar="DATE", help="such as 2024-05-01"
        )
        made.add_argument("--json", action="store_true", help="the decision as JSON")
        if name == "explain":
            made.add_argument("--markdown", action="store_true", help="as Markdown")
            made.add_argument("--letter", action="store_true", help="as letters to the family")
            made.add_argument("--only", metavar="NAME", help="of one grant or requirement")
    made = command("schema", "print the JSON Schema of the facts 输出信息的 JSON Schema")
    made.add_argument("--root", metavar="KIND", help="the kind of the document's own record")
    made = command("ask", "ask a person only what can still change an answer 询问")
    made.add_argument("--on", required=True, type=_day, metavar="DATE", help="2024-05-01")
    made.add_argument("--facts", metavar="HOUSEHOLD", help="what is known already, as JSON")
    made.add_argument("--save", metavar="FILE", help="write the facts given to a file")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no date: write such as 2024-05-01"
        raise argparse.ArgumentTypeError(message) from None


def _language(name: str) -> Language:
    return "zh" if name == "zh" else "en"


def _run(chosen: argparse.Namespace) -> int:
    language = _language(chosen.language)
    policy = load(chosen.policy)
    match chosen.command:
        case "check":
            return _check(policy, language, as_json=chosen.json, strict=chosen.strict)
        case _ if not policy.is_valid:
            print(render.text(policy.diagnostics, language, color=sys.stdout.isatty()), end="")
            return FOUND
        case "test":
            return _test(policy, language)
        case "schema":
            return _schema(policy, language, chosen.root)
        case "ask":
            return _ask(policy, language, chosen)
        case _:
            return _evaluate(policy, language, chosen)


def _check(policy: Policy, language: Language, *, as_json: bool, strict: bool) -> int:
    if as_json:
        _print_json(render.as_json(policy.diagnostics, language))
    elif policy.diagnostics:
        print(render.text(policy.diagnostics, language, color=sys.stdout.isatty()), end="")
    else:
        print(words(language).pattern("word", "nothing-found"))
    counted = [d for d in policy.diagnostics if strict or d.is_error]
    return FOUND if counted else 0


def _test(policy: Policy, language: Language) -> int:
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


def _schema(policy: Policy, language: Language, root: str | None) -> int:
    try:
        _print_json(policy.schema(root, language))
    except LookupError:
        print(words(language).fill("word", "no-such-kind", name=str(root)))
        return USAGE
    return 0


def _evaluate(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    facts = sys.stdin.buffer.read() if chosen.household == "-" else _bytes(chosen.household)
    decision = policy.evaluate(facts, chosen.on)
    if chosen.json:
        _print_json(decision.to_json(language))
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
    else:
        print(decision.explain(language), end="")
    return FOUND if decision.is_rejected else 0


def _only(decision: Decision, name: str | None) -> Decision:
    return decision if name is None else decision.only(name)


def _bytes(name: str) -> bytes:
    return Path(name).read_bytes()


def _ask(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    facts = b"{}" if chosen.facts is None else _bytes(chosen.facts)
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


def _print_json(plain: object) -> None:
    print(json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True))
