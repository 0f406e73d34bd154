//! Filters as conditions of the engine.

use super::{Comparison, Condition, Filters, Node, Operand, Test};
use crate::query::bindings::Bindings;
use crate::query::property::{Property, number_of};

/// What the text of a date looks like: a date, with a time or without, with an
/// offset or without.
const DATE_TEXT: &str =
    r"^\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}([.]\\d+)?)?([Zz]|[+-]\\d{2}:?\\d{2})?)?$";

impl Filters {
    /// The condition over a row of events, `None` when there are no filters.
    /// It is never NULL.
    pub fn sql(&self, bindings: &mut Bindings) -> Option<String> {
        if self.all.is_empty() {
            return None;
        }
        Some(joined(&self.all, " AND ", bindings))
    }
}

fn joined(nodes: &[Node], by: &str, bindings: &mut Bindings) -> String {
    let parts: Vec<String> = nodes.iter().map(|node| node_sql(node, bindings)).collect();
    parts.join(by)
}

fn node_sql(node: &Node, bindings: &mut Bindings) -> String {
    match node {
        Node::Leaf(condition) => condition_sql(condition, bindings),
        // No condition at all: none of them holds, all of them hold.
        Node::Any(nodes) if nodes.is_empty() => "0".to_owned(),
        Node::All(nodes) if nodes.is_empty() => "1".to_owned(),
        Node::Any(nodes) => format!("({})", joined(nodes, " OR ", bindings)),
        Node::All(nodes) => format!("({})", joined(nodes, " AND ", bindings)),
    }
}

fn condition_sql(condition: &Condition, bindings: &mut Bindings) -> String {
    let property = &condition.property;
    let test = match &condition.test {
        Test::Set => property.is_set(bindings),
        test => {
            let sql = test_sql(property, test, bindings);
            if property.is_always_set() && !may_be_null(property, test) {
                sql
            } else {
                format!("ifNull({sql}, 0)")
            }
        }
    };
    if condition.negated {
        format!("NOT {test}")
    } else {
        test
    }
}

/// Whether a text may be none of what the test compares: no number, no date.
fn may_be_null(property: &Property, test: &Test) -> bool {
    match test {
        Test::Number(..) => true,
        Test::Before(..) | Test::After(..) => !matches!(property, Property::Timestamp),
        Test::Set | Test::OneOf(_) | Test::Contains(_) | Test::Matches(_) => false,
    }
}

fn test_sql(property: &Property, test: &Test, bindings: &mut Bindings) -> String {
    match test {
        Test::Set => property.is_set(bindings),
        Test::OneOf(texts) => one_of(property, texts, bindings),
        Test::Contains(text) => {
            let needle = bindings.text(text.clone());
            format!(
                "position(caseFoldUTF8({}), caseFoldUTF8({needle})) > 0",
                plain(property, bindings)
            )
        }
        Test::Matches(pattern) => {
            // The engine lets a dot match a line's end unless told otherwise.
            let pattern = bindings.text(format!("(?-s){pattern}"));
            format!("match({}, {pattern})", plain(property, bindings))
        }
        Test::Number(comparison, operand) => number_sql(property, *comparison, operand, bindings),
        Test::Before(micros, zone) => date_sql(property, "<", *micros, zone.name(), bindings),
        Test::After(micros, zone) => date_sql(property, ">", *micros, zone.name(), bindings),
    }
}

/// The value as text without a dictionary, where a function wants that.
fn plain(property: &Property, bindings: &mut Bindings) -> String {
    property.value(bindings)
}

fn one_of(property: &Property, texts: &[String], bindings: &mut Bindings) -> String {
    let texts: Vec<String> = match property {
        Property::Uuid => texts.iter().map(|text| text.to_lowercase()).collect(),
        _ => texts.to_vec(),
    };
    let value = match property {
        // An absent key reads as an empty text, so only that needs the check.
        Property::Custom(name) if !texts.iter().any(String::is_empty) => {
            format!("props[{}]", bindings.text(name.clone()))
        }
        _ => property.value(bindings),
    };
    match texts.as_slice() {
        [] => "0".to_owned(),
        [text] => format!("{value} = {}", bindings.text(text.clone())),
        _ => format!("{value} IN {}", bindings.texts(texts)),
    }
}

fn number_sql(
    property: &Property,
    comparison: Comparison,
    operand: &Operand,
    bindings: &mut Bindings,
) -> String {
    let sign = match comparison {
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
    };
    let text = property.value(bindings);
    match operand {
        Operand::NotANumber => "0".to_owned(),
        Operand::Number(number) => {
            format!("{} {sign} {}", number_of(&text), bindings.float(*number))
        }
        // Both whole and long: all digits count; otherwise as doubles.
        Operand::Wide(digits) => {
            let wide = bindings.wide_integer(digits.clone());
            format!(
                "if(isNotNull(toInt256OrNull({text})), toInt256OrNull({text}) {sign} {wide}, {} {sign} toFloat64({wide}))",
                number_of(&text)
            )
        }
    }
}

fn date_sql(
    property: &Property,
    sign: &str,
    micros: i64,
    zone: &str,
    bindings: &mut Bindings,
) -> String {
    let bound = bindings.integer(micros);
    if matches!(property, Property::Timestamp) {
        return format!("toUnixTimestamp64Milli(timestamp) * 1000 {sign} {bound}");
    }
    let text = property.value(bindings);
    let zone = bindings.text(zone);
    format!(
        "match({text}, '{DATE_TEXT}') AND \
         toUnixTimestamp64Micro(parseDateTime64BestEffortOrNull({text}, 6, {zone})) {sign} {bound}"
    )
}
