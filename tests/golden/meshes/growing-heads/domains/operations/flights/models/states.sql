-- materialized: snapshot
-- unique_key: [flight_id, carier]
-- time_column: day
SELECT flight_id, carrier, delay AS valid_from FROM bts
