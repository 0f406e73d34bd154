use event_schema::topics::{DLQ_RECORD_BYTES_MAX, EVENTS_RECORD_BYTES_MAX};
use service_kit::config::KafkaConfig;

use crate::Topic;

/// How a topic is to be.
#[derive(Debug)]
pub(super) struct Specification {
    pub(super) topic: Topic,
    pub(super) partitions: u32,
    pub(super) settings: Vec<(&'static str, String)>,
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Records are deleted by whole segments: small ones free space soon.
const SEGMENT_BYTES: usize = 64 * 1024 * 1024;

impl Specification {
    /// Every topic of ours.
    pub(super) fn all(config: &KafkaConfig) -> Vec<Self> {
        Topic::ALL.map(|topic| Self::of(topic, config)).into()
    }

    fn of(topic: Topic, config: &KafkaConfig) -> Self {
        let forever = || {
            [
                ("cleanup.policy", "delete".into()),
                ("retention.ms", "-1".into()),
            ]
        };
        let mut settings: Vec<(&'static str, String)> = vec![
            ("message.timestamp.type", "LogAppendTime".into()),
            (
                "min.insync.replicas",
                config.min_insync_replicas.to_string(),
            ),
            ("segment.bytes", SEGMENT_BYTES.to_string()),
        ];
        let partitions = match topic {
            Topic::Events => {
                settings.extend(forever());
                settings.push(("max.message.bytes", EVENTS_RECORD_BYTES_MAX.to_string()));
                config.partitions.max(1)
            }
            Topic::DeadLetters => {
                settings.extend(forever());
                settings.push(("max.message.bytes", DLQ_RECORD_BYTES_MAX.to_string()));
                1
            }
            Topic::Refused => {
                settings.push(("cleanup.policy", "delete".into()));
                settings.push(("retention.ms", (7 * DAY_MS).to_string()));
                settings.push(("segment.ms", DAY_MS.to_string()));
                1
            }
            Topic::Control => {
                settings.push(("cleanup.policy", "compact".into()));
                1
            }
        };
        Self {
            topic,
            partitions,
            settings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_kept_and_control_is_compacted() {
        let all = Specification::all(&KafkaConfig::default());
        let setting = |topic: Topic, key: &str| {
            let found = all
                .iter()
                .find(|specification| specification.topic == topic)
                .unwrap();
            found
                .settings
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value.clone())
        };
        assert_eq!(
            setting(Topic::Events, "retention.ms").as_deref(),
            Some("-1")
        );
        assert_eq!(
            setting(Topic::Events, "max.message.bytes").as_deref(),
            Some("2097152")
        );
        assert_eq!(
            setting(Topic::DeadLetters, "max.message.bytes").as_deref(),
            Some("16777216")
        );
        assert_eq!(
            setting(Topic::Refused, "retention.ms").as_deref(),
            Some("604800000")
        );
        assert_eq!(
            setting(Topic::Control, "cleanup.policy").as_deref(),
            Some("compact")
        );
        for topic in Topic::ALL {
            let stamped = setting(topic, "message.timestamp.type");
            assert_eq!(stamped.as_deref(), Some("LogAppendTime"));
        }
    }
}
