SELECT carrier, count(*) AS late FROM departures WHERE delay > 15 GROUP BY carrier
