"""A finding to the smallest program and household that still show it, and to words."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random

import attrs

from aidrules.case import Case, Record
from aidrules.program import (
    AnyOver,
    BestBy,
    BestOver,
    CountOver,
    EveryOver,
    Expr,
    FactUse,
    Follow,
    Node,
    OnRecord,
    Place,
    Program,
    Records,
    Role,
    SumOver,
    Use,
)
from aidrules.source import Span
from aidrules.types import core

from .cases import walk
from .kinds import held, nodes
from .properties import Finding, Kit, Story, Trial

HIDDEN = frozenset(("type", "span", "cites", "parent", "given"))


def again(kit: Kit, finding: Finding) -> Finding | None:
    """Return the finding if it comes up again, as it looks now."""
    trial = Trial(kit, finding.program)
    try:
        answers = trial.run(finding.story, Random(0), every=True)
        if finding.is_sharp:
            trial = Trial(kit, finding.program, is_sharp=True)
            trial.sharper(finding.story, answers, Random(0))
    except (LookupError, AttributeError, TypeError):  # what was left out was needed by the oracle
        return None
    for found in trial.tally.findings:
        if (found.claim, found.key, found.record) == (finding.claim, finding.key, finding.record):
            return found
    return None


def shrink(kit: Kit, finding: Finding, patience: int = 1500) -> Finding:
    """Return the smallest finding met within so many tries."""
    best = again(kit, finding)
    if best is None:
        return finding
    tries = 0
    is_better = True
    while is_better:
        is_better = False
        for smaller in variants(best):
            tries += 1
            if tries > patience:
                return best
            found = again(kit, smaller)
            if found is not None:
                best, is_better = found, True
                break
    return best


def variants(finding: Finding) -> Iterator[Finding]:
    """Yield findings with a little less."""
    program, chain, today = finding.program, finding.story.cases, finding.story.today
    for at in range(len(chain)):
        if len(chain) > 1:
            yield attrs.evolve(finding, story=Story(chain[:at] + chain[at + 1 :], today))
    needed = uses(program, finding.key)
    if finding.key and len(needed) < len(program.definitions):
        kept = tuple(one for one in program.definitions if one.key in needed)
        yield attrs.evolve(finding, program=attrs.evolve(program, definitions=kept))
    for record_id in sorted({name for case in chain for _, name in case.records}):
        fewer = tuple(without(case, record_id) for case in chain)
        if fewer != chain and all(case is not None for case in fewer):
            cases = tuple(case for case in fewer if case is not None)
            yield attrs.evolve(finding, story=Story(cases, today))
    for at, definition in enumerate(program.definitions):
        if finding.is_sharp and definition.role is Role.ELIGIBLE:
            continue  # the lines of the grant say the same
        for body in simpler(definition.body):
            fewer_ = list(program.definitions)
            fewer_[at] = attrs.evolve(definition, body=body)
            yield attrs.evolve(finding, program=attrs.evolve(program, definitions=tuple(fewer_)))


def uses(program: Program, key: str) -> frozenset[str]:
    """Return the definitions that one needs, itself included."""
    if key not in program.definition:
        return frozenset(program.definition)
    found = {key}
    if program.definition[key].role is Role.AMOUNT:
        found |= uses(program, key.removesuffix("/amount") + "/eligible")
    for node in nodes(program.definition[key].body):
        if isinstance(node, Use) and node.key not in found:
            found |= uses(program, node.key)
        if isinstance(node, Place):
            return frozenset(program.definition)
    return frozenset(found)


def without(case: Case, record_id: str) -> Case | None:
    """Return a case without a record; None if something else needs it."""
    found = [record for record in case.records.values() if record.id == record_id]
    if not found:
        return case
    (gone,) = found
    gone_ids = {record.id for record in walk(gone)}
    if gone.parent is None or case.root.id in gone_ids or record_id == "h":
        return None
    if any(mentions(record, gone_ids) for record in case.records.values()):
        return None

    def copy(old: Record, parent: Record | None) -> Record:
        record = Record(old.entity, old.id, parent, old.facts, old.given, {}, old.unlisted)
        for kind, listed in old.children.items():
            record.children[kind] = [copy(one, record) for one in listed if one is not gone]
        return record

    top = copy(case.root.above("county"), None)
    records = {(record.entity, record.id): record for record in walk(top)}
    return Case(records[case.root.entity, case.root.id], records, case.history, case.digest)


def mentions(record: Record, ids: set[str]) -> bool:
    """Whether a fact names one of the records."""
    return any(name in repr(value) for value in record.facts.values() for name in map(repr, ids))


def operands(node: Node) -> Iterator[tuple[Node, bool]]:
    """Yield the operands of an expression, and whether they are of another record."""
    for name, value in held(node).items():
        if name in HIDDEN:
            continue
        match node:
            case Follow() | OnRecord():
                elsewhere = name == "body"
            case SumOver() | CountOver() | AnyOver() | EveryOver() | BestOver() | BestBy():
                elsewhere = name != "otherwise"
            case _:
                elsewhere = False
        for inner in outermost(value):
            yield inner, elsewhere


def outermost(value: object) -> Iterator[Node]:
    """Yield the expressions in a value that are in no other expression."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from outermost(item)
    elif not isinstance(value, Span):
        for item in held(value).values():
            yield from outermost(item)


