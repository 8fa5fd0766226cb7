"""Every finding: one function for each code, from the facts of the case to a diagnostic.

The words stand in the lexicon under the code: `message`, and `help` for what to do, which is shown
only when every hole of it is filled (a fact that is None fills none).
"""

from datetime import date
from fractions import Fraction

from aidrules.diagnostics import Diagnostic, Fix, Label, Severity, Term, Worded
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


def file_too_large(span: Span, size: int, limit: int) -> Diagnostic:
    """Report a file that is not read because it is too large; in bytes."""
    return _error("file-too-large", span, size=size, limit=limit)


def too_many_tokens(span: Span, limit: int) -> Diagnostic:
    """Report a file that has too many words, numbers and signs."""
    return _error("too-many-tokens", span, limit=limit)


def not_text(span: Span, offset: int) -> Diagnostic:
    """Report a file that is not UTF-8 text, at the first byte that is not."""
    return _error("not-text", span, offset=offset)


def empty_file(span: Span, where: Worded) -> Diagnostic:
    """Report a file without any item."""
    return _error("empty-file", span, where=where)


def unclosed_fence(span: Span) -> Diagnostic:
    """Report a block of program text in Markdown that nothing ends."""
    return _error("unclosed-fence", span)


def hidden_character(span: Span, name: str) -> Diagnostic:
    """Report a character that cannot be seen."""
    return _error("hidden-character", span, name=name, fix=Fix(span, ""))


def strange_character(span: Span, found: str, name: str, right: str | None) -> Diagnostic:
    """Report a character that the language does not use, and the one that it does."""
    fix = Fix(span, right) if right else None
    return _error("strange-character", span, found=found, name=name, right=right, fix=fix)


def unknown_item(span: Span, found: str, near: str | None) -> Diagnostic:
    """Report a line that begins no item, offering the nearest word that would."""
    fix = Fix(span, near) if near else None
    return _error("unknown-item", span, found=found, near=near, fix=fix)


def unexpected(
    span: Span, found: str | Worded, expected: tuple[Worded, ...], near: str | None
) -> Diagnostic:
    """Report what does not fit where it stands, with what would fit or the nearest word."""
    if near is not None:
        return _error("misspelt-word", span, found=found, near=near, fix=Fix(span, near))
    return _error("unexpected", span, found=found, expected=expected or None)


def reserved_word(span: Span, word: str, proposal: str) -> Diagnostic:
    """Report a word of the language that is used as a name."""
    return _error("reserved-word", span, word=word, proposal=proposal)


def none_in_choice(span: Span) -> Diagnostic:
    """Report `none` among the values of a choice."""
    return _error("none-in-choice", span)


def unclosed_string(span: Span) -> Diagnostic:
    """Report a text without its closing quotes."""
    return _error("unclosed-string", span)


def wrong_quotes(span: Span, text: str) -> Diagnostic:
    """Report a text in quotes of another kind."""
    return _error("wrong-quotes", span, fix=Fix(span, f'"{text}"'))


def unclosed_bracket(span: Span, stop: Span) -> Diagnostic:
    """Report a bracket that is still open at a place where it cannot be."""
    return _error("unclosed-bracket", span, labels=(Label(stop, "still-open"),))


def unopened_bracket(span: Span) -> Diagnostic:
    """Report a closing bracket that nothing opened."""
    return _error("unopened-bracket", span, fix=Fix(span, ""))


def bracket_needed(span: Span, word: str, *, is_sure: bool) -> Diagnostic:
    """Report `sum of` and its like inside a larger expression."""
    fix = Fix(span, f"({span.text})") if is_sure else None
    return _error("bracket-needed", span, word=word, fix=fix)


def within_without_date(span: Span) -> Diagnostic:
    """Report a time within which, before or after no date."""
    return _error("within-without-date", span, found=span.text)


def known_asked(span: Span) -> Diagnostic:
    """Report a rule that asks whether something is known."""
    return _error("known-asked", span)


def missing_equals(span: Span) -> Diagnostic:
    """Report a result without its `=`."""
    start = Span(span.source, span.start, span.start)
    return _error("missing-equals", span, fix=Fix(start, "= "))


def missing_bar(span: Span) -> Diagnostic:
    """Report a row of a table that does not end in a bar."""
    return _error("missing-bar", span, fix=Fix(span, " |"))


def chained_comparison(span: Span, found: str) -> Diagnostic:
    """Report a second comparison in a row."""
    return _error("chained-comparison", span, found=found)


def wrong_operator(span: Span, found: str, right: str | None, *, is_sure: bool) -> Diagnostic:
    """Report the operator of another language."""
    fix = Fix(span, right) if right and is_sure else None
    return _error("wrong-operator", span, found=found, right=right, fix=fix)


def slash_for_per(span: Span, unit: str) -> Diagnostic:
    """Report `yuan/month`."""
    return _error("slash-for-per", span, unit=unit, fix=Fix(span, f" per {unit}"))


