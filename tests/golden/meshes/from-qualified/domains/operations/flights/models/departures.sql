SELECT flight_id, carrier, delay FROM lake.main.stg_flights
