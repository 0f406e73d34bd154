//! Reading filters.

use super::{Comparison, Condition, Filters, Node, Operand, Test, regex};
use crate::engine::QueryLimits;
use crate::query::Fault;
use crate::query::fields::Fields;
use crate::query::property::Property;
use crate::query::time::parse_moment;
use chrono_tz::Tz;
use event_schema::property::{encode, is_json_number};
use serde_json::Value;

/// The largest number up to which a double holds every whole number.
const EXACT_DOUBLE: f64 = 9_007_199_254_740_992.0;

/// What filters are read under.
#[derive(Debug, Clone, Copy)]
pub struct FilterRules<'a> {
    /// The zone of dates without one.
    pub zone: Tz,
    /// How many and how deep they may be.
    pub limits: &'a QueryLimits,
}

/// An operator by its name, before its value is read.
#[derive(Debug, Clone, Copy)]
enum Operator {
    Exact,
    IsNot,
    Contains,
    NotContains,
    Regex,
    NotRegex,
    IsSet,
    IsNotSet,
    Number(Comparison),
    DateBefore,
    DateAfter,
}

const OPERATORS: &[(&str, Operator)] = &[
    ("exact", Operator::Exact),
    ("is_not", Operator::IsNot),
    ("icontains", Operator::Contains),
    ("not_icontains", Operator::NotContains),
    ("regex", Operator::Regex),
    ("not_regex", Operator::NotRegex),
    ("is_set", Operator::IsSet),
    ("is_not_set", Operator::IsNotSet),
    ("gt", Operator::Number(Comparison::Greater)),
    ("gte", Operator::Number(Comparison::GreaterOrEqual)),
    ("lt", Operator::Number(Comparison::Less)),
    ("lte", Operator::Number(Comparison::LessOrEqual)),
    ("in", Operator::Exact),
    ("not_in", Operator::IsNot),
    ("is_date_before", Operator::DateBefore),
    ("is_date_after", Operator::DateAfter),
];

impl Operator {
    fn is_negative(self) -> bool {
        matches!(
            self,
            Self::IsNot | Self::NotContains | Self::NotRegex | Self::IsNotSet
        )
    }
}

/// Reads a list of filters, or one filter or group. Absent and `null` are no
/// filters.
pub fn parse(
    value: Option<&Value>,
    path: &str,
    rules: FilterRules<'_>,
    faults: &mut Vec<Fault>,
) -> Filters {
    let mut reader = Reader {
        rules,
        leaves: 0,
        faults,
    };
    let all = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => reader.list(list, path, 1),
        Some(value @ Value::Object(_)) => reader.node(value, path, 1).into_iter().collect(),
        Some(_) => {
            reader
                .faults
                .push(Fault::new(path, "wrong_type", "must be a list of filters"));
            Vec::new()
        }
    };
    let (leaves, most) = (reader.leaves, rules.limits.filters);
    if leaves > most {
        let detail = format!("{leaves} filters are more than {most}");
        faults.push(Fault::new(path, "too_many", detail));
    }
    Filters { all }
}

struct Reader<'a, 'f> {
    rules: FilterRules<'a>,
    leaves: usize,
    faults: &'f mut Vec<Fault>,
}

impl Reader<'_, '_> {
    fn list(&mut self, list: &[Value], path: &str, depth: usize) -> Vec<Node> {
        list.iter()
            .enumerate()
            .filter_map(|(index, value)| self.node(value, &format!("{path}[{index}]"), depth))
            .collect()
    }

    fn node(&mut self, value: &Value, path: &str, depth: usize) -> Option<Node> {
        let most = self.rules.limits.filter_depth;
        if depth > most {
            let detail = format!("groups are nested deeper than {most}");
            self.faults.push(Fault::new(path, "too_many", detail));
            return None;
        }
        for (name, is_any) in [("any", true), ("all", false)] {
            if value.get(name).is_some() {
                let nodes = self.group(value, name, path, depth);
                return nodes.map(|nodes| {
                    if is_any {
                        Node::Any(nodes)
                    } else {
                        Node::All(nodes)
                    }
                });
            }
        }
        self.leaves += 1;
        self.condition(value, path).map(Node::Leaf)
    }

