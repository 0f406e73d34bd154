//! Sessions: each person's events as one row, in time order.

use super::bucket::EVENT_MS;
use super::keys::key_sql;
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

/// Rows: the person's events, each (time, session id, kind, page, key, click
/// id, other utm, source, medium, referring domain, host).
pub(crate) fn sessions(query: &Sessions, split: bool) -> Statement {
    let mut bindings = Bindings::new();
    let span = query.frame.span;
    let key = key_sql(query.breakdown.as_ref().filter(|_| split), &mut bindings);
    let read = Read::new((span.from_ms, span.to_ms), &mut bindings)
        .filtered(&query.frame.filters, &mut bindings);
    let text = format!(
        "SELECT arrayMap(e -> (e.1, e.3, e.4, e.5, e.6, e.7, e.8, e.9, e.10, e.11, e.12), \
         arraySort(e -> (e.1, e.2), groupArray((at, id, session, kind, page, key, click, other, \
         source, medium, domain, page_host)))) AS events FROM (\
         SELECT person_id, {EVENT_MS} AS at, toString(uuid) AS id, ifNull(session_id, '') AS session, \
         {KIND} AS kind, if(kind = 1, ifNull({page}, ''), '') AS page, {key} AS key, \
         toUInt8({CLICK_IDS}) AS click, toUInt8({OTHER_UTM}) AS other, \
         toString(ifNull(utm_source, '')) AS source, toString(ifNull(utm_medium, '')) AS medium, \
         toString(ifNull(referring_domain, '')) AS domain, \
         if(domain != '', {HOST}, '') AS page_host {}) GROUP BY person_id",
        read.sql(),
        page = page::PATH,
    );
    statement(text, bindings)
}