def bad_date(span: Span, found: str, right: str | None) -> Diagnostic:
    """Report a date that is written otherwise (`right` is the same day) or that never was."""
    fix = Fix(span, right) if right else None
    return _error("bad-date", span, found=found, right=right, fix=fix)


def wide_digits(span: Span, right: str) -> Diagnostic:
    """Report a number in digits that are not 0 to 9."""
    return _error("wide-digits", span, right=right, fix=Fix(span, right))


def comma_in_number(span: Span, found: str, right: str, *, is_sure: bool) -> Diagnostic:
    """Report a comma between the digits of a number, as grouping or as decimal point."""
    fix = Fix(span, right) if is_sure else None
    return _error("comma-in-number", span, found=found, right=right, fix=fix)


def figure_too_long(span: Span, limit: int) -> Diagnostic:
    """Report a number with too many digits before or behind its point."""
    return _error("figure-too-long", span, limit=limit)


def article_not_whole(span: Span, found: str) -> Diagnostic:
    """Report a citation of an article whose number is not whole."""
    return _error("article-not-whole", span, found=found)


def too_deep(span: Span, limit: int) -> Diagnostic:
    """Report brackets or expressions inside one another beyond a limit."""
    return _error("too-deep", span, limit=limit)


# ---------------------------------------------------------------- names and types (check)


def too_many_amendments(span: Span, name: str, most: int) -> Diagnostic:
    """Report a rule that is amended too often."""
    return _error("too-many-amendments", span, name=name, most=most)


def too_many_rivals(span: Span, count: int, most: int) -> Diagnostic:
    """Report an exclusion among too many grants."""
    return _error("too-many-rivals", span, count=count, most=most)


def no_calendar(span: Span) -> Diagnostic:
    """Report working days without a table of them."""
    return _error("no-calendar", span)


def expected_error(span: Span, found: object) -> Diagnostic:
    """Report a value expected to be an error that is none."""
    return _error("expected-error", span, found=found)


def expected_requirement(span: Span, wanted: Worded, found: Worded) -> Diagnostic:
    """Report a requirement that turns out otherwise than expected."""
    return _error("expected-requirement", span, wanted=wanted, found=found)


def date_below(span: Span, name: str, entity: str, here: str) -> Diagnostic:
    """Report a date of records below the rule's own."""
    return _error("date-below", span, name=name, entity=entity, here=here)


def choice_below(span: Span, name: str, entity: str, here: str) -> Diagnostic:
    """Report a choice or text of records below the rule's own."""
    return _error("choice-below", span, name=name, entity=entity, here=here)


def holder_twice(span: Span, name: str) -> Diagnostic:
    """Report a holder that is named twice."""
    return _error("holder-twice", span, name=name)


def amount_not_rounded(span: Span, name: str, step: Fraction, unit: Worded) -> Diagnostic:
    """Report an amount that may come to parts of the smallest coin."""
    return _warning("amount-not-rounded", span, name=name, step=step, unit=unit)


def expected_computable(span: Span) -> Diagnostic:
    """Report a condition expected to hold that cannot be computed."""
    return _error("expected-computable", span)


def no_period(span: Span, found: Worded, expected: Worded, period: str) -> Diagnostic:
    """Report a quantity that lacks the time by which it should count."""
    return _error("no-period", span, found=found, expected=expected, period=period)


def truth_below(span: Span, name: str, entity: str, here: str) -> Diagnostic:
    """Report a yes-or-no of records below the rule's own."""
    return _error("truth-below", span, name=name, entity=entity, here=here)


def requirement_holds(span: Span) -> Diagnostic:
    """Report a requirement expected to be granted."""
    return _error("requirement-holds", span)


def grant_is_given(span: Span) -> Diagnostic:
    """Report a grant expected to hold."""
    return _error("grant-is-given", span)


def expected_unknown(span: Span, found: object) -> Diagnostic:
    """Report a value expected to be unknown that is not."""
    return _error("expected-unknown", span, found=found)


def expected_status(span: Span, wanted: Worded, found: Worded) -> Diagnostic:
    """Report a status otherwise than expected."""
    return _error("expected-status", span, wanted=wanted, found=found)


def expected_truth(span: Span, found: object) -> Diagnostic:
    """Report a condition expected to hold that does not."""
    return _error("expected-truth", span, found=found)


def expected_value(span: Span, found: object, wanted: object) -> Diagnostic:
    """Report a value otherwise than expected."""
    return _error("expected-value", span, found=found, wanted=wanted)


def no_such_file(span: Span, name: str) -> Diagnostic:
    """Report a table that is not there."""
    return _error("no-such-file", span, name=name)


def file_outside(span: Span, name: str) -> Diagnostic:
    """Report a table outside the policy's folder."""
    return _error("file-outside", span, name=name)


