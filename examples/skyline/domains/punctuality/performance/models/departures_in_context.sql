-- description: Each departure with the weather of its hour and the age of its aircraft.
-- required: [flight_id]
-- unique: [flight_id]
-- Both joins keep flights that find no partner: 1,556 have no observation, and one in six has no
-- known aircraft. They become a group of their own instead of disappearing.
SELECT
    departures.flight_id,
    departures.outcome,
    departures.departure_delay,
    CASE
        WHEN hourly.airport IS NULL THEN 'not observed'
        WHEN hourly.visibility < 3 THEN 'low visibility'
        -- Above 253 miles per hour it is the instrument that failed.
        WHEN hourly.wind_speed BETWEEN 25 AND 253 THEN 'strong wind'
        WHEN hourly.precipitation > 0 THEN 'rain or snow'
        ELSE 'fair'
    END AS weather,
    CASE
        WHEN aircraft.year_built IS NULL THEN 'unknown'
        WHEN year(departures.flight_date) - aircraft.year_built < 10 THEN 'under 10 years'
        WHEN year(departures.flight_date) - aircraft.year_built < 20 THEN '10 to 19 years'
        ELSE '20 years or more'
    END AS aircraft_age
FROM departures
LEFT JOIN hourly
    ON departures.origin = hourly.airport AND departures.scheduled_hour = hourly.observed_at
LEFT JOIN aircraft ON departures.tailnum = aircraft.tailnum
