-- materialized: table
-- description: Scheduled departures, one row each.
-- required: [flight_id]

SELECT flight_id, tailnum, dep_delay FROM bts_on_time
