//! The key that signs access tokens.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rand::Rng as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Claims, ISSUER};

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The file cannot be read or written.
    #[error("signing key {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// The file holds no Ed25519 key in PKCS #8 PEM.
    #[error("signing key {path} is no Ed25519 key in PKCS #8 PEM")]
    Format {
        /// The file.
        path: String,
    },
    /// A token could not be signed.
    #[error("a token could not be signed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

/// An Ed25519 key pair with the id that tokens name it by.
pub struct SigningKey {
    id: String,
    public: String,
    encoding: EncodingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// The key in `file`; made and written there (mode 0600) when the file does
    /// not exist. Of two processes that start at once, one writes and both read
    /// the same.
    ///
    /// # Errors
    /// [`SigningKeyError`]: the file is unreadable, or no such key.
    pub fn load_or_create(file: &Path) -> Result<Self, SigningKeyError> {
        if !file.exists() {
            create(file).map_err(|source| SigningKeyError::File {
                path: file.display().to_string(),
                source,
            })?;
        }
        Self::load(file)
    }

    /// The key in `file`.
    ///
    /// # Errors
    /// As [`SigningKey::load_or_create`].
    pub fn load(file: &Path) -> Result<Self, SigningKeyError> {
        let path = || file.display().to_string();
        let pem = std::fs::read_to_string(file).map_err(|source| SigningKeyError::File {
            path: path(),
            source,
        })?;
        let pair = ed25519_dalek::SigningKey::from_pkcs8_pem(&pem)
            .map_err(|_| SigningKeyError::Format { path: path() })?;
        Self::from_pair(&pair).map_err(|_| SigningKeyError::Format { path: path() })
    }

    /// A new key that lives in memory only.
    ///
    /// # Errors
    /// None in practice: a key that was just made can be encoded.
    pub fn generate() -> Result<Self, SigningKeyError> {
        Self::from_pair(&new_pair())
    }

    fn from_pair(pair: &ed25519_dalek::SigningKey) -> Result<Self, SigningKeyError> {
        let format = || SigningKeyError::Format {
            path: "in memory".to_owned(),
        };
        let der = pair.to_pkcs8_der().map_err(|_| format())?;
        let public = URL_SAFE_NO_PAD.encode(pair.verifying_key().as_bytes());
        // RFC 7638: the hash of the required members in alphabetical order.
        let thumbprint =
            Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#));
        Ok(Self {
            id: URL_SAFE_NO_PAD.encode(thumbprint),
            public,
            encoding: EncodingKey::from_ed_der(der.as_bytes()),
        })
    }

    /// Its id, the `kid` of tokens: the thumbprint of the public key (RFC 7638).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half as a JSON Web Key.
    #[must_use]
    pub fn jwk(&self) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": self.public, "kid": self.id, "use": "sig", "alg": "EdDSA"})
    }

    /// An access token for `user` in `session`, valid from `now` for `lifetime`.
    ///
    /// # Errors
    /// None in practice: claims and key are ours.
    pub fn issue(
        &self,
        user: Uuid,
        session: Uuid,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> Result<String, SigningKeyError> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: user,
            sid: session,
            iat: now.timestamp(),
            exp: (now + lifetime).timestamp(),
            jti: Uuid::now_v7(),
        };
        let header = Header {
            kid: Some(self.id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        Ok(jsonwebtoken::encode(&header, &claims, &self.encoding)?)
    }
}

fn new_pair() -> ed25519_dalek::SigningKey {
    let mut seed = [0; 32];
    rand::rng().fill_bytes(&mut seed);
    ed25519_dalek::SigningKey::from_bytes(&seed)
}

fn create(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let pem = new_pair()
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(io::Error::other)?;
    let fresh = file.with_extension(format!("{}.new", std::process::id()));
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    out.write_all(pem.as_bytes())?;
    out.sync_all()?;
    // A link, unlike a rename, does not replace what another process made.
    let linked = std::fs::hard_link(&fresh, file);
    std::fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets/jwt.pem");
        let first = SigningKey::load_or_create(&file).unwrap();
        let again = SigningKey::load_or_create(&file).unwrap();
        assert_eq!(first.id(), again.id());
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            std::fs::read_dir(file.parent().unwrap()).unwrap().count(),
            1
        );
        std::fs::write(
            &file,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        )
        .unwrap();
        assert!(matches!(
            SigningKey::load_or_create(&file),
            Err(SigningKeyError::Format { .. })
        ));
    }

    #[test]
    fn the_key_id_is_the_thumbprint_of_rfc_8037() {
        // The key pair and thumbprint of RFC 8037, appendix A.
        let seed = URL_SAFE_NO_PAD
            .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .unwrap();
        let pair = ed25519_dalek::SigningKey::from_bytes(&seed.try_into().unwrap());
        let key = SigningKey::from_pair(&pair).unwrap();
        assert_eq!(
            key.jwk()["x"],
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        );
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
