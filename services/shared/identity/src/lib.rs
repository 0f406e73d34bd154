//! Who is asking, and what they may do: passwords, tokens, API keys, the stores
//! behind them, the key directory, and the axum extractors that turn a
//! credential into a project.
//!
//! Reading order: [`key`] → [`directory`].

pub mod key;

pub mod directory;

pub use directory::{DirectoryConfig, DirectoryState, DirectorySync, KeyDirectory, KeyRefusal};
pub use key::{ApiKey, KeyHash, KeyInfo, ProjectNames, Scope, Scopes};
