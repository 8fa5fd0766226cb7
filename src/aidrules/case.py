"""The facts of one household as the engines read them: records in a tree, checked and typed."""

from collections.abc import Mapping

from attrs import field, frozen

from aidrules.values import Value


@frozen
class Series:
    """A fact given as dated values: at a date, the last one on or before it; before, unknown.

    Attributes:
        points: Ordinal and value, in order of date.
    """

    points: tuple[tuple[int, Value], ...]


@frozen
class Given:
    """How a fact was given, for those who read the reasons.

    Attributes:
        origin: Who says so, or None.
        as_of: The day of the statement, as an ordinal, or None.
        disputed: Origin and value of each holder, if they differ without an order; then the fact
            is unknown.
        grounds: Why a judgement was made, in the words of who made it, or None.
        set_aside: Origin ("" if not said), day and value of each statement that says otherwise
            than the one that counts, by a holder that ranks behind.
    """

    origin: str | None
    as_of: int | None
    disputed: tuple[tuple[str, Value], ...] = ()
    grounds: str | None = None
    set_aside: tuple[tuple[str, int | None, Value], ...] = ()


@frozen(eq=False)
class Record:
    """One record: a person, a household, a payment.

    Attributes:
        id: Unique in its kind within the document.
        parent: The record above it, or None.
        facts: What is known, by name. A fact that is not here is missing: its default, or unknown.
            One given only within bounds is a `Possible`; `none` is `ABSENT`.
        given: How each fact was given, where there is something to say.
        children: The listed records of each kind below.
        unlisted: How many more of each kind below there may be; 0 if the list is complete.
        is_unlisted: Whether this stands for records that nobody listed: all is unknown.
    """

    entity: str
    id: str
    parent: "Record | None" = field(repr=False)
    facts: dict[str, Value | Series] = field(factory=dict)
    given: dict[str, Given] = field(factory=dict, repr=False)
    children: "dict[str, list[Record]]" = field(factory=dict, repr=False)
    unlisted: dict[str, int] = field(factory=dict, repr=False)
    is_unlisted: bool = False

    def above(self, entity: str) -> "Record":
        """Return this record or the one above it that is of a kind.

        Raises:
            LookupError: If there is none.
        """
        record: Record | None = self
        while record is not None:
            if record.entity == entity:
                return record
            record = record.parent
        raise LookupError(entity)


@frozen
class Past:
    """What the office last decided on a record.

    Attributes:
        receives: Yes, no, or unknown if it was recorded as undecided.
        value: The amount (or value of a definition), `ABSENT` if there was none.
        run_from: The first day of the unbroken run of payments, `ABSENT` if there was none.
    """

    receives: Value
    value: Value
    run_from: Value


@frozen
class History:
    """The last decision that the office recorded before today.

    Attributes:
        on: Its date, as an ordinal.
        past: By entity, id of the record, and key of the grant or definition; what is not here
            was not decided.
    """

    on: int | None
    past: Mapping[tuple[str, str, str], Past]


@frozen
class Case:
    """A document of facts.

    Attributes:
        root: Its record; the records above it hang on it by `parent`.
        records: Every record, by kind and id.
        history: None if none was given: then everything `previously` is unknown.
        digest: The SHA-256 of the document in canonical form, in hexadecimal.
    """

    root: Record
    records: Mapping[tuple[str, str], Record] = field(repr=False)
    history: History | None
    digest: str
