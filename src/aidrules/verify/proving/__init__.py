"""A policy to what holds of all its households: proved, refuted by one, or tested."""
