//! Breakdowns.

use crate::engine::Context;
use crate::query::Fault;
use crate::query::fields::Fields;
use crate::query::model::Breakdown;
use crate::query::property::Property;
use serde_json::Value;

/// How many values have a row of their own unless the query says otherwise.
const DEFAULT_LIMIT: usize = 25;

/// Reads `breakdown`, where it has nothing but properties and a limit.
pub(super) fn breakdown(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Breakdown> {
    let path = fields.path_of("breakdown");
    let value = fields.get("breakdown")?;
    read(value, &path, context, fields.faults())
}

/// Reads `{"properties", "limit"?}`; a property's name or a list of names
/// stands for an object with only that.
fn read(
    value: &Value,
    path: &str,
    context: &Context,
    faults: &mut Vec<Fault>,
) -> Option<Breakdown> {
    let short = match value {
        Value::String(_) => Some(serde_json::json!({ "properties": [value] })),
        Value::Array(_) => Some(serde_json::json!({ "properties": value })),
        _ => None,
    };
    let mut fields = Fields::new(short.as_ref().unwrap_or(value), path, faults);
    let breakdown = breakdown_of(&mut fields, context);
    fields.finish();
    breakdown
}

/// Reads `properties` and `limit` of an object that may have other fields.
pub(super) fn breakdown_of(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Breakdown> {
    let limits = &context.limits;
    let limit = fields.count("limit", (1, limits.breakdown_limit), DEFAULT_LIMIT);
    if !fields.is_object() {
        return None;
    }
    if fields.get("properties").is_none() {
        fields.missing("properties");
        return None;
    }
    let names = fields.texts("properties")?;
    let most = limits.breakdown_properties;
    if names.is_empty() {
        fields.fault("properties", "missing", "name at least one property");
        return None;
    }
    if names.len() > most {
        let detail = format!("{} properties are more than {most}", names.len());
        fields.fault("properties", "too_many", detail);
        return None;
    }
    Some(Breakdown {
        properties: names.iter().map(|name| Property::named(name)).collect(),
        limit,
    })
}
