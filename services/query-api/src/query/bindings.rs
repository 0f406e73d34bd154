//! The values of a statement while its text is being made.

use std::collections::HashMap;
use warehouse::read::Param;

/// Collects values and gives each its place in the text.
///
/// There is no way to put a value into the text itself: what a client sent is
/// only ever named by a place such as `{p3:String}`.
#[derive(Debug, Default)]
pub struct Bindings {
    params: Vec<(String, Param)>,
    /// Texts that have a place already: property names recur.
    known: HashMap<String, String>,
}

impl Bindings {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The place of a text.
    pub fn text(&mut self, value: impl Into<String>) -> String {
        let value = value.into();
        if let Some(place) = self.known.get(&value) {
            return place.clone();
        }
        let place = self.place(Param::Text(value.clone()), "String");
        self.known.insert(value, place.clone());
        place
    }

    /// The place of an integer.
    pub fn integer(&mut self, value: i64) -> String {
        self.place(Param::Integer(value), "Int64")
    }

    /// The place of a number.
    pub fn float(&mut self, value: f64) -> String {
        self.place(Param::Float(value), "Float64")
    }

    /// The place of a list of texts.
    pub fn texts(&mut self, values: Vec<String>) -> String {
        self.place(Param::Texts(values), "Array(String)")
    }

    /// The place of a list of integers.
    pub fn integers(&mut self, values: Vec<i64>) -> String {
        self.place(Param::Integers(values), "Array(Int64)")
    }

    /// The place of an integer that is too long for 64 bits, as text.
    pub fn wide_integer(&mut self, digits: impl Into<String>) -> String {
        self.place(Param::Text(digits.into()), "Int256")
    }

    /// An instant in milliseconds since 1970, as the table's timestamps.
    pub fn instant(&mut self, at_ms: i64) -> String {
        format!("fromUnixTimestamp64Milli({}, 'UTC')", self.integer(at_ms))
    }

    /// All values under their names.
    pub fn finish(self) -> Vec<(String, Param)> {
        self.params
    }

    fn place(&mut self, param: Param, kind: &str) -> String {
        let name = format!("p{}", self.params.len());
        let place = format!("{{{name}:{kind}}}");
        self.params.push((name, param));
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_a_place_and_a_repeated_text_keeps_its_own() {
        let mut bindings = Bindings::new();
        assert_eq!(bindings.text("a"), "{p0:String}");
        assert_eq!(bindings.integer(1), "{p1:Int64}");
        assert_eq!(bindings.text("a"), "{p0:String}");
        assert_eq!(bindings.finish().len(), 2);
    }
}
