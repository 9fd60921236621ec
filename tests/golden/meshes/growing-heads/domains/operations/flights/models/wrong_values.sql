-- materialized: incremental
-- unique_key: flight_id
-- interval: week
-- look_back: soon
-- start: yesterday
-- closes: maybe
-- deleted: [a, b]
-- change_at: delay
SELECT flight_id, carrier, delay FROM bts
