-- What stands behind each released version of a port: one chain per environment.
CREATE TABLE evidence (
  environment TEXT NOT NULL,
  number      INTEGER NOT NULL,
  product     TEXT NOT NULL,
  port        TEXT NOT NULL,
  major       INTEGER NOT NULL,
  version     TEXT NOT NULL,
  hash        TEXT NOT NULL,
  content     BLOB NOT NULL,
  PRIMARY KEY (environment, number)
) STRICT;