def no_such_module(span: Span, name: str) -> Diagnostic:
    """Report a used file that is not there."""
    return _error("no-such-module", span, name=name)


def unknown_name(span: Span, name: str, near: str | None) -> Diagnostic:
    """Report a name that nothing declares, offering the nearest that is."""
    return _error("unknown-name", span, name=name, near=near)


def ambiguous_name(span: Span, name: str, options: tuple[str, ...]) -> Diagnostic:
    """Report a name that several files declare."""
    return _error("ambiguous-name", span, name=name, options=options)


def name_below(span: Span, name: str, entity: str, here: str) -> Diagnostic:
    """Report a name of records below the rule's own."""
    return _error("name-below", span, name=name, entity=entity, here=here)


def out_of_reach(span: Span, name: str, entity: str, here: str | None) -> Diagnostic:
    """Report a name of a kind that is not on the way up."""
    return _error("out-of-reach", span, name=name, entity=entity, here=here)


def not_used(span: Span, name: str, module: str) -> Diagnostic:
    """Report a name of a file that this one does not use."""
    return _error("not-used", span, name=name, module=module)


def unknown_kind(span: Span, name: str, near: str | None) -> Diagnostic:
    """Report a kind of record or group that nothing declares."""
    return _error("unknown-kind", span, name=name, near=near)


def unknown_module(span: Span, name: str, near: str | None) -> Diagnostic:
    """Report a module that is not used."""
    return _error("unknown-module", span, name=name, near=near)


def unknown_source(span: Span, name: str, near: str | None, fix: Fix | None) -> Diagnostic:
    """Report a citation of a source that nothing declares."""
    return _error("unknown-source", span, name=name, near=near, fix=fix)


def unknown_type(span: Span, name: str, near: str | None) -> Diagnostic:
    """Report a type or unit that nothing declares."""
    return _error("unknown-type", span, name=name, near=near)


def unknown_choice(span: Span, name: str, near: str | None, values: tuple[str, ...]) -> Diagnostic:
    """Report a value that a choice does not have."""
    return _error("unknown-choice", span, name=name, near=near, values=values)


def unknown_fact(span: Span, name: str, near: str | None) -> Diagnostic:
    """Report a fact that nothing declares."""
    return _error("unknown-fact", span, name=name, near=near)


def unknown_example(span: Span, name: str, near: str | None) -> Diagnostic:
    """Report an example that does not stand before this one."""
    return _error("unknown-example", span, name=name, near=near)


def unknown_example_record(span: Span, name: str, near: str | None) -> Diagnostic:
    """Report a record that an example does not have."""
    return _error("unknown-example-record", span, name=name, near=near)


def declared_twice(span: Span, name: str, first: Span) -> Diagnostic:
    """Report a name that is declared twice."""
    return _error("declared-twice", span, name=name, labels=(Label(first, "first-declared"),))


def no_policy_line(span: Span) -> Diagnostic:
    """Report a file that does not say which policy it is."""
    return _error("no-policy-line", span)


def use_cycle(span: Span, module: str, target: str) -> Diagnostic:
    """Report files that use one another in a circle."""
    return _error("use-cycle", span, module=module, target=target)


def kind_cycle(span: Span, name: str) -> Diagnostic:
    """Report kinds of record that lie below themselves."""
    return _error("kind-cycle", span, name=name)


def no_currency(span: Span) -> Diagnostic:
    """Report money without a currency."""
    return _error("no-currency", span)


def none_misplaced(span: Span) -> Diagnostic:
    """Report none where no value may be missing."""
    return _error("none-misplaced", span)


def bad_limit(span: Span) -> Diagnostic:
    """Report a limit that is no whole number above 0."""
    return _error("bad-limit", span)


def wrong_type(span: Span, found: Worded, expected: Worded) -> Diagnostic:
    """Report a value of another type than the place wants."""
    return _error("wrong-type", span, found=found, expected=expected)


def wrong_unit(span: Span, found: Worded, expected: Worded, period: str | None) -> Diagnostic:
    """Report a quantity of another unit than the place wants."""
    return _error(
        "wrong-unit",
        span,
        found=found,
        expected=expected,
        period=period,
    )


def units_added(span: Span, one: Worded, other: Worded, period: str | None) -> Diagnostic:
    """Report quantities of different units added."""
    return _error("units-added", span, one=one, other=other, period=period)


def units_compared(span: Span, one: Worded, other: Worded, period: str | None) -> Diagnostic:
    """Report quantities of different units compared."""
    return _error(
        "units-compared",
        span,
        one=one,
        other=other,
        period=period,
    )


def mixed_periods(span: Span, found: Worded) -> Diagnostic:
    """Report a product in which months and years, or days and weeks, stand together."""
    return _error("mixed-periods", span, found=found)


def no_conversion(span: Span, found: Worded, period: str) -> Diagnostic:
    """Report a conversion to a period that has no exact factor."""
    return _error("no-conversion", span, found=found, period=Term(period))


