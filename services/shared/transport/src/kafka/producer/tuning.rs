use std::time::Duration;

use rdkafka::ClientConfig;
use serde::{Deserialize, Serialize};
use service_kit::config::KafkaConfig;

use crate::kafka::settings;

/// How a producer trades latency, memory and throughput.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProducerTuning {
    /// How long a record waits for company before it is handed over: a few ms
    /// for the latency of an API, up to 20 ms for throughput.
    #[serde(with = "humantime_serde")]
    pub linger: Duration,
    /// After this a record that is not confirmed is given up. An answer follows
    /// within a second, so it stays below 4 s.
    #[serde(with = "humantime_serde")]
    pub message_timeout: Duration,
    /// Records that may wait or be under way at once.
    pub queue_records: usize,
    /// KiB that may wait or be under way at once.
    pub queue_kib: usize,
    /// Bytes of one batch to one partition.
    pub batch_bytes: usize,
    /// Events go to the brokers over connections of our own, not through the
    /// client library. Without effect where the cluster asks for TLS or a login.
    pub direct: bool,
}

impl Default for ProducerTuning {
    fn default() -> Self {
        Self {
            linger: Duration::from_millis(4),
            message_timeout: Duration::from_millis(3500),
            queue_records: 200_000,
            queue_kib: 128 * 1024,
            batch_bytes: 512 * 1024,
            direct: true,
        }
    }
}

impl ProducerTuning {
    /// The client's configuration.
    pub(super) fn client(&self, config: &KafkaConfig) -> ClientConfig {
        let mut client = settings::client(config, "producer");
        let timeout = self.message_timeout.as_millis();
        client
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("compression.type", "lz4")
            .set("partitioner", "murmur2_random")
            // The lingering is done before; this is for the time that handing
            // over takes.
            .set("linger.ms", "1")
            .set("message.timeout.ms", timeout.to_string())
            // Must not outlast the message; a request that hangs is tried again
            // on a new connection.
            .set("request.timeout.ms", (timeout * 6 / 7).to_string())
            .set("socket.timeout.ms", timeout.max(1000).to_string())
            .set("retry.backoff.ms", "50")
            .set("retry.backoff.max.ms", "500")
            .set("message.max.bytes", (17 * 1024 * 1024).to_string())
            .set("batch.size", self.batch_bytes.to_string())
            .set(
                "queue.buffering.max.messages",
                self.queue_records.to_string(),
            )
            .set("queue.buffering.max.kbytes", self.queue_kib.to_string())
            .set("statistics.interval.ms", "10000");
        client
    }
}
