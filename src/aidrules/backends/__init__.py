"""Translations of the typed program."""
