//! Roles in a project and what each may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a member is in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Also makes dashboards and sees the list of keys.
    Member,
    /// Also makes keys, and brings in members up to their own role.
    Admin,
    /// May do everything, other owners included. A project always has one.
    Owner,
}

impl Role {
    /// All of them, weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Whether the role allows `permission`: the whole table.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        let weakest = match permission {
            Permission::ReadProject | Permission::ReadMembers => Self::Viewer,
            Permission::WriteInsights | Permission::ReadKeys => Self::Member,
            Permission::WriteKeys | Permission::WriteMembers | Permission::WriteProject => {
                Self::Admin
            }
            Permission::DeleteProject => Self::Owner,
        };
        self >= weakest
    }

    /// Whether somebody of this role may give, change or take away `other`:
    /// nobody reaches above oneself.
    #[must_use]
    pub fn may_assign(self, other: Self) -> bool {
        self.may(Permission::WriteMembers) && self >= other
    }
}

/// What can be allowed in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See the project and ask questions of its events.
    ReadProject,
    /// Make, change and delete dashboards.
    WriteInsights,
    /// See who belongs to it.
    ReadMembers,
    /// Bring in, change and remove members.
    WriteMembers,
    /// See which keys there are (never the keys themselves).
    ReadKeys,
    /// Make and revoke keys.
    WriteKeys,
    /// Change the project's name, slug and aliases.
    WriteProject,
    /// Delete the project.
    DeleteProject,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Debug, thiserror::Error)]
#[error("unknown role `{0}`: there are `owner`, `admin`, `member` and `viewer`")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.chars().take(50).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_table_says() {
        use Permission as P;
        for (permission, expected) in [
            (P::ReadProject, "viewer member admin owner"),
            (P::ReadMembers, "viewer member admin owner"),
            (P::WriteInsights, "member admin owner"),
            (P::ReadKeys, "member admin owner"),
            (P::WriteKeys, "admin owner"),
            (P::WriteMembers, "admin owner"),
            (P::WriteProject, "admin owner"),
            (P::DeleteProject, "owner"),
        ] {
            let allowed: Vec<_> = Role::ALL
                .iter()
                .filter(|role| role.may(permission))
                .map(|role| role.as_str())
                .collect();
            assert_eq!(allowed.join(" "), expected, "{permission:?}");
        }
    }

    #[test]
    fn nobody_assigns_above_oneself() {
        assert!(Role::Owner.may_assign(Role::Owner));
        assert!(Role::Admin.may_assign(Role::Admin) && !Role::Admin.may_assign(Role::Owner));
        assert!(!Role::Member.may_assign(Role::Viewer));
    }

    #[test]
    fn a_role_is_its_lower_case_name() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse::<Role>().unwrap(), role);
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        assert!("root".parse::<Role>().is_err());
    }
}
