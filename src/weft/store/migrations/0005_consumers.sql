-- What a consumer answers to a version that breaks it; `answer_by` is a date.
CREATE TABLE signoffs (
  environment TEXT NOT NULL,
  product     TEXT NOT NULL,
  port        TEXT NOT NULL,
  version     TEXT NOT NULL,
  consumer    TEXT NOT NULL,
  state       TEXT NOT NULL,
  answer_by   TEXT NOT NULL,
  actor       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  at          TEXT NOT NULL,
  PRIMARY KEY (environment, product, port, version, consumer)
) STRICT, WITHOUT ROWID;

-- Who read a port on which day, how often, and when last.
CREATE TABLE reads (
  environment TEXT NOT NULL,
  product     TEXT NOT NULL,
  port        TEXT NOT NULL,
  major       INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  reader      TEXT NOT NULL,
  day         TEXT NOT NULL,
  count       INTEGER NOT NULL,
  last        TEXT NOT NULL,
  PRIMARY KEY (environment, product, port, major, kind, reader, day)
) STRICT, WITHOUT ROWID;

-- What consumers were told of a port.
CREATE TABLE notices (
  environment TEXT NOT NULL,
  number      INTEGER NOT NULL,
  product     TEXT NOT NULL,
  port        TEXT NOT NULL,
  major       INTEGER NOT NULL,
  consumer    TEXT NOT NULL,
  kind        TEXT NOT NULL,
  message     TEXT NOT NULL,
  at          TEXT NOT NULL,
  PRIMARY KEY (environment, number)
) STRICT;
