-- Make the view route_delays: how each route does, one row a route, for dashboards.
CREATE OR REPLACE VIEW route_delays AS
SELECT
    origin,
    destination,
    count(*) AS flights,
    max(distance_miles) AS distance_miles,
    round(avg(CAST(arrival_delay_minutes AS double)), 2) AS mean_arrival_delay_minutes,
    round(avg(CASE WHEN weather_missing THEN 1.0 ELSE 0.0 END), 4) AS weather_missing_share
FROM flights_curated
GROUP BY origin, destination
