"""Examples and checks as written to documents of facts, expectations and properties."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date
from fractions import Fraction
from itertools import count
from typing import Final, Literal, assert_never

from attrs import define, evolve, field

from aidrules.check.expressions import constant, expression, truth, use
from aidrules.check.scope import Scope, Symbol
from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.program import (
    Cause,
    Check,
    Example,
    ExpectedDetail,
    ExpectedStatus,
    ExpectedTruth,
    Expr,
    FactUse,
    Figure,
    HoldsAlways,
    HoldsForSome,
    MovesWith,
    Not,
    OnRecord,
    Property,
    SameAs,
    UnchangedBy,
)
from aidrules.spelling import nearest
from aidrules.syntax import ast
from aidrules.types import (
    NUMBER,
    TRUTH,
    Choice,
    Date,
    Described,
    Optional,
    Quantity,
    Reference,
    Selection,
    Truth,
    Type,
    core,
)
from aidrules.values import ABSENT, Exact, Scalar

_NOT_KNOWN: Final = {"unknown": True}
"""What `unknown` gives: it takes back what an earlier line gave."""


@define
class _Draft:
    """A record of an example while its lines are read."""

    entity: str
    id: str
    parent: "_Draft | None"
    facts: dict[str, object] = field(factory=dict)
    children: "dict[str, list[_Draft]]" = field(factory=dict)
    previously: dict[str, object] = field(factory=dict)


@define
class _Story:
    """An example while its lines are read: the records in order, and whether history was given."""

    records: list[_Draft] = field(factory=list)
    date: int | None = None
    has_history: bool = False

    def latest(self, entity: str) -> _Draft | None:
        """Return the record of a kind that was begun last."""
        return next((d for d in reversed(self.records) if d.entity == entity), None)


def examples(module: str, items: tuple[ast.Item, ...], scope: Scope) -> tuple[Example, ...]:
    """Return the examples of a file, each with its document of facts."""
    # An example that could not be read stands for itself: those like it are left out silently.
    stories: dict[str, _Story | None] = dict.fromkeys(scope.names.unread)
    found: list[Example] = []
    for item in items:
        if not isinstance(item, ast.Example):
            continue
        if stories.get(item.title.text) is not None:
            scope.report(catalogue.example_twice(item.title.span, item.title.text))
        story = _story(item, stories, scope)
        stories[item.title.text] = story
        if story is None:
            continue
        if story.date is None:
            scope.report(catalogue.example_without_date(item.title.span, item.title.text))
            continue
        document = _document(story, item, scope)
        if document is not None:
            expectations = tuple(_expectations(item, story, scope))
            found.append(
                Example(
                    item.title.text, story.date, document, expectations, module, item.title.span
                )
            )
    return tuple(found)


def _story(item: ast.Example, stories: Mapping[str, _Story | None], scope: Scope) -> _Story | None:
    """Return an example's records; None if it leans on one that could not be read."""
    story = _Story()
    for line in item.lines:
        match line:
            case ast.Like(title=title):
                base = stories.get(title.text)
                if base is not None:
                    story = deepcopy(base)
                elif title.text in stories:
                    return None
                else:
                    near = nearest(title.text, stories)
                    scope.report(catalogue.unknown_example(title.span, title.text, near))
                    return None
            case ast.Given(name=name):
                if name.text in scope.names.entities:
                    _begin(line, story, scope)
                else:
                    _give(line, story, scope)
            case ast.NoRecords(kind=kind):
                parent = _parent_of(kind, story, scope)
                if parent is not None:
                    _forget(parent, kind.text, story)
                    parent.children[kind.text] = []
            case ast.Records(kind=kind, rows=rows):
                _table(kind, rows, story, scope)
            case ast.PreviousGiven():
                _remember(line, story, scope)
            case _:
                assert_never(line)
    if item.date is not None:
        story.date = item.date.ordinal
    return story


def _parent_of(kind: ast.Name, story: _Story, scope: Scope) -> _Draft | None:
    entity = scope.entity_of(kind)
    if entity is None:
        return None
    above = scope.names.entities[entity].parent
    parent = story.latest(above) if above is not None else None
    if parent is None and above is not None:
        scope.report(catalogue.record_without_parent(kind.span, entity, above))
    return parent


def _forget(parent: _Draft, kind: str, story: _Story) -> None:
    gone = parent.children.get(kind, [])
    story.records = [record for record in story.records if record not in gone]