def not_comparable(span: Span, one: Worded, other: Worded) -> Diagnostic:
    """Report values of different types compared."""
    return _error("not-comparable", span, one=one, other=other)


def not_ordered(span: Span, found: Worded) -> Diagnostic:
    """Report an order of what has none."""
    return _error("not-ordered", span, found=found)


def may_be_none(span: Span) -> Diagnostic:
    """Report a value that may be none where one is wanted."""
    return _error("may-be-none", span)


def always_there(span: Span, found: Worded) -> Diagnostic:
    """Report none asked of what always has a value."""
    return _error("always-there", span, found=found)


def not_a_grant(span: Span, name: str) -> Diagnostic:
    """Report a name that is no grant where one is wanted."""
    return _error("not-a-grant", span, name=name)


def not_a_fact(span: Span, name: str) -> Diagnostic:
    """Report a name that is no fact where one is wanted."""
    return _error("not-a-fact", span, name=name)


def not_a_figure(span: Span, name: str) -> Diagnostic:
    """Report a date or keys asked of what is no figure."""
    return _error("not-a-figure", span, name=name)


def not_a_reference(span: Span, found: Worded) -> Diagnostic:
    """Report a fact of something that is no record."""
    return _error("not-a-reference", span, found=found)


def not_a_choice(span: Span, found: Worded) -> Diagnostic:
    """Report one-of asked of what is no choice."""
    return _error("not-a-choice", span, found=found)


def not_a_selection(span: Span, found: Worded) -> Diagnostic:
    """Report includes asked of what is no list."""
    return _error("not-a-selection", span, found=found)


def not_a_duration(span: Span, found: Worded) -> Diagnostic:
    """Report a length of time that is none."""
    return _error("not-a-duration", span, found=found)


def no_such_part(span: Span, period: str) -> Diagnostic:
    """Report a part of a date that has no number."""
    return _error("no-such-part", span, period=Term(period))


def dates_subtracted(span: Span) -> Diagnostic:
    """Report a date taken from a date."""
    return _error("dates-subtracted", span)


def not_below(span: Span, name: str, here: str | None) -> Diagnostic:
    """Report records that do not lie below the rule's own."""
    return _error("not-below", span, name=name, here=here)


def requirement_as_value(span: Span, name: str) -> Diagnostic:
    """Report a requirement used as a value."""
    return _error("requirement-as-value", span, name=name)


def never_recorded(span: Span, name: str) -> Diagnostic:
    """Report previously asked of what no decision records."""
    return _error("never-recorded", span, name=name)


def not_constant(span: Span) -> Diagnostic:
    """Report an expression where a written value is wanted."""
    return _error("not-constant", span)


def bad_quantum(span: Span) -> Diagnostic:
    """Report rounding to nothing."""
    return _error("bad-quantum", span)


def wrong_number_of_keys(span: Span, name: str, wanted: int, given: int) -> Diagnostic:
    """Report a look-up by too few or too many keys."""
    return _error("wrong-number-of-keys", span, name=name, wanted=wanted, given=given)


def key_out_of_reach(
    span: Span, name: str, key: str, entity: str | None, here: str | None
) -> Diagnostic:
    """Report a figure whose key cannot be read here."""
    return _error("key-out-of-reach", span, name=name, key=key, entity=entity, here=here)


def cycle(span: Span, names: tuple[str, ...], labels: tuple[Label, ...]) -> Diagnostic:
    """Report definitions that stand on one another in a circle."""
    return _error("cycle", span, names=names, labels=labels)


def too_deep_a_chain(span: Span, name: str) -> Diagnostic:
    """Report a calculation that stands on too many others."""
    return _error("too-deep-a-chain", span, name=name)


def define_without_value(span: Span, name: str) -> Diagnostic:
    """Report a definition that says nothing."""
    return _error("define-without-value", span, name=name)


def table_and_cases(span: Span, name: str) -> Diagnostic:
    """Report a definition with both a table and cases."""
    return _error("table-and-cases", span, name=name)


def never_reached(span: Span) -> Diagnostic:
    """Report a case behind the last."""
    return _error("never-reached", span)


def grant_without_amount(span: Span, name: str) -> Diagnostic:
    """Report a grant of a type without an amount."""
    return _error("grant-without-amount", span, name=name)


def amount_without_type(span: Span, name: str) -> Diagnostic:
    """Report an amount of a grant that is a plain yes."""
    return _error("amount-without-type", span, name=name)


def not_amendable(span: Span, name: str) -> Diagnostic:
    """Report an amendment of what cannot be amended."""
    return _error("not-amendable", span, name=name)


def clause_not_amendable(span: Span) -> Diagnostic:
    """Report a clause that an amendment cannot change."""
    return _error("clause-not-amendable", span)


