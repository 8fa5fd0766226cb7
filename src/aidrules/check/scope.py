"""Trees to the names that they declare, and a name in its place to its declaration."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from itertools import pairwise
from typing import assert_never

from attrs import evolve, field, frozen

from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.program import Expr
from aidrules.source import Source, Span
from aidrules.syntax import ast
from aidrules.types import (
    DATE,
    NUMBER,
    PERIODS,
    TEXT,
    TRUTH,
    UNDETERMINED,
    WORKING_DAY,
    Choice,
    Optional,
    Plain,
    Quantity,
    Reference,
    Selection,
    Truth,
    Type,
    Unit,
    core,
)

DEFAULT_LIMIT = 1_000
"""How many records a kind may have where the author did not say."""

MOST_SUGGESTIONS = 40
"""How many unknown names get a nearest spelling; a search of thousands for thousands is slow."""


@frozen
class Document:
    """A policy file, parsed, with the tables that it names.

    Attributes:
        attachments: Text of each file that it names, by the name as written.
    """

    source: Source
    file: ast.File
    attachments: Mapping[str, Source] = field(factory=dict)


@frozen
class Symbol:
    """A name that stands for a value, a kind's group, or a requirement.

    Attributes:
        key: `module.name`.
        entity: The kind it belongs to; None for a figure or a definition of the policy.
        type: Of its value.
        item: Its declaration.
    """

    key: str
    name: str
    module: str
    entity: str | None
    type: Type
    item: ast.Fact | ast.Judgement | ast.Parameter | ast.Define | ast.Grant | ast.Require


@frozen
class GroupSymbol:
    """A named subset of a kind."""

    key: str
    name: str
    module: str
    kind: str
    item: ast.Group


@frozen
class EntitySymbol:
    """A kind of record."""

    name: str
    parent: str | None
    limit: int
    has_limit: bool
    span: Span = field(eq=False)


@frozen
class ModuleSymbol:
    """A policy file and what it sees.

    Attributes:
        visible: The modules whose names it sees, its own included.
        aliases: What stands before the dot: aliases, whole names and last parts, to modules.
    """

    name: str
    document: Document
    header: ast.Policy | None
    uses: tuple[str, ...]
    visible: frozenset[str]
    aliases: Mapping[str, str]


@frozen
class Amendment:
    """What a file changes in a rule of another.

    Attributes:
        key: Of the amended table, if the rule is a figure.
        target: The key of the rule.
        first: The day from which it holds, as an ordinal; None: as long as its file is in force.
        last: The last day.
    """

    key: str
    target: str
    module: str
    first: int | None
    last: int | None
    item: ast.Amend


@frozen
class Names:
    """Everything that the files declare.

    Attributes:
        modules: By name; a file that is used before those that use it.
        values: Symbols by name.
        amendments: By the key of the rule; those that win over others behind them.
        unread: Names whose declaration could not be read, so that their use is no second finding.
    """

    modules: Mapping[str, ModuleSymbol]
    entities: Mapping[str, EntitySymbol]
    groups: Mapping[str, tuple[GroupSymbol, ...]]
    values: Mapping[str, tuple[Symbol, ...]]
    types: Mapping[str, Plain]
    units: frozenset[str]
    currencies: Mapping[str, ast.Currency]
    sources: Mapping[tuple[str, str], ast.SourceText]
    unread: frozenset[str]
    amendments: Mapping[str, tuple[Amendment, ...]] = field(factory=dict)

    def chain(self, entity: str | None) -> tuple[str, ...]:
        """Return an entity and those above it, from the bottom up."""
        chain: list[str] = []
        while entity is not None and entity in self.entities and entity not in chain:
            chain.append(entity)
            entity = self.entities[entity].parent
        return tuple(chain)

    def is_below(self, entity: str, other: str | None) -> bool:
        """Whether a kind is below another; every kind is below the policy as a whole."""
        return other is None or (entity != other and other in self.chain(entity))


Report = Callable[[Diagnostic], None]


@frozen
class Scope:
    """The place in which a name is read.

    Attributes:
        entity: The kind of record on which it is evaluated; None for the policy as a whole.
        records: In an example, the kind of each record by its id; elsewhere empty.
        present: What may be none, and is there: a condition before this place asked.
    """

    names: Names
    module: str
    entity: str | None
    report: Report
    records: Mapping[str, str] = field(factory=dict)
    present: "tuple[Expr, ...]" = ()

    def knowing(self, present: "tuple[Expr, ...]") -> "Scope":
        """Return the scope behind a condition that says what is there."""
        return evolve(self, present=(*self.present, *present)) if present else self

    def at(self, entity: str | None) -> "Scope":
        """Return the scope of another kind of record in the same file."""
        return evolve(self, entity=entity)

    def visible(self, symbol: Symbol | GroupSymbol) -> bool:
        """Whether this file sees the symbol."""
        module = self.names.modules.get(self.module)
        return module is None or symbol.module in module.visible

    def candidates(self, name: str) -> tuple[Symbol, ...]:
        """Return the symbols of that name that can be read here."""
        chain = self.names.chain(self.entity)
        found = [
            symbol
            for symbol in self.names.values.get(name, ())
            if (symbol.entity is None or symbol.entity in chain) and self.visible(symbol)
        ]
        return tuple(found)

    def value(self, name: str, span: Span, module: str | None = None) -> Symbol | None:
        """Return what a name stands for here, or report why it stands for nothing."""
        if module is not None:
            home = self._module(module, span)
            if home is None:
                return None
        found = self.candidates(name)
        if module is not None:
            found = tuple(symbol for symbol in found if symbol.module == home)
        match found:
            case (symbol,):
                return symbol
            case ():
                self._report_unknown(name, span)
                return None
            case (first, *_):
                if len({symbol.key for symbol in found}) == 1:
                    return first
                options = tuple(f"{self.called(symbol.module)}.{name}" for symbol in found)
                self.report(catalogue.ambiguous_name(span, name, options))
                return None
            case _:
                return None

    def called(self, module: str) -> str:
        """Return what this file calls a module: its alias, or else the last part of its name."""
        aliases = self.names.modules[self.module].aliases
        mine = [alias for alias, target in aliases.items() if target == module and alias != module]
        return mine[-1] if mine else module

    def grant(self, name: ast.Name) -> Symbol | None:
        """Return the grant that a name stands for, or report that it is none."""
        symbol = self.named(name)
        if symbol is not None and not isinstance(symbol.item, ast.Grant):
            self.report(catalogue.not_a_grant(name.span, name.text))
            return None
        return symbol

    def named(self, name: ast.Name) -> Symbol | None:
        """Return what a plain or dotted name stands for."""
        module, _, last = name.text.rpartition(".")
        return self.value(last, name.span, module or None)

    def anywhere(self, name: ast.Name) -> Symbol | None:
        """Return what a name stands for on whatever record."""
        module, _, last = name.text.rpartition(".")
        home = self._module(module, name.span) if module else None
        if module and home is None:
            return None
        found = tuple(
            symbol
            for symbol in self.names.values.get(last, ())
            if self.visible(symbol) and (home is None or symbol.module == home)
        )
        if len({symbol.key for symbol in found}) > 1:
            options = tuple(f"{self.called(symbol.module)}.{last}" for symbol in found)
            self.report(catalogue.ambiguous_name(name.span, last, options))
            return None
        if not found:
            self._report_unknown(last, name.span)
            return None
        return found[0]

    def kind(self, name: ast.Name) -> EntitySymbol | GroupSymbol | None:
        """Return the kind or group of a name, or report that there is none."""
        entity = self.names.entities.get(name.text)
        if entity is not None:
            return entity
        groups = [group for group in self.names.groups.get(name.text, ()) if self.visible(group)]
        if len(groups) == 1:
            return groups[0]
        if groups:
            options = tuple(f"{self.called(group.module)}.{name.text}" for group in groups)
            self.report(catalogue.ambiguous_name(name.span, name.text, options))
        elif name.text not in self.names.unread:
            known = [*self.names.entities, *self.names.groups]
            self.report(catalogue.unknown_kind(name.span, name.text, nearest(name.text, known)))
        return None

    def entity_of(self, name: ast.Name) -> str | None:
        """Return the entity of a name, or report that there is none."""
        if name.text in self.names.entities:
            return name.text
        if name.text not in self.names.unread:
            near = nearest(name.text, self.names.entities)
            self.report(catalogue.unknown_kind(name.span, name.text, near))
        return None

    def _module(self, written: str, span: Span) -> str | None:
        aliases = self.names.modules[self.module].aliases
        home = aliases.get(written)
        if home is None and written not in self.names.unread:
            self.report(catalogue.unknown_module(span, written, nearest(written, aliases)))
        return home

    def _report_unknown(self, name: str, span: Span) -> None:
        if name in self.names.unread:
            return
        elsewhere = [s for s in self.names.values.get(name, ()) if self.visible(s)]
        if elsewhere and elsewhere[0].entity is not None:
            entity = elsewhere[0].entity
            if self.entity is not None and self.names.is_below(entity, self.entity):
                is_truth = isinstance(core(elsewhere[0].type), Truth)
                below = catalogue.truth_below if is_truth else catalogue.name_below
                self.report(below(span, name, entity, self.entity))
            else:
                self.report(catalogue.out_of_reach(span, name, entity, self.entity))
            return
        if self.names.values.get(name):
            module = self.names.values[name][0].module
            self.report(catalogue.not_used(span, name, module))
            return
        chain = self.names.chain(self.entity)
        known = [
            other
            for other, symbols in self.names.values.items()
            if any(s.entity is None or s.entity in chain for s in symbols)
        ]
        self.report(catalogue.unknown_name(span, name, nearest(name, known)))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelled most like another, if one is near."""
    near = get_close_matches(name, list(known)[:2_000], n=1, cutoff=0.6)
    return near[0] if near else None


