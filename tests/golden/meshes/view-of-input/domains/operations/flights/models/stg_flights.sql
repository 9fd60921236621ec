-- materialized: view
SELECT flight_id, carrier, delay FROM bts
