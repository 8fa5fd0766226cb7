"""What became of mutants to words and data, and to examples that would tell more of them."""

from collections.abc import Iterator
from datetime import date

from aidrules.decision import Language
from aidrules.diagnostics import render
from aidrules.lexicon import words
from aidrules.program import Program
from aidrules.types import Type
from aidrules.values import Failure, Possible, Value
from aidrules.verify.distinguish import Difference
from aidrules.verify.mutation import Judged, Mutation
from aidrules.verify.writing import named, written
from aidrules.wording import terms as wording


def explain(mutation: Mutation, language: Language = "en") -> str:
    """Return the slips that no example notices, an example for each that has one, and the score."""
    lexicon = words(language)
    lines: list[str] = []
    survivors = [each for each in mutation.judged if each.killed_by is None]
    for number, each in enumerate(survivors, 1):
        lines.append(
            lexicon.fill(
                "word",
                "mutation-unnoticed",
                place=_place(each),
                rule=wording.name(mutation.program, each.mutant.rule, language),
                slip=sentence(each, language),
            )
        )
        if each.difference is None:
            found = lexicon.fill("word", "mutation-not-found", count=str(each.tried))
            lines.append(f"    {found}")
        else:
            example = suggestion(mutation.program, each.difference, number, language)
            lines += [f"    {line}" for line in example.splitlines()]
    lines.append("")
    for file in dict.fromkeys(each.mutant.span.source.name for each in mutation.judged):
        within = [each for each in mutation.judged if each.mutant.span.source.name == file]
        killed = sum(each.killed_by is not None for each in within)
        lines.append(
            lexicon.fill(
                "word", "mutation-file", killed=str(killed), all=str(len(within)), file=file
            )
        )
    lines += _summary(mutation, language)
    return "\n".join(lines) + "\n"


def _summary(mutation: Mutation, language: Language) -> Iterator[str]:
    lexicon = words(language)
    if mutation.score is None:
        yield lexicon.pattern("word", "mutation-none")
        return
    yield lexicon.fill(
        "word",
        "mutation-score",
        killed=str(mutation.killed),
        all=str(len(mutation.judged)),
        share=str(int(mutation.score * 100)),
    )
    if mutation.total > len(mutation.judged):
        yield lexicon.fill("word", "mutation-sample", total=str(mutation.total))
    if mutation.failing:
        yield lexicon.fill("word", "mutation-failing", titles=lexicon.join(mutation.failing))


def sentence(judged: Judged, language: Language) -> str:
    """Return what the slip is, in words."""
    mutant = judged.mutant
    return render.sentence(f"mutant-{mutant.word}", dict(mutant.facts), language)


def suggestion(program: Program, found: Difference, number: int, language: Language) -> str:
    """Return an example whose expected value is left to whoever knows the text.

    Args:
        program: The policy.
        found: The household.
        number: That makes its title another than those of other suggestions.
        language: Of the comments.
    """
    lexicon = words(language)
    base = found.base.title
    title = lexicon.fill("word", "mutation-title", title=base, number=str(number))
    lines = [f'example "{title}" on {date.fromordinal(found.today)}', f'  like "{base}"']
    if found.fact is not None:
        entity, record, name, value = found.fact
        shown = written(value, program.fact[entity, name].type, is_unit_known=True)
        lines += [f"  {entity} {named(record)}", f"    {name} {shown}"]
    definition = program.definition[found.key]
    name = wording.name(program, definition.name, language)
    if found.key.endswith("/receives"):
        name = f"{name} ({lexicon.pattern('word', 'mutation-received')})"
    before, after = (_shown(v, definition.type, language) for v in (found.before, found.after))
    facts = {"name": name, "record": found.record[1], "before": before, "after": after}
    lines.append("  " + lexicon.fill("word", "mutation-confirm", **facts))
    lines.append("  " + lexicon.pattern("word", "mutation-expect"))
    return "\n".join(lines) + "\n"


def _shown(value: Value, type_: Type, language: Language) -> str:
    lexicon = words(language)
    if isinstance(value, Failure):
        return lexicon.pattern("word", "failed")
    if isinstance(value, Possible):
        return lexicon.pattern("word", "unknown")
    if isinstance(value, bool):
        return lexicon.pattern("word", "yes" if value else "no")
    return written(value, type_)


def _place(judged: Judged) -> str:
    span = judged.mutant.span
    return f"{span.source.name}:{span.line}"


def to_json(mutation: Mutation, language: Language = "en") -> dict[str, object]:
    """Return what became of the mutants as plain data."""
    return {
        "policy": mutation.policy,
        "killed": mutation.killed,
        "judged": len(mutation.judged),
        "total": mutation.total,
        "failing": list(mutation.failing),
        "mutants": [
            {
                "rule": each.mutant.rule,
                "module": each.mutant.module,
                "slip": each.mutant.word,
                "sentence": sentence(each, language),
                "place": _place(each),
                "killed_by": each.killed_by,
                "tried": each.tried,
                "example": None
                if each.difference is None
                else suggestion(mutation.program, each.difference, number, language),
            }
            for number, each in enumerate(mutation.judged, 1)
        ],
    }
