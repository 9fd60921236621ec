-- A verdict is kept as long as the build that was looked at. Of the earlier ones it is not known;
-- whoever needs one asks again.
DROP TABLE verdicts;

CREATE TABLE verdicts (
  audit   TEXT PRIMARY KEY,
  build   TEXT NOT NULL,
  content BLOB NOT NULL
) STRICT;
