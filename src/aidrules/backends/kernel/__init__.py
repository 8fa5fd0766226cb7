"""Typed program to one Python function over arrays of whole numbers, for many households."""
