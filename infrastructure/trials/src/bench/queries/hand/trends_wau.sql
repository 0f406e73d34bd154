SELECT day, uniqExact(person_id) AS persons FROM (
    SELECT person_id, arrayJoin(arrayMap(ahead -> active + ahead, range(7))) AS day FROM (
        SELECT DISTINCT person_id, toDate(timestamp) AS active FROM millrace.events
        WHERE {{project}} AND timestamp >= {from} - INTERVAL 6 DAY AND timestamp < {to} AND event = 'purchase'))
WHERE day >= toDate({from}) AND day < toDate({to}) GROUP BY day
