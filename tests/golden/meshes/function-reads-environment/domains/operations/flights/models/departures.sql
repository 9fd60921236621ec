SELECT flight_id, getenv('HOME') AS carrier, delay FROM stg_flights
