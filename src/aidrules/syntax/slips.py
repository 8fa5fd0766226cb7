"""A token that does not fit, and what would, to a finding in the author's words."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from unicodedata import decimal, normalize
from unicodedata import name as character_name

from attrs import frozen

from aidrules import spelling
from aidrules.diagnostics import Diagnostic, Worded, catalogue
from aidrules.source import Span
from aidrules.syntax.tokens import MAX_BRACKETS, MAX_DIGITS, Token, kinds

_RIGHT_OPERATORS = {
    "==": "=",
    "<>": "!=",
    "&&": "and",
    "=<": "<=",
    "=>": ">=",
    "!": "not",
    "//": "/",
}
_RIGHT_SIGNS = {
    "、": ",",
    "–": "-",
    "—": "-",
    "＊": "*",
    "＝": "=",
    "＂": '"',
    "”": '"',
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    "&": "and",
}
_UNSURE_OPERATORS = frozenset({"=>", "//", "**"})

_PERIODS = kinds("DAY DAYS WEEK WEEKS MONTH MONTHS YEAR YEARS")
_COMPARISONS = kinds("LESS LESS_EQUAL GREATER GREATER_EQUAL EQUAL NOT_EQUAL")
_SUPERLATIVES = kinds("HIGHEST LOWEST EARLIEST LATEST")
_QUANTIFIERS = kinds("ANY EVERY")
_AGGREGATES = _SUPERLATIVES | _QUANTIFIERS | {"SUM", "COUNT"}
_VALUES = (
    kinds(
        "NAME NUMBER STRING DATE LPAR MINUS TODAY YES NO NONE RECEIVES ELIGIBLE PREVIOUSLY START "
        "END SOME NOT"
    )
    | _PERIODS
    | _AGGREGATES
)
_INFIX = _COMPARISONS | kinds(
    "PLUS MINUS TIMES DIVIDE IS INCLUDES WITHIN AND OR ELSE ON PER OF FOR DOT PERCENT"
)
_ENDS_AGGREGATE = _COMPARISONS | kinds("PLUS MINUS TIMES DIVIDE IS INCLUDES AND OR")
# What may come after a name: of an expression, and where only a name may stand.
_AFTER_VALUE = _INFIX | kinds("RPAR COMMA VBAR OVER WHERE HAS CITE TO RISES FALLS _NL")
_AFTER_NAME = _VALUES - {"LPAR", "NAME"}
_BEHIND_NAME = kinds("OF FOR BY IN")
_UNITS = frozenset({"NAME", "WORKING", "NUMBER_WORD"}) | _PERIODS

_KINDS = {
    "NAME": "expected-name",
    "NUMBER": "expected-number",
    "STRING": "expected-text",
    "DATE": "expected-date",
    "_NL": "line-end",
}
_ENDS = {"_NL": "line-end", "$END": "item-end"}


@frozen
class Words:
    """A key of the lexicon's table `word`, and the word of the language that fills it."""

    key: str
    word: str = ""

    def words(self) -> tuple[str, Mapping[str, object]]:
        """Return the lexicon's key and what fills it."""
        return self.key, {"word": self.word}


@frozen
class Stop:
    """Where the parser stopped within an item.

    Attributes:
        tokens: The item's, the last one a line end.
        at: Which of them did not fit.
        accepted: The kinds of token that would have fitted.
        spelling: How the language spells the kinds of token that have one spelling.
    """

    tokens: Sequence[Token]
    at: int
    accepted: frozenset[str]
    spelling: Mapping[str, str]

    @property
    def token(self) -> Token:
        """What did not fit."""
        return self.tokens[self.at]

    def before(self, distance: int = 1) -> Token | None:
        """Return the token so far before the one that did not fit."""
        return self.tokens[self.at - distance] if self.at >= distance else None

    def after(self) -> Token | None:
        """Return the token after the one that did not fit."""
        return self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None

    def last(self, kinds: Collection[str]) -> Token | None:
        """Return the last token of some kinds in the clause or brackets that are open here."""
        closed = 0
        for token in reversed(self.tokens[: self.at]):
            if token.type == "RPAR":
                closed += 1
            elif token.type == "LPAR":
                closed -= 1
            if closed < 0 or token.type == "_NL":
                return None
            if not closed and token.type in kinds:
                return token
        return None

    @property
    def wants_value(self) -> bool:
        """Whether an expression could begin here."""
        return {"NAME", "NUMBER", "LPAR"} <= self.accepted

    @property
    def wants_operator(self) -> bool:
        """Whether an expression could go on or end here."""
        return {"PLUS", "TIMES"} <= self.accepted

    @property
    def begins_line(self) -> bool:
        """Whether the token is the first of its line, or the end of the item."""
        before = self.before()
        if before is None or self.token.type in _ENDS:
            return True
        return "\n" in Span(before.span.source, before.span.end, self.token.span.start).text


