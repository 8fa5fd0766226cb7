"""A policy from a stranger runs nothing, opens nothing outside its folder, and ends."""

import os
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aidrules import load, loads, render
from aidrules.pipeline import shipped
from test_hostile import LANGUAGES, is_looked_at, texts

HEAD = """policy shop.aid
  in force from 2024-01-01
source law "Law" rank law from 2024-01-01
currency yuan to 0.01
entity person
"""

SPOILT = {
    "a very long name of a file": (f"policy a\nuse {'x' * 300}\n", "no-such-module"),
    "a very long name in a folder": (f"policy a\nuse cn.{'x' * 300}\n", "no-such-module"),
    "a very long table": (f'policy a\n  working days from "{"x" * 300}.csv"\n', "no-such-file"),
    "digits of another script": (
        HEAD + "define a of person: number = 1 + ꧒ cite law 1\n",
        "wide-digits",
    ),
    "minus a date": (
        HEAD + "fact born of person: date\ndefine a of person: date = -2024-01-01 cite law 1\n",
        "wrong-type",
    ),
    "minus yes": (HEAD + "define a of person: yes or no = -yes cite law 1\n", "wrong-type"),
}
"""What a run of a million spoilt texts found: each was a traceback once."""


@pytest.mark.parametrize("name", SPOILT)
def test_what_was_a_traceback_once_is_a_finding(name: str) -> None:
    text, code = SPOILT[name]
    policy = loads(text)

    assert code in {finding.code for finding in policy.diagnostics}
    is_looked_at(policy)


def test_a_file_that_applies_by_what_it_amends_is_a_circle(tmp_path: Path) -> None:
    law = HEAD.replace("shop.aid", "law")
    (tmp_path / "law.aid").write_text(
        law + "parameter limit: number\n  synthetic\n  from 2024-01-01 = 100  cite law 1\n", "utf-8"
    )
    (tmp_path / "local.aid").write_text(
        "policy local\n  in force from 2024-01-01\n  applies where limit >= 100\n\nuse law\n\n"
        'source rules "Rules" rank county from 2024-01-01\n\n'
        "amend limit\n  synthetic\n  from 2024-06-01 = 110  cite rules 1\n\n"
        "define double of person: number = 2 * limit  cite rules 2\n",
        "utf-8",
    )
    policy = load(tmp_path / "local.aid")
    found = [finding for finding in policy.diagnostics if finding.code == "cycle"]

    assert [finding.facts["names"] for finding in found] == [("limit", "limit")]


# ---------------------------------------------------------------- what is opened and run

WATCHED = frozenset(
    {"open", "exec", "compile", "import", "subprocess.Popen", "os.system", "socket.connect"}
)


@contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """Note what is opened, run, imported or connected to."""
    seen: list[tuple[str, str]] = []
    _watchers.append(seen)
    try:
        yield seen
    finally:
        _watchers.remove(seen)


_watchers: list[list[tuple[str, str]]] = []


def _hook(event: str, details: tuple[object, ...]) -> None:
    if _watchers and event in WATCHED:
        for seen in _watchers:
            seen.append(
                (event, os.fsdecode(details[0]) if isinstance(details[0], str | bytes) else "")
            )


sys.addaudithook(_hook)


def outside(seen: list[tuple[str, str]], folder: Path) -> list[tuple[str, str]]:
    """Return what was done but to open files of a folder, or policies that are shipped."""
    allowed = [folder, *filter(None, [shipped()])]
    return [
        (event, what)
        for event, what in seen
        if event != "open"
        or not any(Path(what).resolve().is_relative_to(place) for place in allowed)
    ]


