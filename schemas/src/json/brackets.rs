//! Which brackets are open, for a scanner that does not recurse.

/// The open brackets of a container: one bit each, set for an object.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    bits: Vec<u64>,
    /// How many are open.
    pub(super) depth: usize,
}

impl Brackets {
    pub(super) fn clear(&mut self) {
        self.depth = 0;
    }

    pub(super) fn push(&mut self, is_object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if word == self.bits.len() {
            self.bits.push(0);
        }
        if let Some(bits) = self.bits.get_mut(word) {
            *bits = (*bits & !(1 << bit)) | (u64::from(is_object) << bit);
        }
        self.depth += 1;
    }

    pub(super) fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) fn is_object(&self) -> bool {
        let top = self.depth.saturating_sub(1);
        self.bits
            .get(top / 64)
            .is_some_and(|bits| bits >> (top % 64) & 1 == 1)
    }
}