# ---------------------------------------------------------------- declarations


def declare(documents: tuple[Document, ...], report: Report) -> Names:
    """Return everything that the files declare, and report what is declared twice."""
    modules = _modules(documents, report)
    entities = _entities(documents, report)
    currencies: dict[str, ast.Currency] = {}
    units = {*PERIODS, WORKING_DAY}
    choices: dict[str, Plain] = {}
    unread: set[str] = set()
    for document in documents:
        unread |= document.file.unread
        for item in document.file.items:
            match item:
                case ast.Currency():
                    currencies[item.name.text] = item
                    units.add(item.name.text)
                case ast.UnitDeclaration():
                    units.add(item.name.text)
                case _:
                    pass
    names = Names(
        modules, entities, {}, {}, choices, frozenset(units), currencies, {}, frozenset(unread)
    )
    for module in modules.values():
        for item in module.document.file.items:
            if isinstance(item, ast.TypeDeclaration):
                type_ = core(type_of(item.type, Scope(names, module.name, None, report)))
                choices[item.name.text] = (
                    evolve(type_, name=item.name.text) if isinstance(type_, Choice) else type_
                )
    names = evolve(names, sources=_sources(modules, report))
    groups: dict[str, tuple[GroupSymbol, ...]] = {}
    values: dict[str, tuple[Symbol, ...]] = {}
    for module in modules.values():
        scope = Scope(names, module.name, None, report)
        for item in module.document.file.items:
            if isinstance(item, ast.Group):
                kind = scope.entity_of(item.kind)
                if kind is not None:
                    group = GroupSymbol(
                        f"{module.name}.{item.name.text}", item.name.text, module.name, kind, item
                    )
                    groups[group.name] = (*groups.get(group.name, ()), group)
            else:
                symbol = _symbol(item, module.name, scope)
                if symbol is not None:
                    values[symbol.name] = (*values.get(symbol.name, ()), symbol)
    names = evolve(names, groups=groups, values=values)
    names = evolve(names, values=_without_twins(names, report))
    return evolve(names, amendments=_amendments(names, report))


