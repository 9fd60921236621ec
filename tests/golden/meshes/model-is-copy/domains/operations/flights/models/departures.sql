COPY stg_flights TO '/tmp/x'
