SELECT step, countIf(level >= step) AS persons FROM (
    SELECT multiIf(arrayExists((a, b, c) -> a.2 = 1 AND b.2 = 2 AND c.2 = 3 AND c.1 - a.1 <= 604800000, e, s1, s2), 3,
        arrayExists((a, b) -> a.2 = 1 AND b.2 = 2 AND b.1 - a.1 <= 604800000, e, s1), 2,
        arrayExists(a -> a.2 = 1, e), 1, 0) AS level
    FROM (
        SELECT arraySort(groupArray((toUnixTimestamp64Milli(timestamp),
                multiIf(event = '$pageview', 1, event = 'product_viewed', 2, event = 'add_to_cart', 3, 0)))) AS e,
            arrayShiftLeft(e, 1) AS s1, arrayShiftLeft(e, 2) AS s2
        FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} GROUP BY person_id))
ARRAY JOIN [1, 2, 3] AS step GROUP BY step