def slip(stop: Stop) -> Diagnostic:
    """Return what is wrong where the parser stopped."""
    return (
        no_token(stop.token)
        or _number(stop)
        or _known(stop)
        or _aggregate_goes_on(stop)
        or _within(stop)
        or _slash_for_per(stop)
        or _brackets(stop)
        or _operator(stop)
        or _name(stop)
        or _row(stop)
        or _other(stop)
    )


def _narrow(number: str) -> str:
    """Return a number in the digits that the language reads."""
    plain = normalize("NFKC", number)
    return "".join(str(decimal(each)) if each.isdecimal() else each for each in plain)


def no_token(token: Token) -> Diagnostic | None:
    """Return what is wrong with what is no token of the language anywhere, or None."""
    span = token.span
    match token.type:
        case "UNCLOSED_STRING":
            return catalogue.unclosed_string(span)
        case "OTHER_QUOTES":
            return catalogue.wrong_quotes(span, token[1:-1])
        case "WIDE_NUMBER":
            return catalogue.wide_digits(span, _narrow(token))
        case "GROUPED_NUMBER":
            return catalogue.comma_in_number(span, str(token), token.replace(",", ""), is_sure=True)
        case "LONG_NUMBER":
            return catalogue.figure_too_long(span, MAX_DIGITS)
        case "WRONG_DATE":
            return catalogue.bad_date(span, str(token), _same_day(token))
        case "WRONG_OPERATOR":
            right = _RIGHT_OPERATORS.get(token)
            is_sure = right is not None and token not in _UNSURE_OPERATORS
            return catalogue.wrong_operator(span, str(token), right, is_sure=is_sure)
        case "TOO_DEEP":
            return catalogue.too_deep(span, MAX_BRACKETS)
        case "STRANGE" | "SEMICOLON":
            named = character_name(span.text[0], f"U+{ord(span.text[0]):04X}")
            return catalogue.strange_character(span, span.text, named, _RIGHT_SIGNS.get(token))
        case _:
            return None


def _same_day(written: str) -> str | None:
    """Return a date as the language writes it, if year, month and day are told apart."""
    year, month, day = (int(digits) for digits in re.findall("[0-9]+", written))
    try:
        return date(year, month, day).isoformat()
    except (
        ValueError
    ):  # no such day, or the year stands last, and which is the month cannot be told
        return None


def _number(stop: Stop) -> Diagnostic | None:
    """Report a comma for a decimal point: `3,5`."""
    before, comma, after = stop.before(), stop.token, stop.after()
    if comma.type != "COMMA" or not before or not after:
        return None
    touch = before.span.end == comma.span.start and comma.span.end == after.span.start
    if not (before.type == after.type == "NUMBER" and touch):
        return None
    found, right = f"{before},{after}", f"{before}.{after}"
    return catalogue.comma_in_number(before.span.to(after.span), found, right, is_sure=False)


def _known(stop: Stop) -> Diagnostic | None:
    """Report a rule that asks whether something is known."""
    if stop.token.type not in {"UNKNOWN", "KNOWN"}:
        return None
    sign = stop.before(2) if (before := stop.before()) and before.type == "NOT" else before
    if sign is None or sign.type not in {"IS", "EQUAL", "NOT_EQUAL"}:
        return None
    return catalogue.known_asked(sign.span.to(stop.token.span))


def _aggregate_goes_on(stop: Stop) -> Diagnostic | None:
    """Report an operator behind an aggregate, which ends there: `sum of a over b / c`."""
    if stop.token.type not in _ENDS_AGGREGATE or stop.wants_operator or stop.wants_value:
        return None
    word = stop.last(_AGGREGATES)
    before = stop.before()
    if word is None or before is None:
        return None
    return catalogue.bracket_needed(word.span.to(before.span), _of(word), is_sure=True)


def _within(stop: Stop) -> Diagnostic | None:
    """Report a time without a date: `within 1 month`."""
    word, before = stop.last({"WITHIN"}), stop.before()
    if not word or not before or not {"PLUS", "BEFORE", "AFTER"} <= stop.accepted:
        return None
    if stop.token.type not in {"RPAR", "AND", "OR"} and not stop.begins_line:
        return None
    return catalogue.within_without_date(word.span.to(before.span))


def _slash_for_per(stop: Stop) -> Diagnostic | None:
    """Report `yuan/month`, which in an expression goes wrong only behind `month`."""
    for slash, unit in ((stop.token, stop.after()), (stop.before(2), stop.before())):
        if slash and unit and slash.type == "DIVIDE" and unit.type in _PERIODS | {"NAME"}:
            if unit.type == "NAME" and slash is not stop.token:
                continue  # a division by a name
            return catalogue.slash_for_per(slash.span.to(unit.span), unit.removesuffix("s"))
    return None


