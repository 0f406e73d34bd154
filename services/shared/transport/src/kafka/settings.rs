use rdkafka::{ClientConfig, config::RDKafkaLogLevel};
use service_kit::config::KafkaConfig;

/// What every client of the cluster is configured with.
pub(super) fn client(config: &KafkaConfig, role: &str) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.brokers)
        .set("client.id", format!("millrace-{role}"))
        .set("security.protocol", &config.security_protocol)
        .set("socket.keepalive.enable", "true")
        .set("socket.timeout.ms", "10000")
        .set("socket.connection.setup.timeout.ms", "3000")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("topic.metadata.refresh.interval.ms", "60000")
        .set("topic.metadata.refresh.fast.interval.ms", "100")
        .set("enable.metrics.push", "false")
        .set_log_level(RDKafkaLogLevel::Info);
    let optional = [
        ("sasl.mechanism", config.sasl_mechanism.as_str()),
        ("sasl.username", config.sasl_username.as_str()),
        ("sasl.password", config.sasl_password.expose()),
        ("ssl.ca.location", config.ssl_ca_location.as_str()),
    ];
    for (name, value) in optional {
        if !value.is_empty() {
            client.set(name, value);
        }
    }
    client
}
