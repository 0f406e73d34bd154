//! The query API against the real stores.

mod harness;

mod tenancy;
