"""The grammar, and the tables of its parser built once at packaging."""
