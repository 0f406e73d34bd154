//! Where an event comes from, as another producer has found out already.

use event_schema::hot::index_of;
use warehouse::EventRow;

/// The other producers' names for places, and ours.
const NAMES: [(&str, &str); 4] = [
    ("countryCode", "$geoip_country_code"),
    ("regionName", "$geoip_subdivision_1_name"),
    ("region", "$geoip_subdivision_1_name"),
    ("city", "$geoip_city_name"),
];

/// Derives the columns of places from properties of those names.
pub(super) fn derive(row: &mut EventRow) {
    for (theirs, ours) in NAMES {
        let text = row.property(theirs).unwrap_or_default().to_owned();
        if let (Some(index), false) = (index_of(ours), text.is_empty()) {
            row.derive_hot(index, &text);
        }
    }
}
