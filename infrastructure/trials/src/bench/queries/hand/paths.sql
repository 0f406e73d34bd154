SELECT edge.1 AS step, edge.2 AS node, edge.3 AS next, count() AS paths FROM (
    SELECT arrayJoin(arrayMap(i -> (i, nodes[i], nodes[i + 1]), range(1, least(length(nodes), 5)))) AS edge FROM (
        SELECT arrayCompact(arrayMap(e -> e.3, arraySort(groupArray((timestamp, uuid, event))))) AS nodes
        FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND session_id IS NOT NULL GROUP BY person_id, session_id
        UNION ALL
        SELECT arrayCompact(arrayMap(e -> e.3, part)) AS nodes FROM (
            SELECT arrayJoin(arraySplit((e, gap) -> gap > 1800000, events, arrayDifference(arrayMap(e -> toUnixTimestamp64Milli(e.1), events)))) AS part FROM (
                SELECT arraySort(groupArray((timestamp, uuid, event))) AS events
                FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND session_id IS NULL GROUP BY person_id))))
GROUP BY edge ORDER BY paths DESC, edge LIMIT 100
