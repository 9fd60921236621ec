"""The nouns of a data mesh as frozen dataclasses, and their text forms. No verbs, no I/O."""
