-- The git branch that the files of a run came from.
ALTER TABLE runs ADD COLUMN branch TEXT NOT NULL DEFAULT '';

-- Where an audit was asked for: a verdict goes with its environment, or with the build.
ALTER TABLE verdicts ADD COLUMN environment TEXT NOT NULL DEFAULT '';
