"""The grammar to `tables.py` beside it, for a checkout that is not installed."""

from pathlib import Path

from aidrules.grammar import tables_module

if __name__ == "__main__":
    Path(__file__).with_name("tables.py").write_text(tables_module(), encoding="utf-8")
