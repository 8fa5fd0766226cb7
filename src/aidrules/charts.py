"""Benefit against income, as a picture."""
