"""A program to the articles of its legal texts: cited, quoted without a rule, and rules without."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, Literal

from attrs import frozen

from aidrules.program import Citation, Expr, LegalText, Line, Module, Parameter, Program, Role
from aidrules.source import Source, Span
from aidrules.syntax import literate
from aidrules.traverse import walk

Kind = Literal["definition", "grant", "exclusion", "ration", "requirement", "figure"]


@frozen
class TextArticles:
    """What a policy makes of a legal text; articles by number, paragraphs not told apart.

    Attributes:
        cited: The articles that a rule or a judgement cites.
        is_cited: Whether anything cites the text, be it as a whole.
        without_rule: Where an article stands that is quoted and that nothing cites.
    """

    text: LegalText
    cited: tuple[int, ...]
    is_cited: bool
    without_rule: tuple[tuple[int, Span], ...]


@frozen
class Rule:
    """A rule as far as it says where it comes from.

    Attributes:
        name: As the author wrote it; for an exclusion the names of its grants.
        citations: Its own, and those of its lines, cases and values.
    """

    kind: Kind
    name: tuple[str, ...]
    module: str
    citations: tuple[Citation, ...]
    span: Span


@frozen
class Articles:
    """The articles of a policy, as far as its files mention them.

    An article that no file mentions is not among them: nobody can tell from the policy that it is
    there.

    Attributes:
        texts: The legal texts that its files declare, in order.
        rules: Its rules, in order of kind.
    """

    texts: tuple[TextArticles, ...]
    rules: tuple[Rule, ...]

    @property
    def without_article(self) -> tuple[Rule, ...]:
        """The rules that cite nothing."""
        return tuple(rule for rule in self.rules if not rule.citations)


def articles(program: Program, within: str | None = None) -> Articles:
    """Return the articles of a policy, and its rules with what they cite.

    Args:
        program: The policy.
        within: The module whose texts and rules are looked at; None: those of every file.
    """
    every = tuple(_rules(program))
    cited: dict[str, set[int]] = {}
    inputs = (citation for fact in program.facts for citation in fact.citations)
    for citation in chain((c for rule in every for c in rule.citations), inputs):
        cited.setdefault(citation.text.key, set()).update(citation.article[:1])
    quoted: dict[str, list[tuple[int, Span]]] = {}
    for module in program.modules:
        for text, number, span in _quoted(module, program):
            quoted.setdefault(text.key, []).append((number, span))
    texts: list[TextArticles] = []
    for module in program.modules:
        if within not in {None, module.name}:
            continue
        for text in module.texts:
            known = cited.get(text.key, set())
            missing: dict[int, Span] = {}
            for number, span in quoted.get(text.key, ()):
                if number not in known:
                    missing.setdefault(number, span)
            texts.append(
                TextArticles(
                    text, tuple(sorted(known)), text.key in cited, tuple(sorted(missing.items()))
                )
            )
    return Articles(tuple(texts), tuple(rule for rule in every if within in {None, rule.module}))


# ---------------------------------------------------------------- rules


def _rules(program: Program) -> Iterator[Rule]:
    for definition in program.definitions:
        if definition.role in {Role.DEFINE, Role.GROUP}:
            yield Rule(
                "definition",
                (definition.name,),
                definition.module,
                (*definition.citations, *_in((definition.body,))),
                definition.span,
            )
    for grant in program.grants:
        dates = [deadline.due for deadline in grant.deadlines]
        parts = [each for each in (grant.amount, grant.paid_from, *dates) if each is not None]
        yield Rule(
            "grant",
            (grant.name,),
            grant.module,
            (
                *grant.citations,
                *_of_lines(grant.lines),
                *(c for deadline in grant.deadlines for c in deadline.citations),
                *(c for office in grant.offices for c in office.citations),
                *(() if grant.appeal is None else grant.appeal.citations),
                *_in(parts),
            ),
            grant.span,
        )
    for requirement in program.requirements:
        cited = (*requirement.citations, *_of_lines(requirement.lines))
        yield Rule("requirement", (requirement.name,), requirement.module, cited, requirement.span)
    for exclusion in program.exclusions:
        grants = tuple(program.grant[key].name for key in exclusion.grants)
        module = _module(program, exclusion.span)
        yield Rule("exclusion", grants, module, exclusion.citations, exclusion.span)
    for ration in program.rations:
        names = (program.grant[ration.grant].name,)
        yield Rule("ration", names, _module(program, ration.span), ration.citations, ration.span)
    figures: dict[Span, list[Parameter]] = {}
    for parameter in program.parameters:
        figures.setdefault(parameter.span, []).append(parameter)
    for span, versions in figures.items():  # as declared, and as each amendment makes it
        values = [value for each in versions for row in each.rows for value in row.values]
        own = [citation for each in versions for citation in each.citations]
        cited = (*own, *(citation for value in values for citation in value.cites))
        yield Rule("figure", (versions[0].name,), versions[0].module, cited, span)


def _of_lines(lines: Iterable[Line]) -> Iterator[Citation]:
    for line in lines:
        yield from line.citations
        yield from _in((line.condition,))


def _in(roots: Iterable[Expr]) -> Iterator[Citation]:
    for root in roots:
        for node in walk(root):
            yield from node.cites


def _module(program: Program, span: Span) -> str:
    return next((m.name for m in program.modules if m.source == span.source), "")


# ---------------------------------------------------------------- quotations

_SAYS_WHERE: Final = re.compile(r">\s*[—–-]+\s*(?P<where>.+)")
_PLACE: Final = re.compile(
    r"(?:article|point|part|section|item)\s*(?P<number>\d+)|第\s*(?P<words>[0-9〇零一二三四五六七八九十百千]+)\s*[条條]"
)
_BEGINS: Final = re.compile(r">\s*\**第\s*(?P<words>[0-9〇零一二三四五六七八九十百千]+)\s*[条條]")
_SAME: Final = re.compile(r"the same\b|同上|同前")
_DIGITS: Final = {word: at for at, word in enumerate("零一二三四五六七八九")} | {"〇": 0}
_TENS: Final = {"十": 10, "百": 100, "千": 1000}


def number_of(words: str) -> int:
    """Return a number in digits or in Chinese words: 42 for 四十二.

    >>> number_of("四十二"), number_of("一百零三"), number_of("十"), number_of("15")
    (42, 103, 10, 15)
    """
    if words.isdecimal():
        return int(words)
    total, digit = 0, 0
    for word in words:
        if word in _TENS:
            total, digit = total + (digit or 1) * _TENS[word], 0
        else:
            digit = _DIGITS.get(word, 0)
    return total + digit


def _quoted(module: Module, program: Program) -> Iterator[tuple[LegalText, int, Span]]:
    """Yield the articles that the prose of a literate file quotes, and where.

    A quotation is lines that begin with `>`. Its last line says behind a dash where it is from:
    the name or title of a legal text, then the article; a quoted line may begin with 第十条.
    """
    if not module.source.name.endswith(literate.SUFFIX):
        return
    texts = _visible(module, program)
    last: LegalText | None = None
    for lines in _quotations(module.source):
        said = _SAYS_WHERE.match(lines[-1].text)
        found: LegalText | None = None
        if said is not None:
            for part in re.split(r"[;；]", said["where"]):
                named = last if _SAME.search(part) else _named(part, texts)
                place = _PLACE.search(part)
                found = found or named
                last = named or last
                if named is not None and place is not None:
                    number = place["number"] or place["words"]
                    yield named, number_of(number), lines[-1]
        for line in lines:
            begins = _BEGINS.match(line.text)
            if begins is not None and found is not None:
                yield found, number_of(begins["words"]), line


def _quotations(source: Source) -> Iterator[tuple[Span, ...]]:
    """Yield the lines of each quotation in the prose of a file."""
    prose, _ = literate.program(source)
    lines: list[Span] = []
    start = 0
    for text in source.text.splitlines(keepends=True):
        # In the text of the program, prose is blank: a `>` of the program is none of a quotation.
        is_prose = not prose[start : start + len(text)].strip()
        if is_prose and text.startswith(">"):
            lines.append(Span(source, start, start + len(text.rstrip())))
        elif lines:
            yield tuple(lines)
            lines = []
        start += len(text)
    if lines:
        yield tuple(lines)


def _visible(module: Module, program: Program) -> tuple[LegalText, ...]:
    """Return the legal texts of a file and of those that it uses, its own first."""
    by_name = {each.name: each for each in program.modules}
    waiting, seen = [module.name], dict[str, None]()
    while waiting:
        name = waiting.pop(0)
        if name in by_name and name not in seen:
            seen[name] = None
            waiting.extend(by_name[name].uses)
    return tuple(text for name in seen for text in by_name[name].texts)


def _named(words: str, texts: tuple[LegalText, ...]) -> LegalText | None:
    """Return the legal text that a line names: by its name, its title, or the end of its title."""
    before = re.split(r"[,，（(]", words.strip())[0].strip()
    for text in texts:
        if before == text.name or (before and text.title.endswith(before)):
            return text
    return next((text for text in texts if text.title in words), None)
