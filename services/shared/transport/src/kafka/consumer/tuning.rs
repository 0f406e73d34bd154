use std::time::Duration;

use rdkafka::ClientConfig;
use serde::{Deserialize, Serialize};
use service_kit::config::KafkaConfig;

use crate::kafka::{Names, settings};

/// What one fetch brings of a partition, in bytes as they lie in the log.
const FETCH_BYTES: usize = 256 * 1024;

/// How a consumer trades memory, speed and patience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsumerTuning {
    /// Records that wait to be received; reading stops above.
    pub buffer_records: usize,
    /// Bytes that wait to be received, KiB; reading stops above.
    pub buffer_kib: usize,
    /// Records are read with requests of our own instead of the client
    /// library's. With TLS or a login, or when a broker or the log has a form
    /// that is not known here, the library reads them.
    pub direct: bool,
    /// What the client library fetches ahead where it reads, KiB.
    pub prefetch_kib: usize,
    /// A member not heard of for so long has lost its partitions. Longer than a
    /// broker takes to start again, or its restart costs every member its
    /// partitions; the brokers' own minimum is 6 s.
    #[serde(with = "humantime_serde")]
    pub session_timeout: Duration,
    /// A name that stays with this process when it starts again, another one for
    /// each process of the group. With one, a process that was killed gets its
    /// partitions back at once instead of after the session's time-out, and so
    /// does nobody else, not even after an orderly end. Empty: none.
    pub instance_id: String,
    /// How long a member may take to give partitions back.
    #[serde(with = "humantime_serde")]
    pub rebalance_timeout: Duration,
}

impl Default for ConsumerTuning {
    fn default() -> Self {
        Self {
            buffer_records: 20_000,
            buffer_kib: 32 * 1024,
            direct: true,
            prefetch_kib: 16 * 1024,
            session_timeout: Duration::from_secs(8),
            instance_id: String::new(),
            rebalance_timeout: Duration::from_secs(60),
        }
    }
}

impl ConsumerTuning {
    /// The client's configuration as a member of `group`.
    pub(super) fn client(&self, config: &KafkaConfig, group: &str) -> ClientConfig {
        let mut client = settings::client(config, "consumer");
        client
            .set("group.id", Names::new(&config.topic_prefix).group(group))
            .set("group.protocol", "classic")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set(
                "session.timeout.ms",
                self.session_timeout.as_millis().to_string(),
            )
            .set(
                "heartbeat.interval.ms",
                (self.session_timeout.as_millis() / 4).to_string(),
            )
            .set(
                "max.poll.interval.ms",
                self.poll_interval().as_millis().to_string(),
            )
            .set("queued.max.messages.kbytes", self.prefetch_kib.to_string())
            // The queue is measured before a fetch and unpacked, what a fetch
            // brings of each partition is packed: events to an eighth.
            .set("fetch.message.max.bytes", FETCH_BYTES.to_string())
            .set("fetch.queue.backoff.ms", "50")
            .set("fetch.error.backoff.ms", "100")
            .set("fetch.wait.max.ms", "250")
            .set("retry.backoff.max.ms", "500")
            // New partitions are found this soon.
            .set("topic.metadata.refresh.interval.ms", "5000")
            .set("statistics.interval.ms", "10000");
        if !self.instance_id.is_empty() {
            client.set("group.instance.id", &self.instance_id);
        }
        client
    }

    /// The reading thread always polls; the library also takes this as the time
    /// a rebalance may take.
    fn poll_interval(&self) -> Duration {
        self.rebalance_timeout.max(self.session_timeout)
    }
}
