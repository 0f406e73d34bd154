SELECT toDate(timestamp) AS day, quantileExactInclusive(0.5)(toFloat64OrNull(props['price'])) AS median
FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND event = 'purchase' GROUP BY day
