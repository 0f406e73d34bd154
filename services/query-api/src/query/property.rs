//! Properties: where their values stand in a row.

use super::bindings::Bindings;
use event_schema::hot::{HOT, HotProperty, index_of};

/// A property by its name.
#[derive(Debug, Clone)]
pub enum Property {
    /// The event's name.
    Event,
    /// The person.
    DistinctId,
    /// The event's own time.
    Timestamp,
    /// The event's id.
    Uuid,
    /// A standard property with a column of its own.
    Hot(&'static HotProperty),
    /// Any other, whatever its name.
    Custom(String),
}

impl Property {
    /// The property of a name. Built-in names mean the event's own fields.
    pub fn named(name: &str) -> Self {
        match name {
            "event" => Self::Event,
            "distinct_id" => Self::DistinctId,
            "timestamp" => Self::Timestamp,
            "uuid" => Self::Uuid,
            _ => match index_of(name).and_then(|index| HOT.get(index)) {
                Some(hot) => Self::Hot(hot),
                None => Self::Custom(name.to_owned()),
            },
        }
    }

    /// Its value as text: an expression over a row of events, NULL = not set.
    pub fn value(&self, bindings: &mut Bindings) -> String {
        match self {
            Self::Event => "event".to_owned(),
            Self::DistinctId => "distinct_id".to_owned(),
            Self::Timestamp => "concat(replaceOne(toString(timestamp), ' ', 'T'), 'Z')".to_owned(),
            Self::Uuid => "toString(uuid)".to_owned(),
            Self::Hot(hot) => hot.column.to_owned(),
            Self::Custom(name) => {
                let name = bindings.text(name.clone());
                format!("if(mapContains(props, {name}), props[{name}], NULL)")
            }
        }
    }

    /// Whether every event has it.
    pub fn is_always_set(&self) -> bool {
        matches!(
            self,
            Self::Event | Self::DistinctId | Self::Timestamp | Self::Uuid
        )
    }

    /// A condition: it is set.
    pub fn is_set(&self, bindings: &mut Bindings) -> String {
        match self {
            Self::Hot(hot) => format!("isNotNull({})", hot.column),
            Self::Custom(name) => format!("mapContains(props, {})", bindings.text(name.clone())),
            _ => "1".to_owned(),
        }
    }

    /// Its value as a number: NULL where it is not set or no number.
    pub fn number(&self, bindings: &mut Bindings) -> String {
        match self {
            // One that is not set reads as an empty text, which is no number: to
            // ask whether it is set would read the names of all properties.
            Self::Custom(name) => number_of(&format!("props[{}]", bindings.text(name.clone()))),
            _ => number_of(&self.value(bindings)),
        }
    }
}

/// The number that a text is, NULL where it is none. Infinities and NaN are no
/// numbers.
pub(crate) fn number_of(text: &str) -> String {
    let number = format!("toFloat64OrNull({text})");
    format!("if(isFinite({number}), {number}, NULL)")
}

/// The SQL expression of a property's effective value, `Nullable(String)` or
/// `String`.
pub fn expression(name: &str, bindings: &mut Bindings) -> String {
    Property::named(name).value(bindings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_data_and_never_text_of_a_statement() {
        let mut bindings = Bindings::new();
        let hostile = "a'); DROP TABLE events --";
        assert!(!expression(hostile, &mut bindings).contains("DROP"));
        assert_eq!(expression("$browser", &mut bindings), "browser");
        assert_eq!(expression("event", &mut bindings), "event");
        assert_eq!(
            expression("browser", &mut bindings),
            "if(mapContains(props, {p1:String}), props[{p1:String}], NULL)"
        );
    }
}
