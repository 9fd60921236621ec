SELECT flight_id, a.carrier, a.delay FROM stg_flights AS a JOIN bts AS b ON a.flight_id = b.flight_id
