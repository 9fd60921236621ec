-- description: What port $port shows; the contract's columns.
SELECT
  id,
  trim(label) AS label
FROM $given
