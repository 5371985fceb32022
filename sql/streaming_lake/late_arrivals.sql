-- Which days were changed by events that came after the day had been published.
SELECT
    date(scheduled_departure) AS event_day,
    count(*) AS flights,
    sum(CASE WHEN late THEN 1 ELSE 0 END) AS late,
    max(arrived_at) AS last_arrival
FROM flights_curated
GROUP BY date(scheduled_departure)
HAVING sum(CASE WHEN late THEN 1 ELSE 0 END) > 0
ORDER BY event_day
