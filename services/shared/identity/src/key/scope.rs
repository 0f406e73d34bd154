//! What a key may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One thing that a key may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Send events.
    Capture,
    /// Ask questions.
    Read,
}

impl Scope {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Read => "read",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no scope.
#[derive(Debug, thiserror::Error)]
#[error("unknown scope `{0}`: there are `capture` and `read`")]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "capture" => Ok(Self::Capture),
            "read" => Ok(Self::Read),
            other => Err(UnknownScope(other.to_owned())),
        }
    }
}

/// The set of scopes of one key: never empty for a stored key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct Scopes {
    capture: bool,
    read: bool,
}

impl Scopes {
    /// Sending only: what a key gets when nothing else is asked for.
    pub const CAPTURE: Self = Self {
        capture: true,
        read: false,
    };
    /// Reading only.
    pub const READ: Self = Self {
        capture: false,
        read: true,
    };
    /// Sending and reading.
    pub const ALL: Self = Self {
        capture: true,
        read: true,
    };

    /// Whether `scope` is among them.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        match scope {
            Scope::Capture => self.capture,
            Scope::Read => self.read,
        }
    }

    /// Whether the set has no scope at all.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        !self.capture && !self.read
    }

    /// The scopes, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        [Scope::Capture, Scope::Read]
            .into_iter()
            .filter(move |scope| self.contains(*scope))
    }

    /// The names of the scopes, as the database holds them.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        self.iter().map(|scope| scope.as_str().to_owned()).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::default(), |mut set, scope| {
            match scope {
                Scope::Capture => set.capture = true,
                Scope::Read => set.read = true,
            }
            set
        })
    }
}

impl From<Vec<Scope>> for Scopes {
    fn from(scopes: Vec<Scope>) -> Self {
        scopes.into_iter().collect()
    }
}

impl From<Scopes> for Vec<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_written_as_the_list_of_its_names() {
        assert_eq!(
            serde_json::to_string(&Scopes::ALL).unwrap(),
            r#"["capture","read"]"#
        );
        let twice: Scopes = serde_json::from_str(r#"["read","read"]"#).unwrap();
        assert_eq!(twice, Scopes::READ);
        assert!(!twice.contains(Scope::Capture));
        assert!(serde_json::from_str::<Scopes>(r#"["admin"]"#).is_err());
    }
}
