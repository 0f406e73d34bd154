//! Reading trends.

use super::{breakdown, frame, selector};
use crate::engine::Context;
use crate::query::Fault;
use crate::query::fields::Fields;
use crate::query::model::{Display, Earlier, Formula, Frame, Math, Numeric, Series, Trends};
use crate::query::property::Property;
use crate::query::time::{Buckets, Span};
use chrono_tz::Tz;
use serde_json::Value;

/// What a math's name asks for.
#[derive(Debug, Clone, Copy)]
enum MathName {
    Total,
    Unique,
    Rolling(u64),
    FirstTime,
    Numeric(Numeric),
}

const MATHS: &[(&str, MathName)] = &[
    ("total", MathName::Total),
    ("unique", MathName::Unique),
    ("dau", MathName::Unique),
    ("wau", MathName::Rolling(7)),
    ("mau", MathName::Rolling(30)),
    ("sum", MathName::Numeric(Numeric::Sum)),
    ("avg", MathName::Numeric(Numeric::Average)),
    ("min", MathName::Numeric(Numeric::Minimum)),
    ("max", MathName::Numeric(Numeric::Maximum)),
    ("median", MathName::Numeric(Numeric::Quantile(0.5))),
    ("p90", MathName::Numeric(Numeric::Quantile(0.9))),
    ("p95", MathName::Numeric(Numeric::Quantile(0.95))),
    ("p99", MathName::Numeric(Numeric::Quantile(0.99))),
    ("first_time", MathName::FirstTime),
];

const DISPLAYS: &[(&str, Display)] = &[
    ("time_series", Display::TimeSeries),
    ("total_value", Display::TotalValue),
];

/// Reads the parameters of a trend.
pub(super) fn parse(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Trends> {
    let frame = frame(fields, context);
    let bucketing = frame::interval(fields);
    let display = fields
        .choice("display", DISPLAYS)
        .unwrap_or(Display::TimeSeries);
    let breakdown = breakdown::breakdown(fields, context);
    let compare = fields.flag("compare");
    let cumulative = fields.flag("cumulative");
    let zone = frame.as_ref().map_or(Tz::UTC, |frame| frame.span.zone);
    let series = series(fields, zone, context);
    let formula = formula(fields, series.len());
    if cumulative {
        check_cumulative(fields, &series);
    }
    let frame = frame?;
    let most = context.limits.buckets;
    let of_span = |span: Span| {
        Buckets::covering(
            bucketing.0,
            bucketing.1,
            span.zone,
            (span.from_ms, span.to_ms),
            most,
        )
    };
    let buckets = match display {
        Display::TimeSeries => frame::buckets(fields, bucketing, frame.span, most)?,
        // One number needs no buckets: labels are left out when they are too many.
        Display::TotalValue => of_span(frame.span).unwrap_or_else(Buckets::none),
    };
    let earlier = compare.then(|| {
        let span = frame.span.days_earlier(frame.span.days());
        let buckets = of_span(span).unwrap_or_else(Buckets::none);
        Earlier {
            frame: Frame {
                span,
                filters: frame.filters.clone(),
            },
            buckets,
        }
    });
    Some(Trends {
        frame,
        interval: bucketing.0,
        buckets,
        earlier,
        series,
        breakdown,
        formula,
        cumulative,
        display,
    })
}

fn series(fields: &mut Fields<'_, '_>, zone: Tz, context: &Context) -> Vec<Series> {
    if fields.get("series").is_none() {
        if fields.is_object() {
            fields.missing("series");
        }
        return Vec::new();
    }
    let Some(list) = fields.list("series") else {
        return Vec::new();
    };
    let most = context.limits.series;
    if list.is_empty() {
        fields.fault("series", "missing", "name at least one series");
    }
    if list.len() > most {
        fields.fault(
            "series",
            "too_many",
            format!("{} series are more than {most}", list.len()),
        );
        return Vec::new();
    }
    let path = fields.path_of("series");
    list.iter()
        .enumerate()
        .filter_map(|(index, value)| {
            one_series(
                value,
                &format!("{path}[{index}]"),
                zone,
                context,
                fields.faults(),
            )
        })
        .collect()
}

fn one_series(
    value: &Value,
    path: &str,
    zone: Tz,
    context: &Context,
    faults: &mut Vec<Fault>,
) -> Option<Series> {
    let mut fields = Fields::new(value, path, faults);
    let selector = selector::selector_of(&mut fields, zone, context);
    let label = fields.text("label").map(str::to_owned);
    let math = math(&mut fields);
    fields.finish();
    let selector = selector?;
    let label = label
        .or_else(|| selector.event.clone())
        .unwrap_or_else(|| "any event".to_owned());
    Some(Series {
        selector,
        math: math?,
        label,
    })
}

fn math(fields: &mut Fields<'_, '_>) -> Option<Math> {
    let property = fields.text("property").map(Property::named);
    let name = match fields.get("math") {
        None => MathName::Total,
        Some(_) => fields.choice("math", MATHS)?,
    };
    match name {
        MathName::Total => Some(Math::Total),
        MathName::Unique => Some(Math::Unique),
        MathName::Rolling(days) => Some(Math::Rolling { days }),
        MathName::FirstTime => Some(Math::FirstTime),
        MathName::Numeric(measure) => {
            if property.is_none() && fields.get("property").is_none() {
                fields.fault("property", "missing", "this math needs a property");
            }
            Some(Math::Numeric(measure, property?))
        }
    }
}

fn formula(fields: &mut Fields<'_, '_>, series: usize) -> Option<Formula> {
    let text = fields.text("formula")?;
    match Formula::parse(text, series) {
        Ok(formula) => Some(formula),
        Err(detail) => {
            fields.fault("formula", "invalid_formula", detail);
            None
        }
    }
}

fn check_cumulative(fields: &mut Fields<'_, '_>, series: &[Series]) {
    for (index, series) in series.iter().enumerate() {
        if !series.math.can_accumulate() {
            fields.fault(
                &format!("series[{index}].math"),
                "not_cumulative",
                "cumulative goes with total, sum and unique",
            );
        }
    }
}
