"""Households made at the lines of the rules, changed, made small, and written as examples."""