WAYS_OUT = {
    "up": "../secret.csv",
    "up and down": "tables/../../secret.csv",
    "from the root": "{outside}/secret.csv",
    "a link": "link.csv",
    "a link to the folder": "linked/secret.csv",
    "home": "~/secret.csv",
    "a device": "/dev/zero",
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_file_outside_the_folder_is_opened(way: str, tmp_path: Path) -> None:
    folder, other = tmp_path / "policies", tmp_path / "elsewhere"
    folder.mkdir()
    other.mkdir()
    for place in (tmp_path, other):
        (place / "secret.csv").write_text("date,kind\n2024-01-01,holiday\n", "utf-8")
    (folder / "link.csv").symlink_to(other / "secret.csv")
    (folder / "linked").symlink_to(other)
    name = WAYS_OUT[way].format(outside=other)
    (folder / "a.aid").write_text(
        f'policy a\n  in force from 2024-01-01\n  working days from "{name}"\n', "utf-8"
    )
    load(folder / "a.aid")
    with watched() as seen:
        policy = load(folder / "a.aid")

    assert outside(seen, folder) == []
    assert {"file-outside", "no-such-file"} & {finding.code for finding in policy.diagnostics}


@pytest.mark.parametrize("name", ["secret.csv", "../secret.csv", "policies/../secret.csv"])
def test_a_file_does_not_widen_its_folder_by_its_name(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("a line that nobody may read\n", "utf-8")
    (folder / "a.aid").write_text(
        f'policy policies.a\n  in force from 2024-01-01\n  working days from "{name}"\n', "utf-8"
    )
    load(folder / "a.aid")
    with watched() as seen:
        policy = load(folder / "a.aid")

    assert outside(seen, folder) == []
    assert "nobody may read" not in render(policy.diagnostics, "en")
    assert {"file-outside", "no-such-file"} & {finding.code for finding in policy.diagnostics}


def test_a_table_of_a_folder_that_the_caller_names_is_opened(tmp_path: Path) -> None:
    (tmp_path / "hubei").mkdir()
    (tmp_path / "days.csv").write_text("2024-10-01,2024-10-07,off\n", "utf-8")
    (tmp_path / "hubei" / "a.aid").write_text(
        'policy hubei.a\n  in force from 2024-01-01\n  working days from "days.csv"\n', "utf-8"
    )

    assert load(tmp_path).diagnostics == ()
    assert {finding.code for finding in load(tmp_path / "hubei" / "a.aid").diagnostics} == {
        "no-such-file"
    }


def test_a_table_beside_sister_policies_is_opened(tmp_path: Path) -> None:
    for folder in ("cn", "hubei", "letters"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "days.csv").write_text("2024-10-01,2024-10-07,off\n", "utf-8")
    (tmp_path / "cn" / "a.aid").write_text("policy cn.a\n  in force from 2024-01-01\n", "utf-8")
    path = tmp_path / "hubei" / "a.aid"
    written = 'policy hubei.a\n  in force from 2024-01-01\n  working days from "../{}/days.csv"\n'

    path.write_text(written.format("cn"), "utf-8")
    assert load(path).diagnostics == ()
    path.write_text(written.format("letters"), "utf-8")
    assert [finding.code for finding in load(path).diagnostics] == ["file-outside"]


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.aid"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    tracemalloc.start()
    try:
        policy = load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [finding.code for finding in policy.diagnostics] == ["file-too-large"]
    assert peak < 10_000_000


@pytest.mark.parametrize("module", ["..elsewhere.b", "elsewhere.b", "linked.b", "os", "b"])
def test_no_policy_outside_the_folder_is_used(module: str, tmp_path: Path) -> None:
    folder, other = tmp_path / "policies", tmp_path / "elsewhere"
    folder.mkdir()
    other.mkdir()
    (other / "b.aid").write_text("policy linked.b\n  in force from 2024-01-01\n", "utf-8")
    (folder / "linked").symlink_to(other)
    (folder / "a.aid").write_text(f"policy a\n  in force from 2024-01-01\nuse {module}\n", "utf-8")
    load(folder / "a.aid")
    with watched() as seen:
        policy = load(folder / "a.aid")

    assert outside(seen, folder) == []
    assert any(finding.is_error for finding in policy.diagnostics)


def test_a_policy_runs_no_code() -> None:
    """Whatever the lessons and the shipped policies say, nothing is compiled, imported or run."""
    for text in texts():
        loads(text)
    with watched() as seen:
        for text in texts():
            policy = loads(text)
            for language in LANGUAGES:
                render(policy.diagnostics, language)

    assert [(event, what) for event, what in seen if event != "open"] == []
