"""Tables of many households to decisions on them, and what changed since the last run."""
