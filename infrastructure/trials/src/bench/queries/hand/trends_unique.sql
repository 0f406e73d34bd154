SELECT toDate(timestamp) AS day, uniqExact(person_id) AS persons
FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} GROUP BY day
