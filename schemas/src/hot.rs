//! The standard properties that have a column of their own in the events
//! table, under the names that the field's SDKs use.
//!
//! A position in [`HOT`] is a bit of the row's `derived_mask`: entries are
//! only ever appended.

/// How a hot column is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HotKind {
    /// `LowCardinality(Nullable(String))`: few distinct values.
    Dictionary,
    /// `Nullable(String)`: many distinct values.
    Text,
}

/// A property with a column of its own.
#[derive(Clone, Copy, Debug)]
pub struct HotProperty {
    /// The property's name as clients send it.
    pub property: &'static str,
    /// The column in the events table.
    pub column: &'static str,
    /// How it is stored.
    pub kind: HotKind,
}

const fn dictionary(property: &'static str, column: &'static str) -> HotProperty {
    HotProperty {
        property,
        column,
        kind: HotKind::Dictionary,
    }
}

const fn text(property: &'static str, column: &'static str) -> HotProperty {
    HotProperty {
        property,
        column,
        kind: HotKind::Text,
    }
}

/// Every hot property, in the order of the table's columns.
pub const HOT: [HotProperty; 25] = [
    dictionary("$browser", "browser"),
    dictionary("$browser_version", "browser_version"),
    dictionary("$os", "os"),
    dictionary("$os_version", "os_version"),
    dictionary("$device_type", "device_type"),
    dictionary("$geoip_country_code", "country_code"),
    dictionary("$geoip_subdivision_1_name", "region"),
    dictionary("$geoip_city_name", "city"),
    dictionary("$referring_domain", "referring_domain"),
    dictionary("utm_source", "utm_source"),
    dictionary("utm_medium", "utm_medium"),
    dictionary("utm_campaign", "utm_campaign"),
    dictionary("utm_term", "utm_term"),
    dictionary("utm_content", "utm_content"),
    dictionary("$host", "host"),
    dictionary("$pathname", "pathname"),
    dictionary("$screen_name", "screen_name"),
    dictionary("$lib", "lib"),
    dictionary("$lib_version", "lib_version"),
    dictionary("$event_type", "event_type"),
    dictionary("$raw_user_agent", "user_agent"),
    text("$session_id", "session_id"),
    text("$current_url", "current_url"),
    text("$referrer", "referrer"),
    text("$device_id", "device_id"),
];

/// The position of `property` in [`HOT`], if it is one.
#[must_use]
pub fn index_of(property: &str) -> Option<usize> {
    let index = usize::from(*PLACES.get(slot(property.as_bytes())?)?);
    let hot = HOT.get(index)?;
    (hot.property == property).then_some(index)
}

/// The position of a property that is known to be one, for constants.
///
/// # Panics
/// When it is none.
#[must_use]
pub const fn place(property: &str) -> usize {
    let mut index = 0;
    while index < HOT.len() {
        if is_same(HOT[index].property.as_bytes(), property.as_bytes()) {
            return index;
        }
        index += 1;
    }
    panic!("not a hot property")
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// Where each hot property stands in [`HOT`], by its [`slot`].
const PLACES: [u8; SLOTS] = places();
const SLOTS: usize = 128;
const NOWHERE: u8 = u8::MAX;

/// A number that differs between all hot properties: of every event each
/// property is looked for.
const fn slot(name: &[u8]) -> Option<usize> {
    let length = name.len();
    if length < 3 {
        return None;
    }
    let (middle, late) = (name[length / 2] as usize, name[length - 3] as usize);
    let mixed = length * FACTORS.0 + middle * FACTORS.1 + late * FACTORS.2;
    Some(mixed % SLOTS)
}

const FACTORS: (usize, usize, usize) = (1, 2, 10);

const fn places() -> [u8; SLOTS] {
    let mut places = [NOWHERE; SLOTS];
    let mut index = 0;
    while index < HOT.len() {
        match slot(HOT[index].property.as_bytes()) {
            Some(slot) if places[slot] == NOWHERE => places[slot] = index as u8,
            _ => panic!("two hot properties share a slot: choose other factors"),
        }
        index += 1;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hot_property_is_found_at_its_place() {
        for (index, hot) in HOT.iter().enumerate() {
            assert_eq!(index_of(hot.property), Some(index));
            assert_eq!(place(hot.property), index);
        }
        for other in ["", "$", "plan", "$unknown", "$browsed", "\u{e9}\u{e9}"] {
            assert_eq!(index_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_mask_has_a_bit_for_each() {
        assert!(HOT.len() <= 64);
    }
}
