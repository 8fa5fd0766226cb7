"""A case to frames: each record at a date, with what was worked out about it.

Frames are the one thing here that changes: they remember values, so that a definition is worked
out once for each record and date.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define, field, frozen

from aidrules.case import Case, Record, Series
from aidrules.program import Program
from aidrules.types import Reference
from aidrules.values import UNLISTED, Options, Possible, Value, settle

Closure = Callable[["Frame"], Value]
"""An expression, ready to be worked out on a record of its kind."""


@frozen
class Group:
    """The records of a kind below a frame.

    Attributes:
        listed: One frame for each record.
        optional: A frame that stands for records that nobody listed, and how many they may be.
    """

    listed: tuple["Frame", ...]
    optional: tuple[tuple["Frame", int], ...]


@define(eq=False)
class Frame:
    """A record at a date.

    Attributes:
        parent: The frame of the record above it; above the highest stands the frame of the policy
            as a whole, which has none.
        facts: What is known of the record.
        memo: The value of each definition of its kind, by slot; None if not worked out.
        filled: The value of each fact that is not simply given, by name.
        claims: The claims below it, by the key of the ration.
    """

    record: Record
    parent: "Frame | None"
    today: int
    world: "World"
    facts: Mapping[str, Value | Series]
    memo: list[Value | None]
    filled: dict[str, Value] = field(factory=dict)
    groups: dict[str, Group] = field(factory=dict)
    claims: dict[str, tuple[Any, ...]] = field(factory=dict)


@frozen
class Learnt:
    """What is supposed to be known, beyond the case.

    Attributes:
        facts: By record and name.
        complete: The lists, by record above and kind, that hold no more than is listed.
    """

    facts: Mapping[tuple[Record, str], Value] = field(factory=dict)
    complete: frozenset[tuple[Record, str]] = frozenset()


NOTHING: Final = Learnt()


@frozen
class World:
    """All frames of one case.

    Attributes:
        today: The date asked for.
        sizes: How many definitions each kind of record has; None for the policy as a whole.
    """

    program: Program
    case: Case
    today: int
    sizes: Mapping[str | None, int]
    learnt: Learnt
    frames: dict[tuple[Record | None, int], Frame] = field(factory=dict, repr=False)
    strangers: dict[str, Record] = field(factory=dict, repr=False)

    def frame(self, record: Record, today: int) -> Frame:
        """Return the frame of a record at a date."""
        frame = self.frames.get((record, today))
        if frame is None:
            above = record.parent
            parent = self.policy(today) if above is None else self.frame(above, today)
            frame = self.frames[record, today] = Frame(
                record, parent, today, self, self._known(record), [None] * self.sizes[record.entity]
            )
        return frame

    def _known(self, record: Record) -> Mapping[str, Value | Series]:
        """Return the facts of a record, with what is supposed of it."""
        if not self.learnt.facts:
            return record.facts
        learnt = {
            name: value for (known, name), value in self.learnt.facts.items() if known is record
        }
        return {**record.facts, **learnt}

    def policy(self, today: int) -> Frame:
        """Return the frame of the policy as a whole, which stands on the case's own record."""
        frame = self.frames.get((None, today))
        if frame is None:
            root = self.case.root
            frame = Frame(root, None, today, self, root.facts, [None] * self.sizes[None])
            self.frames[None, today] = frame
        return frame

    def children(self, record: Record, kind: str) -> tuple[list[Record], int]:
        """Return the listed records of a kind directly below one, and how many more may be."""
        listed = record.children.get(kind, [])
        if (record, kind) in self.learnt.complete:
            return listed, 0
        if kind not in record.children and kind not in record.unlisted:
            return listed, self.program.entity[kind].limit - len(listed)
        return listed, record.unlisted.get(kind, 0)

    def is_above_root(self, record: Record) -> bool:
        """Whether a record stands above the case's own: what else is below it, nobody told."""
        above = self.case.root.parent
        while above is not None:
            if above is record:
                return True
            above = above.parent
        return False

    def unlisted(self, entity: str, today: int) -> tuple[Frame, ...]:
        """Return a frame for each place where a record of a kind may stand that nobody listed."""
        root = self.case.root
        try:
            path = path_between(self.program, root.entity, entity)
        except LookupError:
            return ()
        if path:
            below = members(self.frame(root, today), path)
            return tuple(frame for frame, _ in below.optional)
        return (self.frame(self._stranger(entity, root.above(entity).parent), today),)

    def any_record(self, type_: Reference, today: int, *, absent: bool = False) -> Value:
        """Return the set for an unknown reference, absent if it may be and there is nobody."""
        ids = {identity for kind, identity in self.case.records if kind == type_.entity}
        if self.unlisted(type_.entity, today) or not (ids or absent):
            ids.add(UNLISTED)
        return settle(Options(frozenset(ids)) if ids else None, absent)

    def named(self, entity: str, reference: Value, today: int) -> tuple[Frame, ...]:
        """Return the frames of the records that a reference may name, as they are listed."""
        match reference:
            case Possible(body=Options(values=values)):
                pass
            case str():
                values = frozenset((reference,))
            case _:
                return ()
        frames = [
            self.frame(record, today)
            for (kind, identity), record in self.case.records.items()
            if kind == entity and identity in values
        ]
        if len(frames) < len(values):
            frames.extend(self.unlisted(entity, today) or (self._nobody(entity, today),))
        return tuple(frames)

    def _nobody(self, entity: str, today: int) -> Frame:
        """Return a frame for a record that no list has room for, and that is named all the same."""
        record: Record | None = None
        for kind in reversed([*self.program.ancestry(entity)]):
            record = self._stranger(kind, record)
        return self.policy(today) if record is None else self.frame(record, today)

    def _stranger(self, entity: str, parent: Record | None) -> Record:
        """Return the one record of a kind that stands for those outside of the document."""
        if entity not in self.strangers:
            self.strangers[entity] = _unlisted(entity, parent)
        return self.strangers[entity]


