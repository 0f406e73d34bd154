//! Rules about the workspace itself.

mod dependencies;
