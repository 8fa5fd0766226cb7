"""JSON text, bytes or Python data to plain data with exact numbers, and its digest."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from fractions import Fraction
from hashlib import sha256
from typing import Final, TypeAlias, assert_never

from attrs import field, frozen

from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.lexicon import exact


class Wrong(Enum):
    """What cannot stand in a document; it is reported once, and passed over from then on."""

    NOT_FINITE = "not finite"
    TOO_LONG = "too long"
    REPEATED = "repeated"
    REPORTED = "reported"


Json: TypeAlias = "bool | int | Fraction | str | list[Json] | dict[str, Json] | Wrong | None"

LONGEST: Final = 1 << 26
"""How many characters a document may have: far above any household's, below a machine's memory."""

DEEPEST: Final = 64
"""How many lists and objects may stand inside one another."""

DIGITS: Final = 40
"""How many digits a number may have before its point, and behind it."""


def parse(
    document: Mapping[str, object] | str | bytes,
    known: frozenset[str],
    passed_over: re.Pattern[str],
) -> tuple[dict[str, Json] | None, tuple[Diagnostic, ...]]:
    """Return the document as plain data, or None if it is no object, and what is wrong with it.

    Args:
        document: JSON text, the same in UTF-8, or Python data of that shape.
        known: The keys that may be shown in a path; any other might hold a private value.
        passed_over: The paths whose values are left out, unseen.
    """
    raw: object = document
    if isinstance(document, bytes):
        try:
            raw = document.decode("utf-8")
        except UnicodeDecodeError as error:
            return None, (catalogue.document_not_utf8(error.start),)
    if isinstance(raw, str):
        raw = _load(raw.removeprefix("\ufeff"))
        if isinstance(raw, Diagnostic):
            return None, (raw,)
    walk = _Walk(known, passed_over)
    plain = walk.plain(raw, "", 0)
    if isinstance(plain, dict):
        return plain, tuple(walk.findings)
    return None, tuple(walk.findings) or (catalogue.document_not_object(),)


def digest(document: dict[str, Json]) -> str:
    """Return the SHA-256, in hexadecimal, of the document in canonical form.

    That is JSON without spaces, keys sorted, and each number as text, a decimal if that is exact:
    1.50 and 3/2 are one number.
    """
    return sha256(_ENCODER.encode(_canonical(document)).encode("utf-8")).hexdigest()


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def inside(path: str, key: str) -> str:
    """Return the path of what stands under a key."""
    return f"{path}.{key}" if path else key


def legible(text: str) -> str:
    """Return text from a document as a message may show it."""
    if not text:
        return '""'
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in cut)


_SHOWN = 60


# ---------------------------------------------------------------- text


def _load(text: str) -> object:
    if len(text) > LONGEST:
        return catalogue.document_too_large(LONGEST)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return catalogue.document_not_json(error.lineno, error.colno)
    except RecursionError:
        return catalogue.document_too_deep("", DEEPEST)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen = dict(pairs)
    if len(seen) < len(pairs):
        for key, count in Counter(key for key, _ in pairs).items():
            if count > 1:
                seen[key] = Wrong.REPEATED
    return seen


def _whole_number(text: str) -> int | Fraction | Wrong:
    return int(text) if len(text) < DIGITS else _number(text)


def _number(text: str) -> int | Fraction | Wrong:
    if len(text) > 3 * DIGITS:
        return Wrong.TOO_LONG
    try:
        return _decimal(Decimal(text))
    except InvalidOperation:  # an exponent beyond what even a decimal can hold
        return Wrong.TOO_LONG


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_whole_number,
    parse_float=_number,
    parse_constant=lambda _: Wrong.NOT_FINITE,
)


# ---------------------------------------------------------------- numbers


def _decimal(number: Decimal) -> int | Fraction | Wrong:
    if not number.is_finite():
        return Wrong.NOT_FINITE
    if not number:
        return 0
    # looked at before it is spelt out: a few characters of exponent may mean gigabytes of digits
    places = number.as_tuple().exponent
    if number.adjusted() >= DIGITS or not isinstance(places, int) or places < -DIGITS:
        return Wrong.TOO_LONG
    return _whole(Fraction(number))


_LARGEST: Final = 10**DIGITS


def _fraction(number: int | Fraction) -> int | Fraction | Wrong:
    if abs(number.numerator) >= _LARGEST or number.denominator > _LARGEST:
        return Wrong.TOO_LONG
    return _whole(number)


def _whole(number: int | Fraction) -> int | Fraction:
    return number.numerator if number.denominator == 1 else number


# ---------------------------------------------------------------- plain data


# A null character marks what the policy does not name; half of a pair is no text in UTF-8.
_NOT_ALLOWED: Final = re.compile("[\x00\ud800-\udfff]")


@frozen
class _Walk:
    known: frozenset[str]
    passed_over: re.Pattern[str]
    findings: list[Diagnostic] = field(factory=list)

    def plain(self, value: object, path: str, depth: int) -> Json:
        if depth > DEEPEST:
            return self._wrong(catalogue.document_too_deep(path, DEEPEST))
        match value:  # what is frequent comes first
            case str():
                return self._text(value, path)
            case None | bool():
                return value
            case int():
                return self._checked(_fraction(value), path)
            case Decimal():
                return self._checked(_decimal(value), path)
            case Fraction():
                return self._checked(_fraction(value), path)
            case list() | tuple():
                return [
                    self.plain(item, f"{path}[{at}]", depth + 1) for at, item in enumerate(value)
                ]
            case float():
                return self._wrong(catalogue.binary_float(path))
            case date() if not isinstance(value, datetime):
                return value.isoformat()
            case dict() | Mapping():
                return self._object(value, path, depth)
            case Wrong():
                return self._checked(value, path)
            case _:
                return self._wrong(catalogue.value_not_json(path))

    def _object(self, value: Mapping[object, object], path: str, depth: int) -> Json:
        plain: dict[str, Json] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                return self._wrong(catalogue.value_not_json(path))
            place = inside(path, key if key in self.known else "…")
            is_read = not path or not self.passed_over.fullmatch(place)
            plain[key] = self.plain(item, place, depth + 1) if is_read else None
        return plain

    def _text(self, value: str, path: str) -> str | Wrong:
        if _NOT_ALLOWED.search(value):
            return self._wrong(catalogue.text_not_allowed(path))
        return value

    def _checked(self, value: int | Fraction | Wrong, path: str) -> int | Fraction | Wrong:
        match value:
            case int() | Fraction():
                return value
            case Wrong.NOT_FINITE:
                return self._wrong(catalogue.number_not_finite(path))
            case Wrong.TOO_LONG:
                return self._wrong(catalogue.number_too_long(path, DIGITS))
            case Wrong.REPEATED:
                return self._wrong(catalogue.repeated_key(path))
            case Wrong.REPORTED:
                return value
            case _:
                assert_never(value)

    def _wrong(self, finding: Diagnostic) -> Wrong:
        self.findings.append(finding)
        return Wrong.REPORTED


def _canonical(value: Json) -> object:
    match value:
        case str() | None | bool():
            return value
        case int():
            return str(value)
        case Fraction():
            return exact(value)
        case list():
            return [_canonical(item) for item in value]
        case dict():
            return {key: _canonical(item) for key, item in value.items()}
        case Wrong():
            return value.value
        case _:
            assert_never(value)


DECIMAL: Final = rf"-?[0-9]{{1,{DIGITS}}}(\.[0-9]{{1,{DIGITS}}})?"
"""A number as text."""

DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
"""A date as text."""
