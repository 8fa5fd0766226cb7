"""A policy to slips of it that none of its examples notices, and examples that would."""
