use service_kit::config::KafkaConfig;
use testing::proxy::{Mode, Proxy};
use transport::kafka::{Admin, ConsumerTuning, KafkaConsumer, KafkaProducer, ProducerTuning};

use super::*;
use crate::kafka::{isolated, patient, ready_producer};

struct Kafka {
    config: KafkaConfig,
    reading: ConsumerTuning,
    proxy: Proxy,
    producer: Arc<KafkaProducer>,
}

/// Topics of its own on the real broker, reached through a proxy that can take
/// it away.
async fn kafka(tuning: ProducerTuning) -> Kafka {
    let direct = isolated(4);
    Admin::new(&direct).unwrap().ensure_topics().await.unwrap();
    let proxy = Proxy::start_kafka(&direct.brokers).await.unwrap();
    let config = KafkaConfig {
        brokers: proxy.address().to_string(),
        ..direct
    };
    let producer = ready_producer(&config, &tuning).await;
    Kafka {
        config,
        reading: ConsumerTuning {
            direct: tuning.direct,
            ..ConsumerTuning::default()
        },
        proxy,
        producer: Arc::new(producer),
    }
}

#[async_trait]
impl Subject for Kafka {
    fn producer(&self) -> Arc<dyn Producer> {
        Arc::clone(&self.producer) as _
    }

    async fn consumer(&self) -> Arc<dyn Consumer> {
        Arc::new(KafkaConsumer::start(&self.config, "group", &self.reading).unwrap())
    }

    async fn set_down(&self, down: bool) {
        self.proxy.set(if down { Mode::Cut } else { Mode::Pass });
    }
}

conformance!(kafka(patient()));

/// Events on the way that they take to a cluster with TLS or a login.
mod through_the_library {
    use super::*;

    fn tuning() -> ProducerTuning {
        ProducerTuning {
            direct: false,
            ..patient()
        }
    }

    conformance!(kafka(tuning()));
}
