"""Findings as values: what is wrong, where, and how to mend it; without sentences.

A finding is worded by `aidrules.diagnostics.render` alone, from the lexicon,
so that one finding speaks English and Chinese, in a terminal and as JSON.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen

from aidrules.source import Span


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"


class Worded(Protocol):
    """A fact of a message that is itself worded by the lexicon, such as a type."""

    def words(self) -> tuple[str, Mapping[str, object]]:
        """Return the key of the lexicon's pattern and what fills its holes."""
        ...


@frozen
class Term:
    """A word of the lexicon as a fact of a message.

    Attributes:
        key: In the lexicon's table `word`.
    """

    key: str

    def words(self) -> tuple[str, Mapping[str, object]]:
        """Return the lexicon's key; there is nothing to fill."""
        return self.key, {}


@frozen
class Label:
    """A second place that a finding points at.

    Attributes:
        span: The place.
        key: Key of the label's words in the lexicon's table `label`.
    """

    span: Span
    key: str


@frozen
class Fix:
    """A repair that is sure: put `text` in place of `span`."""

    span: Span
    text: str


@frozen
class Diagnostic:
    """One finding.

    Attributes:
        code: Stable, kebab-case; never changes its meaning.
        severity: An error keeps the policy from deciding; a warning does not.
        facts: What fills the holes of the message: text, numbers, dates, lists of these, or
            anything `Worded`.
        span: Where in a policy, underlined when shown; or None.
        path: Where in a document of facts, such as `person[0].wage`; or "".
        labels: Other places that take part.
        fix: The repair, if it is sure.
    """

    code: str
    severity: Severity
    facts: Mapping[str, object] = field(factory=dict)
    span: Span | None = None
    path: str = ""
    labels: tuple[Label, ...] = ()
    fix: Fix | None = None

    @property
    def is_error(self) -> bool:
        """Whether it keeps the policy from deciding."""
        return self.severity is Severity.ERROR