def _brackets(stop: Stop) -> Diagnostic | None:
    if stop.token.type == "RPAR":
        if stop.wants_operator or "_NL" in stop.accepted:
            return catalogue.unopened_bracket(stop.token.span)
        return None
    if "RPAR" in stop.accepted and stop.begins_line:
        opened = _open_bracket(stop)
        if opened:
            return catalogue.unclosed_bracket(opened.span, stop.token.span)
    return _bracket_needed(stop)


def _open_bracket(stop: Stop) -> Token | None:
    opened: list[Token] = []
    for token in stop.tokens[: stop.at]:
        if token.type == "LPAR":
            opened.append(token)
        elif token.type == "RPAR" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _bracket_needed(stop: Stop) -> Diagnostic | None:
    """Report an aggregate after an operator: it would reach to the end of the line."""
    if stop.token.type in _AGGREGATES and stop.wants_value:
        return catalogue.bracket_needed(stop.token.span, _of(stop.token), is_sure=False)
    word, of = stop.before(2), stop.before()
    if word and of and word.type in _SUPERLATIVES and of.type == "OF":
        return catalogue.bracket_needed(word.span, _of(word), is_sure=False)
    return None


def _of(word: Token) -> str:
    return str(word) if word.type in _QUANTIFIERS else f"{word} of"


def _operator(stop: Stop) -> Diagnostic | None:
    token, after = stop.token, stop.after()
    if token.type == "VBAR" and after and after.type == "VBAR" and "OR" in stop.accepted:
        return catalogue.wrong_operator(token.span.to(after.span), "||", "or", is_sure=True)
    if token.type in _COMPARISONS and stop.wants_operator:
        return catalogue.chained_comparison(token.span, token.span.text)
    if "EQUAL" in stop.accepted and not stop.wants_operator and token.type in _VALUES | {"UNKNOWN"}:
        return catalogue.missing_equals(token.span)
    return None


def _name(stop: Stop) -> Diagnostic | None:
    """Report a reserved word that is used as a name."""
    token, after = stop.token, stop.after()
    if token.type not in stop.spelling or not token.isidentifier() or "NAME" not in stop.accepted:
        return None
    is_in_list = stop.accepted <= {"NAME", "ELLIPSIS"} and _open_bracket(stop)
    if token.type == "NONE" and is_in_list:
        return catalogue.none_in_choice(token.span)
    if token.type in _BEHIND_NAME and after is not None and after.type == "NAME":
        return None  # the name itself is missing
    if not stop.accepted <= {"NAME", "ELLIPSIS"}:
        # The slip may be another one, unless what comes next is what comes after a name.
        if token.type in _INFIX or after is None:
            return None
        if after.type not in (_AFTER_VALUE if stop.wants_value else _AFTER_NAME):
            return None
    return catalogue.reserved_word(token.span, str(token), f"the_{token}")


def _row(stop: Stop) -> Diagnostic | None:
    before = stop.before()
    if stop.token.type == "_NL" and "VBAR" in stop.accepted and before:
        return catalogue.missing_bar(stop.token.span)
    return None


def _other(stop: Stop) -> Diagnostic:
    token = stop.token
    found = Words(_ENDS[token.type]) if token.type in _ENDS else Words("found-word", str(token))
    near = None
    if token.isidentifier():
        near = nearest(token, [stop.spelling[kind] for kind in stop.accepted & set(stop.spelling)])
    if near is not None:
        return catalogue.unexpected(token.span, str(token), (), near)
    return catalogue.unexpected(token.span, found, expected(stop), None)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word that is close enough to be meant, or None."""
    return _nearest(word.lower(), frozenset(words))


@lru_cache(maxsize=1_000)  # a slip that is made once is made often
def _nearest(word: str, words: frozenset[str]) -> str | None:
    return spelling.nearest(word, sorted(words), cutoff=0.7)


def expected(stop: Stop) -> tuple[Worded, ...]:
    """Return what would have fitted: kinds of thing first, then words in order."""
    left = set(stop.accepted) - {"DOT"}  # a name may always go on so
    groups: list[str] = []
    if stop.wants_value:
        groups.append("expected-value")
        left -= _VALUES
    if "PERCENT" in left:
        groups.append("expected-unit")
        left -= _UNITS
    if stop.wants_operator:
        groups.append("expected-operator")
        left -= _INFIX
    if left >= _PERIODS:
        groups.append("expected-period")
        left -= _PERIODS
    groups.extend(key for kind, key in _KINDS.items() if kind in left)
    words = sorted(stop.spelling[kind] for kind in left & set(stop.spelling))
    return (*map(Words, groups), *(Words("expected-word", word) for word in words))