def amendments_may_conflict(span: Span, name: str, one: str, other: str, first: Span) -> Diagnostic:
    """Report two amendments of which neither gives way."""
    return _warning(
        "amendments-may-conflict",
        span,
        name=name,
        one=one,
        other=other,
        labels=(Label(first, "other"),),
    )


def grants_on_different_records(
    span: Span, name: str, entity: str, first: str, kind: str
) -> Diagnostic:
    """Report an exclusion across kinds of record."""
    return _error(
        "grants-on-different-records", span, name=name, entity=entity, first=first, kind=kind
    )


def grants_not_comparable(span: Span, name: str, first: str) -> Diagnostic:
    """Report an exclusion by amount of amounts that do not compare."""
    return _error("grants-not-comparable", span, name=name, first=first)


def choice_names_no_grant(span: Span, name: str, values: tuple[str, ...]) -> Diagnostic:
    """Report an applicant's choice whose values are not the grants."""
    return _error("choice-names-no-grant", span, name=name, values=values)


def ration_without_fund(span: Span, name: str) -> Diagnostic:
    """Report a ration without a fund."""
    return _error("ration-without-fund", span, name=name)


def requirement_without_lines(span: Span, name: str) -> Diagnostic:
    """Report a requirement that requires nothing."""
    return _error("requirement-without-lines", span, name=name)


def fact_without_range(span: Span, name: str) -> Diagnostic:
    """Report a number without a range."""
    return _error("fact-without-range", span, name=name)


def range_of_no_number(span: Span, name: str) -> Diagnostic:
    """Report a range of what is no number and no date."""
    return _error("range-of-no-number", span, name=name)


def empty_range(span: Span) -> Diagnostic:
    """Report a range whose low end lies above its high one."""
    return _error("empty-range", span)


def default_on_held_fact(span: Span, name: str, holders: tuple[str, ...]) -> Diagnostic:
    """Report a default on a fact that somebody holds."""
    return _warning("default-on-held-fact", span, name=name, holders=holders)


def example_twice(span: Span, title: str) -> Diagnostic:
    """Report two examples of one title."""
    return _error("example-twice", span, title=title)


def example_without_date(span: Span, title: str) -> Diagnostic:
    """Report an example without a date."""
    return _error("example-without-date", span, title=title)


def example_without_records(span: Span) -> Diagnostic:
    """Report an example without records."""
    return _error("example-without-records", span)


def example_in_parts(span: Span, records: tuple[str, ...]) -> Diagnostic:
    """Report an example whose records do not hang together."""
    return _error("example-in-parts", span, records=records)


def example_expects_nothing(span: Span, title: str) -> Diagnostic:
    """Report an example that expects nothing."""
    return _warning("example-expects-nothing", span, title=title)


def record_without_parent(span: Span, entity: str, parent: str) -> Diagnostic:
    """Report a record of an example before the one above it."""
    return _error("record-without-parent", span, entity=entity, parent=parent)


def fact_without_record(span: Span, name: str, entity: str) -> Diagnostic:
    """Report a fact of an example without its record."""
    return _error("fact-without-record", span, name=name, entity=entity)


def one_value_wanted(span: Span, name: str) -> Diagnostic:
    """Report several values of a fact that has one."""
    return _error("one-value-wanted", span, name=name)


def not_an_id(span: Span) -> Diagnostic:
    """Report a record of an example named by what is no name."""
    return _error("not-an-id", span)


def name_a_record(span: Span, name: str, entity: str) -> Diagnostic:
    """Report an expectation that does not say of which record."""
    return _error("name-a-record", span, name=name, entity=entity)


def status_of_no_grant(span: Span) -> Diagnostic:
    """Report a status expected of what has none."""
    return _error("status-of-no-grant", span)


# ---------------------------------------------------------------- dates, tables, citations (check)


def until_before_from(span: Span) -> Diagnostic:
    """Report a time that ends before it begins."""
    return _error("until-before-from", span)


def overlapping_versions(span: Span, first: Span) -> Diagnostic:
    """Report dated values that overlap."""
    return _error("overlapping-versions", span, labels=(Label(first, "other"),))


def hole_between_versions(span: Span, first: int, last: int) -> Diagnostic:
    """Report days between two dated values for which there is none."""
    return _warning(
        "hole-between-versions", span, last=date.fromordinal(last), first=date.fromordinal(first)
    )


def figure_starts_late(span: Span, name: str, first: int, force: int) -> Diagnostic:
    """Report a figure that begins after its policy."""
    return _warning(
        "figure-starts-late",
        span,
        name=name,
        first=date.fromordinal(first),
        force=date.fromordinal(force),
    )


def figure_ends(span: Span, name: str, last: int) -> Diagnostic:
    """Report a figure that ends before its policy."""
    return _warning("figure-ends", span, name=name, last=date.fromordinal(last))


def dates_out_of_order(span: Span) -> Diagnostic:
    """Report columns of dates that do not rise."""
    return _error("dates-out-of-order", span)


