SELECT toDate(timestamp) AS day, count() AS events
FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND event = '$pageview' GROUP BY day