def _begin(line: ast.Given, story: _Story, scope: Scope) -> None:
    """Begin a record, or come back to one that was begun before."""
    entity = line.name.text
    written = line.values[0] if line.values else None
    match written:
        case ast.NameUse(name=name):
            id_ = name
        case ast.String(text=text):
            id_ = text
        case ast.Number(value=value):
            id_ = str(value)
        case None:
            id_ = entity
        case _:
            scope.report(catalogue.not_an_id(written.span))
            id_ = written.span.text
    known = next((d for d in story.records if d.entity == entity and d.id == id_), None)
    if known is not None:
        story.records.remove(known)
        story.records.append(known)
        return
    above = scope.names.entities[entity].parent
    parent = story.latest(above) if above is not None else None
    if (
        parent is None
        and above is not None
        and any(scope.names.is_below(entity, d.entity) for d in story.records)
    ):
        scope.report(catalogue.record_without_parent(line.name.span, entity, above))
        return
    draft = _Draft(entity, id_, parent)
    if parent is not None:
        parent.children.setdefault(entity, []).append(draft)
    else:
        for other in story.records:
            if other.parent is None and scope.names.entities[other.entity].parent == entity:
                other.parent = draft
                draft.children.setdefault(other.entity, []).append(other)
    story.records.append(draft)


def _give(line: ast.Given, story: _Story, scope: Scope) -> None:
    found = _fact(line.name, story, scope)
    if found is None:
        return
    symbol, record = found
    value = _given_value(line.values, symbol, scope)
    if value is _NOT_KNOWN:
        record.facts.pop(symbol.name, None)
    elif value is not None:
        if line.origin is not None:
            value = {"value": value, "from": line.origin.text}
        record.facts[symbol.name] = value


def _fact(name: ast.Name, story: _Story, scope: Scope) -> tuple[Symbol, _Draft] | None:
    symbols = [
        symbol
        for symbol in scope.names.values.get(name.text, ())
        if isinstance(symbol.item, ast.Fact | ast.Judgement) and scope.visible(symbol)
    ]
    for record in reversed(story.records):
        for symbol in symbols:
            if symbol.entity == record.entity:
                return symbol, record
    if symbols:
        entity = symbols[0].entity or ""
        scope.report(catalogue.fact_without_record(name.span, name.text, entity))
    elif name.text not in scope.names.unread:
        known = [
            other
            for other, found in scope.names.values.items()
            if any(isinstance(s.item, ast.Fact | ast.Judgement) for s in found)
        ]
        known.extend(scope.names.entities)
        scope.report(catalogue.unknown_fact(name.span, name.text, nearest(name.text, known)))
    return None


def _given_value(values: tuple[ast.GivenValue, ...], symbol: Symbol, scope: Scope) -> object | None:
    """Return what a line gives as it stands in a document; None if it was reported."""
    plain = core(symbol.type)
    match values:
        case [ast.RangeCell(low=low, high=high)]:
            ends = [_one(end, symbol.type, scope) for end in (low, high)]
            return None if None in ends else dict(zip(("low", "high"), ends, strict=True))
        case [ast.Among(values=among)]:
            options = [_one(option, symbol.type, scope) for option in among]
            return None if None in options else {"among": options}
        case [ast.UnknownResult()]:
            return _NOT_KNOWN
        case [ast.NoneValue()] if isinstance(symbol.type, Selection):
            return []
        case [ast.SelectionLiteral() | ast.NoneValue() as only]:
            return _one(only, symbol.type, scope)
        case _ if isinstance(plain, Selection):
            chosen = [_one(value, plain.choice, scope) for value in values]
            return None if None in chosen else chosen
        case [ast.UnknownResult() | ast.RangeCell() | ast.Among(), *_]:
            pass
        case [only]:
            return _one(only, symbol.type, scope)
        case _:
            pass
    span = values[-1].span if values else symbol.item.name.span
    scope.report(catalogue.one_value_wanted(span, symbol.name))
    return None


def _one(value: ast.GivenValue, type_: Type, scope: Scope) -> object | None:
    if isinstance(value, ast.RangeCell | ast.Among | ast.UnknownResult):
        scope.report(catalogue.not_constant(value.span))
        return None
    match value, core(type_):
        case ast.NameUse(name=name), Choice(is_open=True):
            return name  # an open list has values that nobody named
        case _:
            pass
    found = constant(value, type_, evolve(scope, records=_id(value, core(type_))))
    return None if found is None else plain_value(found, type_)


