"""What examples reach and which articles rules come from, to words and data."""

from collections.abc import Iterator

from aidrules.decision import Language
from aidrules.diagnostics import render
from aidrules.lexicon import words
from aidrules.source import Span
from aidrules.verify.covering.articles import Articles, Rule, TextArticles
from aidrules.verify.covering.coverage import Coverage
from aidrules.verify.covering.points import Point
from aidrules.wording import terms as wording


def explain(coverage: Coverage, language: Language = "en") -> str:
    """Return what no example reaches, the share of what one does, and where rules come from."""
    lexicon = words(language)
    lines = [
        lexicon.fill(
            "word",
            "coverage-not-reached",
            place=_place(each.point.span),
            rule=wording.name(coverage.program, each.point.rule, language),
            point=sentence(each.point, language),
        )
        for each in coverage.points
        if each.reached_by is None
    ]
    lines += [""] if lines else []
    lines += _summary(coverage, language)
    lines += ["", *_articles(coverage, language)]
    return "\n".join(lines) + "\n"


def sentence(point: Point, language: Language) -> str:
    """Return what a point is, in words."""
    return render.sentence(f"point-{point.word}", dict(point.facts), language)


def _summary(coverage: Coverage, language: Language) -> Iterator[str]:
    lexicon = words(language)
    for file in dict.fromkeys(each.point.span.source.name for each in coverage.points):
        within = [each for each in coverage.points if each.point.span.source.name == file]
        reached = sum(each.reached_by is not None for each in within)
        yield lexicon.fill(
            "word", "mutation-file", killed=str(reached), all=str(len(within)), file=file
        )
    if coverage.share is None:
        yield lexicon.pattern("word", "coverage-none")
    else:
        yield lexicon.fill(
            "word",
            "coverage-share",
            reached=str(coverage.reached),
            all=str(len(coverage.points)),
            share=str(int(coverage.share * 100)),
        )
    if coverage.failing:
        yield lexicon.fill("word", "mutation-failing", titles=lexicon.join(coverage.failing))


def _articles(coverage: Coverage, language: Language) -> Iterator[str]:
    lexicon, found = words(language), coverage.articles
    for each in found.texts:
        yield lexicon.fill(
            "word",
            "coverage-text",
            place=_place(each.text.span),
            name=each.text.name,
            title=each.text.title,
            cited=_cited(each, language),
        )
        for number, span in each.without_rule:
            yield "    " + lexicon.fill(
                "word", "coverage-without-rule", place=_place(span), article=str(number)
            )
    bare = found.without_article
    for rule in bare:
        yield lexicon.fill(
            "word",
            "coverage-without-article",
            place=_place(rule.span),
            kind=lexicon.pattern("word", f"coverage-{rule.kind}"),
            rule=_names(rule, coverage, language),
        )
    count = {"cited": str(len(found.rules) - len(bare)), "all": str(len(found.rules))}
    yield lexicon.fill("word", "coverage-rules", **count)
    yield lexicon.pattern("word", "coverage-unknown")


def _cited(each: TextArticles, language: Language) -> str:
    lexicon = words(language)
    if each.cited:
        return lexicon.fill("word", "coverage-cited", articles=lexicon.join(map(str, each.cited)))
    return lexicon.pattern("word", "coverage-cited-whole" if each.is_cited else "coverage-uncited")


def _names(rule: Rule, coverage: Coverage, language: Language) -> str:
    lexicon = words(language)
    return lexicon.join(wording.name(coverage.program, name, language) for name in rule.name)


def _place(span: Span) -> str:
    return f"{span.source.name}:{span.line}"


def to_json(coverage: Coverage, language: Language = "en") -> dict[str, object]:
    """Return what examples reach, and which articles rules come from, as plain data."""
    return {
        "policy": coverage.policy,
        "reached": coverage.reached,
        "all": len(coverage.points),
        "failing": list(coverage.failing),
        "points": [
            {
                "rule": each.point.rule,
                "module": each.point.module,
                "point": each.point.word,
                "sentence": sentence(each.point, language),
                "place": _place(each.point.span),
                "reached_by": each.reached_by,
            }
            for each in coverage.points
        ],
        **_articles_as_data(coverage.articles),
    }


def _articles_as_data(articles: Articles) -> dict[str, object]:
    return {
        "texts": [
            {
                "name": each.text.key,
                "title": each.text.title,
                "cited": list(each.cited),
                "is_cited": each.is_cited,
                "without_rule": [
                    {"article": number, "place": _place(span)} for number, span in each.without_rule
                ],
            }
            for each in articles.texts
        ],
        "rules": len(articles.rules),
        "without_article": [
            {
                "kind": rule.kind,
                "names": list(rule.name),
                "module": rule.module,
                "place": _place(rule.span),
            }
            for rule in articles.without_article
        ],
    }
