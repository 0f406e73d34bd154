use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use parking_lot::RwLock;
use rdkafka::{
    ClientConfig,
    producer::{BaseProducer, Producer as _},
};
use service_kit::{Timeouts, config::KafkaConfig};
use tokio::sync::Semaphore;
use tracing::{error, info, warn};

use super::{
    ProducerTuning,
    batch::Load,
    context::DeliveryContext,
    direct::{self, Direct},
    library::Waiting,
};
use crate::{
    Topic, TransportError,
    kafka::{
        Names,
        wire::topology::{Topology, topology},
    },
    metrics::PARTITION_COUNT,
};

/// The client library's producer.
pub(super) type Native = BaseProducer<DeliveryContext>;

/// How long one question to the cluster may take.
pub(super) const QUESTION: Duration = Duration::from_secs(3);

/// How long the library's answers are waited for at a time.
const POLL: Duration = Duration::from_secs(1);

/// Owns the library's producer, and replaces it when it is broken.
pub(crate) struct Client {
    names: Names,
    settings: ClientConfig,
    native: RwLock<Arc<Native>>,
    load: Arc<Load>,
    pub(super) waiting: Waiting,
    records_limit: usize,
    bytes_limit: usize,
    patience: Timeouts,
    /// The published partition count; 0 = not known yet.
    partition_count: AtomicU32,
    /// One question to the cluster at a time.
    probing: Semaphore,
    /// Begins with the first record. `None` inside = everything goes through
    /// the library.
    direct: OnceLock<Option<Direct>>,
    /// `None` where events go through the library.
    direct_settings: Option<direct::Settings>,
}

impl Client {
    pub(super) fn new(
        config: &KafkaConfig,
        tuning: &ProducerTuning,
    ) -> Result<Self, TransportError> {
        let settings = tuning.client(config);
        let native = create(&settings)?;
        let names = Names::new(&config.topic_prefix);
        let is_plain = config.security_protocol.eq_ignore_ascii_case("plaintext");
        let direct_settings = || direct::Settings::new(names.topic(Topic::Events), tuning);
        Ok(Self {
            direct_settings: (tuning.direct && is_plain).then(direct_settings),
            names,
            settings,
            native: RwLock::new(native),
            load: Arc::default(),
            waiting: Waiting::new(tuning.linger),
            records_limit: tuning.queue_records / 10 * 8,
            bytes_limit: tuning.queue_kib * 1024 / 10 * 8,
            patience: Timeouts::new(tuning.message_timeout + Duration::from_millis(1200)),
            partition_count: AtomicU32::new(0),
            probing: Semaphore::new(1),
            direct: OnceLock::new(),
        })
    }