def _id(value: ast.Expr, plain: Type) -> Mapping[str, str]:
    """Let an id stand for a record where a reference is given."""
    match value, plain:
        case ast.NameUse(name=name), Reference(entity=entity):
            return {name: entity}
        case _:
            return {}


def plain_value(value: Scalar, type_: Type) -> object:
    """Return a value as it stands in a document of facts."""
    plain = core(type_)
    if value is ABSENT:
        return "none"
    match value:
        case bool():
            return value
        case int() if isinstance(plain, Date):
            return date.fromordinal(value).isoformat()
        case frozenset():
            return sorted(value)
        case int() | Fraction() | str():
            return value
        case _:
            return str(value)


def _table(kind: ast.Name, rows: tuple[ast.Row, ...], story: _Story, scope: Scope) -> None:
    parent = _parent_of(kind, story, scope)
    if parent is None or not rows:
        return
    _forget(parent, kind.text, story)
    parent.children[kind.text] = []
    header = rows[0]
    names: list[ast.Name] = []
    for cell in header.cells:
        if isinstance(cell, ast.ValueCell) and isinstance(cell.value, ast.NameUse):
            names.append(ast.Name(cell.value.name, span=cell.span))
        else:
            scope.report(catalogue.not_a_fact_column(cell.span))
            return
    ids = {record.id for record in story.records}
    free = (f"{kind.text} {n}" for n in count(1) if f"{kind.text} {n}" not in ids)
    for row in rows[1:]:
        if len(row.cells) != len(names):
            scope.report(catalogue.wrong_cell_count(row.span, len(names), len(row.cells)))
            continue
        draft = _Draft(kind.text, next(free), parent)
        parent.children[kind.text].append(draft)
        story.records.append(draft)
        for name, cell in zip(names, row.cells, strict=True):
            if name.text == "id":
                draft.id = cell.span.text.strip('"')
                continue
            match cell:
                case ast.BlankCell():
                    continue
                case ast.ValueCell(value=value):
                    _give(ast.Given(name, (value,), span=cell.span), story, scope)
                case ast.RangeCell():
                    _give(ast.Given(name, (cell,), span=cell.span), story, scope)
                case _:
                    scope.report(catalogue.not_a_value_cell(cell.span))


def _remember(line: ast.PreviousGiven, story: _Story, scope: Scope) -> None:
    story.has_history = True
    if line.name is None:
        for told in story.records:
            told.previously.clear()
        return
    symbol = scope.anywhere(line.name)
    if symbol is None:
        return
    record = story.latest(symbol.entity or "")
    if record is None:
        scope.report(
            catalogue.fact_without_record(line.name.span, symbol.name, symbol.entity or "")
        )
        return
    entry: dict[str, object] = {
        "entity": record.entity,
        "record": record.id,
        "name": symbol.key,
    }
    written = line.value
    if isinstance(symbol.item, ast.Grant):
        entry["status"] = "granted"
        if isinstance(written, ast.No):
            entry["status"] = "refused"
        elif written is not None and not isinstance(written, ast.Yes):
            amount = constant(written, symbol.type, scope)
            if amount is None:
                return
            entry["amount"] = plain_value(amount, symbol.type)
            if amount == 0:
                entry["status"] = "refused"
    elif written is not None:
        value = constant(written, Optional(core(symbol.type)), scope)
        if value is None:
            return
        entry["value"] = plain_value(value, symbol.type)
    if line.since is not None:
        entry["run_from"] = date.fromordinal(line.since.ordinal).isoformat()
    record.previously[symbol.key] = entry


def _document(story: _Story, item: ast.Example, scope: Scope) -> Mapping[str, object] | None:
    tops = [record for record in story.records if record.parent is None]
    if len(tops) != 1:
        if not tops:
            scope.report(catalogue.example_without_records(item.title.span))
        else:
            ids = tuple(f"{top.entity} {top.id}" for top in tops)
            scope.report(catalogue.example_in_parts(item.title.span, ids))
        return None
    document: dict[str, object] = {"entity": tops[0].entity, **_tree(tops[0])}
    if story.has_history:
        entries = [entry for record in story.records for entry in record.previously.values()]
        document["previously"] = {"decisions": entries}
    return document


def _tree(draft: _Draft) -> dict[str, object]:
    children = {kind: [_tree(child) for child in drafts] for kind, drafts in draft.children.items()}
    return {"id": draft.id, **draft.facts, **children}