    fn group(
        &mut self,
        value: &Value,
        name: &'static str,
        path: &str,
        depth: usize,
    ) -> Option<Vec<Node>> {
        let mut fields = Fields::new(value, path, self.faults);
        let list = fields.list(name);
        fields.finish();
        list.map(|list| self.list(list, &format!("{path}.{name}"), depth + 1))
    }

    fn condition(&mut self, value: &Value, path: &str) -> Option<Condition> {
        let zone = self.rules.zone;
        let mut fields = Fields::new(value, path, self.faults);
        let property = fields.required_text("property").map(Property::named);
        let operator = match fields.get("op") {
            None => Some(Operator::Exact),
            Some(_) => fields.choice("op", OPERATORS),
        };
        let operand = fields.get("value");
        let test = operator.and_then(|operator| test_of(operator, operand, zone, &mut fields));
        fields.finish();
        Some(Condition {
            property: property?,
            test: test?,
            negated: operator.is_some_and(Operator::is_negative),
            path: path.to_owned(),
        })
    }
}

fn test_of(
    operator: Operator,
    value: Option<&Value>,
    zone: Tz,
    fields: &mut Fields<'_, '_>,
) -> Option<Test> {
    if let Operator::IsSet | Operator::IsNotSet = operator {
        return Some(Test::Set);
    }
    let Some(value) = value else {
        if fields.is_object() {
            fields.missing("value");
        }
        return None;
    };
    match operator {
        Operator::Exact | Operator::IsNot => texts_of(value, fields).map(Test::OneOf),
        Operator::Contains | Operator::NotContains => {
            single_text(value, fields).map(Test::Contains)
        }
        Operator::Regex | Operator::NotRegex => {
            let pattern = single_text(value, fields)?;
            if let Some(fault) = regex::fault_of(&pattern) {
                fields.fault(
                    "value",
                    "invalid_regex",
                    format!("not a regular expression: {fault}"),
                );
                return None;
            }
            Some(Test::Matches(pattern))
        }
        Operator::Number(comparison) => {
            let text = single_text(value, fields)?;
            Some(Test::Number(comparison, operand_of(value, &text)))
        }
        Operator::DateBefore | Operator::DateAfter => {
            let text = single_text(value, fields)?;
            let Some(moment) = parse_moment(&text, zone) else {
                fields.fault(
                    "value",
                    "invalid_date",
                    "must be a date (YYYY-MM-DD) or RFC 3339",
                );
                return None;
            };
            Some(if matches!(operator, Operator::DateBefore) {
                Test::Before(moment.start_micros(zone), zone)
            } else {
                Test::After(moment.last_micros(zone), zone)
            })
        }
        Operator::IsSet | Operator::IsNotSet => Some(Test::Set),
    }
}

/// The text form of one value.
fn text_of(value: &Value) -> Option<String> {
    encode(&value.to_string())
        .text
        .map(std::borrow::Cow::into_owned)
}

fn texts_of(value: &Value, fields: &mut Fields<'_, '_>) -> Option<Vec<String>> {
    let Value::Array(list) = value else {
        return text_of(value).map(|text| vec![text]);
    };
    let mut texts = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        match text_of(value) {
            Some(text) => texts.push(text),
            None => fields.fault(
                &format!("value[{index}]"),
                "wrong_type",
                "null is no value: use is_set or is_not_set",
            ),
        }
    }
    Some(texts)
}

fn single_text(value: &Value, fields: &mut Fields<'_, '_>) -> Option<String> {
    if value.is_array() {
        fields.fault("value", "wrong_type", "must be a single value");
        return None;
    }
    text_of(value)
}

/// What a number is compared with: numeric text is a number, a boolean is not.
fn operand_of(value: &Value, text: &str) -> Operand {
    if value.is_boolean() || value.is_object() {
        return Operand::NotANumber;
    }
    let grammar = text.strip_prefix('+').unwrap_or(text);
    match grammar.parse::<f64>() {
        Ok(number) if number.is_finite() && starts_as_number(grammar) => {
            let whole = is_json_number(grammar) && !grammar.contains(['.', 'e', 'E']);
            if number.abs() >= EXACT_DOUBLE && whole && grammar.len() < 76 {
                Operand::Wide(grammar.to_owned())
            } else {
                Operand::Number(number)
            }
        }
        _ => Operand::NotANumber,
    }
}

fn starts_as_number(text: &str) -> bool {
    text.strip_prefix('-')
        .unwrap_or(text)
        .starts_with(|first: char| first.is_ascii_digit() || first == '.')
}
