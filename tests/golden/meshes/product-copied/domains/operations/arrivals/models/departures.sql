SELECT flight_id, carrier, delay FROM stg_flights
