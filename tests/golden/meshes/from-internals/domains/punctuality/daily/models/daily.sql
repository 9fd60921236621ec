SELECT flight_id, carrier AS late FROM stg_flights
