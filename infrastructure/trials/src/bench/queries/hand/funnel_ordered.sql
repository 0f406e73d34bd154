SELECT step, countIf(level >= step) AS persons FROM (
    SELECT windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(timestamp)),
        event = '$pageview', event = 'add_to_cart', event = 'purchase') AS level
    FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND event IN ('$pageview', 'add_to_cart', 'purchase') GROUP BY person_id)
ARRAY JOIN [1, 2, 3] AS step GROUP BY step
