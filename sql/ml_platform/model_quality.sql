-- Judge each model by the flights that it was asked about on one day and whose outcome is known.
-- A prediction is known by the flight's id: that of its request, `event_id`, or the inference id of a
-- request about one flight. A flight that was asked about twice counts by its last answer. The model is
-- the one that had been deployed last when it was asked. Late is what arrived more than 15 minutes late,
-- as in the training set; a flight that the lake does not know, or that never arrived, has no outcome.
-- - roc_auc: the share of pairs, a late flight and one in time, that the model orders right; by ranks
-- - calibration: flights, mean probability and share that was late, by tenths of the probability
-- - cost: of each late flight that was not announced, and of each announcement that was wrong
WITH requests AS (
    SELECT
        variant,
        eventmetadata.inferenceid AS inference_id,
        eventmetadata.inferencetime AS asked_at,
        CAST(json_extract(capturedata.endpointinput.data, '$.flights') AS array(json)) AS flights,
        CAST(json_extract(capturedata.endpointoutput.data, '$.predictions') AS array(json)) AS predictions
    FROM captures
    WHERE hour BETWEEN '<day>/00' AND '<day>/23'
        AND capturedata.endpointinput.observedcontenttype = 'application/json'
),
answers AS (
    SELECT
        requests.variant,
        requests.asked_at,
        coalesce(
            json_extract_scalar(element_at(requests.flights, place), '$.event_id'),
            CASE WHEN cardinality(requests.flights) = 1 THEN requests.inference_id END
        ) AS event_id,
        CAST(json_extract_scalar(element_at(requests.predictions, place), '$.probability') AS double) AS probability
    FROM requests
    CROSS JOIN UNNEST(sequence(1, cardinality(requests.predictions))) AS places (place)
),
numbered AS (
    SELECT
        answers.*,
        row_number() OVER (PARTITION BY variant, event_id ORDER BY asked_at DESC) AS newest
    FROM answers
),
served AS (
    SELECT
        variant,
        version,
        report,
        since,
        lead(since) OVER (PARTITION BY variant ORDER BY since) AS until
    FROM deployments
),
predicted AS (
    SELECT
        numbered.variant,
        numbered.probability,
        served.version,
        served.report,
        CASE
            WHEN outcomes.arrival_delay_minutes > 15 THEN CAST(1 AS double)
            WHEN outcomes.arrival_delay_minutes IS NOT NULL THEN CAST(0 AS double)
        END AS late
    FROM numbered
    INNER JOIN served
        ON served.variant = numbered.variant
        AND served.since <= numbered.asked_at
        AND (served.until IS NULL OR numbered.asked_at < served.until)
    LEFT JOIN ${LakeDatabase}.flights_curated AS outcomes ON outcomes.event_id = numbered.event_id
    WHERE numbered.newest = 1 OR numbered.event_id IS NULL
),
judged AS (
    SELECT
        predicted.*,
        rank() OVER of_model + (count(*) OVER of_tie - 1) / CAST(2 AS double) AS place,
        least(CAST(floor(probability * 10) AS integer), 9) AS bin
    FROM predicted
    WHERE late IS NOT NULL
    WINDOW
        of_model AS (PARTITION BY variant, version ORDER BY probability),
        of_tie AS (PARTITION BY variant, version, probability)
),
bins AS (
    SELECT
        variant,
        version,
        bin,
        count(*) AS flights,
        avg(probability) AS predicted,
        avg(late) AS late
    FROM judged
    GROUP BY variant, version, bin
),
calibration AS (
    SELECT
        variant,
        version,
        array_agg(flights ORDER BY bin) AS bin_flights,
        array_agg(round(predicted, 6) ORDER BY bin) AS bin_predicted,
        array_agg(round(late, 6) ORDER BY bin) AS bin_late,
        sum(flights * abs(predicted - late)) / sum(flights) AS calibration_error
    FROM bins
    GROUP BY variant, version
),
figures AS (
    SELECT
        variant,
        version,
        count(*) AS flights,
        sum(late) AS late_flights,
        CASE
            WHEN sum(late) > 0 AND sum(late) < count(*)
                THEN (sum(place * late) - sum(late) * (sum(late) + 1) / 2) / (sum(late) * (count(*) - sum(late)))
        END AS roc_auc,
        avg((probability - late) * (probability - late)) AS brier,
        sum(
            CASE
                WHEN probability < 0.5 AND late = 1 THEN CAST(${MissedDelayCost} AS double)
                WHEN probability >= 0.5 AND late = 0 THEN CAST(${FalseAlarmCost} AS double)
                ELSE 0
            END
        ) AS cost
    FROM judged
    GROUP BY variant, version
),
asked AS (
    SELECT
        variant,
        version,
        report,
        count(*) AS predictions
    FROM predicted
    GROUP BY variant, version, report
)
SELECT
    asked.variant,
    asked.version,
    asked.report,
    asked.predictions,
    coalesce(figures.flights, 0) AS flights,
    asked.predictions - coalesce(figures.flights, 0) AS without_outcome,
    coalesce(CAST(figures.late_flights AS integer), 0) AS late_flights,
    figures.roc_auc,
    figures.brier,
    calibration.calibration_error,
    figures.cost,
    calibration.bin_flights,
    calibration.bin_predicted,
    calibration.bin_late
FROM asked
LEFT JOIN figures ON figures.variant = asked.variant AND figures.version = asked.version
LEFT JOIN calibration ON calibration.variant = asked.variant AND calibration.version = asked.version
ORDER BY asked.variant, asked.version
