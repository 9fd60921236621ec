SELECT table_name AS carrier, 1 AS flight_id, 2 AS delay FROM information_schema.tables
