-- What service levels were measured to be, in the unit of the promise.
CREATE TABLE measurements (
  environment TEXT NOT NULL,
  product     TEXT NOT NULL,
  port        TEXT NOT NULL,
  major       INTEGER NOT NULL,
  level       TEXT NOT NULL,
  at          TEXT NOT NULL,
  content     BLOB NOT NULL,
  PRIMARY KEY (environment, product, port, major, level, at)
) STRICT;
