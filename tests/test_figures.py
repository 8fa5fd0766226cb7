"""Figures whose keys lead back to them are a cycle, found where they are read."""

import pytest

import aidrules

HEAD = """policy circles
source notice "Notice" rank county
entity household
"""
TABLE = "parameter {name} by {key}: number  cite notice 1\n  | {key} | 2020-01-01 |\n  | 1 | 2 |\n"


@pytest.mark.parametrize("keys", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}])
def test_figure_keyed_by_itself_is_a_cycle(keys: dict[str, str]) -> None:
    tables = "".join(TABLE.format(name=name, key=key) for name, key in keys.items())
    text = f"{HEAD}{tables}define d of household: number = a  cite notice 2\n"
    policy = aidrules.loads(text)

    assert not policy.is_valid
    assert "cycle" in {finding.code for finding in policy.diagnostics}
