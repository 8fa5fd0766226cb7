"""Tree to typed program: resolve, elaborate, order, and look at dates, tables and habits."""

from collections.abc import Iterable

from attrs import evolve, frozen

from aidrules.check import coverage, lint, timeline
from aidrules.check.calendars import calendar
from aidrules.check.citations import legal_text
from aidrules.check.declarations import declare
from aidrules.check.examples import checks, examples
from aidrules.check.figures import amended, parameter
from aidrules.check.grants import Competition, exclusion, grant, ration
from aidrules.check.inputs import entities, fact
from aidrules.check.operators import date_rules
from aidrules.check.order import in_order
from aidrules.check.rules import definition, group, obligation, requirement
from aidrules.check.scope import (
    Document,
    ModuleSymbol,
    Names,
    Scope,
    Symbol,
    force_of,
)
from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.program import (
    Calendar,
    Constant,
    Definition,
    Exclusion,
    Grant,
    LegalText,
    Module,
    Parameter,
    Program,
    Ration,
    ValueMatch,
)
from aidrules.source import Source
from aidrules.syntax import ast
from aidrules.traverse import expressions, walk
from aidrules.types import Text, core


@frozen
class Checked:
    """What came of a policy.

    Attributes:
        program: None if a finding is an error.
        diagnostics: Errors and warnings, in order of place.
    """

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]


def check(documents: tuple[Document, ...], found: Iterable[Diagnostic] = ()) -> Checked:
    """Return the typed program of some policy files that belong together.

    Args:
        documents: The files, parsed, with the tables that they name.
        found: What was found while they were read.
    """
    diagnostics: list[Diagnostic] = list(found)
    names = declare(documents, diagnostics.append)
    program = _elaborate(names, diagnostics)
    if not any(diagnostic.is_error for diagnostic in diagnostics):
        coverage.tables(program, diagnostics.append)
        timeline.dates(program, diagnostics.append)
        lint.warnings(program, names, diagnostics.append)
    used = {document.source for document in documents if document.is_used}
    ordered = tuple(f for f in _ordered(diagnostics, names) if _concerns(f, used))
    has_errors = any(diagnostic.is_error for diagnostic in ordered)
    return Checked(None if has_errors else program, ordered)


def _elaborate(names: Names, diagnostics: list[Diagnostic]) -> Program:
    """Return the program of all that is declared; where something is wrong, a part of it."""
    report = diagnostics.append
    symbols = list(dict.fromkeys(s for found in names.values.values() for s in found))
    scopes = {name: Scope(names, name, None, report) for name in names.modules}

    def home(symbol: Symbol) -> Scope:
        return scopes[symbol.module]

    facts = tuple(f for s in symbols if (f := fact(s, home(s))) is not None)
    parameters = tuple(_parameters(symbols, scopes, names))
    exclusions, rations = _competition(names, scopes)
    competition = Competition(exclusions, rations)
    grants: list[Grant] = []
    definitions: list[Definition] = []
    for groups in names.groups.values():
        definitions.extend(group(g, scopes[g.module]) for g in groups)
    for symbol in symbols:
        step = definition(symbol, home(symbol))
        if step is not None:
            definitions.append(step)
        granted = grant(symbol, home(symbol), competition)
        if granted is not None:
            grants.append(granted[0])
            definitions.extend(granted[1])
    requirements = tuple(r for s in symbols if (r := requirement(s, home(s))) is not None)
    definitions.extend(obligation(r) for r in requirements)
    ordered = in_order(
        tuple(definitions),
        {(f.entity, f.name): f for f in facts},
        {p.key: p for p in parameters},
        {r.key: r for r in rations},
        report,
    )
    found_checks = tuple(
        c for n, m in names.modules.items() for c in checks(m.document.file.items, scopes[n])
    )
    found_examples = tuple(
        e for n, m in names.modules.items() for e in examples(n, m.document.file.items, scopes[n])
    )
    program = Program(
        tuple(_module(module, names, scopes[name]) for name, module in names.modules.items()),
        entities(names),
        facts,
        parameters,
        ordered,
        tuple(grants),
        exclusions,
        rations,
        requirements,
        found_checks,
        found_examples,
        _calendars(names, diagnostics),
        _glossary(names, diagnostics),
        frozenset(),
        {name: currency.step.value for name, currency in names.currencies.items()},
    )
    return evolve(program, texts=_texts(program))


