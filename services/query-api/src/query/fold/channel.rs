//! Where a session came from: its channel and its source.

use std::collections::HashMap;

/// What one event says about where its session came from. Empty = not said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    /// It carries a click id of an advertisement.
    pub(crate) has_click_id: bool,
    /// It carries a campaign, term or content.
    pub(crate) has_other_utm: bool,
    /// `utm_source`.
    pub(crate) source: String,
    /// `utm_medium`.
    pub(crate) medium: String,
    /// The referring domain.
    pub(crate) domain: String,
    /// The host of the page itself.
    pub(crate) host: String,
}

/// Media that are paid for.
const PAID: &[&str] = &[
    "cpc",
    "ppc",
    "paid",
    "paidsearch",
    "paidsocial",
    "display",
    "cpm",
    "retargeting",
];
/// Media and sources that are e-mail.
const EMAIL: &[&str] = &["email", "e-mail", "newsletter"];

/// Kinds of sites, in the order in which they are tried: the channel (and the
/// medium of that name), and the list of its domains.
const SITES: &[(&str, &str)] = &[
    ("social", include_str!("domains/social.txt")),
    ("search", include_str!("domains/search.txt")),
    ("video", include_str!("domains/video.txt")),
    ("shopping", include_str!("domains/shopping.txt")),
];

/// The channel of a session without any origin.
pub(crate) const DIRECT: &str = "direct";
/// Its source.
pub(crate) const DIRECT_SOURCE: &str = "(direct)";

/// The channels of origins, each worked out once.
#[derive(Debug, Default)]
pub(crate) struct Channels(HashMap<Origin, &'static str>);

impl Channels {
    /// The channel of an origin.
    pub(crate) fn of(&mut self, origin: &Origin) -> &'static str {
        if let Some(channel) = self.0.get(origin) {
            return channel;
        }
        let channel = origin.channel();
        self.0.insert(origin.clone(), channel);
        channel
    }
}

impl Origin {
    /// Whether it says anything at all.
    pub(crate) fn is_known(&self) -> bool {
        self.has_click_id
            || self.has_other_utm
            || !self.source.is_empty()
            || !self.medium.is_empty()
            || self.foreign_domain().is_some()
    }

    /// The channel.
    fn channel(&self) -> &'static str {
        let medium = self.medium.to_lowercase();
        let source = self.source.to_lowercase();
        let domain = self.foreign_domain();
        if self.has_click_id || PAID.contains(&medium.as_str()) {
            return "paid";
        }
        if EMAIL.contains(&medium.as_str()) || EMAIL.contains(&source.as_str()) {
            return "email";
        }
        if medium == "affiliate" {
            return "affiliate";
        }
        let site = SITES.iter().find(|(name, list)| {
            medium == *name
                || domain
                    .as_deref()
                    .is_some_and(|domain| is_listed(list, domain))
        });
        if let Some((name, _)) = site {
            return name;
        }
        if domain.is_some() {
            return "referral";
        }
        if self.has_other_utm || !medium.is_empty() || !source.is_empty() {
            return "campaign";
        }
        DIRECT
    }

    /// The source.
    pub(crate) fn source(&self) -> &str {
        if !self.source.is_empty() {
            return &self.source;
        }
        match self.foreign_domain() {
            Some(_) => &self.domain,
            None => DIRECT_SOURCE,
        }
    }

    /// The referring domain in a form to compare, unless it is the page's own.
    /// `$direct` is how SDKs say that there is none.
    fn foreign_domain(&self) -> Option<String> {
        if self.domain.is_empty() || self.domain == "$direct" {
            return None;
        }
        let domain = bare(&self.domain);
        (domain != bare(&self.host)).then_some(domain)
    }
}

/// A host in lower case without port and leading `www.`.
fn bare(host: &str) -> String {
    let host = host.to_lowercase();
    let host = host.split(':').next().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

/// Whether a domain or one above it is in a list. `google.*` stands for that
/// name under any ending of one or two parts.
fn is_listed(list: &str, domain: &str) -> bool {
    list.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .any(|entry| match entry.strip_suffix(".*") {
            None => is_under(domain, entry),
            Some(name) => has_any_ending(domain, name),
        })
}

fn is_under(domain: &str, entry: &str) -> bool {
    domain
        .strip_suffix(entry)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn has_any_ending(domain: &str, name: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let wanted: Vec<&str> = name.split('.').collect();
    labels
        .windows(wanted.len())
        .enumerate()
        .any(|(at, window)| {
            let ending = labels.get(at + wanted.len()..).unwrap_or_default();
            window == wanted.as_slice()
                && match ending {
                    [_] => true,
                    [second, top] => second.len() <= 3 && top.len() == 2,
                    _ => false,
                }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(medium: &str, source: &str, domain: &str) -> Origin {
        Origin {
            medium: medium.to_owned(),
            source: source.to_owned(),
            domain: domain.to_owned(),
            host: "www.shop.example".to_owned(),
            ..Origin::default()
        }
    }

    #[test]
    fn channels_are_tried_in_their_order() {
        let cases = [
            (origin("cpc", "newsletter", "google.com"), "paid"),
            (origin("email", "", "google.com"), "email"),
            (origin("", "newsletter", ""), "email"),
            (origin("affiliate", "", "facebook.com"), "affiliate"),
            (origin("", "", "l.facebook.com"), "social"),
            (origin("social", "", "google.com"), "social"),
            (origin("", "", "www.google.co.uk"), "search"),
            (origin("", "", "m.youtube.com"), "video"),
            (origin("", "", "amazon.de"), "shopping"),
            (origin("", "partner", "blog.example"), "referral"),
            (origin("", "partner", ""), "campaign"),
            (origin("", "", "shop.example"), "direct"),
            (origin("", "", "$direct"), "direct"),
            (origin("", "", ""), "direct"),
            (
                Origin {
                    has_click_id: true,
                    ..origin("email", "", "")
                },
                "paid",
            ),
            (
                Origin {
                    has_other_utm: true,
                    ..origin("", "", "")
                },
                "campaign",
            ),
        ];
        for (origin, channel) in cases {
            assert_eq!(origin.channel(), channel, "{origin:?}");
        }
    }

    #[test]
    fn the_source_is_the_campaigns_else_the_domain() {
        assert_eq!(origin("", "partner", "blog.example").source(), "partner");
        assert_eq!(origin("cpc", "", "blog.example").source(), "blog.example");
        assert_eq!(origin("", "", "shop.example").source(), "(direct)");
    }

    #[test]
    fn a_name_that_only_ends_like_a_site_is_not_that_site() {
        assert_eq!(origin("", "", "notgoogle.com").channel(), "referral");
        assert_eq!(
            origin("", "", "google.evil.example.com").channel(),
            "referral"
        );
        assert_eq!(origin("", "", "mygoogle.de").channel(), "referral");
    }
}
