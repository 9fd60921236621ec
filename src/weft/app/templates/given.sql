-- description: Rows to start with; read an input port here instead.
SELECT
  id,
  label
FROM (VALUES (1, 'first'), (2, ' second ')) AS starting (id, label)
