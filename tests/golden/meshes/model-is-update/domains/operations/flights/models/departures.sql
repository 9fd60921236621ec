UPDATE stg_flights SET delay = 0
