-- How late each carrier arrives, by the hour (UTC) its flights were to leave.
SELECT
    carrier,
    hour(scheduled_departure) AS departure_hour,
    count(*) AS flights,
    sum(CASE WHEN cancelled THEN 1 ELSE 0 END) AS cancelled,
    round(avg(CAST(arrival_delay_minutes AS double)), 2) AS mean_arrival_delay_minutes,
    sum(CASE WHEN arrival_delay_minutes > 15 THEN 1 ELSE 0 END) AS delayed
FROM flights_curated
GROUP BY carrier, hour(scheduled_departure)
ORDER BY carrier, departure_hour
