-- Bounces, lengths, entries, exits, channels and sources of sessions by id and
-- of those by gaps.
WITH
    event IN ('$pageview', '$screen') AS is_view,
    NOT startsWith(event, '$') AS is_own,
    path(ifNull(current_url, '')) AS page,
    props['gclid'] != '' OR props['fbclid'] != '' OR props['msclkid'] != '' AS is_click,
    is_click OR utm_source IS NOT NULL OR utm_medium IS NOT NULL OR utm_campaign IS NOT NULL OR utm_term IS NOT NULL
        OR utm_content IS NOT NULL OR referring_domain IS NOT NULL AS is_known,
    (is_click, ifNull(toString(utm_source), ''), ifNull(toString(utm_medium), ''), ifNull(toString(referring_domain), '')) AS said,
    visits AS (
        SELECT person_id, dateDiff('ms', min(timestamp), max(timestamp)) AS length, countIf(is_view) AS views, max(is_own) AS own, count() AS n,
            argMinIf(page, (timestamp, uuid), is_view) AS entry, argMaxIf(page, (timestamp, uuid), is_view) AS exit,
            argMinIf(said, (timestamp, uuid), is_known) AS origin
        FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND session_id IS NOT NULL GROUP BY person_id, session_id
        UNION ALL
        SELECT person_id, visit[-1].1 - visit[1].1 AS length, toUInt64(arrayCount(e -> e.3, visit)) AS views, arrayMax(e -> e.4, visit) AS own,
            toUInt64(length(visit)) AS n, arrayFirst(e -> e.3, visit).5 AS entry, arrayLast(e -> e.3, visit).5 AS exit, arrayFirst(e -> e.6, visit).7 AS origin
        FROM (
            SELECT person_id, arrayJoin(arraySplit((e, gap) -> gap > 1800000, events, arrayDifference(arrayMap(e -> e.1, events)))) AS visit FROM (
                SELECT person_id, arraySort(e -> (e.1, e.2), groupArray((toUnixTimestamp64Milli(timestamp), uuid, is_view, is_own, page, is_known, said))) AS events
                FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND session_id IS NULL GROUP BY person_id)))
SELECT sum(sessions) FROM (
    SELECT grouping(entry) AS by_entry, grouping(exit) AS by_exit, grouping(origin) AS by_origin, entry, exit, origin, count() AS sessions,
        uniqExact(person_id) AS persons, countIf(views = 1 AND NOT own) AS bounces, avg(length), quantileExactInclusive(0.5)(length), sum(views), sum(n)
    FROM visits GROUP BY GROUPING SETS ((), (entry), (exit), (origin)))
WHERE by_entry AND by_exit AND by_origin
