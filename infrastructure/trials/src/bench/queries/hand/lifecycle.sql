SELECT day, status, count() AS persons FROM (
    SELECT arrayJoin(arrayConcat(
        arrayMap(d -> (d, multiIf(d = toDate(first), 'new', has(days, d - 1), 'returning', 'resurrecting')), arrayFilter(d -> d >= toDate({from}), days)),
        arrayMap(d -> (d + 1, 'dormant'), arrayFilter(d -> d + 1 >= toDate({from}) AND d + 1 < toDate({to}) AND NOT has(days, d + 1), days)))) AS part,
        part.1 AS day, part.2 AS status
    FROM (
        SELECT min(timestamp) AS first, groupUniqArrayIf(toDate(timestamp), timestamp >= {from} - INTERVAL 1 DAY) AS days
        FROM millrace.events WHERE {{project}} AND timestamp >= toDateTime64(0, 3, 'UTC') AND timestamp < {to} AND event = 'purchase' GROUP BY person_id))
GROUP BY day, status
