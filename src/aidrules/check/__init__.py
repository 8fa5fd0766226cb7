"""Tree to typed program."""