def _amendments(names: Names, report: Report) -> dict[str, tuple[Amendment, ...]]:
    """Return the amendments of each rule: those of used files first, then by date."""
    found: dict[str, list[Amendment]] = {}
    for module in names.modules.values():
        scope = Scope(names, module.name, None, report)
        own: list[Amendment] = []
        for item in module.document.file.items:
            if not isinstance(item, ast.Amend):
                continue
            target = scope.anywhere(item.target)
            if target is None:
                continue
            if not isinstance(target.item, ast.Define | ast.Grant | ast.Parameter):
                report(catalogue.not_amendable(item.target.span, item.target.text))
                continue
            first, last = force_of(module)
            starts = [] if first is None else [first]
            ends = [] if last is None else [last]
            if item.first is not None:
                starts.append(item.first.ordinal)
            if item.last is not None:
                ends.append(item.last.ordinal)
            own.append(
                Amendment(
                    f"{module.name}:{target.key}:{len(own)}",
                    target.key,
                    module.name,
                    max(starts, default=None),
                    min(ends, default=None),
                    item,
                )
            )
        for amendment in sorted(own, key=lambda a: a.first or 0):
            found.setdefault(amendment.target, []).append(amendment)
    return {target: tuple(amendments) for target, amendments in found.items()}


def force_of(module: ModuleSymbol) -> tuple[int | None, int | None]:
    """Return the first and the last day on which a file is in force, as ordinals."""
    if module.header is not None:
        for clause in module.header.clauses:
            if isinstance(clause, ast.InForce):
                return clause.first.ordinal, clause.last.ordinal if clause.last else None
    return None, None


