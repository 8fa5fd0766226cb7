"""Words: the lexicon of a language, and patterns with their holes filled."""
