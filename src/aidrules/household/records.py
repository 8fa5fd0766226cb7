"""A document's records, in their tree: those listed, and those above its own record."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from attrs import field, frozen

from aidrules.case import Record
from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.household.document import Json, Wrong, inside, legible
from aidrules.household.facts import Notes, read_fact
from aidrules.program import Fact, Program
from aidrules.spelling import nearest

ID, ENTITY, PREVIOUSLY = "id", "entity", "previously"


@frozen
class Tree:
    """The records as they are read.

    Attributes:
        facts: Those of each kind of record, by name.
        records: By kind and id.
        places: The path of each record's id.
    """

    program: Program
    notes: Notes
    facts: dict[str, dict[str, Fact]]
    records: dict[tuple[str, str], Record] = field(factory=dict)
    places: dict[tuple[str, str], str] = field(factory=dict)

    @staticmethod
    def of(program: Program) -> "Tree":
        """Return a tree without records."""
        facts: dict[str, dict[str, Fact]] = {entity.name: {} for entity in program.entities}
        for fact in program.facts:
            facts[fact.entity][fact.name] = fact
        return Tree(program, Notes(), facts)

    def report(self, finding: Diagnostic) -> None:
        """Keep a finding."""
        self.notes.findings.append(finding)


def root_kind(document: dict[str, Json], tree: Tree) -> str | None:
    """Return the kind of the document's own record, or None with a finding.

    It is what `entity` says, else the one kind whose facts, child lists and records above account
    for the most keys.
    """
    kinds = tuple(tree.program.entity)
    match document.get(ENTITY):
        case str() as name if name in kinds:
            return name
        case str() as name:
            shown = legible(name)
            tree.report(catalogue.unknown_root(ENTITY, shown, nearest(name, kinds), kinds))
            return None
        case None:
            pass
        case _:
            tree.report(catalogue.root_not_said(kinds))
            return None
    fits = {kind: _fit(document, kind, tree) for kind in kinds}
    most = max(fits.values(), default=0)
    best = [kind for kind, fit in fits.items() if fit == most]
    if len(best) == 1:
        return best[0]
    tree.report(catalogue.root_not_said(tuple(best)))
    return None


def _fit(document: dict[str, Json], kind: str, tree: Tree) -> int:
    """Return how many keys of a document a kind of record accounts for."""
    above = set(tree.program.ancestry(kind)) - {kind}
    below = set(tree.program.children(kind))
    return sum(
        key in tree.facts[kind]
        or (key in below and isinstance(value, list | None))
        or (key in above and isinstance(value, dict | None))
        for key, value in document.items()
    )


# ---------------------------------------------------------------- records


def read_root(document: dict[str, Json], kind: str, tree: Tree) -> Record | None:
    """Return the document's own record, hung on those above it and with those below it."""
    way_down = tuple(reversed(tuple(tree.program.ancestry(kind))))
    parent: Record | None = None
    for entity, below in pairwise(way_down):
        raw = document.get(entity)
        if not isinstance(raw, dict | Wrong | None):
            tree.report(catalogue.record_not_object(entity, entity))
        record = _above(raw if isinstance(raw, dict) else {}, entity, parent, tree)
        if parent is not None:
            parent.children[entity].append(record)
        # the one on the way down is known, so there is room for one fewer
        record.unlisted[below] -= 1
        parent = record
    identity = _identity(document, kind, "", kind, tree)
    if identity is None:
        return None
    record = _record(kind, identity, parent, tree)
    if parent is not None:
        parent.children[kind].append(record)
    names = {ID, ENTITY, PREVIOUSLY, *way_down[:-1], *tree.program.children(kind)}
    _read_facts(record, document, "", names, tree)
    _read_children(record, document, "", tree)
    return record


def _above(raw: dict[str, Json], entity: str, parent: Record | None, tree: Tree) -> Record:
    identity = _identity(raw, entity, entity, entity, tree) or entity
    record = _record(entity, identity, parent, tree)
    _read_facts(record, raw, entity, {ID}, tree)
    return record


def _record(entity: str, identity: str, parent: Record | None, tree: Tree) -> Record:
    """Return a record without facts, and with no records listed below it."""
    record = Record(entity, identity, parent)
    for kind in tree.program.children(entity):
        record.children[kind] = []
        record.unlisted[kind] = tree.program.entity[kind].limit
    tree.records[entity, identity] = record
    return record


def _identity(
    raw: dict[str, Json], entity: str, path: str, default: str | None, tree: Tree
) -> str | None:
    place = inside(path, ID)
    match raw.get(ID):
        case str() as identity if identity:
            pass
        case None if default is not None:
            identity = default
        case None:
            tree.report(catalogue.missing_id(path, entity))
            return None
        case Wrong():
            return None
        case _:
            tree.report(catalogue.id_not_text(place))
            return None
    if (entity, identity) in tree.places:
        first = tree.places[entity, identity]
        tree.report(catalogue.repeated_id(place, entity, first))
        return None
    tree.places[entity, identity] = place
    return identity


def _read_facts(
    record: Record, raw: dict[str, Json], path: str, others: Iterable[str], tree: Tree
) -> None:
    """Read the facts of a record; its other keys are those named, and no more."""
    facts = tree.facts[record.entity]
    known = {*facts, *others}
    for key, value in raw.items():
        if key not in known:
            tree.report(_unknown_key(record.entity, key, path, known, tree))
        elif key in facts:
            place = inside(path, key)
            known_value, given = read_fact(facts[key], value, place, tree.notes)
            if known_value is not None:
                record.facts[key] = known_value
            if given is not None:
                record.given[key] = given


def _unknown_key(entity: str, key: str, path: str, known: Iterable[str], tree: Tree) -> Diagnostic:
    shown = legible(key)
    place = inside(path, shown)
    for owner, facts in tree.facts.items():
        if key in facts:
            return catalogue.key_of_other_kind(place, shown, entity, owner)
    return catalogue.unknown_key(place, shown, entity, nearest(key, sorted(known)))


def _read_children(record: Record, raw: dict[str, Json], path: str, tree: Tree) -> None:
    for kind in tree.program.children(record.entity):
        items, place = raw.get(kind), inside(path, kind)
        match items:
            case list():
                record.unlisted[kind] = 0
                record.children[kind].extend(_listed(items, kind, place, record, tree))
            case None | Wrong():
                pass
            case _:
                tree.report(catalogue.records_not_list(place, kind))


def _listed(
    items: list[Json], kind: str, path: str, parent: Record, tree: Tree
) -> Iterator[Record]:
    limit = tree.program.entity[kind].limit
    if len(items) > limit:
        tree.report(catalogue.too_many_records(path, kind, len(items), limit))
        return
    for at, item in enumerate(items):
        place = f"{path}[{at}]"
        if isinstance(item, Wrong):
            continue
        if not isinstance(item, dict):
            tree.report(catalogue.record_not_object(place, kind))
            continue
        identity = _identity(item, kind, place, None, tree)
        # read on without one, so that one run reports what else is wrong
        record = _record(kind, identity or place, parent, tree)
        _read_facts(record, item, place, {ID, *tree.program.children(kind)}, tree)
        _read_children(record, item, place, tree)
        yield record