def path_between(program: Program, above: str, entity: str) -> tuple[str, ...]:
    """Return the kinds from below one down to another; none if that is the same or above.

    Raises:
        LookupError: If neither stands above the other.
    """
    path: list[str] = []
    for kind in program.ancestry(entity):
        if kind == above:
            return tuple(reversed(path))
        path.append(kind)
    if entity in program.ancestry(above):
        return ()
    raise LookupError(entity)


def _unlisted(entity: str, parent: Record | None) -> Record:
    return Record(entity, UNLISTED, parent, is_unlisted=True)


def members(frame: Frame, path: tuple[str, ...]) -> Group:
    """Return the records at the end of a path of kinds below a frame.

    Optional ones are those that a listed record may have more, and all of those below an optional
    one: as many as their kind's limit allows.
    """
    kind = path[-1]
    group = frame.groups.get(kind)
    if group is None:
        group = _direct(frame, kind) if len(path) == 1 else _deep(frame, path)
        frame.groups[kind] = group
    return group


def _direct(frame: Frame, kind: str) -> Group:
    world, today = frame.world, frame.today
    records, more = world.children(frame.record, kind)
    listed = tuple([world.frame(record, today) for record in records])
    if more <= 0:
        return Group(listed, ())
    return Group(listed, ((world.frame(_unlisted(kind, frame.record), today), more),))


def _deep(frame: Frame, path: tuple[str, ...]) -> Group:
    above = members(frame, path[:-1])
    listed: list[Frame] = []
    optional: list[tuple[Frame, int]] = []
    for parent in above.listed:
        group = members(parent, path[-1:])
        listed.extend(group.listed)
        optional.extend(group.optional)
    for parent, count in above.optional:
        optional.extend(
            (ghost, count * more) for ghost, more in members(parent, path[-1:]).optional
        )
    return Group(tuple(listed), tuple(optional))