    /// The way to the brokers that events take, where there is one besides the
    /// library's.
    pub(super) fn direct(self: &Arc<Self>) -> Option<&Direct> {
        let start = || {
            let settings = self.direct_settings.clone()?;
            let started = Direct::start(Arc::downgrade(self), settings, self.load());
            let warn = |error: &_| warn!(%error, "events go through the client library");
            started.inspect_err(warn).ok()
        };
        self.direct.get_or_init(start).as_ref()
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    pub(super) fn load(&self) -> Arc<Load> {
        Arc::clone(&self.load)
    }

    /// How long to wait for the library's own answer.
    pub(super) fn patience(&self) -> &Timeouts {
        &self.patience
    }

    pub(crate) fn partition_count(&self) -> Option<u32> {
        let count = self.partition_count.load(Ordering::Relaxed);
        (count > 0).then_some(count)
    }

    /// Whether there is room for so many more.
    pub(super) fn admit(&self, records: usize) -> Result<(), TransportError> {
        let in_flight = self.load.records();
        if in_flight > 0 && in_flight + records > self.records_limit {
            return Err(TransportError::Full(format!(
                "{in_flight} records in flight"
            )));
        }
        let bytes = self.load.bytes();
        if bytes > self.bytes_limit {
            return Err(TransportError::Full(format!("{bytes} bytes in flight")));
        }
        Ok(())
    }

    /// The library's producer, a new one if the last broke.
    pub(super) fn current(&self) -> Arc<Native> {
        let native = Arc::clone(&self.native.read());
        match native.client().fatal_error() {
            None => native,
            Some((code, reason)) => {
                error!(%code, reason, "the Kafka producer met a fatal error and is replaced");
                self.replace(&native)
            }
        }
    }

    fn replace(&self, broken: &Arc<Native>) -> Arc<Native> {
        let mut slot = self.native.write();
        if !Arc::ptr_eq(&slot, broken) {
            return Arc::clone(&slot);
        }
        match create(&self.settings) {
            Ok(fresh) => {
                *slot = fresh;
            }
            Err(error) => error!(%error, "could not replace a broken Kafka producer"),
        }
        Arc::clone(&slot)
    }

    /// Adopts a published count: never a smaller one, and only after the
    /// library itself has seen that many partitions. Blocks.
    pub(crate) fn adopt(&self, count: u32) -> Result<bool, TransportError> {
        let known = self.partition_count.load(Ordering::Relaxed);
        if count <= known {
            return Ok(true);
        }
        if self.topic_partitions()? < count {
            return Ok(false);
        }
        self.partition_count.fetch_max(count, Ordering::Relaxed);
        PARTITION_COUNT.level(&[]).set(f64::from(count));
        info!(
            count,
            before = known,
            "keys are spread over the published partition count"
        );
        Ok(true)
    }

    /// Partitions of `events` as the cluster has them now; the library's own
    /// picture is refreshed by asking. Blocks.
    pub(crate) fn topic_partitions(&self) -> Result<u32, TransportError> {
        let leaders = self.topology(QUESTION)?.leaders;
        Ok(u32::try_from(leaders.len()).unwrap_or(u32::MAX))
    }

    /// Who leads the partitions of `events`, as the cluster has it now. Blocks.
    pub(super) fn topology(&self, within: Duration) -> Result<Topology, TransportError> {
        let name = self.names.topic(Topic::Events);
        topology(self.current().client(), name, within)
    }

    pub(super) async fn flush(&self, within: Duration) -> Result<(), TransportError> {
        let emptied = tokio::time::timeout(within, self.load.emptied()).await;
        emptied.map_err(|_elapsed| TransportError::Deadline(within))
    }

    pub(super) async fn probe(self: Arc<Self>, within: Duration) -> Result<(), TransportError> {
        let deadline = tokio::time::sleep(within);
        let question = async {
            let _one = self
                .probing
                .acquire()
                .await
                .map_err(|_closed| TransportError::Closed)?;
            let client = Arc::clone(&self);
            let asked = tokio::task::spawn_blocking(move || client.ask(within)).await;
            asked.map_err(|error| TransportError::Unavailable(error.to_string()))?
        };
        tokio::select! {
            answer = question => answer,
            () = deadline => Err(TransportError::Deadline(within)),
        }
    }

    /// A round trip to the cluster: `events` is there and every partition led.
    fn ask(&self, within: Duration) -> Result<(), TransportError> {
        let leaders = self.topology(within)?.leaders;
        let is_broken = |direct: &Option<Direct>| direct.as_ref().is_some_and(|d| !d.is_running());
        if self.direct.get().is_some_and(is_broken) {
            return Err(TransportError::Closed);
        }
        match leaders.iter().filter(|leader| leader.is_none()).count() {
            0 if self.partition_count().is_none() => Err(TransportError::Unavailable(
                "the partition count is not known yet".into(),
            )),
            0 => Ok(()),
            count => Err(TransportError::Unavailable(format!(
                "{count} partitions have no leader"
            ))),
        }
    }
}

/// The library's producer and a thread that serves it until nobody else has it.
/// (The library's `ThreadedProducer` waits in pieces of 100 ms and the last
/// millisecond of each without sleeping: one part in a hundred of a core.)
fn create(settings: &ClientConfig) -> Result<Arc<Native>, TransportError> {
    let native: Native = settings
        .create_with_context(DeliveryContext)
        .map_err(|error| TransportError::Refused(error.to_string()))?;
    let native = Arc::new(native);
    let served = Arc::clone(&native);
    let spawned = thread::Builder::new()
        .name("kafka-answers".into())
        .spawn(move || {
            while Arc::strong_count(&served) > 1 {
                served.poll(POLL);
            }
        });
    spawned.map_err(|error| TransportError::Unavailable(error.to_string()))?;
    Ok(native)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("load", &self.load)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::CString, time::Instant};

    use rdkafka_sys as sys;

    use super::*;

    #[test]
    fn a_producer_with_a_fatal_error_is_replaced() {
        let config = KafkaConfig {
            brokers: "127.0.0.1:1".into(),
            ..KafkaConfig::default()
        };
        let client = Client::new(&config, &ProducerTuning::default()).unwrap();
        let broken = client.current();
        let reason = CString::new("on purpose").unwrap();
        // SAFETY: the client and the text are live.
        unsafe {
            let code = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
            let client = broken.client().native_ptr();
            sys::rd_kafka_test_fatal_error(client, code, reason.as_ptr());
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        while Arc::ptr_eq(&client.current(), &broken) {
            assert!(Instant::now() < deadline, "not replaced");
            thread::yield_now();
        }
        assert!(client.current().client().fatal_error().is_none());
    }
}
