//! What is folded from rows of persons: funnels, sessions, paths.
//!
//! The engine groups and sorts; the definitions that its functions do not
//! meet exactly are worked out here, person by person, so that memory does not
//! grow with the data.

pub(crate) mod channel;
pub(crate) mod funnel;
pub(crate) mod paths;
pub(crate) mod sessions;
pub(crate) mod visits;