def not_a_date_column(span: Span, name: str) -> Diagnostic:
    """Report a column of a figure that is headed by no date."""
    return _error("not-a-date-column", span, name=name)


def too_few_columns(span: Span, name: str, keys: int) -> Diagnostic:
    """Report a figure's table without a column of values."""
    return _error("too-few-columns", span, name=name, keys=keys)


def wrong_cell_count(span: Span, wanted: int, given: int) -> Diagnostic:
    """Report a row with too few or too many cells."""
    return _error("wrong-cell-count", span, wanted=wanted, given=given)


def otherwise_with_a_key(span: Span, name: str) -> Diagnostic:
    """Report a row for all others that names one of them."""
    return _error("otherwise-with-a-key", span, name=name)


def not_a_value_cell(span: Span) -> Diagnostic:
    """Report a cell without a value."""
    return _error("not-a-value-cell", span)


def not_a_key_cell(span: Span) -> Diagnostic:
    """Report a cell that matches nothing."""
    return _error("not-a-key-cell", span)


def not_an_input_column(span: Span) -> Diagnostic:
    """Report a column headed by what a table cannot be read by."""
    return _error("not-an-input-column", span)


def not_a_fact_column(span: Span) -> Diagnostic:
    """Report a column of an example's records that is headed by no fact."""
    return _error("not-a-fact-column", span)


def table_without_rows(span: Span) -> Diagnostic:
    """Report a table without rows."""
    return _error("table-without-rows", span)


def no_result_column(span: Span) -> Diagnostic:
    """Report a table without a result."""
    return _error("no-result-column", span)


def rates_need_one_step(span: Span) -> Diagnostic:
    """Report marginal rates by anything but one step."""
    return _error("rates-need-one-step", span)


def steps_out_of_order(span: Span) -> Diagnostic:
    """Report steps that do not rise."""
    return _error("steps-out-of-order", span)


def table_gap(span: Span, name: str, case: tuple[str, ...]) -> Diagnostic:
    """Report values for which a table has no row."""
    return _error("table-gap", span, name=name, case=case)


def figure_gap(span: Span, name: str, case: tuple[str, ...]) -> Diagnostic:
    """Report keys for which a figure has no row."""
    return _warning("figure-gap", span, name=name, case=case)


def table_overlap(
    span: Span, name: str, case: tuple[str, ...], labels: tuple[Label, ...]
) -> Diagnostic:
    """Report values for which a table has two rows."""
    return _error("table-overlap", span, name=name, case=case, labels=labels)


def table_not_looked_through(span: Span, name: str, steps: int) -> Diagnostic:
    """Report a table too large to be looked through for gaps."""
    return _warning("table-not-looked-through", span, name=name, steps=steps)


def cases_may_be_incomplete(span: Span) -> Diagnostic:
    """Report cases that nothing closes."""
    return _warning("cases-may-be-incomplete", span)


def key_without_otherwise(span: Span, name: str, key: str) -> Diagnostic:
    """Report a text key without a row for all others."""
    return _warning("key-without-otherwise", span, name=name, key=key)


def kind_without_limit(span: Span, name: str, limit: int) -> Diagnostic:
    """Report a kind whose records are counted without a limit."""
    return _warning("kind-without-limit", span, name=name, limit=limit)


def uncited(span: Span, name: str) -> Diagnostic:
    """Report a rule without an article."""
    return _warning("uncited", span, name=name)


def unused_fact(span: Span, name: str) -> Diagnostic:
    """Report a fact that no rule reads."""
    return _warning("unused-fact", span, name=name)


def text_not_yet_in_force(span: Span, title: str, first: int, force: int) -> Diagnostic:
    """Report a citation of a text that came later."""
    return _warning(
        "text-not-yet-in-force",
        span,
        title=title,
        first=date.fromordinal(first),
        force=date.fromordinal(force),
    )


def text_no_longer_in_force(span: Span, title: str, last: int) -> Diagnostic:
    """Report a citation of a text that has ended."""
    return _warning("text-no-longer-in-force", span, title=title, last=date.fromordinal(last))


def lower_amends_higher(span: Span, name: str) -> Diagnostic:
    """Report an amendment of a text by one of lower rank."""
    return _warning("lower-amends-higher", span, name=name)


def two_words_for_one(span: Span, name: str, other: str) -> Diagnostic:
    """Report two words of a glossary for one name."""
    return _error("two-words-for-one", span, name=name, other=other)


def bad_calendar_row(span: Span) -> Diagnostic:
    """Report a row of a calendar that cannot be read."""
    return _error("bad-calendar-row", span)


# ---------------------------------------------------------------- facts (household)


def document_not_json(line: int, column: int) -> Diagnostic:
    """Report text that is not JSON, where it first goes wrong."""
    return _error("document-not-json", line=line, column=column)


