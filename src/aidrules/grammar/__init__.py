"""Grammar to parser: with the tables made at packaging if they are of this grammar, else anew.

`python -m aidrules.grammar` makes the tables of a checkout, which saves a third of a second at
each start; they are never needed.
"""

import pickle
from base64 import b64decode, b64encode
from hashlib import sha256
from importlib import import_module
from importlib.resources import files
from textwrap import wrap
from typing import Any
from zlib import compress, decompress

import lark
from lark.grammar import Rule
from lark.lexer import TerminalDef


def text() -> str:
    """Return the grammar, the reference of the language's syntax."""
    return (files(__name__) / "aidrules.lark").read_text(encoding="utf-8")


def parser(builders: object) -> lark.Lark:
    """Return the parser of the language.

    Args:
        builders: What makes the node of each rule, under the rule's name: lark's `transformer`.
    """
    grammar = text()
    tables = _stored(_key(grammar))
    if tables is None:
        return _built(grammar, builders)
    # Lark's own stand-alone parsers load their tables so; its public `load` takes no builders.
    loaded: lark.Lark = lark.Lark._load_from_dict(  # type: ignore[no-untyped-call] # noqa: SLF001 - see above
        *tables, transformer=builders
    )
    return loaded


def tables_module() -> str:
    """Return the text of `aidrules/grammar/tables.py`: the parser's tables and what they are of."""
    grammar = text()
    data = _built(grammar, None).memo_serialize([TerminalDef, Rule])
    packed = b64encode(compress(pickle.dumps(data, protocol=5), 9)).decode()
    lines = "\n".join(f'    "{line}"' for line in wrap(packed, 92))
    head = f'"""Made from the grammar at packaging."""\n\nKEY = "{_key(grammar)}"\n'
    return f"{head}TABLES = (\n{lines}\n)\n"


def _built(grammar: str, builders: object) -> lark.Lark:
    # The lexer is never asked: `aidrules.syntax.tokens` cuts the text. All tokens are kept because
    # a node reaches from its first token to its last.
    return lark.Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        keep_all_tokens=True,
        maybe_placeholders=True,
        transformer=builders,
    )


def _key(grammar: str) -> str:
    return sha256(f"{lark.__version__}\n{grammar}".encode()).hexdigest()


def _stored(key: str) -> tuple[dict[str, Any], dict[int, Any]] | None:
    """Return the tables made at packaging, or None if there are none for this grammar and lark."""
    try:
        tables = import_module(f"{__name__}.tables")
    except ModuleNotFoundError:
        return None
    if key != tables.KEY:
        return None
    loaded: tuple[dict[str, Any], dict[int, Any]] = pickle.loads(  # noqa: S301 - our own file
        decompress(b64decode(tables.TABLES))
    )
    return loaded
