//! Against a real PostgreSQL: the accounts and the key directory.

mod accounts;
mod directory;
mod grants;
mod store;
