"""A document of facts to a case, or to what is wrong with it."""

from collections.abc import Mapping

from attrs import field, frozen

from aidrules.case import Case
from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.household import document as documents
from aidrules.household.facts import GROUNDS_KEY, OPTIONS_KEY, RANGE_KEYS, STATEMENT_KEYS
from aidrules.household.history import DECISION_KEYS, HISTORY_KEYS, PASSED_OVER, read_history
from aidrules.household.records import (
    ENTITY,
    ID,
    PREVIOUSLY,
    Kind,
    Tree,
    kinds_of,
    read_root,
    root_kind,
)
from aidrules.program import Program
from aidrules.types import Reference, core

__all__ = ["Reader", "read"]


@frozen
class Reader:
    """What reads the documents of a policy: all about it that does not depend on a document."""

    _program: Program = field(repr=False)
    _kinds: Mapping[str, Kind] = field(repr=False)
    _known_keys: frozenset[str] = field(repr=False)

    @staticmethod
    def of(program: Program) -> "Reader":
        """Return the reader of a policy's documents."""
        return Reader(program, kinds_of(program), _known_keys(program))

    def read(
        self, document: Mapping[str, object] | str | bytes
    ) -> tuple[Case | None, tuple[Diagnostic, ...]]:
        """Return the case that a document tells, or None, and all findings that one run sees.

        Args:
            document: One record with its children inside and the records above it beside it, as
                JSON text, as UTF-8, or as Python data of that shape. Numbers are exact: a `float`
                is a finding, as is any other wrong fact. No message shows the value of a private
                fact.
        """
        plain, findings = documents.parse(document, self._known_keys, PASSED_OVER)
        if plain is None:
            return None, findings
        tree = Tree(self._program, self._kinds)
        tree.notes.findings.extend(findings)
        kind = root_kind(plain, tree)
        if kind is not None:
            root = read_root(plain, self._kinds[kind], tree)
            history = read_history(plain, tree)
            _check_mentions(tree)
            if root is not None and not any(each.is_error for each in tree.notes.findings):
                case = Case(root, tree.records, history, documents.digest(plain))
                return case, tuple(tree.notes.findings)
        return None, tuple(tree.notes.findings)


def read(
    program: Program, document: Mapping[str, object] | str | bytes
) -> tuple[Case | None, tuple[Diagnostic, ...]]:
    """Return what the reader of a policy's documents returns for one of them."""
    return Reader.of(program).read(document)


def _known_keys(program: Program) -> frozenset[str]:
    return frozenset(
        (
            *(entity.name for entity in program.entities),
            *(fact.name for fact in program.facts),
            *(ID, ENTITY, PREVIOUSLY, OPTIONS_KEY, GROUNDS_KEY),
            *(*STATEMENT_KEYS, *RANGE_KEYS, *HISTORY_KEYS, *DECISION_KEYS),
        )
    )


def _check_mentions(tree: Tree) -> None:
    """Report each reference to a record that nobody listed."""
    for mention in tree.notes.mentions:
        match core(mention.fact.type):
            case Reference(entity=entity) if (entity, mention.id) not in tree.records:
                name = mention.fact.name
                tree.report(catalogue.unknown_record(mention.path, name, entity))
            case _:
                pass
