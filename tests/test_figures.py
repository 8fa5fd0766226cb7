"""Tables of figures: keys that lead back to them, and rows for all others."""

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


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ("  | otherwise | any | 1 |\n", set()),
        ("  | otherwise | no | 1 |\n", {"otherwise-with-a-key"}),
        ("  | otherwise | any | 1 |\n  | otherwise | any | 2 |\n", {"table-overlap"}),
    ],
)
def test_a_table_has_one_row_for_all_others(rows: str, codes: set[str]) -> None:
    text = (
        f"{HEAD}fact town of household: text\nfact old of household: yes or no\n"
        "parameter p by town, old: number  cite notice 1\n  | town | old | 2020-01-01 |\n"
        f'  | "x" | yes | 3 |\n{rows}define d of household: number = p  cite notice 2\n'
    )
    found = aidrules.loads(text).diagnostics

    assert {finding.code for finding in found if finding.is_error} == codes
