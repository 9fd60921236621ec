SELECT flight_id, carrier, CAST(delay AS integr) AS delay FROM bts
