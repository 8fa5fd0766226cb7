"""Read this first: a path to a typed program, in five steps.

    read     files and the tables that they name        (here)
    parse    text to tree                               (syntax)
    resolve  names to what they stand for               (check.scope)
    elaborate tree to typed program                     (check.expressions, figures, rules)
    look     dates, tables and habits: findings         (check.timeline, coverage, lint)

Every step collects findings and goes on; none raises for a policy that is wrong.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from itertools import islice
from pathlib import Path

from attrs import evolve, frozen

from aidrules.check import check
from aidrules.check.scope import Document
from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.program import Program
from aidrules.sharpen import sharpen
from aidrules.source import Source
from aidrules.syntax import ast
from aidrules.syntax.parse import MAX_BYTES, check_size, parse, read_text

ENDINGS = (".aid", ".aid.md")

MAX_FILES = 1_000
"""How many files a folder is looked through for a module."""


@frozen
class Loaded:
    """A policy as it was read.

    Attributes:
        name: Of the file that was asked for; None if it does not say, or if there are several.
        program: None if a finding is an error.
        diagnostics: Errors and warnings.
        digest: The SHA-256 of all that was read, in hexadecimal: the policy's hash.
    """

    name: str | None
    program: Program | None
    diagnostics: tuple[Diagnostic, ...]
    digest: str


@frozen
class _Tree:
    """A folder of policies.

    Attributes:
        folder: Outside it, nothing is opened.
        is_named: Whether whoever loads has named it. Else a file claims it by its own dotted name:
            then policies are opened there, and tables where policies of the same tree lie.
    """

    folder: Path
    is_named: bool


def load(target: str | Path) -> Loaded:
    """Return the policy of a file, of a folder, or of that name among those that are shipped.

    Raises:
        FileNotFoundError: If there is no such file, folder or shipped policy.
    """
    entries, tree = _entries(target)
    found: list[Diagnostic] = []
    documents = _read_all(entries, tree, found)
    return _checked(documents, found, only=len(entries) == 1)


def load_text(text: str, name: str = "policy.aid") -> Loaded:
    """Return the policy of a text; it may use shipped policies and no files.

    Args:
        text: What would stand in a file.
        name: Shown in messages; `.aid.md` at its end: the text is Markdown.
    """
    found: list[Diagnostic] = []
    document = _parsed(name, text.encode("utf-8", "surrogatepass"), found)
    if document is not None:
        named = _named_files(document.file)
        found.extend(catalogue.no_such_file(file.span, file.text) for file in named)
    documents = [] if document is None else _with_used([document], None, found)
    return _checked(documents, found, only=True)


def _checked(documents: list[Document], found: list[Diagnostic], *, only: bool) -> Loaded:
    checked = check(tuple(documents), found)
    program = None if checked.program is None else sharpen(checked.program)
    name = _name_of(documents[0]) if documents and only else None
    return Loaded(name, program, checked.diagnostics, _digest(documents))


def shipped() -> Path | None:
    """Return the folder of the policies that come with the library; None if there is none."""
    packaged = Path(str(files("aidrules"))) / "policies"
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[2] / "docs" / "policies"
    return checkout if checkout.is_dir() else None


# ---------------------------------------------------------------- files


def _entries(target: str | Path) -> tuple[list[Path], _Tree]:
    """Return the files of a target and the folder in which they lie."""
    path = Path(target)
    if path.is_dir():
        entries = sorted(_policy_files(path))
        if not entries:
            raise FileNotFoundError(str(target))
        return entries, _Tree(path, is_named=True)
    if path.is_file():
        return [path], _Tree(_root_of(path), is_named=False)
    home = shipped()
    if home is not None:
        found = _module_file(str(target), home)
        if found is not None:
            return [found], _Tree(home, is_named=True)
    raise FileNotFoundError(str(target))


def _root_of(path: Path) -> Path:
    """Return the folder from which a file's own dotted name leads to it, or the file's folder."""
    try:
        with path.open("rb") as file:
            head = file.read(20_000).decode("utf-8-sig", "replace")
    except OSError:
        return path.parent
    named = re.search(r"^[ \t]*policy[ \t]+([\w.]+)", head, re.MULTILINE)
    if named is not None:
        folders = named.group(1).split(".")[:-1]
        resolved = path.resolve().parent
        if folders and list(resolved.parts[-len(folders) :]) == folders:
            return resolved.parents[len(folders) - 1]
    return path.parent


def _policy_files(folder: Path) -> Iterator[Path]:
    for path in sorted(islice(folder.rglob("*"), MAX_FILES * 10)):
        if path.name.endswith(ENDINGS) and path.is_file() and _is_inside(path, folder):
            yield path


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):  # too long a name, links in a circle, a zero byte
        return False


def _is_file(path: Path) -> bool:
    """Whether there is such a file; a name that the system takes for none is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _module_file(module: str, root: Path) -> Path | None:
    """Return the file of a module below a folder: by its path, else by its first line."""
    if not re.fullmatch(r"\w+(\.\w+)*", module):
        return None
    parts = module.split(".")
    for ending in ENDINGS:
        for name in (root.joinpath(*parts), root / module, root / parts[-1]):
            path = name.with_name(name.name + ending)
            if _is_file(path) and _is_inside(path, root) and _declares(path, module):
                return path
    for count, path in enumerate(_policy_files(root)):
        if count >= MAX_FILES:
            return None
        if _declares(path, module):
            return path
    return None


