-- description: The registry with one spelling per maker, without the cruising speed that it hardly ever knows.
SELECT
    tailnum,
    year AS year_built,
    type AS kind,
    -- The registry writes makers as their papers did when the aircraft was entered.
    CASE
        WHEN manufacturer LIKE 'AIRBUS%' THEN 'AIRBUS'
        WHEN manufacturer LIKE 'MCDONNELL DOUGLAS%' THEN 'MCDONNELL DOUGLAS'
        ELSE manufacturer
    END AS manufacturer,
    model,
    engines,
    seats,
    engine
FROM faa_registry
