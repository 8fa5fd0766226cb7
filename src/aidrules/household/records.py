"""A document's records, in their tree: those listed, and those above its own record."""

from collections.abc import Collection, Iterator, Mapping
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
class Kind:
    """What a kind of record may hold.

    Attributes:
        facts: By name.
        above: The kinds above it, from the top down.
        below: The kinds directly below it, and how many records of each there may be.
        keys: Of a record that hangs on another: its id, its facts and the lists below it.
        keys_above: Of a record above the document's own: it lists nothing.
    """

    name: str
    facts: Mapping[str, Fact]
    above: tuple[str, ...]
    below: Mapping[str, int]
    keys: frozenset[str]
    keys_above: frozenset[str]


def kinds_of(program: Program) -> dict[str, Kind]:
    """Return the kinds of record of a policy, in order of declaration."""
    kinds: dict[str, Kind] = {}
    for entity in program.entities:
        facts = {fact.name: fact for fact in program.facts if fact.entity == entity.name}
        below = {each: program.entity[each].limit for each in program.children(entity.name)}
        _, *above = program.ancestry(entity.name)
        keys_above = frozenset((ID, *facts))
        keys = keys_above.union(below)
        kinds[entity.name] = Kind(
            entity.name, facts, tuple(reversed(above)), below, keys, keys_above
        )
    return kinds


@frozen
class Tree:
    """The records as they are read.

    Attributes:
        kinds: The kinds of record, by name.
        records: By kind and id.
        places: The path of each record's id.
    """

    program: Program
    kinds: Mapping[str, Kind]
    notes: Notes = field(factory=Notes)
    records: dict[tuple[str, str], Record] = field(factory=dict)
    places: dict[tuple[str, str], str] = field(factory=dict)

    def report(self, finding: Diagnostic) -> None:
        """Keep a finding."""
        self.notes.findings.append(finding)


def root_kind(document: dict[str, Json], tree: Tree) -> str | None:
    """Return the kind of the document's own record, or None with a finding.

    It is what `entity` says, else the one kind whose facts, child lists and records above account
    for the most keys.
    """
    kinds = tuple(tree.kinds)
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
    fits = {kind.name: _fit(document, kind) for kind in tree.kinds.values()}
    most = max(fits.values(), default=0)
    best = [kind for kind, fit in fits.items() if fit == most]
    if len(best) == 1:
        return best[0]
    tree.report(catalogue.root_not_said(tuple(best)))
    return None


def _fit(document: dict[str, Json], kind: Kind) -> int:
    """Return how many keys of a document a kind of record accounts for."""
    lists = sum(isinstance(document.get(each, 0), list | None) for each in kind.below)
    records = sum(isinstance(document.get(each, 0), dict | None) for each in kind.above)
    return len(kind.facts.keys() & document.keys()) + lists + records


# ---------------------------------------------------------------- records


def read_root(document: dict[str, Json], kind: Kind, tree: Tree) -> Record | None:
    """Return the document's own record, hung on those above it and with those below it."""
    parent: Record | None = None
    for entity, below in pairwise((*kind.above, kind.name)):
        raw = document.get(entity)
        if not isinstance(raw, dict | Wrong | None):
            tree.report(catalogue.record_not_object(entity, entity))
        record = _above(raw if isinstance(raw, dict) else {}, tree.kinds[entity], parent, tree)
        if parent is not None:
            parent.children[entity].append(record)
        # the one on the way down is known, so there is room for one fewer
        record.unlisted[below] -= 1
        parent = record
    identity = _identity(document, kind.name, "", kind.name, tree)
    if identity is None:
        return None
    record = _record(kind, identity, parent, tree)
    if parent is not None:
        parent.children[kind.name].append(record)
    _read_facts(record, document, "", kind.keys.union((ENTITY, PREVIOUSLY), kind.above), tree)
    _read_children(record, document, "", tree)
    return record


def _above(raw: dict[str, Json], kind: Kind, parent: Record | None, tree: Tree) -> Record:
    identity = _identity(raw, kind.name, kind.name, kind.name, tree) or kind.name
    record = _record(kind, identity, parent, tree)
    _read_facts(record, raw, kind.name, kind.keys_above, tree)
    return record


def _record(kind: Kind, identity: str, parent: Record | None, tree: Tree) -> Record:
    """Return a record without facts, and with no records listed below it."""
    record = Record(kind.name, identity, parent)
    for below, limit in kind.below.items():
        record.children[below] = []
        record.unlisted[below] = limit
    tree.records[kind.name, identity] = record
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
    record: Record, raw: dict[str, Json], path: str, known: Collection[str], tree: Tree
) -> None:
    """Read the facts of a record; it may have the known keys and no others."""
    facts = tree.kinds[record.entity].facts
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


def _unknown_key(
    entity: str, key: str, path: str, known: Collection[str], tree: Tree
) -> Diagnostic:
    shown = legible(key)
    place = inside(path, shown)
    for owner in tree.kinds.values():
        if key in owner.facts:
            return catalogue.key_of_other_kind(place, shown, entity, owner.name)
    return catalogue.unknown_key(place, shown, entity, nearest(key, sorted(known)))


def _read_children(record: Record, raw: dict[str, Json], path: str, tree: Tree) -> None:
    for kind in tree.kinds[record.entity].below:
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
    items: list[Json], entity: str, path: str, parent: Record, tree: Tree
) -> Iterator[Record]:
    limit = tree.kinds[parent.entity].below[entity]
    if len(items) > limit:
        tree.report(catalogue.too_many_records(path, entity, len(items), limit))
        return
    kind = tree.kinds[entity]
    for at, item in enumerate(items):
        place = f"{path}[{at}]"
        if isinstance(item, Wrong):
            continue
        if not isinstance(item, dict):
            tree.report(catalogue.record_not_object(place, entity))
            continue
        identity = _identity(item, entity, place, None, tree)
        # read on without one, so that one run reports what else is wrong
        record = _record(kind, identity or place, parent, tree)
        _read_facts(record, item, place, kind.keys, tree)
        _read_children(record, item, place, tree)
        yield record
