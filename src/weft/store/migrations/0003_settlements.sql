-- What was decided on a drift, by its id; `until` is a date, '' where it was adopted.
CREATE TABLE settlements (
  environment TEXT NOT NULL,
  drift       TEXT NOT NULL,
  product     TEXT NOT NULL,
  subject     TEXT NOT NULL,
  until       TEXT NOT NULL,
  actor       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  since       TEXT NOT NULL,
  PRIMARY KEY (environment, drift)
) STRICT, WITHOUT ROWID;
