SELECT days, count() AS persons FROM (
    SELECT uniqExact(toDate(timestamp)) AS days FROM millrace.events WHERE {{project}} AND timestamp >= {from} AND timestamp < {to} AND event = '$pageview' GROUP BY person_id)
GROUP BY days
