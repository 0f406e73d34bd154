use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rdkafka::{
    ClientContext, Offset, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::KafkaError,
};
use service_kit::config::KafkaConfig;
use tracing::debug;

use super::{
    Names, delivery::deliver, error::translate, settings, telemetry, wire::topology::partitions_of,
};
use crate::{Delivery, OutOfRange, Position, Topic, TransportError, Watermarks};

/// How long one poll waits.
const TICK: Duration = Duration::from_millis(100);
/// Bytes asked for of a partition at once, to read a range.
const RANGE_FETCH: &str = "1048576";
/// The same for a single record: what comes is one batch of a producer at least.
const SINGLE_FETCH: &str = "16384";

/// Reads any range of any topic without being a member of a group: dead
/// letters, replays, tails.
#[derive(Clone)]
pub struct Reader {
    names: Names,
    native: Arc<Mutex<BaseConsumer<Quiet>>>,
}

/// What [`Reader::read`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeRead {
    /// Records from the position on; fewer than asked for at the log's end.
    Records(Vec<Delivery>),
    /// The position is not in the log any more.
    OutOfRange(OutOfRange),
}

struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        telemetry::log(level, facility, text);
    }

    fn stats(&self, _statistics: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        telemetry::error("reader", &error, reason);
    }
}

impl ConsumerContext for Quiet {}

impl Reader {
    /// A reader that connects when it is used.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the settings are not valid.
    pub fn new(config: &KafkaConfig) -> Result<Self, TransportError> {
        Self::fetching(config, RANGE_FETCH)
    }

    /// One that reads single records, and little of what follows them.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the settings are not valid.
    pub(super) fn of_single_records(config: &KafkaConfig) -> Result<Self, TransportError> {
        Self::fetching(config, SINGLE_FETCH)
    }

    /// One that asks for so many bytes of a partition at once.
    fn fetching(config: &KafkaConfig, bytes: &str) -> Result<Self, TransportError> {
        let names = Names::new(&config.topic_prefix);
        let mut settings = settings::client(config, "reader");
        settings
            // Needed by the library, no group is joined.
            .set("group.id", names.group("millrace-reader"))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "error")
            .set("fetch.wait.max.ms", "100")
            .set("max.partition.fetch.bytes", bytes)
            .set("queued.max.messages.kbytes", "8192");
        let native = settings
            .create_with_context(Quiet)
            .map_err(|error| TransportError::Refused(error.to_string()))?;
        Ok(Self {
            names,
            native: Arc::new(Mutex::new(native)),
        })
    }

    /// Up to `max` records from a position on, fewer when the log ends before.
    ///
    /// # Errors
    /// [`TransportError::Deadline`] when the log has more and gave nothing
    /// within the time.
    pub async fn read(
        &self,
        topic: Topic,
        from: Position,
        max: usize,
        within: Duration,
    ) -> Result<RangeRead, TransportError> {
        self.ask(
            move |native, name| read(native, name, from, max, within),
            topic,
        )
        .await
    }

    /// The ends of each partition of a topic, asked now.
    ///
    /// # Errors
    /// When the cluster does not answer within the time.
    pub async fn watermarks(
        &self,
        topic: Topic,
        within: Duration,
    ) -> Result<BTreeMap<u32, Watermarks>, TransportError> {
        self.ask(move |native, name| watermarks(native, name, within), topic)
            .await
    }

    /// For each partition the first offset appended at or after a time; the end
    /// where there is none.
    ///
    /// # Errors
    /// When the cluster does not answer within the time.
    pub async fn offsets_at(
        &self,
        topic: Topic,
        at: chrono::DateTime<chrono::Utc>,
        within: Duration,
    ) -> Result<BTreeMap<u32, u64>, TransportError> {
        self.ask(
            move |native, name| {
                let marks = watermarks(native, name, within)?;
                let partitions: Vec<u32> = marks.keys().copied().collect();
                let millis = Offset::Offset(at.timestamp_millis().max(0));
                let mut found = list_offsets(native, name, &partitions, millis, within)?;
                for (partition, marks) in marks {
                    found.entry(partition).or_insert(marks.end);
                }
                Ok(found)
            },
            topic,
        )
        .await
    }

    /// When the log took the record at each position, in ms since the epoch;
    /// positions without a record are left out.
    ///
    /// # Errors
    /// [`TransportError::Deadline`] when the log did not answer for all of them
    /// within the time.
    pub(super) async fn appended_at(
        &self,
        topic: Topic,
        positions: Vec<Position>,
        within: Duration,
    ) -> Result<BTreeMap<Position, i64>, TransportError> {
        self.ask(
            move |native, name| appended_at(native, name, &positions, within),
            topic,
        )
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&BaseConsumer<Quiet>, &str) -> Result<T, TransportError> + Send + 'static,
        topic: Topic,
    ) -> Result<T, TransportError> {
        let reader = self.clone();
        let asked = tokio::task::spawn_blocking(move || {
            question(&reader.native.lock(), reader.names.topic(topic))
        });
        asked
            .await
            .map_err(|error| TransportError::Unavailable(error.to_string()))?
    }
}

