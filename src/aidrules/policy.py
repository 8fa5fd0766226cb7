"""A policy: what people call."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from attrs import evolve, field, frozen

from aidrules import examples, pipeline
from aidrules.backends.interpreter import Engine, emit
from aidrules.decision import LANGUAGE_VERSION, Decision, Language, decide
from aidrules.diagnostics import Diagnostic
from aidrules.examples import ExampleResult
from aidrules.household import Reader
from aidrules.pipeline import Loaded
from aidrules.population.telling import Telling, need_population
from aidrules.program import Program

if TYPE_CHECKING:
    from aidrules.charts import Chart
    from aidrules.population.effects import Effects
    from aidrules.population.folder import Screening
    from aidrules.population.reassess import Reassessment
    from aidrules.population.screen import Policies
    from aidrules.population.sources import Given
    from aidrules.verify.comparing.comparison import Comparison
    from aidrules.verify.covering.coverage import Coverage
    from aidrules.verify.mutating.mutation import Mutation
    from aidrules.verify.nearest import Turned
    from aidrules.verify.proving.proofs import Proofs


class PolicyError(ValueError):
    """A policy with errors was asked to decide.

    Attributes:
        diagnostics: What is wrong with it.
    """

    def __init__(self, name: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        errors = [finding.code for finding in diagnostics if finding.is_error]
        super().__init__(f"policy {name} has {len(errors)} errors: {', '.join(errors[:5])}")
        self.diagnostics = diagnostics


class FactsError(ValueError):
    """Facts that are wrong, where there is nothing to return without them.

    Attributes:
        diagnostics: What is wrong with them.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        errors = [finding.code for finding in diagnostics if finding.is_error]
        super().__init__(f"the facts have {len(errors)} errors: {', '.join(errors[:5])}")
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

    def what_would_change(
        self,
        facts: Mapping[str, object] | str | bytes,
        on: date | str,
        only: str | None = None,
    ) -> "tuple[Turned, ...]":
        """Return for each grant the nearest change of one fact that would turn the decision.

        Args:
            facts: As for `evaluate`.
            on: The date.
            only: The name of a grant; None: all.

        Returns:
            One for each grant on each record that is granted or refused; what is open is left out.
            Each change was worked out, and is the nearest of its fact: nearer values were worked
            out too, all at once. `aidrules.verify.nearest` gives it in words and as data.

        Raises:
            PolicyError: If the policy has errors.
            FactsError: If the facts have.
            ValueError: If `on` is no date.
        """
        from aidrules.verify.nearest import turned  # noqa: PLC0415 - only for those who ask

        day = _date(on)
        case, findings = self._reader.read(facts)
        if case is None:
            raise FactsError(findings)
        found = (
            turned(self._engine, case, day.toordinal(), grant, record)
            for grant in self.program.grants
            if only is None or grant.name == only
            for record in case.records.values()
            if record.entity == grant.entity
        )
        return tuple(each for each in found if each is not None)

    def chart(
        self,
        facts: Mapping[str, object] | str | bytes,
        on: date | str,
        along: str | None = None,
        ends: tuple[Fraction | int | None, Fraction | int | None] = (None, None),
    ) -> "Chart":
        """Return what a household is granted against one of its numbers, exact.

        Between the points that it has each amount runs straight, but for what the rules round:
        that is proved by working the rules out for the whole stretch at once, not sampled.

        Args:
            facts: As for `evaluate`.
            on: The date.
            along: `FACT of RECORD`, or `FACT` where one record has it; None: the only amount of
                money per period.
            ends: The least and the greatest value of the fact, in its unit; None: the least of its
                range, and what is beyond all changes, or the greatest of its range.

        Returns:
            The chart: `aidrules.charts.explain` gives it in words, `aidrules.charts.svg` as a
            picture (extra `[chart]`), `to_json` as data.

        Raises:
            PolicyError: If the policy has errors.
            FactsError: If the facts have.
            AxisError: If no one number is named so.
            ValueError: If nothing lies between the ends, or `on` is no date.
        """
        from aidrules.charts import chart_of  # noqa: PLC0415 - only for those who ask

        day = _date(on)
        case, findings = self._reader.read(facts)
        if case is None:
            raise FactsError(findings)
        low, high = (None if end is None else Fraction(end) for end in ends)
        return chart_of(self.name, self._engine, case, day.toordinal(), along, (low, high))

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

    def screen(
        self,
        tables: "Mapping[str, Given] | Given",
        on: date | str,
        out: str | Path,
        *,
        previous: str | Path | None = None,
        changed: Collection[object] | None = None,
        threads: int = 1,
        progress: Callable[[int, int], None] | None = None,
        **telling: Unpack[Telling],
    ) -> "Screening":
        """Decide all households of some tables, and write a folder with what came of it.

        Args:
            tables: By kind of record, or one nested table: paths, folders of files, Arrow tables,
                data frames or query results (`__arrow_c_stream__`).
            on: The date.
            out: The folder; it must not be there.
            previous: The folder of an earlier run: `changes.parquet` says what changed since.
            changed: The ids of the documents that changed since then; only they, and those whose
                answers time may have changed, are decided anew.
            threads: How many compute at once.
            progress: Is told how many documents are read, and of how many.
            telling: What is said of the tables: `complete`, `places`, `renamed`, `ignored`, `root`;
                and `modified` with `since`, in the place of `changed`, where tables say when each
                row was modified.

        Raises:
            PolicyError: If the policy has errors.
            MissingExtra: If NumPy or PyArrow is not installed.
            FileExistsError: If the folder is there.
            FileNotFoundError: If a table is not there, or the earlier run.
            LookupError: If the policy has no such kind of record, or a table no such column.
            TablesError: If nothing can be read.
            ValueError: If `modified` is said without `since`, or `since` without an earlier run.
        """
        need_population()
        from aidrules.population.ask import screened  # noqa: PLC0415 - an extra

        said = "modified" in telling
        if said != ("since" in telling) or (said and previous is None):
            message = "`modified`, `since` and `previous` go together"
            raise ValueError(message)
        since, running = (previous, changed), (threads, progress)
        return screened(self._policies, tables, _date(on), out, telling, since, running)

    def explain_record(self, folder: str | Path, key: str, kind: str | None = None) -> Decision:
        """Return the decision on one record of a run, with its reasons, from the stored tables.

        Args:
            folder: Of the run.
            key: The id of the record.
            kind: Of the record; None: it is a document's own.

        Raises:
            OtherPolicyError: If the run was made with another policy.
            ChangedInput: If a table is not what it was.
            FileNotFoundError: If there is no run, or a table is gone.
            LookupError: If there is no such record, or it was rejected.
        """
        need_population()
        from aidrules.population.ask import case_of_record  # noqa: PLC0415 - an extra

        case, findings, day = case_of_record(self._policies, folder, key, kind)
        if case is None:
            return Decision(self.name, self.hash, LANGUAGE_VERSION, day, None, (), findings)
        evaluation = self._engine.open(case, day.toordinal())
        decision = decide(evaluation, self.name, self.hash, findings)
        if kind is None:
            return decision
        chosen = (each for each in decision.outcomes if (each.entity, each.record) == (kind, key))
        return evolve(decision, outcomes=tuple(chosen))

    def synthesize(
        self,
        households: int,
        out: str | Path,
        *,
        seed: int = 1,
        on: date | str | None = None,
        unknown: Fraction | int = 0,
        root: str | None = None,
    ) -> Path:
        """Write tables of households that nobody is, with values at the edges of rules mixed in.

        Args:
            households: How many documents.
            out: The folder; it must not be there.
            seed: The same gives the same tables.
            on: The day around which dates are chosen; None: the last from which the policy says
                something.
            unknown: The share of facts that are left out.
            root: The kind of a document; None: the household, or the highest kind.

        Returns:
            The folder, with a Parquet file for each kind of record.

        Raises:
            PolicyError: If the policy has errors.
            MissingExtra: If NumPy or PyArrow is not installed.
            FileExistsError: If the folder is there.
            LookupError: If the policy has no such kind of record.
        """
        need_population()
        from aidrules.population.synthesize import synthesize  # noqa: PLC0415 - an extra

        day = None if on is None else _date(on)
        return synthesize(self.program, households, seed, out, day, Fraction(unknown), root)

    def reassess(
        self,
        decisions: Sequence[Mapping[str, Any]],
        facts: Mapping[str, object] | str | bytes,
        until: date | str | None = None,
    ) -> "Reassessment":
        """Return what should have been paid month by month, now that facts are known, and what was.

        Args:
            decisions: Those that were made, as `Decision.to_json` gives them.
            facts: The document as it turned out; facts with several dates are what they were then.
            until: A day of the last month; None: the month of the last decision.

        Raises:
            PolicyError: If the policy has errors.
            RecordedError: If a decision is not of that shape.
        """
        from aidrules.population.reassess import reassess  # noqa: PLC0415 - for those who ask

        last = None if until is None else _date(until)
        return reassess(self.program, self.evaluate, decisions, facts, last)

    def prove(
        self,
        on: date | str | None = None,
        *,
        members: int = 3,
        seconds: Fraction | int = 5,
        only: str | None = None,
        solver: bool = True,
    ) -> "Proofs":
        """Settle over all households what the policy states, and what is to hold of any policy.

        Args:
            on: The date; None: that of its latest example, else the last from which it says
                something.
            members: How many records of a kind a household has at most; of kinds further below, 2.
            seconds: How long each property may take.
            only: The name of a rule, or the title of a check; None: all.
            solver: Whether Z3 is asked, if it is installed; else all is only tried.

        Returns:
            A verdict on each property: proved, refuted with the smallest household that was found,
            or not covered; without Z3 only tested. See docs/proofs.md for what is claimed.

        Raises:
            PolicyError: If the policy has errors.
        """
        day = None if on is None else _date(on)
        if not solver or find_spec("z3") is None:
            from aidrules.verify.proving.trial import trial  # noqa: PLC0415 - only for those who ask

            return trial(self.program, self.name, self.hash, day, only)
        from aidrules.verify.proving.prove import prove  # noqa: PLC0415 - an extra

        return prove(self.program, self.name, self.hash, day, members, seconds, only)

    def compare(
        self,
        new: "Policy",
        on: date | str | None = None,
        *,
        members: int = 3,
        seconds: Fraction | int = 5,
        only: str | None = None,
    ) -> "Comparison":
        """Return what differs in what this policy and a new one grant, over all households.

        Args:
            new: The policy that it is compared with: a later text, or a file that amends this one.
            on: The date; None: that of the new policy's latest example, else the last from which
                it says something.
            members: How many records of a kind a household has at most; of kinds further below, 2.
            seconds: How long each question may take: who gains, who loses, between which values.
            only: The name of a grant; None: all.

        Returns:
            For each grant of one name, with all facts known: proved the same, or the smallest
            household found that gains, and that loses, with the exact amounts. What is not proved,
            and all of it where Z3 is not installed, is tried on households and called tested.

        Raises:
            PolicyError: If one of the policies has errors.
        """
        from aidrules.verify.comparing.compare import compare  # noqa: PLC0415 - only for those who ask
        from aidrules.verify.comparing.comparison import Version  # noqa: PLC0415 - only for those who ask

        old, other = (Version(each.name, each.hash, each.program) for each in (self, new))
        day = None if on is None else _date(on)
        return compare(old, other, day, members, seconds, only)

    def effects(
        self,
        new: "Policy",
        tables: "Mapping[str, Given] | Given",
        on: date | str,
        *,
        by: Sequence[str] = (),
        threads: int = 1,
        **telling: Unpack[Telling],
    ) -> "Effects":
        """Return what a new policy does to the households of some tables: to whom, how much in all.

        Args:
            new: The policy that this one is compared with.
            tables: As for `screen`, with the columns that each policy asks for.
            on: The date.
            by: Of what groups are made: a fact of the household (`residence`), a kind of record
                above it (`county`), or a fact of that (`county.region`).
            threads: How many compute at once.
            telling: What is said of the tables; see `screen`.

        Returns:
            For each grant and group how many gain, lose, and how much in all; sums are exact.

        Raises:
            PolicyError: If one of the policies has errors.
            MissingExtra: If NumPy or PyArrow is not installed.
            FileNotFoundError: If a table is not there.
            LookupError: If a policy has no such kind of record, or no such fact.
            TablesError: If nothing can be read.
        """
        need_population()
        from aidrules.population.ask import told_from  # noqa: PLC0415 - an extra
        from aidrules.population.effects import effects  # noqa: PLC0415 - an extra
        from aidrules.verify.reach import paired  # noqa: PLC0415 - only for those who ask

        grants = [
            (None if before is None else before.key, None if after is None else after.key)
            for before, after in paired(self.program.grants, new.program.grants)
        ]
        policies, told = (self._policies, new._policies), told_from(telling)  # noqa: SLF001 - its like
        return effects(policies, grants, tables, _date(on), told, by, threads)

    def mutate(
        self,
        *,
        limit: int | None = None,
        seed: int = 1,
        within: str | None = None,
        tries: int = 60,
        seconds: Fraction | int = 5,
        total: Fraction | int | None = 60,
    ) -> "Mutation":
        """Return which slips in the policy its own examples would notice, and examples for others.

        Args:
            limit: How many slips are tried, chosen by chance; None: all.
            seed: Of chance; the same chooses the same.
            within: The module whose slips are tried; None: those of every file.
            tries: How many households are tried for each slip that no example notices.
            seconds: How long Z3 may take for each slip for which no household is found; 0: it is
                not asked.
            total: How many seconds it may take for all of them; None: as long as it takes.

        Returns:
            What becomes of each slip. Without Z3 none is proved to change nothing.

        Raises:
            PolicyError: If the policy has errors.
        """
        from aidrules.verify.mutating.mutation import Choosing, mutation  # noqa: PLC0415 - likewise
        from aidrules.verify.proving.clock import Clock  # noqa: PLC0415 - only for those who ask

        is_asked = seconds > 0 and find_spec("z3") is not None
        most = None if total is None else Fraction(total)
        clock = Clock(seconds, most) if is_asked else None
        choosing = Choosing(limit, seed, within)
        return mutation(self.program, self.name, choosing, tries=tries, clock=clock)

    def coverage(self, *, within: str | None = None) -> "Coverage":
        """Return what of the policy its own examples reach, and which articles its rules cite.

        Args:
            within: The module whose rules are looked at; None: those of every file.

        Raises:
            PolicyError: If the policy has errors.
        """
        from aidrules.verify.covering.coverage import coverage  # noqa: PLC0415 - only for those who ask

        return coverage(self.program, self.name, within)

    @cached_property
    def _policies(self) -> "Policies":
        from aidrules.population.screen import Policies  # noqa: PLC0415 - an extra

        return Policies(self.name, self.hash, self.program, self._engine, self._reader)

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
