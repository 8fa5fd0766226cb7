"""Trees to everything that they declare, and what is declared twice."""

from collections.abc import Mapping
from itertools import pairwise

from attrs import evolve

from aidrules.check.scope import (
    DEFAULT_LIMIT,
    Amendment,
    Document,
    EntitySymbol,
    GroupSymbol,
    ModuleSymbol,
    Names,
    Report,
    Scope,
    Symbol,
    force_of,
    type_of,
)
from aidrules.diagnostics import catalogue
from aidrules.source import Span
from aidrules.spelling import nearest
from aidrules.syntax import ast
from aidrules.types import (
    PERIODS,
    TRUTH,
    WORKING_DAY,
    Choice,
    Plain,
    Type,
    core,
)

MOST_AMENDMENTS = 50
"""How many amendments one rule may have: each stands in front of all before it."""


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
    for amendments in found.values():
        if len(amendments) > MOST_AMENDMENTS:
            extra = amendments[MOST_AMENDMENTS].item.target
            report(catalogue.too_many_amendments(extra.span, extra.text, MOST_AMENDMENTS))
            del amendments[MOST_AMENDMENTS:]
    return {target: tuple(amendments) for target, amendments in found.items()}


def _modules(documents: tuple[Document, ...], report: Report) -> dict[str, ModuleSymbol]:
    headers: dict[str, tuple[Document, ast.Policy | None]] = {}
    for document in documents:
        found = [item for item in document.file.items if isinstance(item, ast.Policy)]
        if not found and document.file.items and not document.file.unread:
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
