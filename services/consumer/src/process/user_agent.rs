//! Browser, system and kind of device from what a browser calls itself.

use std::borrow::Cow;
use std::sync::Arc;

use event_schema::hot::place;
use quick_cache::sync::Cache;
use serde::Deserialize;
use ua_parser::{os, user_agent};
use warehouse::EventRow;

/// The rules of the uap-core project; see `data/README.md`.
const RULES: &str = include_str!("../../data/user-agents.json");
const BROWSER: usize = place("$browser");
const BROWSER_VERSION: usize = place("$browser_version");
const OS: usize = place("$os");
const OS_VERSION: usize = place("$os_version");
const DEVICE_TYPE: usize = place("$device_type");
const RAW_USER_AGENT: usize = place("$raw_user_agent");
/// Longer texts are left alone: no browser calls itself so.
const BYTES_MAX: usize = 1024;

/// Recognises browsers, with a memory of those it met.
pub struct UserAgents {
    browsers: user_agent::Extractor<'static>,
    systems: os::Extractor<'static>,
    known: Cache<String, Arc<Device>>,
}

impl std::fmt::Debug for UserAgents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserAgents")
            .field("known", &self.known.len())
            .finish_non_exhaustive()
    }
}

/// What a browser told of itself, under the names that SDKs use.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// `Chrome`, `Mobile Safari` …
    pub browser: Option<String>,
    /// `120`, `17.2`
    pub browser_version: Option<String>,
    /// `Mac OS X`, `Android` …
    pub os: Option<String>,
    /// `10.15.7`
    pub os_version: Option<String>,
    /// `Desktop`, `Mobile` or `Tablet`
    pub device_type: Option<&'static str>,
}

#[derive(Deserialize)]
struct Rules {
    user_agent_parsers: Vec<user_agent::Parser<'static>>,
    os_parsers: Vec<os::Parser<'static>>,
}

/// The rules cannot be used. They are part of the program: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("rules for user agents: {0}")]
pub struct RulesError(String);

impl UserAgents {
    /// Compiles the rules; remembers up to `known_max` texts.
    ///
    /// # Errors
    /// When the rules cannot be used.
    pub fn new(known_max: usize) -> Result<Self, RulesError> {
        let failed = |error: &dyn std::fmt::Display| RulesError(error.to_string());
        let rules: Rules = serde_json::from_str(RULES).map_err(|error| failed(&error))?;
        let browsers = user_agent::Builder::new()
            .push_all(rules.user_agent_parsers)
            .map_err(|error| failed(&error))?
            .build()
            .map_err(|error| failed(&error))?;
        let systems = os::Builder::new()
            .push_all(rules.os_parsers)
            .map_err(|error| failed(&error))?
            .build()
            .map_err(|error| failed(&error))?;
        Ok(Self {
            browsers,
            systems,
            known: Cache::new(known_max),
        })
    }

    /// Derives browser, system and device from the event's own
    /// `$raw_user_agent` or `$user_agent`, else from the request's header.
    pub fn derive(&self, row: &mut EventRow, header: Option<&str>) {
        let sent = row.hot(RAW_USER_AGENT);
        let Some(text) = sent.or_else(|| row.property("$user_agent")).or(header) else {
            return;
        };
        if text.is_empty() || text.len() > BYTES_MAX {
            return;
        }
        let device = match self.known.get(text) {
            Some(device) => device,
            None => {
                let device = Arc::new(self.recognise(text));
                self.known.insert(text.to_owned(), Arc::clone(&device));
                device
            }
        };
        for (place, text) in [
            (BROWSER, device.browser.as_deref()),
            (BROWSER_VERSION, device.browser_version.as_deref()),
            (OS, device.os.as_deref()),
            (OS_VERSION, device.os_version.as_deref()),
            (DEVICE_TYPE, device.device_type),
        ] {
            if let Some(text) = text {
                row.derive_hot(place, text);
            }
        }
    }

