-- Write the training set: CSV, label first, no header, split by time: the past, what follows, the last quarter.
-- UNLOAD by partitions adds to a folder that holds files, and doubles the set: name a new one each time.
-- The label (TR-10) is whether the flight arrived more than 15 minutes late. The rest is what was known
-- an hour before it was to leave: nothing later may be used, as a prediction cannot have it (TR-02).
-- - weather: the last hour that had been observed to its end by then. A forecast for the hour of departure
--   would stand in its place; its value, too, must be the one that was issued by then.
-- - airport_delay_minutes: mean delay of the flights that had left the airport in the two hours before.
-- - aircraft_delay_minutes: the largest delay with which the aircraft had left an airport of this lake in
--   the twelve hours before.
-- A flight counts from its scheduled departure on at the earliest, so one that leaves early is not known
-- to itself. `known_at` is the newest moment that any of these values stems from; the jobs check it.
-- The days of the set decide the split, 65 % to train, 10 % to validate, the rest to test. A missing value
-- is an empty field. Hive would write \N, which is no number.
UNLOAD (
    WITH flights AS (
        SELECT
            event_id,
            carrier,
            tail_number,
            origin,
            destination,
            scheduled_departure,
            date_add('hour', -1, scheduled_departure) AS asked_at,
            date_add('minute', greatest(departure_delay_minutes, 0), scheduled_departure) AS left_at,
            departure_delay_minutes,
            arrival_delay_minutes,
            distance_miles
        FROM flights_curated
    ),
    moments AS (
        SELECT
            CAST(NULL AS varchar) AS event_id,
            origin,
            tail_number,
            left_at AS moment,
            left_at,
            departure_delay_minutes AS delay_minutes
        FROM flights
        WHERE departure_delay_minutes IS NOT NULL
        UNION ALL
        SELECT
            event_id,
            origin,
            tail_number,
            asked_at AS moment,
            CAST(NULL AS timestamp) AS left_at,
            CAST(NULL AS integer) AS delay_minutes
        FROM flights
    ),
    recent AS (
        SELECT
            event_id,
            avg(delay_minutes) OVER at_airport AS airport_delay_minutes,
            max(left_at) OVER at_airport AS airport_known_at,
            CASE WHEN tail_number IS NOT NULL THEN max(delay_minutes) OVER of_aircraft END AS aircraft_delay_minutes,
            CASE WHEN tail_number IS NOT NULL THEN max(left_at) OVER of_aircraft END AS aircraft_known_at
        FROM moments
        WINDOW
            at_airport AS (
                PARTITION BY origin ORDER BY moment
                RANGE BETWEEN INTERVAL '2' HOUR PRECEDING AND CURRENT ROW
            ),
            of_aircraft AS (
                PARTITION BY tail_number ORDER BY moment
                RANGE BETWEEN INTERVAL '12' HOUR PRECEDING AND CURRENT ROW
            )
    ),
    observed AS (
        SELECT
            origin,
            date_add('hour', 1, observed_at) AS weather_known_at,
            max(temperature_fahrenheit) AS temperature_fahrenheit,
            max(wind_speed_miles_per_hour) AS wind_speed_miles_per_hour,
            max(coalesce(wind_gust_miles_per_hour, wind_speed_miles_per_hour)) AS wind_gust_miles_per_hour,
            max(coalesce(precipitation_inches, 0)) AS precipitation_inches,
            max(visibility_miles) AS visibility_miles
        FROM weather_hourly
        GROUP BY origin, observed_at
    ),
    arrived AS (
        SELECT
            flights.*,
            dense_rank() OVER (ORDER BY date(scheduled_departure)) AS day_number
        FROM flights
        WHERE arrival_delay_minutes IS NOT NULL
    )
    SELECT
        CASE WHEN arrived.arrival_delay_minutes > 15 THEN 1 ELSE 0 END AS delayed,
        arrived.carrier,
        arrived.origin,
        arrived.destination,
        month(arrived.scheduled_departure) AS month,
        day_of_week(arrived.scheduled_departure) AS weekday,
        hour(arrived.scheduled_departure) AS hour,
        arrived.distance_miles,
        coalesce(CAST(observed.temperature_fahrenheit AS varchar), '') AS temperature_fahrenheit,
        coalesce(CAST(observed.wind_speed_miles_per_hour AS varchar), '') AS wind_speed_miles_per_hour,
        coalesce(CAST(observed.wind_gust_miles_per_hour AS varchar), '') AS wind_gust_miles_per_hour,
        coalesce(CAST(observed.precipitation_inches AS varchar), '') AS precipitation_inches,
        coalesce(CAST(observed.visibility_miles AS varchar), '') AS visibility_miles,
        coalesce(CAST(recent.airport_delay_minutes AS varchar), '') AS airport_delay_minutes,
        coalesce(CAST(recent.aircraft_delay_minutes AS varchar), '') AS aircraft_delay_minutes,
        arrived.event_id,
        date_format(arrived.scheduled_departure, '%Y-%m-%dT%H:%i:%s') AS scheduled_departure,
        date_format(
            greatest(
                coalesce(observed.weather_known_at, date_add('day', -1, arrived.asked_at)),
                coalesce(recent.airport_known_at, date_add('day', -1, arrived.asked_at)),
                coalesce(recent.aircraft_known_at, date_add('day', -1, arrived.asked_at))
            ),
            '%Y-%m-%dT%H:%i:%s'
        ) AS known_at,
        CASE
            WHEN arrived.day_number * 100 <= max(arrived.day_number) OVER () * 65 THEN 'train'
            WHEN arrived.day_number * 100 <= max(arrived.day_number) OVER () * 75 THEN 'validation'
            ELSE 'test'
        END AS split
    FROM arrived
    INNER JOIN recent ON recent.event_id = arrived.event_id
    LEFT JOIN observed
        ON observed.origin = arrived.origin
        AND observed.weather_known_at = date_trunc('hour', arrived.asked_at)
)
TO 's3://${LakeBucket}/training/first/'
WITH (format = 'TEXTFILE', field_delimiter = ',', compression = 'NONE', partitioned_by = ARRAY['split'])