def _modules(documents: tuple[Document, ...], report: Report) -> dict[str, ModuleSymbol]:
    headers: dict[str, tuple[Document, ast.Policy | None]] = {}
    for document in documents:
        found = [item for item in document.file.items if isinstance(item, ast.Policy)]
        if not found and not document.file.unread:
            report(catalogue.no_policy_line(Span(document.source, 0, 0)))
        name = found[0].name.text if found else document.source.name
        for extra in found[1:]:
            report(catalogue.declared_twice(extra.name.span, extra.name.text, found[0].name.span))
        if name in headers and found:
            other = headers[name][1]
            place = other.name.span if other else Span(headers[name][0].source, 0, 0)
            report(catalogue.declared_twice(found[0].name.span, name, place))
            continue
        headers[name] = (document, found[0] if found else None)
    uses: dict[str, dict[str, tuple[str, Span]]] = {}
    for name, (document, _) in headers.items():
        uses[name] = {}
        for item in document.file.items:
            if isinstance(item, ast.Use):
                target = item.module.text
                if target in headers:
                    alias = item.alias.text if item.alias else target
                    uses[name][alias] = (target, item.module.span)
    _report_use_cycles(uses, report)
    modules = {}
    for name in _used_first(uses):
        document, header = headers[name]
        visible = _reach(name, {home: [t for t, _ in used.values()] for home, used in uses.items()})
        aliases = {module.rpartition(".")[2]: module for module in sorted(visible)}
        aliases |= {module: module for module in visible}
        aliases |= {alias: target for alias, (target, _) in uses[name].items()}
        used = tuple(dict.fromkeys(target for target, _ in uses[name].values()))
        modules[name] = ModuleSymbol(name, document, header, used, frozenset(visible), aliases)
    return modules


def _used_first(uses: Mapping[str, Mapping[str, tuple[str, Span]]]) -> list[str]:
    ordered: list[str] = []
    waiting = sorted(uses, reverse=True)
    entered: set[str] = set()
    while waiting:
        name = waiting[-1]
        if name in ordered:
            waiting.pop()
            continue
        targets = sorted({target for target, _ in uses[name].values()} - set(ordered))
        if name in entered or not targets:
            ordered.append(name)
            waiting.pop()
            continue
        entered.add(name)
        waiting.extend(target for target in targets if target not in entered)
    return ordered


def _reach(start: str, arrows: Mapping[str, list[str]]) -> set[str]:
    seen = {start}
    waiting = [start]
    while waiting:
        for target in arrows.get(waiting.pop(), []):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def _report_use_cycles(uses: Mapping[str, Mapping[str, tuple[str, Span]]], report: Report) -> None:
    arrows = {home: [target for target, _ in used.values()] for home, used in uses.items()}
    for home, used in uses.items():
        for target, span in used.values():
            if home in _reach(target, arrows):
                report(catalogue.use_cycle(span, home, target))
                return


