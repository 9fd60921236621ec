-- description: The register, cleaned, with points and tier.
WITH earned AS (
    SELECT
        member_id,
        CAST(sum(points) AS BIGINT) AS points
    FROM bookings
    GROUP BY member_id
)
SELECT
    member_register.member_id,
    member_register.full_name,
    lower(trim(member_register.email)) AS email,
    CASE WHEN member_register.phone LIKE '+%' THEN member_register.phone END AS phone,
    nullif(member_register.passport_number, '') AS passport_number,
    member_register.birth_date,
    member_register.home_airport,
    member_register.joined_on,
    coalesce(earned.points, 0) AS points,
    CASE
        WHEN earned.points >= 50000 THEN 'gold'
        WHEN earned.points >= 10000 THEN 'silver'
        ELSE 'blue'
    END AS tier
FROM member_register
LEFT JOIN earned ON member_register.member_id = earned.member_id
