"""The text of a kernel to a function: run as it is, or compiled by LLVM and kept on disk.

What is kept of a kernel is its machine code, in a folder named by the digest of all of which it was
made, the machine included, and the digest of the code. Files that are not what was written, that
somebody else owns or that others may write to, are not used: the kernel is compiled anew.
"""

import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from pkgutil import get_data
from tempfile import mkdtemp
from typing import Any, Final

from aidrules.backends.kernel.context import (
    AboveArray,
    Array,
    CalendarArray,
    FactArray,
    FigureArray,
    HistoryArray,
    OffsetArray,
    OutputArray,
)
from aidrules.backends.kernel.prelude import CALENDAR, PRELUDE

Function = Callable[..., None]

CACHE_VARIABLE: Final = "AIDRULES_CACHE"
"""The environment variable that names the folder in which compiled kernels are kept."""

_OUTPUTS: Final = {
    "status": "uint8",
    "ends": "uint8",
    "deferred": "boolean",
    "all_deferred": "boolean",
}


def element_type(array: Array) -> str:
    """Return the type of the elements of an array, as NumPy calls it; `boolean` for yes or no."""
    match array:
        case FactArray(part=part) | HistoryArray(part=part):
            return "uint8" if part in ("states", "flags") else "int64"
        case FigureArray(part=part):
            return "uint8" if part == "known" else "int64"
        case CalendarArray():
            return "uint8"
        case OffsetArray() | AboveArray():
            return "int64"
        case OutputArray(part=part, bits=bits):
            return _OUTPUTS.get(part, f"int{bits}")


@lru_cache(maxsize=64)
def interpreted(source: str) -> Function:
    """Return the function of a kernel, run as it is: quick to make, and for few documents."""
    space: dict[str, Any] = {}
    exec(compile(PRELUDE + CALENDAR + source, "<kernel>", "exec"), space)  # noqa: S102 - our own text
    made: Function = space["kernel"]
    return made


def is_compiler_here() -> bool:
    """Whether LLVM is installed, as llvmlite."""
    return importlib.util.find_spec("llvmlite") is not None


@lru_cache(maxsize=64)
def compiled(source: str, arrays: tuple[Array, ...]) -> Function:
    """Return the function of a kernel, compiled, from the disk if it is kept there.

    Args:
        source: Of the function.
        arrays: What it is handed behind `first`, `last`, `today` and `next_change`.
    """
    from aidrules.backends.kernel import native  # noqa: PLC0415 - LLVM is an extra

    elements = [element_type(each) for each in arrays]
    key = "\n".join((CALENDAR, source, repr(elements), native.host(), translation()))
    folder = cache_folder()
    home = None if folder is None else folder / f"kernel_{hashlib.sha256(key.encode()).hexdigest()}"
    code = None if home is None else _kept(home)
    if code is not None:
        with suppress(RuntimeError):  # whatever is wrong with a kept file, it can be made again
            return native.loaded(code, elements)
    code = native.object_of(source, elements)
    if home is not None:
        _keep(home, code)
    return native.loaded(code, elements)


def translation() -> str:
    """Return what makes code of a text: kept code of another translation is of no use."""
    try:
        return repr(get_data("aidrules.backends.kernel", "native.py"))
    except OSError:  # installed without its sources
        return version("aidrules")


# ---------------------------------------------------------------- what is kept on disk


def cache_folder() -> Path | None:
    """Return the folder in which kernels are kept; None if none is safe to use."""
    named = os.environ.get(CACHE_VARIABLE)
    if named is not None:
        base = Path(named)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "aidrules"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "aidrules"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        return base if _is_ours(base) else None
    except OSError:
        return None


def _is_ours(path: Path) -> bool:
    """Whether nobody else owns a file or folder, or may write to it."""
    if sys.platform == "win32":
        return True
    found = path.lstat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


_CODE, _SEAL = "kernel.o", "seal"


def _kept(home: Path) -> bytes | None:
    """Return the code that is kept, if it is what was written and nobody else may write to it."""
    try:
        if not all(_is_ours(path) for path in (home, *home.rglob("*"))):
            return None
        code = (home / _CODE).read_bytes()
        seal = (home / _SEAL).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return code if seal == hashlib.sha256(code).hexdigest() else None


def _keep(home: Path, code: bytes) -> None:
    """Keep code: written beside, and put in its place when it is whole."""
    try:
        made = Path(mkdtemp(prefix=".making_", dir=home.parent))
    except OSError:  # nothing can be kept there
        return
    try:
        (made / _CODE).write_bytes(code)
        (made / _SEAL).write_text(hashlib.sha256(code).hexdigest(), "utf-8")
        shutil.rmtree(home, ignore_errors=True)
        made.rename(home)
    except OSError:  # another process keeps the same code, or there is no room
        shutil.rmtree(made, ignore_errors=True)
