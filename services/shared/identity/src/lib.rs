//! Who is asking, and what they may do: passwords, tokens, API keys, the store
//! behind them, the key directory, and the axum extractors that turn a
//! credential into a project.
//!
//! Reading order: [`key`] → [`directory`] → [`role`] → [`password`] → [`token`] →
//! [`store`] → [`access`].

pub mod key;

pub mod directory;

pub mod role;

pub mod email;

pub mod slug;

pub mod password;

pub mod token;

pub mod store;

pub mod access;

pub mod metrics;

pub use access::{Access, AccessError, Authority, Caller, ProjectAccess};
pub use directory::{DirectoryConfig, DirectoryState, DirectorySync, KeyDirectory, KeyRefusal};
pub use email::Email;
pub use key::{ApiKey, KeyHash, KeyInfo, ProjectNames, Scope, Scopes};
pub use password::Passwords;
pub use role::{Permission, Role};
pub use store::{Store, StoreError};
pub use token::{SigningKey, TokenConfig, TokenVerifier};
