//! What Segment's `context` says under the names of the standard properties: the capture
//! service and the import of Segment's exports read it alike.

/// A standard property and where it stands in `context`.
pub const CONTEXT_PROPERTIES: [(&str, &[&str]); 35] = [
    ("$current_url", &["page", "url"]),
    ("$pathname", &["page", "path"]),
    ("$referrer", &["page", "referrer"]),
    ("$title", &["page", "title"]),
    ("utm_campaign", &["campaign", "name"]),
    ("utm_source", &["campaign", "source"]),
    ("utm_medium", &["campaign", "medium"]),
    ("utm_term", &["campaign", "term"]),
    ("utm_content", &["campaign", "content"]),
    ("$lib", &["library", "name"]),
    ("$lib_version", &["library", "version"]),
    ("$locale", &["locale"]),
    ("$timezone", &["timezone"]),
    ("$ip", &["ip"]),
    ("$raw_user_agent", &["userAgent"]),
    ("$session_id", &["sessionId"]),
    ("$browser", &["browser", "name"]),
    ("$browser_version", &["browser", "version"]),
    ("$os", &["os", "name"]),
    ("$os_version", &["os", "version"]),
    ("$device_id", &["device", "id"]),
    ("$device_type", &["device", "type"]),
    ("$device_name", &["device", "name"]),
    ("$device_model", &["device", "model"]),
    ("$device_manufacturer", &["device", "manufacturer"]),
    ("$app_name", &["app", "name"]),
    ("$app_version", &["app", "version"]),
    ("$app_build", &["app", "build"]),
    ("$app_namespace", &["app", "namespace"]),
    ("$screen_width", &["screen", "width"]),
    ("$screen_height", &["screen", "height"]),
    ("$screen_density", &["screen", "density"]),
    ("$network_wifi", &["network", "wifi"]),
    ("$network_cellular", &["network", "cellular"]),
    ("$network_carrier", &["network", "carrier"]),
];

/// A standard property and the property in which a page or screen call says it, where its
/// context does not.
pub const VIEW_PROPERTIES: [(&str, &str); 4] = [
    ("$current_url", "url"),
    ("$pathname", "path"),
    ("$referrer", "referrer"),
    ("$screen_name", "name"),
];
