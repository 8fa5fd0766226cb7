"""The text of a kernel to a function: run as it is, or compiled by numba and kept on disk.

A kept kernel is one file of its own, named by the digest of all that it is made of, beside what
numba kept of it. Files that are not what was written, that somebody else owns or that others may
write to, are not used: the kernel is compiled anew.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
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
from aidrules.backends.kernel.prelude import CALENDAR, INTRINSICS, PRELUDE

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
    """Return the type of the elements of an array, as numba and NumPy call it."""
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
    """Whether numba is installed."""
    return importlib.util.find_spec("numba") is not None


@lru_cache(maxsize=64)
def compiled(source: str, arrays: tuple[Array, ...]) -> Function:
    """Return the function of a kernel, compiled, from the disk if it is kept there.

    Args:
        source: Of the function.
        arrays: What it is handed behind `first`, `last`, `today` and `next_change`.
    """
    text = _file_of(source, arrays)
    version = importlib.metadata.version("numba")
    key = f"{text}\n{version}\n{sys.version}"
    name = f"kernel_{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    folder = cache_folder()
    if folder is None:
        return _compiled(text, None, name)
    home = folder / name
    if not _is_kept(home, text):
        _forget(home)
        made = _compiled(text, home, name)
        _seal(home)
        return made
    try:
        return _compiled(text, home, name)
    except Exception:  # noqa: BLE001 - whatever is wrong with a kept file, it can be made again
        _forget(home)
        made = _compiled(text, home, name)
        _seal(home)
        return made


def _file_of(source: str, arrays: Sequence[Array]) -> str:
    """Return the text of a file that compiles a kernel when it is loaded."""
    given = ", ".join(
        f"Array({element_type(array)}, 1, 'C', readonly={not isinstance(array, OutputArray)})"
        for array in arrays
    )
    signature = f"none(int64, int64, int64, int64{', ' if given else ''}{given})"
    options = "cache=IS_KEPT, nogil=True, error_model='numpy', boundscheck=False"
    calendar = re.sub(r"^def ", "@njit(inline='never')\ndef ", CALENDAR, flags=re.MULTILINE)
    kernel = source.replace("def kernel(", f"@njit({signature}, {options})\ndef kernel(")
    return INTRINSICS + calendar + kernel


def _compiled(text: str, home: Path | None, name: str) -> Function:
    if home is None:
        space: dict[str, Any] = {"__name__": name, "IS_KEPT": False}
        exec(compile(text, f"<{name}>", "exec"), space)  # noqa: S102 - our own text
        made: Function = space["kernel"]
        return made
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / f"{name}.py"
    file.write_text("IS_KEPT = True\n" + text, "utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Function = module.kernel
    return found


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


_SEAL: Final = "seal"


def _digest(home: Path) -> str:
    """Return the digest of all that is kept of a kernel."""
    total = hashlib.sha256()
    for path in sorted(home.rglob("*")):
        is_made_by_python = path.suffix == ".pyc"
        if path.is_file() and path.name != _SEAL and not is_made_by_python:
            total.update(path.relative_to(home).as_posix().encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _is_kept(home: Path, text: str) -> bool:
    """Whether what is kept is what was written, and for this kernel."""
    try:
        if not all(_is_ours(path) for path in (home, *home.rglob("*"))):
            return False
        if (home / f"{home.name}.py").read_text("utf-8") != "IS_KEPT = True\n" + text:
            return False
        return (home / _SEAL).read_text("utf-8") == _digest(home)
    except (OSError, UnicodeDecodeError):
        return False


def _seal(home: Path) -> None:
    try:
        (home / _SEAL).write_text(_digest(home), "utf-8")
    except OSError:
        _forget(home)


def _forget(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