# ---------------------------------------------------------------- expectations


def _expectations(
    item: ast.Example, story: _Story, scope: Scope
) -> list[ExpectedStatus | ExpectedDetail | ExpectedTruth]:
    by_id = {record.id: record.entity for record in story.records}
    place = evolve(scope, records=by_id)
    only = _only_record(story, scope)
    found: list[ExpectedStatus | ExpectedDetail | ExpectedTruth] = []
    for expected in item.expects:
        match expected:
            case ast.ExpectStatus():
                status = _status(expected, story, place)
                if status is not None:
                    found.append(status)
            case ast.ExpectDay() | ast.ExpectStart() | ast.ExpectOffice():
                detail = _detail(expected, story, place)
                if detail is not None:
                    found.append(detail)
            case ast.ExpectTrue(condition=condition):
                home = place.at(only.entity if only is not None else None)
                test = truth(condition, home)
                if only is not None:
                    test = OnRecord(only.entity, only.id, test, type=TRUTH, span=test.span)
                found.append(ExpectedTruth(test, expected.span))
            case _:
                assert_never(expected)
    if not found and not item.expects:
        scope.report(catalogue.example_expects_nothing(item.title.span, item.title.text))
    return found


def _only_record(story: _Story, scope: Scope) -> _Draft | None:
    """Return the lowest record that is alone of its kind, so that it need not be named."""
    alone = [
        record
        for record in story.records
        if sum(1 for other in story.records if other.entity == record.entity) == 1
    ]
    return max(alone, key=lambda record: len(scope.names.chain(record.entity)), default=None)


def _status(expected: ast.ExpectStatus, story: _Story, scope: Scope) -> ExpectedStatus | None:
    found = _subject(expected.value, story, scope)
    if found is None:
        return None
    symbol, target = found
    is_of_requirement = isinstance(symbol.item, ast.Require)
    if is_of_requirement and expected.status in {"granted", "refused"}:
        scope.report(catalogue.requirement_holds(expected.span))
        return None
    if isinstance(symbol.item, ast.Grant) and expected.status in {"holds", "fails"}:
        scope.report(catalogue.grant_is_given(expected.span))
        return None
    value: Expr | None = None
    if not isinstance(symbol.item, ast.Grant | ast.Require):
        if expected.status not in {"unknown", "error"}:
            scope.report(catalogue.status_of_no_grant(expected.span))
            return None
        value = use(symbol, expected.span, scope.at(target.entity))
    return ExpectedStatus(
        symbol.key, target.entity, target.id, value, expected.status, expected.span
    )


def _detail(
    expected: ast.ExpectDay | ast.ExpectStart | ast.ExpectOffice, story: _Story, scope: Scope
) -> ExpectedDetail | None:
    found = _subject(expected.value, story, scope)
    if found is None:
        return None
    symbol, target = found
    if not isinstance(symbol.item, ast.Grant):
        scope.report(catalogue.not_a_grant(expected.value.span, symbol.name))
        return None
    part: Literal["deadline", "paid_from", "office"]
    wanted: int | str
    match expected:
        case ast.ExpectDay(date=day):
            part, wanted = "deadline", day.ordinal
        case ast.ExpectStart(date=day):
            part, wanted = "paid_from", day.ordinal
        case ast.ExpectOffice(office=office):
            part, wanted = "office", office.text
        case _:
            assert_never(expected)
    return ExpectedDetail(symbol.key, target.entity, target.id, part, wanted, expected.span)


def _subject(value: ast.Expr, story: _Story, scope: Scope) -> tuple[Symbol, _Draft] | None:
    """Return what an expectation speaks of, and on which record it stands."""
    match value:
        case ast.Path(name=name, of=of):
            record = next((d for d in story.records if d.id == of.text), None)
            if record is None:
                ids = [d.id for d in story.records]
                near = nearest(of.text, ids)
                scope.report(catalogue.unknown_example_record(of.span, of.text, near))
                return None
            symbol = scope.at(record.entity).named(name)
        case ast.NameUse(name=written, span=span):
            symbol = scope.anywhere(ast.Name(written, span=span))
            if symbol is None:
                return None
            records = [d for d in story.records if d.entity == symbol.entity]
            if len(records) != 1:
                scope.report(catalogue.name_a_record(span, written, symbol.entity or ""))
                return None
            record = records[0]
        case _:
            scope.report(catalogue.status_of_no_grant(value.span))
            return None
    if symbol is None:
        return None
    while record.entity != symbol.entity and record.parent is not None:
        record = record.parent
    return symbol, record


