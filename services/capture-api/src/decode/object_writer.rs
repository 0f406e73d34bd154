//! Objects written member by member, for properties that cannot be passed on
//! as they came.

/// Builds the text of one JSON object.
#[derive(Debug)]
pub(super) struct ObjectWriter {
    out: Vec<u8>,
}

impl ObjectWriter {
    /// An empty object with room for `bytes`.
    #[must_use]
    pub(super) fn with_capacity(bytes: usize) -> Self {
        let mut out = Vec::with_capacity(bytes);
        out.push(b'{');
        Self { out }
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.out.len() == 1
    }

    /// A member whose key is escaped already (as it stood between quotes) and
    /// whose value is JSON.
    pub(super) fn raw(&mut self, key: &[u8], value: &[u8]) {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key);
        self.out.extend_from_slice(b"\":");
        self.out.extend_from_slice(value);
    }

    /// The members of an object's text, as they stand.
    pub(super) fn members_of(&mut self, object: &[u8]) {
        let inner = object
            .strip_prefix(b"{")
            .and_then(|inner| inner.strip_suffix(b"}"))
            .unwrap_or_default()
            .trim_ascii();
        if !inner.is_empty() {
            self.separate();
            self.out.extend_from_slice(inner);
        }
    }

    /// The finished object.
    #[must_use]
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }

    fn separate(&mut self) {
        if !self.is_empty() {
            self.out.push(b',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_separated_whatever_wrote_them() {
        let mut object = ObjectWriter::with_capacity(64);
        object.members_of(b"{ }");
        object.raw(b"a\\n", b"1");
        object.members_of(b"{ \"b\": 2 }");
        assert_eq!(object.finish(), br#"{"a\n":1,"b": 2}"#);
        assert_eq!(ObjectWriter::with_capacity(2).finish(), b"{}");
    }
}
