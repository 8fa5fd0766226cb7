"""Every finding: one function for each code, from the facts of the case to a diagnostic.

The words stand in the lexicon under the code: `message`, and `help` for what to do, which is shown
only when every hole of it is filled (a fact that is None fills none).
"""

from aidrules.diagnostics import Diagnostic, Fix, Label, Severity
from aidrules.source import Span


def _error(
    code: str,
    span: Span | None = None,
    *,
    path: str = "",
    labels: tuple[Label, ...] = (),
    fix: Fix | None = None,
    **facts: object,
) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, facts, span, path, labels, fix)


def _warning(
    code: str,
    span: Span | None = None,
    *,
    path: str = "",
    labels: tuple[Label, ...] = (),
    fix: Fix | None = None,
    **facts: object,
) -> Diagnostic:
    return Diagnostic(code, Severity.WARNING, facts, span, path, labels, fix)


# ---------------------------------------------------------------- text (syntax)

# ---------------------------------------------------------------- names and types (check)

# ---------------------------------------------------------------- dates, tables, citations (check)

# ---------------------------------------------------------------- facts (household)

# ---------------------------------------------------------------- a record (evaluation)


def of_failure(code: str, span: Span | None, facts: tuple[tuple[str, object], ...]) -> Diagnostic:
    """Report what could not be computed on a record (a `Failure` of the evaluation)."""
    return Diagnostic(code, Severity.ERROR, dict(facts), span)
