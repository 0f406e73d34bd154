//! The text of an API key: its forms, how one is made, what of it is kept.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How our own keys begin; 43 characters of URL-safe base64 (256 random bits)
/// follow.
const OWN_PREFIX: &str = "ak_";
const OWN_CHARS: usize = 43;

/// How the keys that Bklit issued begin; 64 hexadecimal digits follow.
const BKLIT_PREFIX: &str = "bk_live_";
const BKLIT_DIGITS: usize = 64;

/// How many characters of the random part people see in lists.
const SHOWN_CHARS: usize = 6;

/// An API key in clear text, of either form we accept. Printing it hides it.
#[derive(Clone, Debug)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// A new key of our own form, from the operating system's random source.
    #[must_use]
    pub fn generate() -> Self {
        Self(SecretString::from(format!("{OWN_PREFIX}{}", random_text())))
    }

    /// Takes `text` as a key when it has one of the two forms.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::is_well_formed(text).then(|| Self(SecretString::from(text)))
    }

    /// Whether `text` has the form of a key, which says nothing about whether
    /// it is one.
    #[must_use]
    pub fn is_well_formed(text: &str) -> bool {
        if let Some(rest) = text.strip_prefix(OWN_PREFIX) {
            rest.len() == OWN_CHARS
                && rest
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        } else if let Some(rest) = text.strip_prefix(BKLIT_PREFIX) {
            rest.len() == BKLIT_DIGITS && rest.bytes().all(|b| b.is_ascii_hexdigit())
        } else {
            false
        }
    }

    /// What is stored of the key, and what it is found by.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(self.0.expose_secret())
    }

    /// The first characters, by which people recognise a key in a list.
    #[must_use]
    pub fn shown_prefix(&self) -> String {
        let text = self.0.expose_secret();
        let fixed = if text.starts_with(OWN_PREFIX) {
            OWN_PREFIX.len()
        } else {
            BKLIT_PREFIX.len()
        };
        text.chars().take(fixed + SHOWN_CHARS).collect()
    }

    /// The key itself: for the one answer that shows it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// 256 random bits as 43 URL-safe characters.
pub(crate) fn random_text() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The sha-256 of a secret that was made at random: a key or a refresh token.
/// (A password gets a slow hash instead.)
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The hash from its 32 stored bytes; `None` for any other length.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Enough to tell two apart in a log, no more.
        write!(f, "KeyHash({}…)", hex::encode(&self.0[..4]))
    }
}

impl From<KeyHash> for String {
    fn from(hash: KeyHash) -> Self {
        hex::encode(hash.0)
    }
}

impl TryFrom<String> for KeyHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| "a key's hash is 64 hexadecimal digits")?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_has_the_promised_form() {
        let key = ApiKey::generate();
        assert!(ApiKey::is_well_formed(key.expose()), "{}", key.expose());
        assert_eq!(key.expose().len(), 46);
        assert_ne!(ApiKey::generate().expose(), key.expose());
        assert_eq!(key.shown_prefix(), key.expose()[..9]);
    }

    #[test]
    fn accepts_both_forms_and_nothing_else() {
        let bklit = format!("bk_live_{}", "0123456789abcdef".repeat(4));
        assert_eq!(
            ApiKey::parse(&bklit).unwrap().shown_prefix(),
            "bk_live_012345"
        );
        let own = format!("ak_{}", "Az09-_".repeat(8));
        assert!(ApiKey::is_well_formed(&own[..46]));
        for wrong in [
            "",
            "ak_",
            &own,
            &own[..45],
            &bklit[..71],
            &format!("xx_{}", "a".repeat(43)),
            &format!("ak_{}", "ä".repeat(43)),
        ] {
            assert!(!ApiKey::is_well_formed(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = ApiKey::generate();
        assert!(!format!("{key:?}").contains(&key.expose()[3..]));
    }

    #[test]
    fn a_hash_survives_its_text_form() {
        let hash = KeyHash::of("secret");
        let text = String::from(hash);
        assert_eq!(KeyHash::try_from(text.clone()).unwrap(), hash);
        assert_eq!(KeyHash::from_slice(hash.as_bytes()), Some(hash));
        assert!(KeyHash::try_from(text[1..].to_owned()).is_err());
    }
}
