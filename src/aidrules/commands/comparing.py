"""Commands on two policies: what differs in meaning, and in the facts they ask for."""

import argparse
import sys
from importlib.util import find_spec

from aidrules.commands import (
    FOUND,
    USAGE,
    Commands,
    add_date,
    count_of_members,
    print_json,
    seconds,
)
from aidrules.decision import Language
from aidrules.diagnostics import render
from aidrules.lexicon import words
from aidrules.policy import Policy, load
from aidrules.verify.inputs import KINDS, InputChange, input_changes


def add(commands: Commands) -> None:
    """Add the commands to the parser."""
    made = commands.add(
        "compare", "show who gains and who loses 比较两份政策的受益与受损", _compare
    )
    made.add_argument("new", metavar="NEW", help="the policy that it is compared with")
    add_date(made, required=False)
    made.add_argument(
        "--members",
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


def _compare(old: Policy, language: Language, chosen: argparse.Namespace) -> int:
    new = load_other(chosen.new, language)
    if new is None:
        return FOUND
    found = old.compare(
        new, chosen.on, members=chosen.members, seconds=chosen.seconds, only=chosen.only
    )
    lexicon = words(language)
    if not found.grants:
        print(lexicon.pattern("word", "comparison-nothing"))
        return USAGE
    if chosen.json:
        print_json(found.to_json(language))
    else:
        sys.stdout.write(found.explain(language))
        if find_spec("z3") is None:
            print(lexicon.fill("word", "extra-missing", extra="prove"))
    return 0 if found.is_same else FOUND


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
