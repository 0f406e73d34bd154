/// The names of the keys.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
    /// Items nobody has taken: added at the head, taken at the tail.
    pub(super) queue: String,
    /// Items that cannot be stored, with their reason.
    pub(super) failed: String,
    /// Which worker inserts; expires unless it is renewed.
    pub(super) owner: String,
    /// How many items our producers have added.
    pub(super) added: String,
    /// How many items our workers have taken: the offsets.
    pub(super) taken: String,
    /// How many items our workers have stored and removed.
    pub(super) removed: String,
    /// The identity of this queue.
    pub(super) log: String,
    /// What capture refused, newest first.
    pub(super) refused: String,
}

impl Keys {
    /// The names, after a prefix that is empty in production.
    pub(super) fn new(prefix: &str) -> Self {
        let name = |name: &str| format!("{prefix}analytics:queue{name}");
        Self {
            queue: name(""),
            failed: name(":failed"),
            owner: name(":owner"),
            added: name(":added"),
            taken: name(":taken"),
            removed: name(":removed"),
            log: name(":log"),
            refused: name(":refused"),
            prefix: prefix.to_owned(),
        }
    }

    /// What a worker has taken and not committed, oldest at the tail.
    pub(super) fn processing(&self, worker: &str) -> String {
        format!("{}analytics:queue:processing:{worker}", self.prefix)
    }

    /// Matches every worker's processing list.
    pub(super) fn every_processing(&self) -> String {
        self.processing("*")
    }

    /// The worker that a processing list belongs to.
    pub(super) fn worker_of<'a>(&self, processing: &'a str) -> &'a str {
        processing
            .strip_prefix(self.processing("").as_str())
            .unwrap_or(processing)
    }

    /// There while a worker is alive.
    pub(super) fn heartbeat(&self, worker: &str) -> String {
        format!("{}analytics:queue:worker:{worker}", self.prefix)
    }

    /// The frontier that a worker committed last.
    pub(super) fn committed(&self, worker: &str) -> String {
        format!("{}analytics:queue:committed:{worker}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_contract() {
        let keys = Keys::new("");
        assert_eq!(keys.queue, "analytics:queue");
        assert_eq!(keys.failed, "analytics:queue:failed");
        assert_eq!(keys.processing("w1"), "analytics:queue:processing:w1");
        assert_eq!(keys.worker_of("analytics:queue:processing:w1"), "w1");
    }
}
