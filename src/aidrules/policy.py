"""A policy: what people call."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from attrs import field, frozen

from aidrules import examples, pipeline
from aidrules.backends.interpreter import Engine, emit
from aidrules.decision import LANGUAGE_VERSION, Decision, Language, decide
from aidrules.diagnostics import Diagnostic
from aidrules.examples import ExampleResult
from aidrules.household import Reader
from aidrules.pipeline import Loaded
from aidrules.program import Program


class PolicyError(ValueError):
    """A policy with errors was asked to decide.

    Attributes:
        diagnostics: What is wrong with it.
    """

    def __init__(self, name: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        errors = [finding.code for finding in diagnostics if finding.is_error]
        super().__init__(f"policy {name} has {len(errors)} errors: {', '.join(errors[:5])}")
        self.diagnostics = diagnostics


@frozen(slots=False)
class Policy:
    """A policy, checked.

    Attributes:
        name: Of its main file (`policy a.b`), or as it was loaded.
        diagnostics: Errors and warnings; render them with `aidrules.render`.
        hash: The SHA-256 of its files, in hexadecimal.
    """

    name: str
    diagnostics: tuple[Diagnostic, ...] = field(repr=False)
    hash: str = field(repr=False)
    _program: Program | None = field(repr=False, eq=False)

    @property
    def is_valid(self) -> bool:
        """Whether it has no errors, so that it can decide."""
        return self._program is not None

    @property
    def program(self) -> Program:
        """The typed program.

        Raises:
            PolicyError: If the policy has errors.
        """
        if self._program is None:
            raise PolicyError(self.name, self.diagnostics)
        return self._program

    @cached_property
    def _engine(self) -> Engine:
        return emit(self.program)

    @cached_property
    def _reader(self) -> Reader:
        return Reader.of(self.program)

    def evaluate(self, facts: Mapping[str, object] | str | bytes, on: date | str) -> Decision:
        """Return what the policy decides of a document of facts on a date.

        Args:
            facts: One record with its children inside and the records above it beside it, as
                Python data or JSON text. Numbers are exact: int, Decimal, Fraction, decimal text.
            on: The date, as a `date` or ISO text; never the clock.

        Returns:
            The decision. If the facts are wrong it is rejected: it has findings and no outcomes.

        Raises:
            PolicyError: If the policy has errors.
            TypeError: If `on` is no date, or one with a time of day.
            ValueError: If `on` is text that is no ISO date.
        """
        day = _date(on)
        case, findings = self._reader.read(facts)
        if case is None:
            return Decision(self.name, self.hash, LANGUAGE_VERSION, day, None, (), findings)
        evaluation = self._engine.open(case, day.toordinal())
        return decide(evaluation, self.name, self.hash, findings)

    def schema(self, root: str | None = None, language: Language = "en") -> dict[str, object]:
        """Return the JSON Schema (2020-12) of the documents that the policy reads.

        Args:
            root: The kind of the document's own record; None: the household, or the highest.
            language: Of titles and descriptions.

        Raises:
            PolicyError: If the policy has errors.
            LookupError: If the policy has no kind of record of that name.
        """
        from aidrules.schema import json_schema  # noqa: PLC0415 - only for those who ask

        return json_schema(self.program, root, language)

    def test(self) -> tuple[ExampleResult, ...]:
        """Return what came of each example in the policy's files.

        Raises:
            PolicyError: If the policy has errors.
        """
        return tuple(examples.run(self.program, self._engine))


def load(target: str | Path) -> Policy:
    """Return the policy of a file, of a folder of files, or of that name among those shipped.

    Args:
        target: A path, or such as `cn.minimum_living`.

    Returns:
        The policy, wrong or not: see `Policy.diagnostics`.

    Raises:
        FileNotFoundError: If there is no such file, folder or shipped policy.
    """
    return _policy(pipeline.load(target), Path(target).name.partition(".aid")[0])


def loads(text: str, name: str = "policy.aid") -> Policy:
    """Return the policy of a text.

    Args:
        text: What would stand in a file; it may use policies that are shipped.
        name: Shown in messages; with `.aid.md` at its end the text is read as Markdown.
    """
    return _policy(pipeline.load_text(text, name), name.partition(".aid")[0])


def _policy(loaded: Loaded, fallback: str) -> Policy:
    return Policy(loaded.name or fallback, loaded.diagnostics, loaded.digest, loaded.program)


def _date(on: date | str) -> date:
    match on:
        case datetime():
            message = "`on` is a date without a time of day: pass on.date()"
            raise TypeError(message)
        case date():
            return on
        case str():
            return date.fromisoformat(on)
        case _:
            message = f"`on` is a date or ISO text, not {type(on).__name__}"
            raise TypeError(message)
