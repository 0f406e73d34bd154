//! The capture API through its front door: a real HTTP server on a port of its
//! own, with a transport in memory where the broker is not the point.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod harness;

mod native;

mod credentials;

mod encodings;

mod forms;

mod limits;

mod cors;

mod overload;

mod broken;

mod posthog;

mod segment;

mod bklit;

mod tenancy;

mod examples;

mod process;
