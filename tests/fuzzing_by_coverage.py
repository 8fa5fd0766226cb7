"""Bytes that reach new lines of the reader and the checker: `make fuzz-coverage SECONDS=300`.

The first byte says what the rest is: a policy, a literate policy, or a household of a policy. What
ends in neither an answer nor findings with a place is written to the folder by the engine, which
also writes what it learnt to reach, so that the next run begins there.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["aidrules"]):
    import test_hostile as hostile
    from aidrules import loads
    from aidrules.syntax.parse import read_text


def try_one(data: bytes) -> None:
    """Read bytes as a policy or as a household, and see that all is told."""
    kind, rest = data[:1], data[1:]
    if kind < b"\x60":
        source, findings = read_text("a.aid", rest)
        hostile.is_told(findings)
        if source is not None:
            hostile.is_looked_at(loads(source.text, "a.aid.md" if kind < b"\x20" else "a.aid"))
        return
    text, day, _ = hostile.told()[kind[0] % len(hostile.told())] if kind else hostile.told()[0]
    decision = hostile.policy_of(text).evaluate(rest, day)
    hostile.is_told(decision.diagnostics)
    for finding in decision.diagnostics:
        assert finding.path or finding.code in hostile.OF_THE_WHOLE, finding.code


def write_seeds(folder: Path) -> None:
    """Write the lessons and their households, for a folder that is empty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return
    for at, text in enumerate(hostile.texts()):
        (folder / f"policy-{at}").write_bytes(b"\x40" + text.encode())
    count = len(hostile.told())
    for at, (_, _, document) in enumerate(hostile.told()):
        kind = next(byte for byte in range(0x60, 0x100) if byte % count == at % count)
        (folder / f"household-{at}").write_bytes(bytes([kind]) + document.encode())


def main() -> None:
    """Run the engine with its own options, those after the folder."""
    folder = Path(sys.argv[1])
    write_seeds(folder)
    options = ["-timeout=20", "-rss_limit_mb=2000", "-max_len=20000", *sys.argv[2:]]
    atheris.Setup([sys.argv[0], *options, str(folder)], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
