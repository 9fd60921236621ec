-- description: Delays in groups of weather and age.
SELECT
    weather,
    aircraft_age,
    count(*) AS flights,
    round(100 * count(*) FILTER (WHERE outcome = 'cancelled') / count(*), 1) AS cancelled_percent,
    round(
        100 * count(*) FILTER (WHERE departure_delay >= 15) / nullif(count(departure_delay), 0), 1
    ) AS late_percent,
    round(avg(departure_delay), 1) AS mean_departure_delay,
    median(CAST(departure_delay AS INTEGER)) AS median_departure_delay
FROM departures_in_context
GROUP BY weather, aircraft_age
ORDER BY weather, aircraft_age
