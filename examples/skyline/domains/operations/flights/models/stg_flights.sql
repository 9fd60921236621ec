-- description: The source with a key, with one name per thing, and with times that know their zone.
-- required: [flight_id]
-- unique: [flight_id]
SELECT
    concat_ws(
        '-', strftime(make_date(year, month, day), '%Y%m%d'), carrier, flight, origin
    ) AS flight_id,
    make_date(year, month, day) AS flight_date,
    carrier,
    flight AS flight_number,
    tailnum,
    origin,
    dest AS destination,
    -- `time_hour` is UTC, the four-digit clock times are local and have no date: one planned
    -- for 23:55 may leave at "10", on the next day. So times are counted from the plan.
    time_hour AS scheduled_hour,
    time_hour + to_minutes(minute) AS scheduled_departure,
    dep_delay AS departure_delay,
    arr_delay AS arrival_delay,
    air_time,
    distance
FROM bts_on_time
