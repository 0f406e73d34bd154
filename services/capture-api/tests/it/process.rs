//! The real binary against the real broker.
