"""A lesson in Markdown to blocks that run.

A lesson is prose with blocks of these kinds:

- `aid`: a whole policy. It is checked, must be without errors, and its examples must pass. It is
  the policy of the blocks behind it, up to the next `aid` block.
- `aid wrong`: items that take the place of the policy's items of the same name (or are added), and
  a `text` block behind it: the errors that this version gets, or the warnings, or the examples
  that fail, as they are shown; `text examples`: those that fail, whatever the warnings.
- `aid also`: the same, but the version must be right, and its examples pass.
- `csv NAME`, `aid file=NAME`: a file beside the policy.
- `python wrong`: a whole policy file as text or bytes, and `python DATE`: a household as Python
  data, each an expression of Python, in which `policy` is the text of the `aid` block.
- `json DATE`: a household, decided on that date by the policy before it; then
  `text explain NAME`: the reasons of one grant or requirement, in English (`zh` behind: Chinese);
  `text letter NAME`: its letter; `text findings`: what is wrong with the facts.

With AIDRULES_REGENERATE=1 the expected `text` blocks are written anew: read the difference.
"""

import re
import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from aidrules import Decision, Policy, load, render
from aidrules.decision import Language
from aidrules.diagnostics import Diagnostic

NOTHING_ASKED = "this block asks for nothing that is known\n"

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


@frozen
class Block:
    """A fenced block of a lesson; offsets are those of its body."""

    info: tuple[str, ...]
    body: str
    line: int
    start: int
    end: int


@frozen
class Finding:
    """What is otherwise in a lesson than it says."""

    block: Block
    expected: str
    actual: str


@define
class _State:
    policy_text: str = ""
    files: dict[str, str] = field(factory=dict)
    version: Policy | None = None
    is_wrong: bool = False
    decision: Decision | None = None


def blocks(text: str) -> tuple[Block, ...]:
    """Return the fenced blocks of a lesson."""
    return tuple(
        Block(
            tuple(found["info"].split()),
            found["body"],
            text.count("\n", 0, found.start()) + 1,
            found.start("body"),
            found.end("body"),
        )
        for found in _FENCE.finditer(text)
    )


def run(text: str) -> Iterator[Finding]:
    """Yield what is otherwise than a lesson says."""
    state = _State()
    found = blocks(text)
    yield from _unread(text, found)
    for block in found:
        match block.info:
            case ("aid",):
                state.policy_text = block.body
                yield from _right(block, state.policy_text, state)
            case ("aid", "also"):
                yield from _right(block, instead(state.policy_text, block.body), state)
            case ("aid", "wrong"):
                state.version = _load(instead(state.policy_text, block.body), state.files)
                state.decision = None
                state.is_wrong = True
                if not _wrong(state.version):
                    yield Finding(block, "a finding", "none")
            case ("python", "wrong"):
                state.version = _load(_value(block.body, state), state.files)
                state.decision = None
                state.is_wrong = True
            case ("csv", name):
                state.files[name] = block.body
            case ("aid", name) if name.startswith("file="):
                state.files[name.removeprefix("file=")] = block.body
            case ("json" | "python" as kind, day):
                if state.version is None or not state.version.is_valid:
                    yield Finding(block, "a policy without errors before it", "none")
                    continue
                state.decision = state.version.evaluate(
                    _value(block.body, state) if kind == "python" else block.body, day
                )
            case ("text", *what):
                actual = _shown(what, state)
                if actual != block.body or actual == NOTHING_ASKED:
                    yield Finding(block, block.body, actual)
            case _:
                pass


def _unread(text: str, found: tuple[Block, ...]) -> Iterator[Finding]:
    """Yield what of a lesson would not run: an open fence, no policy, no words to a wrong one."""
    whole = Block((), text, 1, 0, len(text))
    if len(re.findall(r"^```", text, re.MULTILINE)) != 2 * len(found):
        yield Finding(whole, "each fence closed", "one is open")
    if not any(block.info == ("aid",) for block in found):
        yield Finding(whole, "a block `aid`", "none")
    for block, behind in zip(found, (*found[1:], whole), strict=True):
        if block.info[1:] == ("wrong",) and behind.info[:1] != ("text",):
            yield Finding(block, "a block `text` behind it", "none")


def instead(policy: str, items: str) -> str:
    """Return a policy with items put in the place of those of the same name, or added."""
    current = _items(policy)
    for head, text in _items(items):
        at = next((n for n, (other, _) in enumerate(current) if other == head), None)
        if at is None:
            current.append((head, text))
        else:
            current[at] = (head, text)
    return "".join(text for _, text in current)


def _items(text: str) -> list[tuple[str, str]]:
    """Return the items of a policy: each begins at the left margin."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if line[:1].strip() and not line.startswith(("#", "|")):
            words = line.split()
            title = re.match(r'\w+ ("[^"]*")', line)
            head = f"{words[0]} {title.group(1)}" if title else " ".join(words[:2])
            found.append((head, line))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line)
        else:
            found.append(("", line))
    return found


def _value(expression: str, state: _State) -> Any:
    names = {"Decimal": Decimal, "date": date, "policy": state.policy_text}
    return eval(expression.strip(), names)  # noqa: S307 - the lessons are our own


def _load(text: str | bytes, files: dict[str, str]) -> Policy:
    with tempfile.TemporaryDirectory() as folder:
        for name, body in {**files, "lesson.aid": text}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body.encode() if isinstance(body, str) else body)
        return load(Path(folder) / "lesson.aid")


def _right(block: Block, text: str, state: _State) -> Iterator[Finding]:
    state.version = _load(text, state.files)
    state.decision = None
    state.is_wrong = False
    if not state.version.is_valid:
        yield Finding(block, "no errors\n", render(state.version.diagnostics, "en"))
        return
    for result in state.version.test():
        if not result.passed:
            yield Finding(block, f"{result.title}\n", render(result.diagnostics, "en"))


def _wrong(version: Policy) -> tuple[Diagnostic, ...]:
    """Return the errors of a version, or its warnings, or what its examples find."""
    found = version.diagnostics
    if found:
        return tuple(finding for finding in found if finding.is_error) or found
    return _failed(version)


def _failed(version: Policy) -> tuple[Diagnostic, ...]:
    """Return what the examples of a version without errors find."""
    return tuple(f for result in version.test() if not result.passed for f in result.diagnostics)


def _shown(what: list[str], state: _State) -> str:
    language: Language = "zh" if "zh" in what else "en"
    words = [word for word in what if word not in {"zh", "en"}]
    match words:
        case [] | ["findings"] if state.decision is not None and words:
            return render(state.decision.diagnostics, language)
        case [] | ["findings"]:
            if state.version is None:
                return ""
            found = _wrong(state.version) if state.is_wrong else state.version.diagnostics
            return render(found, language)
        case ["examples"] if state.version is not None and state.version.is_valid:
            return render(_failed(state.version), language)
        case ["explain", name] if state.decision is not None:
            return state.decision.only(name).explain(language)
        case ["letter", name] if state.decision is not None:
            return state.decision.only(name).letter(language)
        case _:
            return NOTHING_ASKED
