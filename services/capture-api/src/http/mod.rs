//! What capture reads from a request besides its body, and what every answer
//! carries.

pub mod body;
pub mod client;
pub mod cors;
pub mod credential;
