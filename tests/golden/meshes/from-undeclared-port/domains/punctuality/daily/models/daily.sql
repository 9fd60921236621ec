SELECT carrier, 1 AS late FROM hourly
