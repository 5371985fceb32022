-- What is spoken of in the most documents.
SELECT
    entity,
    count(DISTINCT document_id) AS documents
FROM language_results
CROSS JOIN unnest(entities) AS named (entity)
GROUP BY entity
ORDER BY documents DESC, entity
LIMIT 20
