-- Content columns hold zlib-compressed JSON of the nouns; times are ISO in UTC.

-- Runs, in the order in which they began.
CREATE TABLE runs (
  position    INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  kind        TEXT NOT NULL,
  environment TEXT NOT NULL,
  plan        TEXT NOT NULL,
  state       TEXT NOT NULL,
  started     TEXT NOT NULL,
  ended       TEXT NOT NULL,
  actor       TEXT NOT NULL,
  host        TEXT NOT NULL,
  pid         INTEGER NOT NULL,
  git_commit  TEXT NOT NULL,
  root        TEXT NOT NULL,
  message     TEXT NOT NULL
) STRICT;

CREATE TABLE plans (
  run     TEXT PRIMARY KEY REFERENCES runs (id),
  content BLOB NOT NULL
) STRICT;

-- What the steps of one product did in a run, in the order in which products finished.
CREATE TABLE outcomes (
  position INTEGER PRIMARY KEY,
  run      TEXT NOT NULL REFERENCES runs (id),
  product  TEXT NOT NULL,
  content  BLOB NOT NULL
) STRICT;
CREATE INDEX outcomes_of_run ON outcomes (run);

-- Fences outlive the locks that carried them, so that they only ever grow.
CREATE TABLE fences (
  environment TEXT NOT NULL,
  product     TEXT NOT NULL,
  last        INTEGER NOT NULL,
  PRIMARY KEY (environment, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE locks (
  id          TEXT PRIMARY KEY,
  product     TEXT NOT NULL,
  environment TEXT NOT NULL,
  fence       INTEGER NOT NULL,
  holder      TEXT NOT NULL,
  host        TEXT NOT NULL,
  pid         INTEGER NOT NULL,
  since       TEXT NOT NULL,
  run         TEXT NOT NULL REFERENCES runs (id),
  UNIQUE (environment, product)
) STRICT;

CREATE TABLE holds (
  product     TEXT NOT NULL,
  environment TEXT NOT NULL,
  release     INTEGER NOT NULL,
  actor       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  since       TEXT NOT NULL,
  PRIMARY KEY (environment, product)
) STRICT, WITHOUT ROWID;

-- Definitions by the digest of their content: an unchanged one is kept once.
CREATE TABLE manifests (
  digest  TEXT PRIMARY KEY CHECK (digest <> ''),
  content BLOB NOT NULL
) STRICT;

CREATE TABLE applied (
  environment TEXT NOT NULL,
  product     TEXT NOT NULL,
  root        TEXT NOT NULL,
  digest      TEXT NOT NULL REFERENCES manifests (digest),
  run         TEXT NOT NULL REFERENCES runs (id),
  at          TEXT NOT NULL,
  PRIMARY KEY (environment, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE releases (
  environment TEXT NOT NULL,
  product     TEXT NOT NULL,
  number      INTEGER NOT NULL,
  content     BLOB NOT NULL,
  PRIMARY KEY (environment, product, number)
) STRICT;

CREATE TABLE descriptors (
  environment TEXT NOT NULL,
  product     TEXT NOT NULL,
  port        TEXT NOT NULL,
  major       INTEGER NOT NULL,
  content     BLOB NOT NULL,
  PRIMARY KEY (environment, product, port, major)
) STRICT;

-- A verdict is kept as long as the build that was looked at.
CREATE TABLE verdicts (
  audit   TEXT PRIMARY KEY,
  build   TEXT NOT NULL,
  content BLOB NOT NULL
) STRICT;

CREATE TABLE salts (
  environment TEXT NOT NULL,
  model       TEXT NOT NULL,
  salt        TEXT NOT NULL,
  PRIMARY KEY (environment, model)
) STRICT, WITHOUT ROWID;

-- The audit chain and its head.
CREATE TABLE audit (
  number   INTEGER PRIMARY KEY,
  at       TEXT NOT NULL,
  actor    TEXT NOT NULL,
  action   TEXT NOT NULL,
  subject  TEXT NOT NULL,
  detail   TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash     TEXT NOT NULL
) STRICT;

CREATE TABLE audit_head (
  number INTEGER NOT NULL,
  hash   TEXT NOT NULL
) STRICT;

INSERT INTO audit_head (number, hash)
VALUES (0, '0000000000000000000000000000000000000000000000000000000000000000');
