-- How documents of each language feel, most documents first.
SELECT
    source_language,
    count(*) AS documents,
    sum(CASE WHEN translated THEN 1 ELSE 0 END) AS translated,
    round(avg(positive_share), 3) AS positive,
    round(avg(negative_share), 3) AS negative,
    round(avg(neutral_share), 3) AS neutral,
    sum(characters) AS characters
FROM language_results
GROUP BY source_language
ORDER BY documents DESC, source_language
