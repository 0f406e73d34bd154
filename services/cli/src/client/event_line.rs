//! An event as one line of a terminal.

use std::env;
use std::io::{self, IsTerminal};

use clap::ColorChoice;
use serde_json::Value;

/// Characters of one value that are shown.
const VALUE: usize = 60;
/// Characters of all properties that are shown.
const PROPERTIES: usize = 240;
/// Colours of names: an event has the same one every time.
const PALETTE: [&str; 6] = ["31", "32", "33", "34", "35", "36"];

/// How lines are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventLine {
    is_coloured: bool,
}

impl EventLine {
    /// Coloured when asked to, or by default for a terminal whose user has not set `NO_COLOR`.
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let is_welcome = || {
            let has = |name, value: &str| env::var_os(name).is_some_and(|found| found == value);
            let refuses = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            io::stdout().is_terminal() && !refuses && !has("TERM", "dumb")
        };
        Self {
            is_coloured: match choice {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => is_welcome(),
            },
        }
    }

    /// The line: time, name, person, properties. Whatever an event holds, it cannot move the
    /// cursor or change the terminal.
    pub(crate) fn text(self, event: &Value) -> String {
        let text = |key: &str| printable(event[key].as_str().unwrap_or_default());
        let (time, name, person) = (text("timestamp"), text("event"), text("distinct_id"));
        let hash = name.bytes().fold(0_usize, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        let colour = PALETTE.get(hash % PALETTE.len()).copied().unwrap_or("32");
        let line = format!(
            "{}  {}  {}  {}",
            self.paint("2", &time),
            self.paint(&format!("1;{colour}"), &padded(&name)),
            self.paint("36", &padded(&person)),
            self.properties(&event["properties"]),
        );
        line.trim_end().to_owned()
    }

    fn properties(self, properties: &Value) -> String {
        let mut line = String::new();
        let mut length = 0;
        for (name, value) in properties.as_object().into_iter().flatten() {
            let value = match value {
                Value::String(text) => printable(text),
                other => printable(&other.to_string()),
            };
            let name = printable(name);
            let value = shortened(&value, VALUE);
            length += name.chars().count() + value.chars().count() + 2;
            if length > PROPERTIES {
                line.push('…');
                break;
            }
            line.push_str(&self.paint("2", &format!("{name}=")));
            line.push_str(&value);
            line.push(' ');
        }
        line
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.is_coloured && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

fn padded(text: &str) -> String {
    format!("{:<24}", shortened(text, 60))
}

/// Control characters as people write them.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> Value {
        json!({
            "timestamp": "2026-01-31T12:00:00.000Z", "event": "paid", "distinct_id": "ada",
            "properties": {"amount": 9.5, "note": "a\u{1b}[2J\nb", "deep": {"x": [1]}},
        })
    }

    #[test]
    fn a_line_cannot_do_anything_to_a_terminal() {
        let line = EventLine { is_coloured: false }.text(&event());
        assert_eq!(
            line,
            "2026-01-31T12:00:00.000Z  paid                      ada                       amount=9.5 note=a\\u{1b}[2J\\nb deep={\"x\":[1]}"
        );
    }

    #[test]
    fn colours_are_put_around_and_long_values_cut() {
        let mut event = event();
        event["properties"] = json!({"text": "ä".repeat(100)});
        let line = EventLine { is_coloured: true }.text(&event);
        assert!(line.contains("\u{1b}[2m2026"), "{line}");
        assert!(line.contains(&format!("{}…", "ä".repeat(VALUE))), "{line}");
        assert!(!line.contains(&"ä".repeat(VALUE + 1)));
        let many: serde_json::Map<String, Value> = (0..200)
            .map(|index| (format!("p{index}"), json!(index)))
            .collect();
        event["properties"] = Value::Object(many);
        let line = EventLine { is_coloured: false }.text(&event);
        assert!(line.ends_with('…') && line.chars().count() < 400, "{line}");
    }
}
