//! Steps, series, targets: an event's name and filters of its own.

use crate::engine::Context;
use crate::query::Fault;
use crate::query::fields::Fields;
use crate::query::filter::Filters;
use crate::query::model::Selector;
use chrono_tz::Tz;
use serde_json::Value;

/// Reads `{"event", "filters"?}`; a bare text is an event's name.
pub(super) fn selector(
    value: &Value,
    path: &str,
    zone: Tz,
    context: &Context,
    faults: &mut Vec<Fault>,
) -> Option<Selector> {
    if let Value::String(event) = value {
        return Some(Selector {
            event: Some(event.clone()),
            filters: Filters::default(),
        });
    }
    let mut fields = Fields::new(value, path, faults);
    let selector = selector_of(&mut fields, zone, context);
    fields.finish();
    selector
}

/// Reads `event` and `filters` of an object that has other fields too.
pub(super) fn selector_of(
    fields: &mut Fields<'_, '_>,
    zone: Tz,
    context: &Context,
) -> Option<Selector> {
    let filters = super::frame::filters(fields, zone, context);
    if !fields.is_object() {
        return None;
    }
    let event = fields.text_or_null("event")?.map(str::to_owned);
    Some(Selector { event, filters })
}

/// Events of one name, or of any, without filters of their own.
pub(super) fn named(event: Option<&str>) -> Selector {
    Selector {
        event: event.map(str::to_owned),
        filters: Filters::default(),
    }
}
