//! Queries in the background: kept in PostgreSQL, run by any replica.
//!
//! A worker takes the oldest job of the project that has the fewest running,
//! under a lease that it renews while the query runs. Whoever lost the lease,
//! because it was too slow or because the job was cancelled, can no longer
//! write a result.

mod job;
mod store;
mod worker;

pub use job::{Job, JobStatus, NewJob};
pub use store::{JobStore, Taken};
pub use worker::{Worker, WorkerConfig};
