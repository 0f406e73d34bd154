//! Where a credential stands in a request. Browsers cannot set headers on
//! sockets and event streams, so the query string is read, too.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use identity::access::bearer;
use service_kit::config::Secret;

use crate::feed::filter::Filter;
use crate::feed::item::{Form, Kind};

const API_KEY: &str = "x-api-key";

/// The query string of a stream or socket. Not a value of serde: a parameter
/// may come twice, in two spellings, and never be written to a log.
#[derive(Clone, Default)]
pub struct Query {
    /// `projectId`: id, slug or alias.
    pub project: Option<String>,
    /// `sessionId`.
    pub session: Option<String>,
    /// `token`: a JWT or a key.
    pub token: Option<Secret>,
    /// `ticket`.
    pub ticket: Option<String>,
    /// `lastEventId`.
    pub last_event_id: Option<String>,
    /// `event`, `distinct_id` and `type`.
    pub filter: Filter,
    /// `format`.
    pub form: Form,
    /// `live`: counts are sent along.
    pub wants_live: bool,
    /// What cannot be understood.
    pub fault: Option<(&'static str, String)>,
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

impl Query {
    /// Reads a query string; parameters that nobody knows are passed over, as
    /// clients add their own.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            query.take(&name, value.into_owned());
        }
        query
    }

    fn take(&mut self, name: &str, value: String) {
        let list = |value: &str| -> Vec<String> {
            let parts = value.split(',').filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        match name {
            "projectId" | "project_id" => match &self.project {
                // Two different names are no project's name.
                Some(first) if *first != value => self.project = Some("\0".to_owned()),
                _ => self.project = Some(value),
            },
            "sessionId" | "session_id" => self.session = Some(value),
            "token" | "access_token" | "apiKey" | "api_key" => {
                self.token.get_or_insert_with(|| Secret::new(value));
            }
            "ticket" => self.ticket = Some(value),
            "lastEventId" => self.last_event_id = Some(value),
            "event" => self.filter.events.extend(list(&value)),
            "distinct_id" | "distinctId" => self.filter.distinct_ids.push(value),
            "type" => {
                for part in list(&value) {
                    match part.as_str() {
                        "pageview" => self.filter.kinds.push(Kind::Pageview),
                        "event" => self.filter.kinds.push(Kind::Event),
                        "session_end" => self.filter.kinds.push(Kind::SessionEnd),
                        _ => self.fail("type", "there are pageview, event and session_end"),
                    }
                }
            }
            "format" => match value.as_str() {
                "bklit" => self.form = Form::Bklit,
                "native" => self.form = Form::Native,
                _ => self.fail("format", "there are bklit and native"),
            },
            "live" => self.wants_live = matches!(value.as_str(), "" | "1" | "true"),
            _ => {}
        }
    }

    fn fail(&mut self, path: &'static str, detail: &str) {
        self.fault.get_or_insert((path, detail.to_owned()));
    }
}

/// Whether the headers carry a credential.
pub(super) fn is_in(headers: &HeaderMap) -> bool {
    headers.contains_key(API_KEY) || bearer(headers).is_some()
}

/// The headers with the query's credential, where they have none.
pub(super) fn as_headers(headers: &HeaderMap, query: &Query) -> HeaderMap {
    let mut judged = HeaderMap::new();
    for name in [API_KEY, AUTHORIZATION.as_str()] {
        if let Some(value) = headers.get(name) {
            judged.insert(
                http::HeaderName::from_static(if name == API_KEY {
                    API_KEY
                } else {
                    "authorization"
                }),
                value.clone(),
            );
        }
    }
    if !is_in(headers)
        && let Some(token) = &query.token
    {
        // What is no header's text is no credential either.
        let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .unwrap_or(HeaderValue::from_static("Bearer"));
        judged.insert(AUTHORIZATION, value);
    }
    judged
}

/// The key among headers that were found to carry one.
pub(super) fn key_in(headers: &HeaderMap) -> Secret {
    let own = headers.get(API_KEY).and_then(|value| value.to_str().ok());
    Secret::new(own.or_else(|| bearer(headers)).unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_is_read_in_both_spellings() {
        let query = Query::parse(
            "projectId=my%20shop&event=a,b&event=c&distinct_id=x,y&type=pageview,event&format=native&live=true&unknown=1",
        );
        assert_eq!(query.project.as_deref(), Some("my shop"));
        assert_eq!(query.filter.events, ["a", "b", "c"]);
        assert_eq!(query.filter.distinct_ids, ["x,y"]);
        assert_eq!(query.filter.kinds, [Kind::Pageview, Kind::Event]);
        assert_eq!((query.form, query.wants_live), (Form::Native, true));
        assert!(query.fault.is_none());
        assert_eq!(
            Query::parse("project_id=a&projectId=a").project.as_deref(),
            Some("a")
        );
        assert_eq!(
            Query::parse("project_id=a&projectId=b").project.as_deref(),
            Some("\0")
        );
        assert_eq!(
            Query::parse("format=xml").fault.map(|(path, _)| path),
            Some("format")
        );
    }

    #[test]
    fn headers_win_over_the_query_string() {
        let query = Query::parse("token=from-query");
        let none = as_headers(&HeaderMap::new(), &query);
        assert_eq!(bearer(&none), Some("from-query"));
        let mut given = HeaderMap::new();
        given.insert(API_KEY, HeaderValue::from_static(" ak_1 "));
        let judged = as_headers(&given, &query);
        assert!(bearer(&judged).is_none());
        assert_eq!(key_in(&judged).expose(), "ak_1");
        let broken = as_headers(&HeaderMap::new(), &Query::parse("token=a%0Ab"));
        assert_eq!(bearer(&broken), Some(""));
    }

    #[test]
    fn a_query_is_not_printed() {
        let query = Query::parse("token=geheim&ticket=auch");
        assert!(!format!("{query:?}").contains("geheim"));
        assert!(!format!("{query:?}").contains("auch"));
    }
}
