SELECT flight_id, carrier, delay, carrier FROM stg_flights