def _declares(path: Path, module: str) -> bool:
    """Whether a file says that it is that policy; a literate one may say so below its prose."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return False
        text = path.read_text("utf-8-sig", "replace")
    except OSError:
        return False
    line = rf"^[ \t]*policy[ \t]+{re.escape(module)}[ \t]*(#.*)?$"
    return re.search(line, text, re.MULTILINE) is not None


# ---------------------------------------------------------------- reading


def _read_all(entries: list[Path], tree: _Tree, found: list[Diagnostic]) -> list[Document]:
    read = [_read(path, tree, found) for path in entries]
    return _with_used([document for document in read if document is not None], tree, found)


def _read(path: Path, tree: _Tree, found: list[Diagnostic]) -> Document | None:
    name = _shown(path, tree.folder)
    problem = check_size(name, path.stat().st_size)
    if problem is not None:
        found.append(problem)
        return None
    document = _parsed(name, path.read_bytes(), found)
    return None if document is None else _attached(document, path.parent, tree, found)


def _shown(path: Path, root: Path) -> str:
    """Return a path as messages show it: from the folder of the policy."""
    try:
        return str(path.resolve().relative_to(root.resolve()))
    except ValueError:
        return path.name


def _parsed(name: str, data: bytes, found: list[Diagnostic]) -> Document | None:
    source, problems = read_text(name, data)
    found.extend(problems)
    if source is None:
        return None
    tree, problems = parse(source)
    found.extend(problems)
    return Document(source, tree)


def _attached(document: Document, folder: Path, tree: _Tree, found: list[Diagnostic]) -> Document:
    """Return a document with the tables that it names; none outside its tree is opened."""
    attachments: dict[str, Source] = {}
    for written in _named_files(document.file):
        name = written.text
        places = (folder / name, tree.folder / name)
        inside = [place for place in places if _is_table_place(place, folder, tree)]
        path = next((p for p in inside if _is_file(p)), None)
        if path is None:
            if inside:
                found.append(catalogue.no_such_file(written.span, name))
            else:
                found.append(catalogue.file_outside(written.span, name))
            continue
        size = path.stat().st_size
        if size > MAX_BYTES:
            found.append(catalogue.file_too_large(written.span, size, MAX_BYTES))
            continue
        source, problems = read_text(name, path.read_bytes())
        found.extend(problems)
        if source is not None:
            attachments[name] = source
    return Document(document.source, document.file, attachments)


def _is_table_place(path: Path, folder: Path, tree: _Tree) -> bool:
    """Whether a file of a folder may open a table there.

    A file that claims a tree by its own name gets no further than its folder, and the folders in
    which policies say that they are of the same tree: `policy Downloads.x` opens nothing of a home.
    """
    if _is_inside(path, folder):
        return True
    if not _is_inside(path, tree.folder):
        return False
    root = tree.folder.resolve()
    above = path.resolve().parents
    between = [parent for parent in above if parent != root and parent.is_relative_to(root)]
    return tree.is_named or any(_holds_policies(parent, root) for parent in between)


def _holds_policies(folder: Path, root: Path) -> bool:
    """Whether a policy of a folder says by its dotted name that it is of a tree."""
    files = (path for ending in ENDINGS for path in sorted(folder.glob("*" + ending)))
    return any(_root_of(path) == root for path in islice(files, MAX_FILES))


def _named_files(tree: ast.File) -> Iterator[ast.String]:
    for item in tree.items:
        match item:
            case ast.Policy(clauses=header):
                yield from (c.file for c in header if isinstance(c, ast.WorkingDays))
            case ast.Parameter(clauses=clauses):
                yield from (c.file for c in clauses if isinstance(c, ast.FromFile))
            case _:
                pass


def _with_used(
    parsed: list[Document], tree: _Tree | None, found: list[Diagnostic]
) -> list[Document]:
    """Return the documents and all that they use, from their folder or from those shipped."""
    documents = list(parsed)
    known = {_name_of(document) for document in documents}
    waiting = list(documents)
    home = shipped()
    trees = [tree, None if home is None else _Tree(home, is_named=True)]
    while waiting:
        document = waiting.pop()
        for item in document.file.items:
            if not isinstance(item, ast.Use) or item.module.text in known:
                continue
            module = item.module.text
            known.add(module)
            places = ((_module_file(module, each.folder), each) for each in trees if each)
            place = next(((path, each) for path, each in places if path is not None), None)
            if place is None:
                found.append(catalogue.no_such_module(item.module.span, module))
                continue
            used = _read(*place, found)
            if used is not None:
                used = evolve(used, is_used=True)
                documents.append(used)
                waiting.append(used)
    return documents


def _name_of(document: Document) -> str:
    header = next((i for i in document.file.items if isinstance(i, ast.Policy)), None)
    return document.source.name if header is None else header.name.text


def _digest(documents: list[Document]) -> str:
    """Return the hash of all texts, whatever the order in which they were read."""
    hashed = sha256()
    for document in sorted(documents, key=_name_of):
        for source in (document.source, *document.attachments.values()):
            hashed.update(bytes.fromhex(source.digest))
    return hashed.hexdigest()
