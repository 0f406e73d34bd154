//! Sessions: each person's events as one row, in any order.

use super::bucket::EVENT_MS;
use super::keys::key_sql;
use super::order::VISIT;
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

/// The bits of a mark below its time: the kind, and whether the event says
/// where its session came from.
pub(crate) const MARK_BITS: u32 = 3;

/// Rows: one a person. Of the events, each list in the same order: marks
/// (time, kind, whether an origin is said), uuids as numbers, hashes of session
/// ids, keys (none without a breakdown). Of the page views alone: their pages.
/// Of those that say where the session came from: click id, other utm, source,
/// medium, referring domain, host (empty when the event does not say).
pub(crate) fn sessions(query: &Sessions, split: bool) -> Statement {
    let mut bindings = Bindings::new();
    let span = query.frame.span;
    let key = key_sql(query.breakdown.as_ref().filter(|_| split), &mut bindings);
    let keys = if split {
        "groupArray(key)"
    } else {
        "emptyArrayString()"
    };
    let read = Read::new((span.from_ms, span.to_ms), &mut bindings)
        .filtered(&query.frame.filters, &mut bindings);
    let text = format!(
        "SELECT groupArray(bitShiftLeft(toUInt64(at), {MARK_BITS}) + kind + 4 * said) AS marks, \
         groupArray(id) AS ids, groupArray(visit) AS visits, {keys} AS keys, \
         groupArrayIf(page, kind = 1) AS pages, \
         groupArrayIf((click, other, source, medium, domain, own_host), said) AS origins FROM (\
         SELECT person_id, {EVENT_MS} AS at, toUInt128(uuid) AS id, {VISIT} AS visit, {KIND} AS kind, \
         if(kind = 1, ifNull({page}, ''), '') AS page, {key} AS key, \
         toUInt8({CLICK_IDS}) AS click, toUInt8({OTHER_UTM}) AS other, \
         toString(ifNull(utm_source, '')) AS source, toString(ifNull(utm_medium, '')) AS medium, \
         toString(ifNull(referring_domain, '')) AS domain, \
         toUInt8(click OR other OR source != '' OR medium != '' OR domain != '') AS said, \
         if(domain != '', {HOST}, '') AS own_host {}) GROUP BY person_id",
        read.sql(),
        page = page::PATH,
    );
    statement(text, bindings)
}