def _parameters(
    symbols: list[Symbol], scopes: dict[str, Scope], names: Names
) -> Iterable[Parameter]:
    for symbol in symbols:
        scope = scopes[symbol.module]
        figure = parameter(symbol, scope)
        if figure is None:
            continue
        yield figure
        for amendment in names.amendments.get(symbol.key, ()):
            figure = amended(figure, symbol, amendment, scopes[amendment.module])
            yield figure


def _competition(
    names: Names, scopes: dict[str, Scope]
) -> tuple[tuple[Exclusion, ...], tuple[Ration, ...]]:
    exclusions: list[Exclusion] = []
    rations: list[Ration] = []
    for name, module in names.modules.items():
        for item in module.document.file.items:
            match item:
                case ast.OnlyOneOf():
                    rule = exclusion(item, scopes[name])
                    if rule is not None:
                        exclusions.append(rule)
                case ast.Ration():
                    limit = ration(item, scopes[name], f"{name}:ration {len(rations) + 1}")
                    if limit is not None:
                        rations.append(limit)
                case _:
                    pass
    return tuple(exclusions), tuple(rations)


def _module(module: ModuleSymbol, names: Names, scope: Scope) -> Module:
    first, last = force_of(module)
    language = "en"
    if module.header is not None:
        for clause in module.header.clauses:
            if isinstance(clause, ast.LanguageOf):
                language = clause.language.text
    texts: tuple[LegalText, ...] = tuple(
        legal_text(item, home) for (home, _), item in names.sources.items() if home == module.name
    )
    return Module(
        module.name,
        module.document.source,
        first,
        last,
        language,
        date_rules(scope),
        module.uses,
        texts,
    )


def _calendars(names: Names, diagnostics: list[Diagnostic]) -> dict[str, Calendar]:
    found: dict[str, Calendar] = {}
    for name, module in names.modules.items():
        if module.header is None:
            continue
        for clause in module.header.clauses:
            if isinstance(clause, ast.WorkingDays):
                source = module.document.attachments.get(clause.file.text)
                if source is not None:
                    found[f"{name}:{clause.file.text}"] = calendar(source, diagnostics.append)
    return found


def _glossary(names: Names, diagnostics: list[Diagnostic]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for module in names.modules.values():
        for item in module.document.file.items:
            if not isinstance(item, ast.Glossary):
                continue
            for pair in item.pairs:
                key = (item.language.text, pair.name.text)
                known = found.get(key)
                if known is not None and known != pair.other.text:
                    diagnostics.append(
                        catalogue.two_words_for_one(pair.other.span, pair.name.text, known)
                    )
                found[key] = pair.other.text
    return found


def _texts(program: Program) -> frozenset[str]:
    """Return every text that the policy compares with."""
    found: set[str] = set()
    for root in expressions(program):
        for node in walk(root):
            if isinstance(node, Constant) and isinstance(core(node.type), Text):
                found.add(str(node.value))
    for figure in program.parameters:
        for column, type_ in enumerate(figure.key_types):
            if isinstance(type_, Text):
                found.update(
                    str(cell.value)
                    for row in figure.rows
                    if row.cells and isinstance(cell := row.cells[column], ValueMatch)
                )
        if isinstance(core(figure.type), Text):
            found.update(
                str(v.value) for row in figure.rows for v in row.values if v.value is not None
            )
    return frozenset(found)


def _concerns(finding: Diagnostic, used: set[Source]) -> bool:
    """Whether a finding is for whoever checks these files.

    A warning about one file that is only used is for those who check that file; one about two
    files is for whoever brings them together.
    """
    if finding.is_error or finding.span is None or finding.span.source not in used:
        return True
    return any(label.span.source != finding.span.source for label in finding.labels)


def _ordered(diagnostics: list[Diagnostic], names: Names) -> tuple[Diagnostic, ...]:
    """Return each finding once, in order of file and place."""
    order = {m.document.source.name: n for n, m in enumerate(names.modules.values())}
    unique: dict[tuple[object, ...], Diagnostic] = {}
    for d in diagnostics:
        place = (d.span.source.name, d.span.start, d.span.end) if d.span is not None else ()
        unique.setdefault((d.code, place, str(sorted(d.facts.items(), key=str))), d)
    return tuple(
        sorted(
            unique.values(),
            key=lambda d: (
                (order.get(d.span.source.name, 0), d.span.start) if d.span is not None else (-1, 0)
            ),
        )
    )
