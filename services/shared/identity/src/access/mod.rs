//! From a credential to a project: the only way into one.

mod authority;

mod caller;

mod error;

mod project;

pub use authority::Authority;
pub use caller::{Caller, User, bearer};
pub use error::AccessError;
pub use project::{Access, Need, ProjectAccess, Read, Write};