fn watermarks(
    native: &BaseConsumer<Quiet>,
    topic: &str,
    within: Duration,
) -> Result<BTreeMap<u32, Watermarks>, TransportError> {
    let partitions = partitions_of(native.client(), topic, within)?;
    if partitions.is_empty() {
        return Err(TransportError::Refused(format!("no topic {topic}")));
    }
    let partitions: Vec<u32> = partitions.iter().map(|partition| partition.id).collect();
    let low = list_offsets(native, topic, &partitions, Offset::Beginning, within)?;
    let end = list_offsets(native, topic, &partitions, Offset::End, within)?;
    let both = low.into_iter().filter_map(|(partition, low)| {
        end.get(&partition)
            .map(|&end| (partition, Watermarks { low, end }))
    });
    Ok(both.collect())
}

fn read(
    native: &BaseConsumer<Quiet>,
    topic: &str,
    from: Position,
    max: usize,
    within: Duration,
) -> Result<RangeRead, TransportError> {
    let deadline = Instant::now() + within;
    let partition = from.partition.cast_signed();
    let (low, end) = native
        .fetch_watermarks(topic, partition, within)
        .map_err(|error| translate(&error))?;
    let log = Watermarks {
        low: low.cast_unsigned(),
        end: end.cast_unsigned(),
    };
    if from.offset < log.low || from.offset > log.end {
        return Ok(RangeRead::OutOfRange(OutOfRange { wanted: from, log }));
    }
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(from.offset.cast_signed()))
        .and_then(|()| native.assign(&list))
        .map_err(|error| translate(&error))?;
    let mut records: Vec<Delivery> = Vec::new();
    let mut next = from.offset;
    while records.len() < max && next < log.end && Instant::now() < deadline {
        match native.poll(TICK) {
            Some(Ok(message)) => {
                let delivery = deliver(&message);
                if delivery.position.partition == from.partition && delivery.position.offset >= next
                {
                    next = delivery.position.offset + 1;
                    records.push(delivery);
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => break,
            Some(Err(error)) => debug!(%error, topic, "reading a range"),
            None => {}
        }
    }
    // Stops fetching; the next range assigns anew.
    let _ = native.unassign();
    if records.is_empty() && max > 0 && from.offset < log.end {
        return Err(TransportError::Deadline(within));
    }
    Ok(RangeRead::Records(records))
}

/// Positions of different partitions, one each. Blocks.
fn appended_at(
    native: &BaseConsumer<Quiet>,
    topic: &str,
    positions: &[Position],
    within: Duration,
) -> Result<BTreeMap<Position, i64>, TransportError> {
    let deadline = Instant::now() + within;
    let mut list = TopicPartitionList::new();
    for position in positions {
        let offset = Offset::Offset(position.offset.cast_signed());
        list.add_partition_offset(topic, position.partition.cast_signed(), offset)
            .map_err(|error| translate(&error))?;
    }
    native.assign(&list).map_err(|error| translate(&error))?;
    let mut open: BTreeMap<u32, Position> = positions
        .iter()
        .map(|position| (position.partition, *position))
        .collect();
    let mut found = BTreeMap::new();
    while !open.is_empty() && Instant::now() < deadline {
        match native.poll(TICK) {
            Some(Ok(message)) => {
                let delivery = deliver(&message);
                // The first one of a partition is the record at its position, or
                // the one after it where that is gone.
                if let Some(wanted) = open.remove(&delivery.position.partition) {
                    if wanted == delivery.position {
                        found.insert(wanted, delivery.appended_at.timestamp_millis());
                    }
                    stop_reading(native, topic, wanted.partition);
                }
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open.remove(&partition.cast_unsigned());
            }
            Some(Err(error)) => debug!(%error, topic, "reading single records"),
            None => {}
        }
    }
    // Stops fetching; the next question assigns anew.
    let _ = native.unassign();
    if open.is_empty() {
        Ok(found)
    } else {
        Err(TransportError::Deadline(within))
    }
}

/// Has no more read of a partition: of a long log what follows would come for
/// as long as it lasts, and in front of the other partitions' records.
fn stop_reading(native: &BaseConsumer<Quiet>, topic: &str, partition: u32) {
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, partition.cast_signed());
    if let Err(error) = native.pause(&list) {
        debug!(%error, topic, partition, "pausing a partition");
    }
}

/// One fresh ListOffsets for all these partitions; those without an answer of
/// that kind are left out. Blocks.
pub(super) fn list_offsets<C: ConsumerContext>(
    native: &BaseConsumer<C>,
    topic: &str,
    partitions: &[u32],
    which: Offset,
    within: Duration,
) -> Result<BTreeMap<u32, u64>, TransportError> {
    let mut list = TopicPartitionList::new();
    for &partition in partitions {
        // The library takes a time in place of the offset; the ends of the log
        // are such times, too.
        list.add_partition_offset(topic, partition.cast_signed(), which)
            .map_err(|error| translate(&error))?;
    }
    let answered = native
        .offsets_for_times(list, within)
        .map_err(|error| translate(&error))?;
    let mut offsets = BTreeMap::new();
    for element in answered.elements() {
        element.error().map_err(|error| translate(&error))?;
        if let Offset::Offset(offset) = element.offset() {
            offsets.insert(element.partition().cast_unsigned(), offset.cast_unsigned());
        }
    }
    Ok(offsets)
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
