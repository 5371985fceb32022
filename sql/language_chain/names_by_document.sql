-- What each document names, beside how it was read: a name in a text that was not translated is in
-- its own language, and a guessed charset may have broken it.
SELECT
    key,
    source_language,
    translated,
    charset,
    charset_confidence,
    entity
FROM language_results
LEFT JOIN unnest(entities) AS named (entity) ON TRUE
ORDER BY key, entity
