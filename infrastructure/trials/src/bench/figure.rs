//! One measured value with what it is to be compared with.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The limit measured beside it, in the same unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// What that limit is.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub limit_name: Cow<'static, str>,
    /// How many times the limit the value is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// What it is to be at most, where that was set: of the ratio when the
    /// figure is compared with a limit as `times`, else of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
}

/// What a figure is to be at most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The value.
    AtMost(f64),
    /// The ratio to the limit.
    Times(f64),
}

impl Figure {
    /// A value.
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            limit: None,
            limit_name: Cow::Borrowed(""),
            ratio: None,
            target: None,
        }
    }

    /// The same beside its limit.
    #[must_use]
    pub fn beside(mut self, limit: f64, limit_name: impl Into<Cow<'static, str>>) -> Self {
        self.limit = Some(limit);
        self.limit_name = limit_name.into();
        self.ratio = Some(self.value / limit);
        self
    }

    /// The same with a target for the value.
    #[must_use]
    pub fn at_most(mut self, target: f64) -> Self {
        self.target = Some(Target::AtMost(target));
        self
    }

    /// The same with a target for the ratio.
    #[must_use]
    pub fn at_most_times(mut self, target: f64) -> Self {
        self.target = Some(Target::Times(target));
        self
    }

    /// Whether the target is met, where there is one.
    #[must_use]
    pub fn is_met(&self) -> Option<bool> {
        match self.target? {
            Target::AtMost(most) => Some(self.value <= most),
            Target::Times(most) => Some(self.ratio? <= most),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2} ×"));
        let target = match (self.target, self.is_met()) {
            (Some(target), met) => {
                let met = if met == Some(true) { "met" } else { "MISSED" };
                match target {
                    Target::AtMost(most) => format!("≤ {} {met}", number(most)),
                    Target::Times(most) => format!("≤ {most} × {met}"),
                }
            }
            (None, _) => String::new(),
        };
        write!(
            out,
            "{:>8}  {:<56} {:>10} {:<6} {:<16}",
            ratio.unwrap_or_default(),
            self.name,
            number(self.value),
            self.unit,
            target
        )?;
        match self.limit {
            Some(limit) => write!(out, " {} {}: {}", number(limit), self.unit, self.limit_name),
            None => Ok(()),
        }
    }
}

/// Three digits, or all before the point.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The middle one.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_for_the_value_or_for_the_ratio() {
        let figure = Figure::new("x", 8.0, "µs").beside(4.0, "the limit");
        assert_eq!(figure.is_met(), None);
        assert_eq!(figure.clone().at_most(8.0).is_met(), Some(true));
        assert_eq!(figure.clone().at_most_times(1.6).is_met(), Some(false));
        let line = figure.at_most_times(2.0).to_string();
        assert!(line.contains("2.00 ×") && line.contains("met"), "{line}");
    }
}
