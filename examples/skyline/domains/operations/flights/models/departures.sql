-- description: What consumers see of a flight.
-- materialized: view
-- A view, because it only picks and derives: the rows are kept once, in `stg_flights`.
SELECT
    flight_id,
    flight_date,
    carrier,
    flight_number,
    tailnum,
    origin,
    destination,
    scheduled_departure,
    scheduled_hour,
    scheduled_departure + to_minutes(departure_delay) AS departed_at,
    departure_delay,
    arrival_delay,
    air_time,
    distance,
    CASE
        WHEN departure_delay IS NULL THEN 'cancelled'
        WHEN arrival_delay IS NULL THEN 'diverted'
        ELSE 'completed'
    END AS outcome
FROM stg_flights
