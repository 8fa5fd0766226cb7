"""The public names of a package to the modules they live in, imported when first used.

A command that only decides need not load what words reasons, and to see whether the library is
there costs nothing.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def attributes(package: str, homes: Mapping[str, tuple[str, str]]) -> Callable[[str], object]:
    """Return the `__getattr__` of a package.

    Args:
        package: Its `__name__`.
        homes: For each public name, its module and what it is called there.
    """

    def attribute(name: str) -> object:
        if name not in homes:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        module, called = homes[name]
        value: object = vars(import_module(module))[called]
        setattr(sys.modules[package], name, value)
        return value

    return attribute
