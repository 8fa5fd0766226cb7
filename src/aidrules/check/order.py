"""Definitions to an order in which each stands after those that it uses; cycles are reported."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from attrs import evolve

from aidrules.check.scope import Report
from aidrules.diagnostics import Label, catalogue
from aidrules.program import Definition, Expr, Fact, FactUse, Figure, Parameter, Place, Ration, Use
from aidrules.traverse import depth, is_whole, walk
from aidrules.types import Quantity

MAX_DEPTH = 600
"""How deep a calculation may stand on others: closures within closures, on one record."""


def used(
    body: Expr,
    facts: Mapping[tuple[str, str], Fact],
    parameters: Mapping[str, Parameter],
    rations: Mapping[str, Ration],
) -> dict[str, Expr]:
    """Return the keys of the definitions that an expression reads, and where it does.

    A fact reads what its default reads, a figure what says where it holds, and a place under a
    ration the fund, the order and the claims.
    """
    found: dict[str, Expr] = {}
    seen: set[object] = set()
    waiting = [(body, body)]
    while waiting:
        root, shown = waiting.pop()
        for node in walk(root):
            place = node if shown is body else shown
            match node:
                case Use(key=key):
                    found.setdefault(key, place)
                case FactUse(entity=entity, name=name):
                    fact = facts.get((entity, name))
                    if fact is not None and fact.default is not None and (entity, name) not in seen:
                        seen.add((entity, name))
                        waiting.append((fact.default, place))
                case Figure(parameter=key):
                    parameter = parameters.get(key)
                    if parameter is not None and parameter.applies is not None and key not in seen:
                        seen.add(key)
                        waiting.append((parameter.applies, place))
                case Place(ration=key):
                    ration = rations.get(key)
                    if ration is not None and key not in seen:
                        seen.add(key)
                        found.setdefault(f"{ration.grant}/claims", place)
                        found.setdefault(f"{ration.grant}/amount", place)
                        waiting.extend((order, place) for order, _ in ration.orders)
                        if ration.fund is not None:
                            waiting.append((ration.fund, place))
                case _:
                    pass
    return found


def in_order(
    definitions: tuple[Definition, ...],
    facts: Mapping[tuple[str, str], Fact],
    parameters: Mapping[str, Parameter],
    rations: Mapping[str, Ration],
    report: Report,
) -> tuple[Definition, ...]:
    """Return the definitions, each after those that it uses; report each cycle once.

    The walk keeps its own stack, so that no policy is too long for it.
    """
    by_key = {definition.key: definition for definition in definitions}
    arrows = {
        d.key: {
            key: place
            for key, place in used(d.body, facts, parameters, rations).items()
            if key in by_key
        }
        for d in definitions
    }
    ordered: list[Definition] = []
    done: set[str] = set()
    levels: dict[str, int] = {}
    in_cycle: set[str] = set()
    for start in by_key:
        path: list[tuple[str, Iterator[str]]] = []
        on_path: dict[str, None] = {}
        if start not in done:
            path.append((start, iter(arrows[start])))
            on_path[start] = None
        while path:
            key, targets = path[-1]
            target = next((t for t in targets if t not in done), None)
            if target is None:
                path.pop()
                on_path.pop(key, None)
                done.add(key)
                ordered.append(by_key[key])
                below = max((levels.get(t, 0) for t in arrows[key]), default=0)
                levels[key] = below + depth(by_key[key].body)
                if levels[key] > MAX_DEPTH:
                    report(catalogue.too_deep_a_chain(by_key[key].span, by_key[key].name))
                    levels[key] = 0
            elif target in on_path:
                keys = [*on_path][[*on_path].index(target) :]
                if not in_cycle.intersection(keys):
                    _report_cycle([*keys, target], by_key, arrows, report)
                in_cycle.update(keys)
                done.add(target)
            else:
                path.append((target, iter(arrows[target])))
                on_path[target] = None
    unique: dict[str, Definition] = {}
    for definition in ordered:
        unique[definition.key] = _with_whole(definition, unique)
    return tuple(unique.values())


def _with_whole(definition: Definition, before: Mapping[str, Definition]) -> Definition:
    """Return a definition whose type says that it is whole, if its body is."""
    type_ = definition.type
    if isinstance(type_, Quantity) and is_whole(definition.body, before):
        return evolve(definition, type=evolve(type_, whole=True))
    return definition


def _report_cycle(
    keys: list[str],
    by_key: Mapping[str, Definition],
    arrows: Mapping[str, Mapping[str, Expr]],
    report: Report,
) -> None:
    names: list[str] = []
    for key in keys:
        if not names or names[-1] != by_key[key].name:
            names.append(by_key[key].name)
    places = dict.fromkeys(arrows[one][other].span for one, other in pairwise(keys))
    first, *others = places
    labels = tuple(Label(place, "uses") for place in others[:5])
    report(catalogue.cycle(first, tuple(names), labels))
