"""Policy files to pytest items: one for its findings, one for each example.

Installed as a pytest plugin: `*.aid` and `*.aid.md` files are collected.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aidrules.diagnostics import Diagnostic, render
from aidrules.examples import ExampleResult
from aidrules.policy import Policy, load

ENDINGS = (".aid", ".aid.md")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "PolicyFile | None":
    """Collect policy files."""
    if file_path.name.endswith(ENDINGS):
        collected: PolicyFile = PolicyFile.from_parent(parent, path=file_path)
        return collected
    return None


class PolicyFile(pytest.File):
    """A policy file and what in it can be tested."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for the findings, and one for each example that stands in this file."""
        policy = load(self.path)
        check: PolicyCheck = PolicyCheck.from_parent(self, name="check", policy=policy)
        yield check
        if policy.is_valid:
            for result in policy.test():
                if Path(result.span.source.name).name == self.path.name:
                    example: PolicyExample = PolicyExample.from_parent(
                        self, name=result.title, result=result
                    )
                    yield example


class Findings(Exception):  # noqa: N818 - it says what it holds
    """What is wrong, to be shown as the command line shows it."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(render.text(diagnostics, "en"))


class _Item(pytest.Item):
    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """Show findings as they are, without a traceback."""
        if isinstance(excinfo.value, Findings):
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
