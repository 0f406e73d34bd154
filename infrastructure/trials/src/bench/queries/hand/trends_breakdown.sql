-- The greatest 25 and the rest: two reads, whoever writes it.
SELECT if(value IN (
        SELECT ifNull(toString(pathname), 'not set') AS value FROM millrace.events
        WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND event = '$pageview'
        GROUP BY value ORDER BY count() DESC, value LIMIT 25), value, 'the rest') AS row, day, count() AS events
FROM (
    SELECT ifNull(toString(pathname), 'not set') AS value, toDate(timestamp) AS day FROM millrace.events
    WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND event = '$pageview')
GROUP BY row, day
