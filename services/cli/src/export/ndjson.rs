//! One JSON object a line.

use std::io::Write;

use super::event::Exported;
use super::sink::Packer;

/// Writes lines.
pub(crate) struct Lines(Packer);

impl Lines {
    pub(super) fn new(packer: Packer) -> Self {
        Self(packer)
    }

    pub(super) fn write(&mut self, event: &Exported) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.0, event)?;
        Ok(self.0.write_all(b"\n")?)
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        Ok(self.0.finish()?)
    }
}
