use crate::Topic;

/// Names on the wire: prefix and topic or group.
#[derive(Debug, Clone)]
pub struct Names {
    prefix: String,
    topics: [String; Topic::ALL.len()],
}

impl Names {
    /// Names with this prefix, which is empty in production.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        let topics = Topic::ALL.map(|topic| format!("{prefix}{}", topic.name()));
        Self {
            prefix: prefix.to_owned(),
            topics,
        }
    }

    /// A topic's name.
    #[must_use]
    pub fn topic(&self, topic: Topic) -> &str {
        &self.topics[topic.index()]
    }

    /// A group's name.
    #[must_use]
    pub fn group(&self, group: &str) -> String {
        format!("{}{group}", self.prefix)
    }
}
