"""Policy files to pytest items: one for its findings, one for each example and each check.

Installed as a pytest plugin: `*.aid` and `*.aid.md` files are collected.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aidrules.diagnostics import Diagnostic, render
from aidrules.examples import ExampleResult
from aidrules.policy import Policy, load
from aidrules.verify.proving.verdicts import NotCovered, Tested

ENDINGS = (".aid", ".aid.md")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option by which Z3 is asked."""
    about = "settle the checks of policies by Z3; else they are tried on some hundred households"
    group = parser.getgroup("aidrules")
    group.addoption("--aidrules-prove", action="store_true", help=about)
    parser.addini("aidrules_prove", about, type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "PolicyFile | None":
    """Collect policy files."""
    if file_path.name.endswith(ENDINGS):
        collected: PolicyFile = PolicyFile.from_parent(parent, path=file_path)
        return collected
    return None


class PolicyFile(pytest.File):
    """A policy file and what in it can be tested."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for the findings, and one for each example and check of this file."""
        policy = load(self.path)
        findings: PolicyCheck = PolicyCheck.from_parent(self, name="check", policy=policy)
        yield findings
        if policy.is_valid:
            for result in policy.test():
                if Path(result.span.source.name).name == self.path.name:
                    example: PolicyExample = PolicyExample.from_parent(
                        self, name=result.title, result=result
                    )
                    yield example
            for check in policy.program.checks:
                if Path(check.span.source.name).name == self.path.name:
                    stated: PolicyStatement = PolicyStatement.from_parent(
                        self, name=check.title, policy=policy
                    )
                    yield stated


class Findings(Exception):  # noqa: N818 - it says what it holds
    """What is wrong, to be shown as the command line shows it."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(render.text(diagnostics, "en"))


class Unstated(Exception):  # noqa: N818 - it says what a verdict is
    """A verdict that is not the one that was stated, with the household that shows it."""


class _Item(pytest.Item):
    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """Show findings as they are, without a traceback."""
        if isinstance(excinfo.value, Findings | Unstated):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))  # type: ignore[arg-type]

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the file and the item."""
        return self.path, None, f"{self.path.name}: {self.name}"


class PolicyCheck(_Item):
    """That a policy has no errors."""

    def __init__(self, *, policy: Policy, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]
        self._policy = policy

    def runtest(self) -> None:
        """Fail with the errors."""
        errors = tuple(finding for finding in self._policy.diagnostics if finding.is_error)
        if errors:
            raise Findings(errors)


class PolicyExample(_Item):
    """That an example comes out as expected."""

    def __init__(self, *, result: ExampleResult, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]
        self._result = result

    def runtest(self) -> None:
        """Fail with what came out otherwise."""
        if not self._result.passed:
            raise Findings(self._result.diagnostics)


class PolicyStatement(_Item):
    """That what a policy states of all households holds, or fails as it is known to."""

    def __init__(self, *, policy: Policy, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]
        self._policy = policy

    def runtest(self) -> None:
        """Fail with a household for which it does not hold; skip what cannot be said."""
        asks = bool(self.config.getoption("--aidrules-prove"))
        solver = asks or bool(self.config.getini("aidrules_prove"))
        proofs = self._policy.prove(only=self.name, solver=solver)
        verdicts = [each for each in proofs.settled if each.wanted.is_stated]
        for settled in verdicts:
            said = "\n".join(proofs.lines(settled, "en"))
            self.add_report_section("call", "aidrules", said)
            fails = settled.wanted.known_to_fail is not None
            if isinstance(settled.verdict, NotCovered) or (
                isinstance(settled.verdict, Tested) and fails
            ):
                pytest.skip(said)  # it was not found to fail, which says nothing
            if not settled.is_as_stated:
                raise Unstated(said)
