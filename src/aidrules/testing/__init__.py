"""What test suites take from here: households by Hypothesis, and policy files as items of pytest.

The plugin of pytest is found by itself; it brings no Hypothesis with it.
"""

from typing import TYPE_CHECKING

from aidrules import lazy

if TYPE_CHECKING:
    from aidrules.testing.strategies import facts, households

__all__ = ["facts", "households"]

__getattr__ = lazy.attributes(
    __name__,
    {
        "facts": ("aidrules.testing.strategies", "facts"),
        "households": ("aidrules.testing.strategies", "households"),
    },
)
