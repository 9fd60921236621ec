SELECT flight_id, carrier, delay, delay + 1 FROM stg_flights
