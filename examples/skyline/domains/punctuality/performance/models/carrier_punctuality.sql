-- description: Punctuality of each carrier on each day.
SELECT
    departures.flight_date,
    departures.carrier,
    airlines.name AS carrier_name,
    count(*) AS flights,
    count(*) FILTER (WHERE departures.outcome = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE departures.outcome = 'diverted') AS diverted,
    count(*) FILTER (WHERE departures.arrival_delay < 15) AS on_time,
    round(100 * count(*) FILTER (WHERE departures.arrival_delay < 15) / count(*), 1) AS on_time_percent,
    round(avg(departures.arrival_delay), 1) AS mean_arrival_delay
FROM departures
LEFT JOIN airlines ON departures.carrier = airlines.carrier
GROUP BY departures.flight_date, departures.carrier, airlines.name
ORDER BY departures.flight_date, departures.carrier
