-- materialized: incremental
-- time_column: delay
-- start: 2026-01-01T10:30
-- compare: [carrier]
SELECT flight_id, carrier, delay FROM bts
