SELECT flight_id, carrier, delay FROM stg_flights;
SELECT 1 AS x
