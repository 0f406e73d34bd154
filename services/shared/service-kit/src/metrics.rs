//! Metrics: declared in one table per crate with name, unit, labels and
//! meaning, recorded through those declarations, rendered for Prometheus.

use std::fmt::Write;
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Label, SharedString};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// What a metric counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution, with these upper bounds.
    Histogram(&'static [f64]),
}

/// Upper bounds for how long something took, in seconds: 1 ms to a minute.
pub const DURATION_BOUNDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];
/// Upper bounds for how many there were.
pub const SIZE_BOUNDS: &[f64] = &[1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0];

/// The declaration of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Full name, `<service>_<noun>_<unit>[_total]`.
    pub name: &'static str,
    /// Behaviour.
    pub kind: Kind,
    /// Unit of its values.
    pub unit: Unit,
    /// Label names; their values are closed sets, never ids.
    pub labels: &'static [&'static str],
    /// What it tells, in one sentence.
    pub meaning: &'static str,
}

impl Metric {
    /// Declares a counter.
    #[must_use]
    pub const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Counter,
            unit: Unit::Count,
            labels,
            meaning,
        }
    }

    /// Declares a gauge.
    #[must_use]
    pub const fn gauge(
        name: &'static str,
        unit: Unit,
        labels: &'static [&'static str],
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Gauge,
            unit,
            labels,
            meaning,
        }
    }

    /// Declares a distribution of durations, in seconds.
    #[must_use]
    pub const fn duration(
        name: &'static str,
        labels: &'static [&'static str],
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Histogram(DURATION_BOUNDS),
            unit: Unit::Seconds,
            labels,
            meaning,
        }
    }

    /// Declares a distribution of sizes.
    #[must_use]
    pub const fn size(
        name: &'static str,
        unit: Unit,
        labels: &'static [&'static str],
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Histogram(SIZE_BOUNDS),
            unit,
            labels,
            meaning,
        }
    }

    /// The counter with these label values, in the order of the declaration.
    /// Keep it where the path is hot.
    pub fn count(&self, values: &[&str]) -> Counter {
        metrics::counter!(self.name, self.with(values))
    }

    /// The gauge with these label values.
    pub fn level(&self, values: &[&str]) -> Gauge {
        metrics::gauge!(self.name, self.with(values))
    }

    /// The distribution with these label values.
    pub fn distribution(&self, values: &[&str]) -> Histogram {
        metrics::histogram!(self.name, self.with(values))
    }

    fn with(&self, values: &[&str]) -> Vec<Label> {
        debug_assert_eq!(self.labels.len(), values.len(), "labels of {}", self.name);
        self.labels
            .iter()
            .zip(values)
            .map(|(name, value)| Label::new(*name, SharedString::from((*value).to_owned())))
            .collect()
    }
}

/// Renders what was recorded.
#[derive(Clone, Debug)]
pub struct MetricsHandle(PrometheusHandle);

/// Installs the process's recorder, with the bounds that `groups` declare.
/// Later calls return the first recorder.
#[must_use]
pub fn install(groups: &[&[Metric]]) -> MetricsHandle {
    static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
    let handle = INSTALLED.get_or_init(|| {
        let mut builder = PrometheusBuilder::new();
        for metric in groups.iter().copied().flatten() {
            if let Kind::Histogram(bounds) = metric.kind {
                let matcher = Matcher::Full(metric.name.to_owned());
                // Bounds are only refused when empty.
                builder = match builder.set_buckets_for_metric(matcher, bounds) {
                    Ok(builder) => builder,
                    Err(_) => PrometheusBuilder::new(),
                };
            }
        }
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        drain(handle.clone());
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("a metrics recorder is installed already; /metrics stays empty");
        }
        handle
    });
    for metric in groups.iter().copied().flatten() {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.meaning),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.meaning),
            Kind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.meaning),
        }
    }
    MetricsHandle(handle.clone())
}

/// How often recorded distributions are drained.
const DRAIN_INTERVAL: Duration = Duration::from_secs(5);

/// Keeps the memory of distributions bounded where nobody asks for them: what
/// is recorded is kept one by one until it is drained into its buckets.
fn drain(handle: PrometheusHandle) {
    let drain = move || {
        loop {
            std::thread::sleep(DRAIN_INTERVAL);
            handle.run_upkeep();
        }
    };
    let thread = std::thread::Builder::new().name("metrics".to_owned());
    if let Err(error) = thread.spawn(drain) {
        tracing::warn!(%error, "distributions are only drained when /metrics is asked for");
    }
}

impl MetricsHandle {
    /// Everything recorded, and the process's own memory and files, in
    /// Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        let mut text = self.0.render();
        let process = [
            (
                "process_resident_memory_bytes",
                "Resident memory of the process, in bytes.",
                resident_bytes(),
            ),
            (
                "process_open_fds",
                "Open file descriptors of the process.",
                open_files(),
            ),
        ];
        for (name, meaning, value) in process {
            if let Some(value) = value {
                // Writing to a String cannot fail.
                let _ignored = write!(
                    text,
                    "# HELP {name} {meaning}\n# TYPE {name} gauge\n{name} {value}\n\n"
                );
            }
        }
        text
    }
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_ascii_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

fn open_files() -> Option<u64> {
    u64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}
