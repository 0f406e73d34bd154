SELECT cell.1 AS cohort, cell.2 AS after,
    countIf(bitTest(targets, cohort) AND (after = 0 OR bitTest(returns, cohort + after))) AS persons FROM (
    SELECT arrayJoin(arrayFilter(c -> c.1 + c.2 < 8, arrayMap(n -> (toUInt8(intDiv(n, 8)), toUInt8(n % 8)), range(64)))) AS cell, targets, returns FROM (
        SELECT groupBitOrIf(bitShiftLeft(toUInt64(1), intDiv(toDate(timestamp) - toDate({from}), 7)), event = '$pageview') AS targets,
            groupBitOrIf(bitShiftLeft(toUInt64(1), intDiv(toDate(timestamp) - toDate({from}), 7)), event = 'purchase') AS returns
        FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND event IN ('$pageview', 'purchase') GROUP BY person_id))
GROUP BY cohort, after
