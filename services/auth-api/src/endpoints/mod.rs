//! One file an endpoint, or a few that belong together: what comes in, what
//! goes out, and the handler.

pub mod setup;

pub mod register;

pub mod login;

pub mod refresh;

pub mod logout;

pub mod me;

pub mod password;

pub mod projects;

pub mod api_keys;

pub mod members;

pub mod limits;

pub mod internal;

pub mod root;
