"""The grammar to the parser's tables, when the package is built or installed for editing."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Writes `src/aidrules/grammar/tables.py`, which is no part of the repository."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Make the tables before the files are gathered."""
        source = Path(self.root, "src")
        sys.path.insert(0, str(source))
        try:
            from aidrules.grammar import tables_module  # noqa: PLC0415 - found only now
        finally:
            sys.path.remove(str(source))
        tables = source / "aidrules" / "grammar" / "tables.py"
        tables.write_text(tables_module(), encoding="utf-8")
