SELECT toDate(first) AS day, count() AS persons FROM (
    SELECT person_id, min(timestamp) AS first FROM millrace.events
    WHERE {{project}} AND timestamp >= toDateTime64(0, 3, 'UTC') AND timestamp < {to} AND event = 'purchase' GROUP BY person_id)
WHERE first >= {from} GROUP BY day
