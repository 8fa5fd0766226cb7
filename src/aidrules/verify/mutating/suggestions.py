"""What became of mutants to words and data, and to examples that would tell more of them."""

from collections.abc import Iterator
from datetime import date
from typing import Final, assert_never

from aidrules.decision import Language
from aidrules.diagnostics import render
from aidrules.lexicon import words
from aidrules.program import Program
from aidrules.types import Type
from aidrules.values import Failure, Possible, Value
from aidrules.verify.households.writing import as_example, named, written
from aidrules.verify.mutating.distinguish import Difference, Separation
from aidrules.verify.mutating.mutation import Judged, Mutation
from aidrules.verify.proving.verdicts import Same, Unsettled
from aidrules.wording import terms as wording

_BESIDE_NAME: Final = {"receives": "received", "eligible": "eligible"}
"""How what a grant is lowered to is called beside its name."""


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
        lines += [f"    {line}" for line in _beneath(each, mutation.program, number, language)]
    lines.append("")
    for file in dict.fromkeys(each.mutant.span.source.name for each in mutation.judged):
        here = [each for each in mutation.judged if each.mutant.span.source.name == file]
        within = [each for each in here if not each.is_equivalent]
        killed = sum(each.killed_by is not None for each in within)
        lines.append(
            lexicon.fill(
                "word", "mutation-file", killed=str(killed), all=str(len(within)), file=file
            )
        )
    lines += _summary(mutation, language)
    return "\n".join(lines) + "\n"


def _beneath(judged: Judged, program: Program, number: int, language: Language) -> Iterator[str]:
    """Yield what is known of a slip that no example notices."""
    lexicon = words(language)
    if judged.difference is not None:
        yield from suggestion(program, judged.difference, number, language).splitlines()
        return
    match judged.proof:
        case Same(sizes=sizes) if sizes:
            kinds = (f"{size} × {wording.name(program, k, language)}" for k, size in sizes.items())
            yield lexicon.fill("word", "mutation-equivalent-up-to", sizes=lexicon.join(kinds))
        case Same():
            yield lexicon.pattern("word", "mutation-equivalent")
        case Unsettled(why=why):
            yield lexicon.fill("word", "mutation-not-found", count=str(judged.tried))
            reason = lexicon.pattern("word", f"not-covered-{why}")
            yield lexicon.fill("word", "mutation-not-proved", why=reason)
        case None:
            yield lexicon.fill("word", "mutation-not-found", count=str(judged.tried))
        case _:
            assert_never(judged.proof)


def _summary(mutation: Mutation, language: Language) -> Iterator[str]:
    lexicon = words(language)
    if mutation.score is None:
        yield lexicon.pattern("word", "mutation-none")
    else:
        yield lexicon.fill(
            "word",
            "mutation-score",
            killed=str(mutation.killed),
            all=str(mutation.counted),
            share=str(int(mutation.score * 100)),
        )
    equivalent = len(mutation.judged) - mutation.counted
    if equivalent:
        yield lexicon.fill("word", "mutation-not-counted", count=str(equivalent))
    if mutation.total > len(mutation.judged):
        yield lexicon.fill("word", "mutation-sample", total=str(mutation.total))
    if mutation.failing:
        yield lexicon.fill("word", "mutation-failing", titles=lexicon.join(mutation.failing))


def sentence(judged: Judged, language: Language) -> str:
    """Return what the slip is, in words."""
    mutant = judged.mutant
    return render.sentence(f"mutant-{mutant.word}", dict(mutant.facts), language)


def suggestion(
    program: Program, found: Difference | Separation, number: int, language: Language
) -> str:
    """Return an example whose expected value is left to whoever knows the text.

    Args:
        program: The policy.
        found: The household.
        number: That makes its title another than those of other suggestions.
        language: Of the comments.
    """
    lexicon = words(language)
    definition = program.definition[found.key]
    match found:
        case Difference(base=base, fact=fact):
            title = lexicon.fill("word", "mutation-title", title=base.title, number=str(number))
            lines = [f'example "{title}" on {date.fromordinal(found.today)}']
            lines.append(f'  like "{base.title}"')
            type_ = definition.type
            if fact is not None:
                entity, record, fact_name, value = fact
                shown = written(value, program.fact[entity, fact_name].type, is_unit_known=True)
                lines += [f"  {entity} {named(record)}", f"    {fact_name} {shown}"]
        case Separation(case=case, type=type_):
            title = lexicon.fill("word", "mutation-title-found", number=str(number))
            lines = as_example(program, case, found.today, title).splitlines()
        case _:
            assert_never(found)
    name = wording.name(program, definition.name, language)
    part = _BESIDE_NAME.get(found.key.partition("/")[2])
    if isinstance(found, Separation) and found.part is not None:
        part = found.part
    if part is not None:
        name = f"{name} ({lexicon.pattern('word', f'mutation-{part}')})"
    before, after = (_shown(v, type_, language) for v in (found.before, found.after))
    facts = {"name": name, "record": found.record[1], "before": before, "after": after}
    lines.append("  " + lexicon.fill("word", "mutation-confirm", **facts))
    key = "mutation-no-expectation" if part == "appeal" else "mutation-expect"
    lines.append("  " + lexicon.pattern("word", key))
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
        "counted": mutation.counted,
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
                "proof": _proof(each),
                "example": None
                if each.difference is None
                else suggestion(mutation.program, each.difference, number, language),
            }
            for number, each in enumerate(mutation.judged, 1)
        ],
    }


def _proof(judged: Judged) -> dict[str, object] | None:
    match judged.proof:
        case Same(sizes=sizes):
            return {"is_equivalent": True, "records": dict(sizes)}
        case Unsettled(why=why):
            return {"is_equivalent": None, "why": why}
        case None:
            return None
        case _:
            assert_never(judged.proof)
