"""A rules language for social aid: exact decisions, each with its reasons."""
