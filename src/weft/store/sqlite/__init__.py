"""A store in one SQLite file: for one person, one machine, or a server with a disk of its own."""
