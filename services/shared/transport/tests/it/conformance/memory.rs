use super::*;
use transport::memory::{MemoryProducer, MemoryTransport};

struct Memory {
    transport: MemoryTransport,
    producer: Arc<MemoryProducer>,
}

fn memory() -> Memory {
    let transport = MemoryTransport::new(4);
    let producer = Arc::new(transport.producer());
    Memory {
        transport,
        producer,
    }
}

#[async_trait]
impl Subject for Memory {
    fn producer(&self) -> Arc<dyn Producer> {
        Arc::clone(&self.producer) as _
    }

    async fn consumer(&self) -> Arc<dyn Consumer> {
        Arc::new(self.transport.consumer("group"))
    }

    async fn set_down(&self, down: bool) {
        self.transport.set_down(down);
    }
}

conformance!(std::future::ready(memory()));
