-- The environment that consumers see, in one row once anything was applied.
CREATE TABLE production (
  environment TEXT NOT NULL
) STRICT;
