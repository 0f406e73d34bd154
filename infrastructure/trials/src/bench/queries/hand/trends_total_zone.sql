SELECT toDate(timestamp, 'Europe/Berlin') AS day, count() AS events
FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} GROUP BY day