    /// What the text says, without the memory.
    #[must_use]
    pub fn recognise(&self, text: &str) -> Device {
        let browser = self.browsers.extract(text);
        let system = self.systems.extract(text);
        let os = system
            .as_ref()
            .map(|found| system_name(&found.os).into_owned());
        let device_type = browser
            .as_ref()
            .filter(|_| text.starts_with("Mozilla/") || text.starts_with("Opera/"))
            .and_then(|found| device_type(text, os.as_deref(), &found.family));
        Device {
            browser_version: browser
                .as_ref()
                .and_then(|found| browser_version(found.major, found.minor)),
            browser: browser.map(|found| browser_name(&found.family).into_owned()),
            os_version: system.as_ref().and_then(|found| {
                version(&[
                    found.major.as_deref(),
                    found.minor.as_deref(),
                    found.patch.as_deref(),
                ])
            }),
            os,
            device_type,
        }
    }
}

/// The name that the field's SDKs give a browser.
fn browser_name<'a>(family: &'a str) -> Cow<'a, str> {
    Cow::Borrowed(match family {
        "Chrome Mobile" | "Chromium" => "Chrome",
        "Chrome Mobile iOS" => "Chrome iOS",
        "Chrome Mobile WebView" => "Chrome WebView",
        "Edge" | "Edge Mobile" => "Microsoft Edge",
        "Firefox Mobile" => "Firefox",
        "IE" | "IE Mobile" => "Internet Explorer",
        "Opera Mobile" => "Opera",
        "Mobile Safari UI/WKWebView" => "Mobile Safari",
        other => other,
    })
}

/// The name that the field's SDKs give a system.
fn system_name<'a>(name: &'a str) -> Cow<'a, str> {
    Cow::Borrowed(match name {
        "Ubuntu" | "Fedora" | "Debian" | "Arch Linux" | "Red Hat" | "SUSE" | "Mint" | "Gentoo" => {
            "Linux"
        }
        "iPadOS" => "iOS",
        other => other,
    })
}

/// As a number would be shown: `120`, `17.2`.
fn browser_version(major: Option<&str>, minor: Option<&str>) -> Option<String> {
    let major = major?;
    match minor.map(|minor| minor.trim_end_matches('0')) {
        Some(minor) if !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(format!("{major}.{minor}"))
        }
        _ => Some(major.to_owned()),
    }
}

fn version(parts: &[Option<&str>]) -> Option<String> {
    let known: Vec<&str> = parts.iter().map_while(|part| *part).collect();
    (!known.is_empty()).then(|| known.join("."))
}

fn device_type(text: &str, os: Option<&str>, family: &str) -> Option<&'static str> {
    let has = |word| text.contains(word);
    if family.contains("Bot") || family.contains("bot") || has("compatible;") && has("+http") {
        return None;
    }
    let is_mobile = has("Mobile");
    let is_android = os == Some("Android");
    if has("iPad") || is_android && !is_mobile {
        return Some("Tablet");
    }
    if is_android
        || matches!(
            os,
            Some("iOS" | "Windows Phone" | "BlackBerry OS" | "KaiOS")
        )
    {
        return Some("Mobile");
    }
    let desktops = [
        "Windows",
        "Mac OS X",
        "Linux",
        "Chrome OS",
        "FreeBSD",
        "OpenBSD",
    ];
    if os.is_some_and(|os| desktops.contains(&os)) {
        return Some("Desktop");
    }
    is_mobile.then_some("Mobile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_recognised() {
        let user_agents = UserAgents::new(10).unwrap();
        let cases = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
                ("Chrome", "120", "Windows", "Desktop"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15",
                ("Safari", "17.2", "Mac OS X", "Desktop"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
                ("Mobile Safari", "17.2", "iOS", "Mobile"),
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
                ("Mobile Safari", "16.6", "iOS", "Tablet"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.43 Mobile Safari/537.36",
                ("Chrome", "120", "Android", "Mobile"),
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
                ("Firefox", "121", "Linux", "Desktop"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91",
                ("Microsoft Edge", "120", "Windows", "Desktop"),
            ),
        ];
        for (text, (browser, version, os, kind)) in cases {
            let device = user_agents.recognise(text);
            assert_eq!(device.browser.as_deref(), Some(browser), "{text}");
            assert_eq!(device.browser_version.as_deref(), Some(version), "{text}");
            assert_eq!(device.os.as_deref(), Some(os), "{text}");
            assert_eq!(device.device_type, Some(kind), "{text}");
        }
    }

    #[test]
    fn programs_and_nonsense_have_no_device() {
        let user_agents = UserAgents::new(10).unwrap();
        for text in [
            "curl/8.5.0",
            "x",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        ] {
            assert_eq!(user_agents.recognise(text).device_type, None, "{text}");
        }
    }
}
