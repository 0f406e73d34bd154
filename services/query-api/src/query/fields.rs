//! Reading one JSON object of a request: every fault at once, each with its
//! path, unknown fields among them.

use super::Fault;
use serde_json::{Map, Value};

/// The fields of one JSON object, and which of them were asked for.
#[derive(Debug)]
pub struct Fields<'a, 'f> {
    object: Option<&'a Map<String, Value>>,
    path: String,
    asked: Vec<&'static str>,
    faults: &'f mut Vec<Fault>,
}

impl<'a, 'f> Fields<'a, 'f> {
    /// Reads `value`, which stands at `path`. Anything but an object is a
    /// fault, and then has no fields.
    pub fn new(value: &'a Value, path: &str, faults: &'f mut Vec<Fault>) -> Self {
        let object = value.as_object();
        if object.is_none() {
            faults.push(Fault::new(path, "wrong_type", "must be an object"));
        }
        Self {
            object,
            path: path.to_owned(),
            asked: Vec::new(),
            faults,
        }
    }

    /// The path of a field.
    pub fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// Names a fault of a field.
    pub fn fault(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        let path = self.path_of(name);
        self.faults.push(Fault::new(path, code, detail));
    }

    /// The collected faults, for what reads a part of this object by itself.
    pub fn faults(&mut self) -> &mut Vec<Fault> {
        self.faults
    }

    /// Whether the object could be read at all.
    pub fn is_object(&self) -> bool {
        self.object.is_some()
    }

    /// A field, `null` included; `None` when it is absent.
    pub fn present(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.push(name);
        self.object.and_then(|object| object.get(name))
    }

    /// A field; `null` is the same as absent.
    pub fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.present(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub fn text(&mut self, name: &'static str) -> Option<&'a str> {
        let value = self.get(name)?;
        let text = value.as_str();
        if text.is_none() {
            self.fault(name, "wrong_type", "must be a text");
        }
        text
    }

    /// A text that must be there.
    pub fn required_text(&mut self, name: &'static str) -> Option<&'a str> {
        if self.get(name).is_none() {
            self.missing(name);
            return None;
        }
        self.text(name)
    }

    /// A text or `null`, that must be there. `Some(None)` is `null`.
    pub fn text_or_null(&mut self, name: &'static str) -> Option<Option<&'a str>> {
        match self.present(name) {
            None => {
                self.fault(
                    name,
                    "missing",
                    format!("{name} is required; null means any"),
                );
                None
            }
            Some(Value::Null) => Some(None),
            Some(Value::String(text)) => Some(Some(text)),
            Some(_) => {
                self.fault(name, "wrong_type", "must be a text or null");
                None
            }
        }
    }

    /// A whole number within bounds.
    pub fn integer(&mut self, name: &'static str, bounds: (i64, i64)) -> Option<i64> {
        let value = self.get(name)?;
        let whole = value.as_i64().or_else(|| {
            value.as_f64().filter(|number| number.fract() == 0.0).map(
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "what is too large becomes the largest"
                )]
                |number| number as i64,
            )
        });
        let Some(number) = whole else {
            self.fault(name, "wrong_type", "must be a whole number");
            return None;
        };
        let (least, most) = bounds;
        if number < least {
            self.fault(name, "out_of_range", format!("must be at least {least}"));
            return None;
        }
        if number > most {
            self.fault(name, "out_of_range", format!("must be at most {most}"));
            return None;
        }
        Some(number)
    }

    /// A count within bounds, or its default.
    pub fn count(&mut self, name: &'static str, bounds: (usize, usize), default: usize) -> usize {
        let bound = |bound| i64::try_from(bound).unwrap_or(i64::MAX);
        self.integer(name, (bound(bounds.0), bound(bounds.1)))
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(default)
    }

    /// Yes or no; absent is no.
    pub fn flag(&mut self, name: &'static str) -> bool {
        let Some(value) = self.get(name) else {
            return false;
        };
        if let Some(flag) = value.as_bool() {
            return flag;
        }
        self.fault(name, "wrong_type", "must be true or false");
        false
    }

    /// One of a few names.
    pub fn choice<T: Copy>(&mut self, name: &'static str, names: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = names.iter().find(|(known, _)| *known == text);
        if found.is_none() {
            let known: Vec<&str> = names.iter().map(|(known, _)| *known).collect();
            self.fault(
                name,
                "invalid",
                format!("must be one of {}", known.join(", ")),
            );
        }
        found.map(|(_, value)| *value)
    }

    /// A list; each of its elements is read by the caller.
    pub fn list(&mut self, name: &'static str) -> Option<&'a [Value]> {
        let value = self.get(name)?;
        let list = value.as_array();
        if list.is_none() {
            self.fault(name, "wrong_type", "must be a list");
        }
        list.map(Vec::as_slice)
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let list = self.list(name)?;
        let mut texts = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            match value.as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => self.fault(&format!("{name}[{index}]"), "wrong_type", "must be a text"),
            }
        }
        Some(texts)
    }

    /// Names a field that is required and absent.
    pub fn missing(&mut self, name: &str) {
        self.fault(name, "missing", format!("{name} is required"));
    }

    /// Ends the reading: every field that nobody asked for is a fault.
    pub fn finish(self) {
        let Some(object) = self.object else { return };
        for name in object.keys() {
            if !self.asked.iter().any(|asked| asked == name) {
                let path = format!("{}.{name}", self.path);
                let near = nearest(name, &self.asked)
                    .map_or_else(String::new, |near| format!("; did you mean {near}?"));
                self.faults.push(Fault::new(
                    path,
                    "unknown_field",
                    format!("there is no field {name}{near}"),
                ));
            }
        }
    }
}

/// The known name that starts like `name`, or the other way round.
fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let folded = name.to_lowercase();
    known
        .iter()
        .find(|known| known.starts_with(&folded) || folded.starts_with(**known))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_faults_are_named_at_once_with_their_paths() {
        let value = json!({"limit": 0, "by": "colour", "filter": [], "list": {}});
        let mut faults = Vec::new();
        let mut fields = Fields::new(&value, "params", &mut faults);
        assert_eq!(fields.integer("limit", (1, 10)), None);
        assert_eq!(fields.choice("by", &[("session", 1)]), None);
        assert_eq!(fields.list("list"), None);
        assert!(fields.get("filters").is_none());
        fields.finish();
        let found: Vec<(&str, &str)> = faults
            .iter()
            .map(|fault| (fault.path.as_str(), fault.code))
            .collect();
        assert_eq!(
            found,
            [
                ("params.limit", "out_of_range"),
                ("params.by", "invalid"),
                ("params.list", "wrong_type"),
                ("params.filter", "unknown_field"),
            ]
        );
        assert!(faults[3].detail.contains("did you mean filters?"));
    }

    #[test]
    fn what_is_no_object_is_one_fault() {
        let mut faults = Vec::new();
        let value = json!([]);
        let mut fields = Fields::new(&value, "params", &mut faults);
        assert!(fields.get("limit").is_none());
        fields.finish();
        assert_eq!(faults.len(), 1);
    }

    #[test]
    fn whole_numbers_may_be_written_as_decimals() {
        let mut faults = Vec::new();
        let value = json!({"a": 5.0, "b": 5.5});
        let mut fields = Fields::new(&value, "params", &mut faults);
        assert_eq!(fields.integer("a", (1, 10)), Some(5));
        assert_eq!(fields.integer("b", (1, 10)), None);
        assert_eq!(faults.len(), 1);
    }
}
