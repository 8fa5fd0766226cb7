"""Typed program and a case to exact values, or to sets of possible ones: the meaning itself."""

from aidrules.backends.interpreter.engine import Engine, Evaluation, emit
from aidrules.backends.interpreter.missing import MissingFact

__all__ = ["Engine", "Evaluation", "MissingFact", "emit"]
