"""Random policies and households, to hold the interpreter to its meaning."""
