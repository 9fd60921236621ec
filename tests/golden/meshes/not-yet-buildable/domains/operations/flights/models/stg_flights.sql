-- materialized: snapshot
-- unique_key: flight_id
SELECT flight_id, carrier, delay FROM bts
