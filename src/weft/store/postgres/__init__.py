"""A store in a PostgreSQL database: for a team, whose programs run on several hosts."""
