//! Sessions: the events in order, each person's after one another.

use super::bucket::EVENT_MS;
use super::keys::key_sql;
use super::order::BY_PERSON_IN_ORDER;
use super::read::Read;
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::Sessions;
use crate::query::page;
use warehouse::read::Statement;

/// The host of the page: `$host`, else that of `$current_url`.
const HOST: &str = "if(ifNull(host, '') != '', toString(assumeNotNull(host)), \
    extract(ifNull(current_url, ''), '^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//([^/?#]*)'))";

/// 1 page view, 2 an event of the application's own, 0 any other.
const KIND: &str =
    "multiIf(event = '$pageview' OR event = '$screen', 1, NOT startsWith(event, '$'), 2, 0)";

const CLICK_IDS: &str = "(props['gclid'] != '' OR props['fbclid'] != '' OR props['msclkid'] != '')";

const OTHER_UTM: &str = "(ifNull(utm_campaign, '') != '' OR ifNull(utm_term, '') != '' OR ifNull(utm_content, '') != '')";

/// Rows: the events, each person's after one another in their order: person,
/// time, session id, kind, page, key, and where the session may have come from
/// (click id, other utm, source, medium, referring domain, host; empty when
/// the event does not say).
pub(crate) fn sessions(query: &Sessions, split: bool) -> Statement {
    let mut bindings = Bindings::new();
    let span = query.frame.span;
    let key = key_sql(query.breakdown.as_ref().filter(|_| split), &mut bindings);
    let read = Read::new((span.from_ms, span.to_ms), &mut bindings)
        .filtered(&query.frame.filters, &mut bindings);
    let text = format!(
        "SELECT person_id, {EVENT_MS} AS at, ifNull(session_id, '') AS session, {KIND} AS kind, \
         if(kind = 1, ifNull({page}, ''), '') AS page, {key} AS key, \
         toUInt8({CLICK_IDS}) AS click, toUInt8({OTHER_UTM}) AS other, \
         toString(ifNull(utm_source, '')) AS source, toString(ifNull(utm_medium, '')) AS medium, \
         toString(ifNull(referring_domain, '')) AS domain, \
         if(click OR other OR source != '' OR medium != '' OR domain != '', \
         [toString(click), toString(other), source, medium, domain, if(domain != '', {HOST}, '')], []) AS origin \
         {} ORDER BY {BY_PERSON_IN_ORDER}",
        read.sql(),
        page = page::PATH,
    );
    let text = format!("SELECT person_id, at, session, kind, page, key, origin FROM ({text})");
    statement(text, bindings)
}
