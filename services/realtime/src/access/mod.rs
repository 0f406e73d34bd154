//! Who may watch what. A project is named by the client and proven by its
//! credential; whoever was let in is asked again while the stream lasts.

mod credential;

mod slots;

mod tickets;

use event_schema::ids::ProjectId;
use http::HeaderMap;
use identity::access::User;
use identity::{AccessError, Authority, Caller, KeyDirectory, Permission, Scope};
use service_kit::config::Secret;
use service_kit::http::{ApiError, FieldError};

pub use credential::Query;
pub use slots::{SOCKET, SSE, Slot, Slots, VISITOR};
pub use tickets::Tickets;

/// The proof that somebody may watch a project, and what it rests on.
#[derive(Clone, Debug)]
pub struct Grant {
    project: ProjectId,
    holder: Holder,
}

#[derive(Clone, Debug)]
enum Holder {
    Key(Secret),
    User(User),
}

impl Grant {
    /// The project.
    #[must_use]
    pub const fn project(&self) -> ProjectId {
        self.project
    }

    /// Whether it rests on a key, which can be checked at any time.
    #[must_use]
    pub const fn is_of_key(&self) -> bool {
        matches!(self.holder, Holder::Key(_))
    }
}

/// Lets viewers in, and looks whether they still may.
#[derive(Clone, Debug)]
pub struct Gate {
    authority: Authority,
    directory: KeyDirectory,
    tickets: Tickets,
}

impl Gate {
    /// A gate where `authority` judges; `directory` holds the same keys.
    #[must_use]
    pub const fn new(authority: Authority, directory: KeyDirectory, tickets: Tickets) -> Self {
        Self {
            authority,
            directory,
            tickets,
        }
    }

    /// The tickets that were given out.
    #[must_use]
    pub const fn tickets(&self) -> &Tickets {
        &self.tickets
    }

    /// The keys.
    #[must_use]
    pub const fn directory(&self) -> &KeyDirectory {
        &self.directory
    }

    /// Lets somebody watch the project that the query names.
    ///
    /// # Errors
    /// Why not: no credential or an invalid one (401), no project (400),
    /// another's project or too few rights (403), no way to tell (503).
    pub async fn admit(&self, headers: &HeaderMap, query: &Query) -> Result<Grant, ApiError> {
        if let Some(ticket) = query
            .ticket
            .as_deref()
            .filter(|_| !credential::is_in(headers))
        {
            return self.admit_ticket(ticket, query).await;
        }
        let headers = credential::as_headers(headers, query);
        let caller = self.authority.caller(&headers).await?;
        let Some(name) = query.project.as_deref().filter(|name| !name.is_empty()) else {
            return Err(ApiError::invalid(vec![FieldError::at(
                "projectId",
                "required",
                "is required",
            )]));
        };
        let access = self
            .authority
            .project(&caller, Some(name), Scope::Read, Permission::ReadProject)
            .await?;
        let holder = match caller {
            Caller::Key(_) => Holder::Key(credential::key_in(&headers)),
            Caller::User(user) => Holder::User(user),
        };
        Ok(Grant {
            project: access.project_id(),
            holder,
        })
    }

    /// A ticket is good once, for the project that it was given for.
    async fn admit_ticket(&self, ticket: &str, query: &Query) -> Result<Grant, ApiError> {
        let unknown = || AccessError::InvalidToken;
        let grant = self.tickets.redeem(ticket).ok_or_else(unknown)?;
        let named = query.project.as_deref().unwrap_or_default();
        let is_same = named.parse() == Ok(grant.project)
            || self
                .directory
                .project_named(named)
                .is_some_and(|found| found.id == grant.project);
        if !is_same {
            return Err(AccessError::OtherProject.into());
        }
        if self.is_over(&grant).await {
            return Err(unknown().into());
        }
        Ok(grant)
    }

    /// Whether what a grant rests on is gone: the key, the session or the
    /// membership. What cannot be asked now is taken to be there.
    pub async fn is_over(&self, grant: &Grant) -> bool {
        match &grant.holder {
            Holder::Key(text) => {
                self.directory.is_loaded()
                    && self.directory.lookup(text.expose()).is_none_or(|key| {
                        !key.may(Scope::Read) || key.project_id() != grant.project
                    })
            }
            Holder::User(user) => {
                let name = grant.project.to_string();
                let asked = self
                    .authority
                    .project(
                        &Caller::User(*user),
                        Some(&name),
                        Scope::Read,
                        Permission::ReadProject,
                    )
                    .await;
                match asked {
                    Ok(_) | Err(AccessError::Unavailable(_) | AccessError::Store(_)) => false,
                    Err(_) => true,
                }
            }
        }
    }
}
