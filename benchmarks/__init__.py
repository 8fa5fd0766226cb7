"""Figures side by side: each is measured in one run, and quoted as a ratio."""
