//! What is wrong with a request.

/// One fault of a request, with the JSON path of its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The place, as in `params.steps[1].event`.
    pub path: String,
    /// What is wrong, for programs.
    pub code: &'static str,
    /// What is wrong, for people.
    pub detail: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(path: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            code,
            detail: detail.into(),
        }
    }
}
