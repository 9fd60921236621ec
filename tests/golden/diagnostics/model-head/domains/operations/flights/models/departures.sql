-- This comment says what the model is: all departures.
-- materialised: view
-- materialized: tabel
-- unique: [flight id]
-- required: flight_id, "scheduled time"
-- required: [tailnum]
-- time_column: [a, b]
-- refresh: daily
-- Note: nothing follows
SELECT flight_id, tailnum, dep_delay FROM bts_on_time
