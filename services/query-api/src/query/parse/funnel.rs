//! Reading funnels and the persons behind them.

use super::{breakdown, frame, selector};
use crate::engine::Context;
use crate::query::Fault;
use crate::query::fields::Fields;
use crate::query::model::{
    Attribution, Exclusion, Frame, Funnel, FunnelBreakdown, Order, PersonsPage, Selector,
};
use crate::query::time::{Buckets, Interval};
use chrono_tz::Tz;
use serde_json::Value;

const DEFAULT_WINDOW_SECONDS: i64 = 30 * 86_400;
const DEFAULT_LIMIT: usize = 100;
/// Steps of an unordered funnel with exclusions: sets of steps are searched.
const UNORDERED_STEPS: usize = 12;

/// What the name of an attribution asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AttributionName {
    FirstTouch,
    LastTouch,
    Step,
}

const ATTRIBUTIONS: &[(&str, AttributionName)] = &[
    ("first_touch", AttributionName::FirstTouch),
    ("last_touch", AttributionName::LastTouch),
    ("step", AttributionName::Step),
];

/// Reads the parameters of a funnel.
pub(super) fn parse(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Funnel> {
    let frame = frame(fields, context);
    let zone = frame.as_ref().map_or(Tz::UTC, |frame| frame.span.zone);
    let steps = steps(fields, zone, context);
    let window = fields.integer("window_seconds", (1, i64::MAX));
    let order = fields
        .choice("order", Order::NAMES)
        .unwrap_or(Order::Ordered);
    let exclusions = exclusions(fields, steps.len(), zone, context);
    if order == Order::Unordered && !exclusions.is_empty() && steps.len() > UNORDERED_STEPS {
        fields.fault(
            "exclusions",
            "too_many",
            format!("an unordered funnel with exclusions has at most {UNORDERED_STEPS} steps"),
        );
    }
    let breakdown = funnel_breakdown(fields, steps.len(), context);
    let histogram = fields.flag("histogram");
    let over_time = over_time(fields, frame.as_ref(), context);
    Some(Funnel {
        frame: frame?,
        steps,
        window_ms: window
            .unwrap_or(DEFAULT_WINDOW_SECONDS)
            .saturating_mul(1_000),
        order,
        exclusions,
        breakdown,
        histogram,
        over_time,
        persons: None,
    })
}

/// Reads a funnel with the step whose persons are asked for.
pub(super) fn parse_persons(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Funnel> {
    let funnel = parse(fields, context);
    let count = funnel
        .as_ref()
        .map_or(context.limits.steps, |funnel| funnel.steps.len());
    let step = fields.count("step", (1, count.max(1)), 0);
    if step == 0 && fields.get("step").is_none() && fields.is_object() {
        fields.missing("step");
    }
    let reached = fields.get("reached").is_none() || fields.flag("reached");
    if step == 1 && !reached {
        fields.fault("reached", "invalid", "nobody stands before the first step");
    }
    let limit = fields.count("limit", (1, context.limits.page), DEFAULT_LIMIT);
    let after = fields.text("cursor").and_then(|cursor| {
        let decoded = PersonsPage::decode(cursor);
        if decoded.is_none() {
            fields.fault(
                "cursor",
                "invalid_cursor",
                "must be the `next` of an earlier answer",
            );
        }
        decoded
    });
    let mut funnel = funnel?;
    funnel.persons = Some(PersonsPage {
        step: step.checked_sub(1)?,
        reached,
        limit,
        after,
    });
    Some(funnel)
}

fn steps(fields: &mut Fields<'_, '_>, zone: Tz, context: &Context) -> Vec<Selector> {
    if fields.get("steps").is_none() {
        if fields.is_object() {
            fields.missing("steps");
        }
        return Vec::new();
    }
    let Some(list) = fields.list("steps") else {
        return Vec::new();
    };
    let most = context.limits.steps;
    if list.len() < 2 {
        fields.fault("steps", "too_few", "a funnel has at least 2 steps");
    }
    if list.len() > most {
        fields.fault(
            "steps",
            "too_many",
            format!("{} steps are more than {most}", list.len()),
        );
        return Vec::new();
    }
    let path = fields.path_of("steps");
    list.iter()
        .enumerate()
        .filter_map(|(index, value)| {
            selector::selector(
                value,
                &format!("{path}[{index}]"),
                zone,
                context,
                fields.faults(),
            )
        })
        .collect()
}

fn exclusions(
    fields: &mut Fields<'_, '_>,
    steps: usize,
    zone: Tz,
    context: &Context,
) -> Vec<Exclusion> {
    let Some(list) = fields.list("exclusions") else {
        return Vec::new();
    };
    let most = context.limits.exclusions;
    if list.len() > most {
        fields.fault(
            "exclusions",
            "too_many",
            format!("{} exclusions are more than {most}", list.len()),
        );
        return Vec::new();
    }
    let path = fields.path_of("exclusions");
    list.iter()
        .enumerate()
        .filter_map(|(index, value)| {
            exclusion(
                value,
                &format!("{path}[{index}]"),
                steps,
                zone,
                (context, fields.faults()),
            )
        })
        .collect()
}

fn exclusion(
    value: &Value,
    path: &str,
    steps: usize,
    zone: Tz,
    (context, faults): (&Context, &mut Vec<Fault>),
) -> Option<Exclusion> {
    let mut fields = Fields::new(value, path, faults);
    let selector = selector::selector_of(&mut fields, zone, context);
    let last = steps.max(2);
    let from = fields.count("from_step", (1, last - 1), 1);
    let to = fields.count("to_step", (2, last), last);
    if from >= to {
        fields.fault("to_step", "out_of_range", "must come after from_step");
    }
    fields.finish();
    Some(Exclusion {
        selector: selector?,
        from_step: from - 1,
        to_step: to - 1,
    })
}

fn funnel_breakdown(
    fields: &mut Fields<'_, '_>,
    steps: usize,
    context: &Context,
) -> Option<FunnelBreakdown> {
    let path = fields.path_of("breakdown");
    let value = fields.get("breakdown")?;
    let mut inner = Fields::new(value, &path, fields.faults());
    let by = breakdown::breakdown_of(&mut inner, context);
    let name = inner
        .choice("attribution", ATTRIBUTIONS)
        .unwrap_or(AttributionName::FirstTouch);
    let step = inner.count("attribution_step", (1, steps.max(1)), 0);
    if name == AttributionName::Step && inner.get("attribution_step").is_none() {
        inner.missing("attribution_step");
    }
    inner.finish();
    let attribution = match name {
        AttributionName::FirstTouch => Attribution::FirstTouch,
        AttributionName::LastTouch => Attribution::LastTouch,
        AttributionName::Step => Attribution::Step(step.checked_sub(1)?),
    };
    Some(FunnelBreakdown {
        by: by?,
        attribution,
    })
}

fn over_time(
    fields: &mut Fields<'_, '_>,
    frame: Option<&Frame>,
    context: &Context,
) -> Option<Buckets> {
    let week_start = frame::week_start(fields);
    let interval = fields.choice("over_time", Interval::NAMES)?;
    let span = frame?.span;
    let most = context.limits.buckets;
    let range = (span.from_ms, span.to_ms);
    let buckets = Buckets::covering(interval, week_start, span.zone, range, most);
    if buckets.is_none() {
        fields.fault(
            "over_time",
            "too_many_buckets",
            format!("the range has more than {most} buckets"),
        );
    }
    buckets
}
