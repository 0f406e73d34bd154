//! From a request to values that handlers can trust.

mod address;

mod body;

mod project;

mod user;

pub use address::ClientAddress;
pub use body::{LoginBody, OptionalJson};
pub use project::{
    InProject, KeysRead, KeysWrite, MembersRead, MembersWrite, Needed, ProjectDelete, ProjectRead,
    ProjectWrite,
};
pub use user::SignedIn;
pub(crate) use user::token_user;
