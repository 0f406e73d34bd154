//! The credentials that an object may hold beside its events.

use super::BodyCredential;
use event_schema::json::{Kind, Value};

/// Where each of them stands. The first that is filled counts, in the order of
/// the contract.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BodyKeys<'a> {
    api_key: Option<Value<'a>>,
    token: Option<Value<'a>>,
    write_key: Option<Value<'a>>,
    dollar_token: Option<Value<'a>>,
}

impl<'a> BodyKeys<'a> {
    /// Where a field of that name is kept, if it is a credential.
    pub(super) fn slot(&mut self, name: &[u8]) -> Option<&mut Option<Value<'a>>> {
        Some(match name {
            b"api_key" => &mut self.api_key,
            b"token" => &mut self.token,
            b"writeKey" => &mut self.write_key,
            b"$token" => &mut self.dollar_token,
            _ => return None,
        })
    }

    /// The credential, with `last` behind all others.
    pub(super) fn first_or(&self, last: Option<Value<'a>>) -> BodyCredential<'a> {
        let places = [
            self.api_key,
            self.token,
            self.write_key,
            self.dollar_token,
            last,
        ];
        let is_filled = |key: &Value<'a>| key.kind != Kind::Null && key.raw != b"\"\"";
        let filled = places.into_iter().flatten().find(is_filled);
        BodyCredential::from(filled)
    }
}