def descendants(node: Node) -> Iterator[Node]:
    """Yield what is inside an expression and evaluated on the same record."""
    for inner, elsewhere in operands(node):
        if not elsewhere:
            yield inner
            yield from descendants(inner)


def simpler(node: Expr) -> Iterator[Expr]:
    """Yield expressions with one part replaced by something inside it, or left out."""
    for inner in descendants(node):
        if inner.type in (node.type, core(node.type)) and not isinstance(
            inner, FactUse | type(node)
        ):
            yield inner  # type: ignore[misc] # every node is an expression
    for inner in descendants(node):
        if inner.type in (node.type, core(node.type)) and isinstance(inner, FactUse | type(node)):
            yield inner
    yield from rebuilt(node, simpler_part)  # type: ignore[misc] # the same


def simpler_part(value: object) -> Iterator[object]:
    """Yield parts of an expression with a little less."""
    if isinstance(value, Node):
        yield from simpler(value)  # type: ignore[arg-type] # every node is an expression
    elif isinstance(value, tuple):
        is_list = all(isinstance(item, Node) or attrs.has(type(item)) for item in value)
        for at, item in enumerate(value):
            if len(value) > 1 and is_list:
                yield value[:at] + value[at + 1 :]
            for smaller in simpler_part(item):
                yield (*value[:at], smaller, *value[at + 1 :])
    elif attrs.has(type(value)) and not isinstance(value, Span):
        yield from rebuilt(value, simpler_part)


def rebuilt(value: object, parts: Callable[[object], Iterator[object]]) -> Iterator[object]:
    """Yield a value with one of its fields made simpler."""
    for name, before in held(value).items():
        if name in HIDDEN or name == "keys":
            continue
        for after in parts(before):
            yield attrs.evolve(value, **{name: after})  # type: ignore[misc] # an attrs class
    if isinstance(value, Records) and value.condition is not None:
        yield Records(value.entity, None, None)


# ---------------------------------------------------------------- words


def show(value: object) -> str:
    """Return a value as one reads it: classes and what they hold, without types and places."""
    match value:
        case Fraction():
            return str(value)
        case FactUse():
            return f"{value.entity}.{value.name}"
        case Use():
            return f"<{value.key}>"
        case tuple():
            return f"({', '.join(show(item) for item in value)})"
        case _ if attrs.has(type(value)):
            shown = [show(item) for name, item in held(value).items() if name not in HIDDEN]
            return f"{type(value).__name__}({', '.join(shown)})"
        case _:
            return repr(value)


def describe(finding: Finding) -> str:
    """Return a finding in lines that one can read."""
    program = finding.program
    needed = [one for one in program.definitions if one.key in uses(program, finding.key)]
    mentioned = {(node.entity, node.name) for node in nodes(needed) if isinstance(node, FactUse)}
    text = show(tuple(one.body for one in needed))
    lines = [
        f"broken: {finding.claim}",
        f"  {finding.key} of {finding.record}, case {finding.at + 1}, today {finding.story.today}",
        f"  expected {show(finding.expected)}",
        f"  actual   {show(finding.actual)}" + (" (sharper)" if finding.is_sharp else ""),
        "  program:",
    ]
    lines += [f"    {one.key} of {one.entity} = {show(one.body)}" for one in needed]
    lines += [
        f"    fact {fact.entity}.{fact.name}: {show(fact.type)} {fact.low}..{fact.high}"
        + (f" default {show(fact.default)}" if fact.default is not None else "")
        for fact in program.facts
        if (fact.entity, fact.name) in mentioned
    ]
    lines += [f"    figure {show(one)}" for one in program.parameters if one.key in text]
    lines += [f"    {show(one)}" for one in program.rations if one.key in text]
    for number, case in enumerate(finding.story.cases, 1):
        lines.append(f"  case {number}, of {case.root.id}:")
        for record in case.records.values():
            facts = {
                name: value
                for name, value in record.facts.items()
                if (record.entity, name) in mentioned
            }
            said = ", ".join(f"{name}={show(value)}" for name, value in facts.items())
            above = record.parent.id if record.parent else "-"
            more = f" unlisted {record.unlisted}" if record.unlisted else ""
            lines.append(f"    {record.id} in {above}: {said}{more}")
        if "Recorded" in text:
            lines.append(f"    {show(case.history)}")
    return "\n".join(lines)
