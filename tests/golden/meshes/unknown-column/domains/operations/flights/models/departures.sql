SELECT flight_id, carier AS carrier, delay FROM stg_flights
