-- description: Bookings with the flight they are for and the points they earned.
-- A booking that finds no flight keeps its row, so that the contract can object to it.
SELECT
    booking_journal.booking_id,
    booking_journal.member_id,
    departures.flight_id,
    booking_journal.booked_on,
    booking_journal.fare,
    CAST(booking_journal.price_usd AS DECIMAL(10, 2)) AS price_usd,
    CASE
        WHEN departures.outcome <> 'completed' THEN 0
        WHEN booking_journal.fare = 'business' THEN departures.distance * 2
        WHEN booking_journal.fare = 'basic' THEN CAST(departures.distance AS INTEGER) // 2
        ELSE departures.distance
    END AS points
FROM booking_journal
LEFT JOIN departures
    ON booking_journal.flight_date = departures.flight_date
    AND booking_journal.carrier = departures.carrier
    AND booking_journal.flight = departures.flight_number
    AND booking_journal.origin = departures.origin
