"""Trees to the names that they declare, and a name in its place to its declaration."""

from collections.abc import Callable, Mapping
from typing import assert_never

from attrs import evolve, field, frozen

from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.program import Expr
from aidrules.source import Source, Span
from aidrules.spelling import Words, nearest
from aidrules.syntax import ast
from aidrules.types import (
    DATE,
    NUMBER,
    TEXT,
    TRUTH,
    UNDETERMINED,
    Choice,
    Date,
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


@frozen
class Document:
    """A policy file, parsed, with the tables that it names.

    Attributes:
        attachments: Text of each file that it names, by the name as written.
        is_used: Whether it was only read because another file uses it; its warnings are then
            for those who check it itself.
    """

    source: Source
    file: ast.File
    attachments: Mapping[str, Source] = field(factory=dict)
    is_used: bool = False


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
    _words: dict[str | None, Words] = field(factory=dict, init=False, repr=False, eq=False)

    def words(self, entity: str | None) -> Words:
        """Return the names that a rule about a kind of record can use, to find the nearest."""
        if entity not in self._words:
            chain = self.chain(entity)
            self._words[entity] = Words(
                name
                for name, symbols in self.values.items()
                if any(s.entity is None or s.entity in chain for s in symbols)
            )
        return self._words[entity]

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
        figures: The keys of the figures within whose keys this place stands.
    """

    names: Names
    module: str
    entity: str | None
    report: Report
    records: Mapping[str, str] = field(factory=dict)
    present: "tuple[Expr, ...]" = ()
    figures: tuple[str, ...] = ()

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
            if last in self.names.values:
                self._report_unknown(last, name.span)
            elif last not in self.names.unread:
                near = nearest(last, self.names.values)
                self.report(catalogue.unknown_name(name.span, last, near))
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
                match core(elsewhere[0].type):
                    case Truth():
                        below = catalogue.truth_below
                    case Date():
                        below = catalogue.date_below
                    case Quantity():
                        below = catalogue.name_below
                    case _:
                        below = catalogue.choice_below
                self.report(below(span, name, entity, self.entity))
            else:
                self.report(catalogue.out_of_reach(span, name, entity, self.entity))
            return
        if self.names.values.get(name):
            module = self.names.values[name][0].module
            self.report(catalogue.not_used(span, name, module))
            return
        near = self.names.words(self.entity).nearest(name)
        self.report(catalogue.unknown_name(span, name, near))


def force_of(module: ModuleSymbol) -> tuple[int | None, int | None]:
    """Return the first and the last day on which a file is in force, as ordinals."""
    if module.header is not None:
        for clause in module.header.clauses:
            if isinstance(clause, ast.InForce):
                return clause.first.ordinal, clause.last.ordinal if clause.last else None
    return None, None


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
        if value.text in seen:
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
