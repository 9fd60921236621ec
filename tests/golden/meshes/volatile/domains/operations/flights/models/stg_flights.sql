SELECT flight_id, carrier, delay FROM bts WHERE random() > 0.5
