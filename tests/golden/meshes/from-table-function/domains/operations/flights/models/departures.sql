SELECT flight_id, carrier, delay FROM read_csv('data/flights.csv')
