SELECT flight_id, carrier, delay FROM bts
