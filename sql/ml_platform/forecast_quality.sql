-- Judge the forecasts of the half hours from <from> until <day>, both without their last day, by the demand
-- that later histories tell. Times are local texts, `2014-01-31 23:30`, which sort as they follow. A history
-- that lies there for two nights is forecast twice: equal rows count once. Half hours whose demand, or that of
-- a week before, no history has, are left out.
-- - wql: the weighted quantile loss, the mean of the quantiles 0.1, 0.5 and 0.9, over all demand
-- - wql_a_week_ago: the same if each quantile were the demand of that half hour a week before
-- - coverage: the share of half hours whose demand lies in the band from q10 to q90
WITH demand AS (
    SELECT
        time,
        max(demand_gigawatts) AS gigawatts
    FROM histories
    WHERE demand_gigawatts IS NOT NULL
    GROUP BY time
),
forecast AS (
    SELECT DISTINCT
        cut_off,
        time,
        q10,
        q50,
        q90,
        date_format(date_parse(time, '%Y-%m-%d %H:%i') - INTERVAL '7' DAY, '%Y-%m-%d %H:%i') AS a_week_before
    FROM forecasts
    WHERE time >= '<from>' AND time < '<day>'
),
judged AS (
    SELECT
        forecast.cut_off,
        demand.gigawatts,
        abs(demand.gigawatts - week_before.gigawatts) AS naive_miss,
        demand.gigawatts BETWEEN forecast.q10 AND forecast.q90 AS inside,
        greatest(0.1 * (demand.gigawatts - forecast.q10), 0.9 * (forecast.q10 - demand.gigawatts))
        + greatest(0.5 * (demand.gigawatts - forecast.q50), 0.5 * (forecast.q50 - demand.gigawatts))
        + greatest(0.9 * (demand.gigawatts - forecast.q90), 0.1 * (forecast.q90 - demand.gigawatts)) AS pinball
    FROM forecast
    INNER JOIN demand ON demand.time = forecast.time
    INNER JOIN demand AS week_before ON week_before.time = forecast.a_week_before
)
SELECT
    count(*) AS half_hours,
    count(DISTINCT cut_off) AS cut_offs,
    2 * sum(pinball) / (3 * sum(gigawatts)) AS wql,
    sum(naive_miss) / sum(gigawatts) AS wql_a_week_ago,
    avg(CASE WHEN inside THEN CAST(1 AS double) ELSE 0 END) AS coverage
FROM judged
HAVING count(*) > 0