def document_not_utf8(offset: int) -> Diagnostic:
    """Report bytes that are not UTF-8; the offset counts bytes from 0."""
    return _error("document-not-utf-8", offset=offset)


def document_too_large(limit: int) -> Diagnostic:
    """Report text longer than any household's; the limit counts characters."""
    return _error("document-too-large", limit=limit)


def document_too_deep(path: str, limit: int) -> Diagnostic:
    """Report lists and objects inside one another beyond any need."""
    return _error("document-too-deep", path=path, limit=limit)


def document_not_object() -> Diagnostic:
    """Report a document that is no record."""
    return _error("document-not-object")


def repeated_key(path: str) -> Diagnostic:
    """Report a key that an object has twice: which one counts, nobody knows."""
    return _error("repeated-key", path=path)


def binary_float(path: str) -> Diagnostic:
    """Report a binary float, which is not the number that was meant."""
    return _error("binary-float", path=path)


def number_not_finite(path: str) -> Diagnostic:
    """Report an infinity, or what is not a number."""
    return _error("number-not-finite", path=path)


def number_too_long(path: str, limit: int) -> Diagnostic:
    """Report a number with more digits than any amount has."""
    return _error("number-too-long", path=path, limit=limit)


def value_not_json(path: str) -> Diagnostic:
    """Report what JSON has no form for, in a document given as Python data."""
    return _error("value-not-json", path=path)


def text_not_allowed(path: str) -> Diagnostic:
    """Report text with a null character or half of a character."""
    return _error("text-not-allowed", path=path)


def root_not_said(kinds: tuple[str, ...]) -> Diagnostic:
    """Report a document whose kind of record cannot be told from its keys."""
    return _error("root-not-said", kinds=kinds)


def unknown_root(path: str, name: str, nearest: str | None, kinds: tuple[str, ...]) -> Diagnostic:
    """Report a kind of record that the policy does not have."""
    return _error("unknown-root", path=path, name=name, nearest=nearest, kinds=kinds)


def unknown_key(path: str, name: str, entity: str, nearest: str | None) -> Diagnostic:
    """Report a key that a record does not have."""
    return _error("unknown-key", path=path, name=name, entity=entity, nearest=nearest)


def key_of_other_kind(path: str, name: str, entity: str, owner: str) -> Diagnostic:
    """Report a fact that is given on a record of another kind than its own."""
    return _error("key-of-other-kind", path=path, name=name, entity=entity, owner=owner)


def record_not_object(path: str, entity: str) -> Diagnostic:
    """Report a record that is not a set of named facts."""
    return _error("record-not-object", path=path, entity=entity)


def records_not_list(path: str, entity: str) -> Diagnostic:
    """Report records that do not stand in a list."""
    return _error("records-not-list", path=path, entity=entity)


def too_many_records(path: str, entity: str, count: int, limit: int) -> Diagnostic:
    """Report more records below one than the policy allows."""
    return _error("too-many-records", path=path, entity=entity, count=count, limit=limit)


def missing_id(path: str, entity: str) -> Diagnostic:
    """Report a record that nothing tells from the others."""
    return _error("missing-id", path=path, entity=entity)


def id_not_text(path: str) -> Diagnostic:
    """Report an id that is no text, or an empty one."""
    return _error("id-not-text", path=path)


def repeated_id(path: str, entity: str, first: str) -> Diagnostic:
    """Report two records of a kind with one id; `first` is the path of the earlier one."""
    return _error("repeated-id", path=path, entity=entity, first=first)


def wrong_value(path: str, fact: str, type_: Worded, given: str | None) -> Diagnostic:
    """Report a value of another type than the fact's."""
    return _error("wrong-value", path=path, fact=fact, type=type_, given=given)


def truth_not_boolean(path: str, fact: str) -> Diagnostic:
    """Report a yes or no that is written as text or number."""
    return _error("truth-not-boolean", path=path, fact=fact)


def number_not_decimal(path: str, fact: str, given: str | None) -> Diagnostic:
    """Report text that is no decimal number."""
    return _error("number-not-decimal", path=path, fact=fact, given=given)


def value_out_of_range(
    path: str, fact: str, low: object, high: object, given: str | None
) -> Diagnostic:
    """Report a value outside the range that the policy declares; it may have no upper end."""
    code = "value-below-range" if high is None else "value-out-of-range"
    return _error(code, path=path, fact=fact, low=low, high=high, given=given)


def value_too_fine(path: str, fact: str, step: object, given: str | None) -> Diagnostic:
    """Report a value between the steps of its fact, such as a tenth of a cent."""
    return _error("value-too-fine", path=path, fact=fact, step=step, given=given)


def unknown_value(
    path: str, fact: str, values: tuple[str, ...], nearest: str | None, given: str | None
) -> Diagnostic:
    """Report a value that a choice does not have."""
    return _error(
        "unknown-value", path=path, fact=fact, values=values, nearest=nearest, given=given
    )


