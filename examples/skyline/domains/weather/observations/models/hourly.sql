-- description: Observations under full names, keyed by an hour that never repeats.
SELECT
    origin AS airport,
    time_hour AS observed_at,
    temp AS temperature,
    dewp AS dew_point,
    humid AS humidity,
    wind_dir AS wind_direction,
    wind_speed,
    wind_gust,
    precip AS precipitation,
    pressure,
    visib AS visibility
FROM asos_hourly
