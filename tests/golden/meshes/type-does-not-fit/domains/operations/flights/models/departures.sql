SELECT flight_id, carrier, 'late' AS delay FROM stg_flights
