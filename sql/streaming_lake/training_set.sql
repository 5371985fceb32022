-- Write the training set: CSV, label first, no header, split 70/10/20 by a hash of the flight.
-- UNLOAD by partitions adds to a folder that holds files, and doubles the set: name a new one each time.
-- The label (TR-10) is whether the flight arrived more than 15 minutes late. The rest is what is
-- known when it departs. The id of a flight decides its split (TR-02), so it stays there however often
-- the set is written. Missing weather is an empty field. Hive would write \N, which is no number.
UNLOAD (
    SELECT
        CASE WHEN arrival_delay_minutes > 15 THEN 1 ELSE 0 END AS delayed,
        carrier,
        origin,
        destination,
        month(scheduled_departure) AS month,
        day_of_week(scheduled_departure) AS weekday,
        hour(scheduled_departure) AS hour,
        distance_miles,
        coalesce(CAST(temperature_fahrenheit AS varchar), '') AS temperature_fahrenheit,
        coalesce(CAST(wind_speed_miles_per_hour AS varchar), '') AS wind_speed_miles_per_hour,
        coalesce(CAST(wind_gust_miles_per_hour AS varchar), '') AS wind_gust_miles_per_hour,
        coalesce(CAST(precipitation_inches AS varchar), '') AS precipitation_inches,
        coalesce(CAST(visibility_miles AS varchar), '') AS visibility_miles,
        CASE
            WHEN from_base(substr(to_hex(md5(to_utf8(event_id))), 1, 8), 16) % 100 < 70 THEN 'train'
            WHEN from_base(substr(to_hex(md5(to_utf8(event_id))), 1, 8), 16) % 100 < 80 THEN 'validation'
            ELSE 'test'
        END AS split
    FROM flights_curated
    WHERE arrival_delay_minutes IS NOT NULL
)
TO 's3://${LakeBucket}/training/first/'
WITH (format = 'TEXTFILE', field_delimiter = ',', compression = 'NONE', partitioned_by = ARRAY['split'])
