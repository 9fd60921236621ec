-- description: The list of airports under full names.
SELECT
    faa AS airport,
    name,
    lat AS latitude,
    lon AS longitude,
    alt AS altitude,
    tz AS utc_offset,
    tzone AS time_zone
FROM airport_list
