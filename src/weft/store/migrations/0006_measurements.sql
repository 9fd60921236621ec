-- What service levels were measured to be; `value` is null where `problem` says why it is not known.
CREATE TABLE measurements (
  environment TEXT NOT NULL,
  product     TEXT NOT NULL,
  port        TEXT NOT NULL,
  major       INTEGER NOT NULL,
  level       TEXT NOT NULL,
  at          TEXT NOT NULL,
  value       INTEGER,
  problem     TEXT NOT NULL,
  PRIMARY KEY (environment, product, port, major, level, at)
) STRICT, WITHOUT ROWID;
