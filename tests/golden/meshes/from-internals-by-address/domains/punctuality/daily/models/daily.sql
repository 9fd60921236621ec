SELECT flight_id, carrier AS late FROM operations.flights.stg_flights