def date_not_iso(path: str, fact: str, given: str | None) -> Diagnostic:
    """Report a date that is not written as year, month and day."""
    return _error("date-not-iso", path=path, fact=fact, given=given)


def impossible_date(path: str, fact: str, given: str | None) -> Diagnostic:
    """Report a day that the calendar does not have."""
    return _error("impossible-date", path=path, fact=fact, given=given)


def never_none(path: str, fact: str) -> Diagnostic:
    """Report `none` for what always exists."""
    return _error("never-none", path=path, fact=fact)


def unknown_record(path: str, fact: str, entity: str) -> Diagnostic:
    """Report a reference to a record that the document does not have."""
    return _error("unknown-record", path=path, fact=fact, entity=entity)


def statement_malformed(path: str, fact: str) -> Diagnostic:
    """Report what should say a value, who says so and as of when, and does not."""
    return _error("statement-malformed", path=path, fact=fact)


def judgement_without_grounds(path: str, fact: str) -> Diagnostic:
    """Report a judgement of which nobody said who made it, or why."""
    return _warning("judgement-without-grounds", path=path, fact=fact)


def range_malformed(path: str, fact: str) -> Diagnostic:
    """Report bounds without exactly a low and a high end."""
    return _error("range-malformed", path=path, fact=fact)


def range_crossed(path: str, fact: str) -> Diagnostic:
    """Report bounds whose low end lies above the high one."""
    return _error("range-crossed", path=path, fact=fact)


def range_not_ordered(path: str, fact: str, type_: Worded) -> Diagnostic:
    """Report low and high ends of what has no order."""
    return _error("range-not-ordered", path=path, fact=fact, type=type_)


def options_malformed(path: str, fact: str) -> Diagnostic:
    """Report possible values that are no list, or an empty one."""
    return _error("options-malformed", path=path, fact=fact)


def options_not_listed(path: str, fact: str, type_: Worded) -> Diagnostic:
    """Report possible values, one by one, of what is known within ends or as a whole list."""
    return _error("options-not-listed", path=path, fact=fact, type=type_)


def history_malformed(path: str) -> Diagnostic:
    """Report earlier decisions that do not have the form of decisions."""
    return _error("history-malformed", path=path)


def history_of_rejected(path: str) -> Diagnostic:
    """Report the output of a rejected document in the place of earlier decisions."""
    return _error("history-of-rejected", path=path)


def unknown_history_key(path: str, name: str, nearest: str | None) -> Diagnostic:
    """Report a key that earlier decisions do not have."""
    return _error("unknown-history-key", path=path, name=name, nearest=nearest)


def unknown_decision(path: str, name: str, entity: str, nearest: str | None) -> Diagnostic:
    """Report an earlier decision on what the policy does not decide."""
    return _error("unknown-decision", path=path, name=name, entity=entity, nearest=nearest)


def ambiguous_decision(path: str, name: str, keys: tuple[str, ...]) -> Diagnostic:
    """Report an earlier decision whose name two modules have."""
    return _error("ambiguous-decision", path=path, name=name, keys=keys)


def decision_without_record(path: str, entity: str) -> Diagnostic:
    """Report an earlier decision on a record that the document does not have."""
    return _error("decision-without-record", path=path, entity=entity)


def repeated_decision(path: str, name: str) -> Diagnostic:
    """Report two earlier decisions on one thing."""
    return _error("repeated-decision", path=path, name=name)


def unknown_status(path: str, statuses: tuple[str, ...]) -> Diagnostic:
    """Report an earlier decision whose outcome is not said, or not as one of the outcomes."""
    return _error("unknown-status", path=path, statuses=statuses)


def decision_contradicts_itself(path: str, name: str) -> Diagnostic:
    """Report an earlier decision whose status, receipt and amount do not fit together."""
    return _error("decision-contradicts-itself", path=path, name=name)


def share_of_other_unit(span: Span, value: Worded, cause: Worded) -> Diagnostic:
    """Report a share of a change tolerated in what is measured in another unit."""
    return _error("share-of-other-unit", span, value=value, cause=cause)


def decision_in_other_unit(path: str, name: str, unit: Worded) -> Diagnostic:
    """Report an earlier amount in another unit than that of the policy."""
    return _error("decision-in-other-unit", path=path, name=name, unit=unit)


# ---------------------------------------------------------------- a record (evaluation)


def of_failure(code: str, span: Span | None, facts: tuple[tuple[str, object], ...]) -> Diagnostic:
    """Report what could not be computed on a record (a `Failure` of the evaluation).

    Args:
        code: One of those that the engines raise; its words stand with the others.
        span: The place in the policy.
        facts: What fills its holes; `date` is an ordinal, as dates are among values.
    """
    shown = {
        hole: date.fromordinal(fact) if hole == "date" and isinstance(fact, int) else fact
        for hole, fact in facts
    }
    return Diagnostic(code, Severity.ERROR, shown, span)
