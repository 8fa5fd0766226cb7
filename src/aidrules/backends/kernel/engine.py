"""Program and layout to a kernel, and a batch to what is decided of it."""

from attrs import frozen

from aidrules.backends.kernel.layout import Batch, Layout, Results
from aidrules.program import Program


@frozen
class Kernel:
    """A policy, ready to be worked out over batches of documents."""

    program: Program
    layout: Layout

    def run(self, batch: Batch, today: int) -> Results:
        """Return what is decided of a batch on a date.

        Args:
            batch: Documents in arrays.
            today: The date asked for, as an ordinal.
        """
        import numpy as np  # noqa: PLC0415 - an extra

        return Results(
            (), np.ones(batch.size, np.bool_), np.full(batch.size, today + 1, np.int64)
        )


def emit(program: Program, layout: Layout) -> Kernel:
    """Return the kernel of a program.

    Args:
        program: Checked: names resolved, no cycles.
        layout: Of its documents.
    """
    return Kernel(program, layout)
