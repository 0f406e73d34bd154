//! Where a page ended: opaque to clients, exact for us.

use crate::query::Fault;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The text form of a cursor.
pub(super) fn encode(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// The place that a cursor names; a fault when it is none of ours.
pub(super) fn decode<T: DeserializeOwned>(
    text: &str,
    path: &str,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let place = URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if place.is_none() {
        faults.push(Fault {
            path: path.to_owned(),
            code: "invalid",
            detail: "the cursor is not one that an earlier page gave".to_owned(),
        });
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_anything_else_is_a_fault() {
        let place = (5_i64, "a\u{0}'ü".to_owned());
        let mut faults = Vec::new();
        let text = encode(&place);
        assert_eq!(
            decode::<(i64, String)>(&text, "params.cursor", &mut faults),
            Some(place)
        );
        for wrong in ["", "x", "AAAA", "' OR 1=1"] {
            assert_eq!(
                decode::<(i64, String)>(wrong, "params.cursor", &mut faults),
                None
            );
        }
        assert_eq!(faults.len(), 4);
    }
}
