use service_kit::config::{RedisConfig, Secret};
use testing::proxy::{Mode, Proxy};
use transport::redis_list::{ListTuning, RedisConsumer, RedisProducer};

use super::*;
use crate::redis_list::{address, isolated};

struct List {
    config: RedisConfig,
    tuning: ListTuning,
    proxy: Proxy,
    producer: Arc<RedisProducer>,
}

/// Keys of its own on the real server, reached through a proxy that can take it
/// away.
async fn list() -> List {
    let (direct, tuning) = isolated();
    let server = address(&direct);
    let proxy = Proxy::start(&server).await.unwrap();
    let url = direct
        .url
        .expose()
        .replace(&server, &proxy.address().to_string());
    let config = RedisConfig {
        url: Secret::new(url),
    };
    let producer = Arc::new(RedisProducer::start(&config, &tuning).unwrap());
    List {
        config,
        tuning,
        proxy,
        producer,
    }
}

#[async_trait]
impl Subject for List {
    fn producer(&self) -> Arc<dyn Producer> {
        Arc::clone(&self.producer) as _
    }

    async fn consumer(&self) -> Arc<dyn Consumer> {
        Arc::new(RedisConsumer::start(&self.config, &self.tuning).unwrap())
    }

    async fn set_down(&self, down: bool) {
        self.proxy.set(if down { Mode::Cut } else { Mode::Pass });
    }
}

conformance!(list());
