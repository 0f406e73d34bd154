//! An answer as a stream of lines.

use super::ReadError;

/// The format of streamed answers: one row a line, as a JSON array.
pub(crate) const LINES_FORMAT: &str = "JSONCompactEachRow";

/// Puts lines together from the pieces in which they arrive.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// The beginning of a line whose end has not arrived.
    rest: Vec<u8>,
}

impl Lines {
    /// Hands out every line that ends in `bytes`.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        each: &mut (dyn FnMut(&[u8]) -> Result<(), ReadError> + Send),
    ) -> Result<(), ReadError> {
        let mut bytes = bytes;
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, after) = bytes.split_at(end);
            if self.rest.is_empty() {
                hand_out(line, each)?;
            } else {
                self.rest.extend_from_slice(line);
                hand_out(&self.rest, each)?;
                self.rest.clear();
            }
            bytes = after.get(1..).unwrap_or_default();
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }

    /// Hands out what came after the last line's end.
    pub(crate) fn finish(
        self,
        each: &mut (dyn FnMut(&[u8]) -> Result<(), ReadError> + Send),
    ) -> Result<(), ReadError> {
        hand_out(&self.rest, each)
    }
}

fn hand_out(
    line: &[u8],
    each: &mut (dyn FnMut(&[u8]) -> Result<(), ReadError> + Send),
) -> Result<(), ReadError> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    each(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_they_are_cut() {
        let text = b"[1]\n[22]\n\n[333]";
        for size in 1..text.len() {
            let mut found: Vec<Vec<u8>> = Vec::new();
            let mut each = |line: &[u8]| {
                found.push(line.to_vec());
                Ok(())
            };
            let mut lines = Lines::default();
            for piece in text.chunks(size) {
                lines.push(piece, &mut each).unwrap();
            }
            lines.finish(&mut each).unwrap();
            assert_eq!(
                found,
                [b"[1]".to_vec(), b"[22]".to_vec(), b"[333]".to_vec()]
            );
        }
    }
}
