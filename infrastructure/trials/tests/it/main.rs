//! The whole stack, started by its launcher, hurt and asked from outside.
//!
//! Each test runs a stack of its own, on ports of its own, one after the other.

mod chaos;

mod growing;

mod list;

mod load;

mod outages;

mod resp;

mod subject;
