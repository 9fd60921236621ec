-- description: The list of carriers as it is.
SELECT
    carrier,
    name
FROM carrier_list