def _entities(documents: tuple[Document, ...], report: Report) -> dict[str, EntitySymbol]:
    entities: dict[str, EntitySymbol] = {}
    parents: list[tuple[EntitySymbol, ast.Name]] = []
    for document in documents:
        for item in document.file.items:
            if not isinstance(item, ast.Entity):
                continue
            name = item.name.text
            limit = DEFAULT_LIMIT if item.limit is None else int(item.limit.value)
            if item.limit is not None and (item.limit.value < 1 or item.limit.value != limit):
                report(catalogue.bad_limit(item.limit.span))
            symbol = EntitySymbol(
                name,
                item.parent.text if item.parent else None,
                limit,
                item.limit is not None,
                item.name.span,
            )
            known = entities.get(name)
            if known is None:
                entities[name] = symbol
            elif (known.parent, known.limit) != (symbol.parent, symbol.limit) or (
                known.span.source == symbol.span.source
            ):
                report(catalogue.declared_twice(item.name.span, name, known.span))
            if item.parent is not None:
                parents.append((symbol, item.parent))
    for symbol, parent in parents:
        if parent.text not in entities:
            near = nearest(parent.text, entities)
            report(catalogue.unknown_kind(parent.span, parent.text, near))
            entities[symbol.name] = evolve(symbol, parent=None)
    for name, symbol in entities.items():
        seen = {name}
        above = symbol.parent
        while above is not None:
            if above in seen:
                report(catalogue.kind_cycle(symbol.span, name))
                entities[name] = evolve(symbol, parent=None)
                break
            seen.add(above)
            above = entities[above].parent
    return entities


def _sources(
    modules: Mapping[str, ModuleSymbol], report: Report
) -> dict[tuple[str, str], ast.SourceText]:
    sources: dict[tuple[str, str], ast.SourceText] = {}
    for module in modules.values():
        for item in module.document.file.items:
            if isinstance(item, ast.SourceText):
                key = (module.name, item.name.text)
                if key in sources:
                    place = sources[key].name.span
                    report(catalogue.declared_twice(item.name.span, item.name.text, place))
                sources[key] = item
    return sources


def _symbol(item: ast.Item, module: str, scope: Scope) -> Symbol | None:
    match item:
        case ast.Fact() | ast.Judgement() | ast.Require():
            entity = scope.entity_of(item.entity)
            type_: Type = TRUTH if isinstance(item, ast.Require) else type_of(item.type, scope)
            if entity is None:
                return None
            return Symbol(f"{module}.{item.name.text}", item.name.text, module, entity, type_, item)
        case ast.Define():
            entity = scope.entity_of(item.entity) if item.entity is not None else None
            if item.entity is not None and entity is None:
                return None
            return Symbol(
                f"{module}.{item.name.text}",
                item.name.text,
                module,
                entity,
                type_of(item.type, scope),
                item,
            )
        case ast.Parameter():
            return Symbol(
                f"{module}.{item.name.text}",
                item.name.text,
                module,
                None,
                type_of(item.type, scope),
                item,
            )
        case ast.Grant():
            entity = scope.entity_of(item.entity)
            if entity is None:
                return None
            type_ = TRUTH if item.type is None else type_of(item.type, scope)
            return Symbol(f"{module}.{item.name.text}", item.name.text, module, entity, type_, item)
        case _:
            return None


