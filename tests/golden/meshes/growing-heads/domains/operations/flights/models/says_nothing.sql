-- materialized: incremental
-- look_back: 2
SELECT flight_id, carrier, delay FROM bts