# ---------------------------------------------------------------- checks


def checks(items: tuple[ast.Item, ...], scope: Scope) -> tuple[Check, ...]:
    """Return the properties that a file states."""
    found: list[Check] = []
    for item in items:
        if isinstance(item, ast.Check):
            stated = _property(item.property, scope)
            if stated is not None:
                known = item.known_to_fail.text if item.known_to_fail else None
                found.append(Check(item.title.text, known, stated, item.title.span))
    return tuple(found)


def _property(written: ast.Property, scope: Scope) -> Property | None:
    match written:
        case ast.Always(condition=condition) | ast.Never(condition=condition):
            entity, test = _somewhere(lambda place: truth(condition, place), scope)
            if isinstance(written, ast.Never):
                test = Not(test, type=TRUTH, span=test.span)
            return HoldsAlways(entity, test)
        case ast.Possible(condition=condition):
            return HoldsForSome(*_somewhere(lambda place: truth(condition, place), scope))
        case ast.NeverMoves(value=value, tolerance=tolerance, cause=name):
            cause = _cause(name, scope)
            entity, measured = _somewhere(lambda place: expression(value, place), scope)
            if cause is None or not isinstance(core(measured.type), Quantity | Truth):
                return None
            share, limit = _tolerated(tolerance, measured.type, cause, scope)
            direction: Literal["rises", "falls"] = "rises" if written.moves == "rises" else "falls"
            when: Literal["rises", "falls"] = "rises" if written.when == "rises" else "falls"
            return MovesWith(entity, measured, direction, share, limit, cause, when)
        case ast.Unchanged(value=value, cause=name):
            cause = _cause(name, scope)
            entity, measured = _somewhere(lambda place: expression(value, place), scope)
            return None if cause is None else UnchangedBy(entity, measured, cause)
        case ast.SameAs(policy=policy, exception=exception):
            unless = None
            if exception is not None:
                _, unless = _somewhere(lambda place: truth(exception, place), scope)
            return SameAs(policy.text, unless)
        case _:
            assert_never(written)


def _cause(name: ast.Name, scope: Scope) -> Cause | None:
    symbol = scope.anywhere(name)
    if symbol is None:
        return None
    match symbol.item:
        case ast.Fact() | ast.Judgement():
            return FactUse(symbol.entity or "", symbol.name, type=symbol.type, span=name.span)
        case ast.Parameter(keys=()):
            return Figure(symbol.key, (), None, type=symbol.type, span=name.span)
        case _:
            scope.report(catalogue.not_a_fact(name.span, name.text))
            return None


def _tolerated(
    written: ast.Tolerance | None, measured: Type, cause: Cause, scope: Scope
) -> tuple[Exact, Exact]:
    """Return the share of a change and the amount that are tolerated."""
    if written is None:
        return 0, 0
    share: Scalar | None = 0
    if written.share is not None:
        share = constant(written.share.ratio, NUMBER, scope)
        if not _is_of_one_unit(measured, cause.type):
            ends = Described(measured), Described(cause.type)
            scope.report(catalogue.share_of_other_unit(written.share.span, *ends))
    limit = 0 if written.amount is None else constant(written.amount, measured, scope)
    found = [each if isinstance(each, int | Fraction) else 0 for each in (share, limit)]
    return found[0], found[1]


def _is_of_one_unit(one: Type, other: Type) -> bool:
    match core(one), core(other):
        case Quantity(unit=left), Quantity(unit=right):
            return left == right
        case _:
            return False


def _somewhere(read: Callable[[Scope], Expr], scope: Scope) -> tuple[str, Expr]:
    """Read an expression on the highest kind of record that knows all its names."""
    quiet: list[Diagnostic] = []
    kinds = sorted(scope.names.entities, key=lambda kind: len(scope.names.chain(kind)))
    fewest: tuple[int, str] | None = None
    for kind in kinds:
        quiet.clear()
        found = read(evolve(scope, entity=kind, report=quiet.append))
        if not quiet:
            return kind, found
        if fewest is None or len(quiet) < fewest[0]:
            fewest = (len(quiet), kind)
    kind = fewest[1] if fewest is not None else ""
    return kind, read(evolve(scope, entity=kind or None))