def _without_twins(names: Names, report: Report) -> dict[str, tuple[Symbol, ...]]:
    """Report names that are not unique along the way up; unite a fact declared alike twice."""
    kept: dict[str, tuple[Symbol, ...]] = {}
    for name, symbols in names.values.items():
        unique: list[Symbol] = []
        for symbol in symbols:
            twin = next((other for other in unique if _meets(names, symbol, other)), None)
            if twin is None:
                unique.append(symbol)
            elif _is_input(symbol) and _is_input(twin):
                if symbol.module == twin.module or symbol.item != twin.item:
                    report(
                        catalogue.declared_twice(symbol.item.name.span, name, twin.item.name.span)
                    )
            elif symbol.module == twin.module:
                report(catalogue.declared_twice(symbol.item.name.span, name, twin.item.name.span))
            else:
                unique.append(symbol)
        for symbol in unique:
            clash = names.entities.get(name)
            if clash is not None:
                report(catalogue.declared_twice(symbol.item.name.span, name, clash.span))
            for group in names.groups.get(name, ()):
                if group.module == symbol.module:
                    place = group.item.name.span
                    report(catalogue.declared_twice(symbol.item.name.span, name, place))
        kept[name] = tuple(unique)
    for name, groups in names.groups.items():
        for one, other in pairwise(groups):
            if one.module == other.module:
                report(catalogue.declared_twice(other.item.name.span, name, one.item.name.span))
        if name in names.entities:
            place = names.entities[name].span
            report(catalogue.declared_twice(groups[0].item.name.span, name, place))
    return kept


def _is_input(symbol: Symbol) -> bool:
    return isinstance(symbol.item, ast.Fact | ast.Judgement)


def _meets(names: Names, one: Symbol, other: Symbol) -> bool:
    if one.entity is None or other.entity is None:
        return one.module == other.module or one.entity == other.entity
    return one.entity in names.chain(other.entity) or other.entity in names.chain(one.entity)


# ---------------------------------------------------------------- types


def type_of(written: ast.TypeName, scope: Scope) -> Type:
    """Return the type that is written, or report why there is none."""
    base = _base_type(written.base, scope)
    return Optional(base) if written.or_none else base


def _base_type(base: ast.BaseType, scope: Scope) -> Plain:
    match base:
        case ast.TruthType():
            return TRUTH
        case ast.ChoiceType(values=values, is_open=is_open):
            return Choice(_values(values, scope), is_open)
        case ast.SelectionType(values=values, is_open=is_open):
            if len(values) == 1 and values[0].text in scope.names.types:
                named = scope.names.types[values[0].text]
                if isinstance(named, Choice):
                    return Selection(named)
            return Selection(Choice(_values(values, scope), is_open))
        case ast.NamedType(unit=unit):
            return _named_type(unit, scope)
        case _:
            assert_never(base)


def _values(values: tuple[ast.Name, ...], scope: Scope) -> tuple[str, ...]:
    seen: dict[str, ast.Name] = {}
    for value in values:
        if value.text == "none":
            scope.report(catalogue.none_as_choice(value.span))
        elif value.text in seen:
            place = seen[value.text].span
            scope.report(catalogue.declared_twice(value.span, value.text, place))
        seen[value.text] = value
    return tuple(seen)


def _named_type(unit: ast.UnitName, scope: Scope) -> Plain:
    if unit.per is None:
        match unit.name:
            case "number":
                return NUMBER
            case "date":
                return DATE
            case "text":
                return TEXT
            case name if name in scope.names.entities:
                return Reference(name)
            case name if name in scope.names.types:
                return scope.names.types[name]
            case _:
                pass
    resolved = unit_of(unit, scope)
    return UNDETERMINED if resolved is None else Quantity(resolved)


def unit_of(written: ast.UnitName, scope: Scope) -> Unit | None:
    """Return the unit that is written, or report why there is none."""
    top = Unit() if written.name == "number" else _base_unit(written.name, written.span, scope)
    if top is None:
        return None
    if written.per is None:
        return top
    bottom = _base_unit(written.per, written.span, scope)
    return None if bottom is None else top.per(bottom)


def _base_unit(name: str, span: Span, scope: Scope) -> Unit | None:
    names = scope.names
    if name == "money":
        if not names.currencies:
            if "money" not in names.unread:
                scope.report(catalogue.no_currency(span))
            return None
        return Unit.of(next(iter(names.currencies)))
    if name in names.units:
        return Unit.of(name)
    if name not in names.unread:
        known = [*names.units, *names.types, *names.entities, "money", "number", "date", "text"]
        scope.report(catalogue.unknown_type(span, name, nearest(name, known)))
    return None
