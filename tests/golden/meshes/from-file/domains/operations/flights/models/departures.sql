SELECT flight_id, carrier, delay FROM 'data/flights.csv'
