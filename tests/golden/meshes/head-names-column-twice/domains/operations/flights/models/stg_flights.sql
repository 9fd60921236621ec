-- unique: [flight_id, flight_id]
SELECT flight_id, carrier, delay FROM bts
