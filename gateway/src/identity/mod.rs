//! Who is asking: from the bearer token to a [`Principal`].
//!
//! A principal is made only from a verified token, or is [`Principal::public`] when no token was sent.
//! A bad token is an error, never an anonymous caller.

pub mod dev;
mod error;
pub mod jws;
mod keys;
mod policy;
mod revocation;
mod source;
mod verify;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use crate::contract;
use crate::error::ErrorCode;

pub use crate::contract::number::tells_a_number;
pub use error::IdentityError;
pub use verify::{Signed, Verifier};

/// What a caller acts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Nobody in particular: no token was sent.
    Public,
    /// A natural person asking for themselves.
    Citizen,
    /// An officer who handles cases.
    Registrar,
    /// An officer who oversees registrars.
    Supervisor,
    /// A display of figures.
    Dashboard,
    /// Another province's Minzheng.
    Peer,
    /// Who checks how others used their powers.
    Auditor,
    /// Who keeps the installation running.
    Operator,
}

impl Role {
    /// Every role, in the order of [`contract::ROLES`].
    pub const ALL: [Role; 8] = [
        Role::Public,
        Role::Citizen,
        Role::Registrar,
        Role::Supervisor,
        Role::Dashboard,
        Role::Peer,
        Role::Auditor,
        Role::Operator,
    ];

    /// The role's name in tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Public => contract::role::PUBLIC,
            Role::Citizen => contract::role::CITIZEN,
            Role::Registrar => contract::role::REGISTRAR,
            Role::Supervisor => contract::role::SUPERVISOR,
            Role::Dashboard => contract::role::DASHBOARD,
            Role::Peer => contract::role::PEER,
            Role::Auditor => contract::role::AUDITOR,
            Role::Operator => contract::role::OPERATOR,
        }
    }

    /// Whether who acts as this does so for one province, and is nobody in another.
    pub const fn holds_office(self) -> bool {
        matches!(
            self,
            Role::Registrar | Role::Supervisor | Role::Auditor | Role::Operator
        )
    }

    /// The role of that name, if there is one.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// The verified caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The issuer's `iss`; empty for the public.
    pub issuer: Arc<str>,
    /// The issuer's opaque id of the caller; `None` for the public.
    pub subject: Option<Arc<str>>,
    /// The token's own id (`jti`), which tells sessions of one subject apart.
    pub session: Option<Arc<str>>,
    /// What the caller acts as.
    pub role: Role,
    /// The scopes held: the role's, narrowed by the token.
    pub scopes: BTreeSet<Arc<str>>,
    /// The caller's person token.
    pub person: Option<Arc<str>>,
    /// The current six-digit code of the division an officer works for.
    pub division: Option<Arc<str>>,
    /// The opaque id of the registry an officer works at.
    pub registry: Option<Arc<str>>,
    /// The two-digit code of the province the caller belongs to.
    pub province: Arc<str>,
    /// The purposes the caller may state.
    pub purposes: BTreeSet<Arc<str>>,
    /// The configured policies whose conditions the claims satisfy.
    pub policies: BTreeSet<Arc<str>>,
    /// Whether the caller may ask for the schema itself.
    pub introspects: bool,
    /// When the token ends.
    pub expires: SystemTime,
    /// What the token was signed with; nothing where none was verified.
    pub signed: Option<Signed>,
}

impl Principal {
    /// The caller without a token, in the province that is asked.
    pub fn public(province: impl Into<Arc<str>>) -> Self {
        Self {
            issuer: Arc::from(""),
            subject: None,
            session: None,
            role: Role::Public,
            scopes: BTreeSet::new(),
            person: None,
            division: None,
            registry: None,
            province: province.into(),
            purposes: BTreeSet::new(),
            policies: BTreeSet::new(),
            introspects: true,
            // The public never expires; a century away is far enough to add to.
            expires: SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(253_402_300_799),
            signed: None,
        }
    }

    /// Whether the caller holds the scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// Whether a token was verified.
    pub fn is_authenticated(&self) -> bool {
        self.subject.is_some()
    }
}

/// A principal with what it said about this one request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks.
    pub principal: Arc<Principal>,
    /// The purpose stated for reading personal data.
    pub purpose: Option<String>,
    /// The case the purpose belongs to.
    pub case: Option<String>,
    /// The trace the request belongs to, handed on to subgraphs.
    pub trace: opentelemetry::Context,
}

/// Purposes and cases are codes and references, not prose.
const LONGEST_PURPOSE: usize = 128;

impl Caller {
    /// A caller with the purpose and case stated in its headers.
    ///
    /// # Errors
    /// [`ErrorCode::PurposeMalformed`] when one is no short plain text or could be somebody's number, and
    /// [`ErrorCode::PurposeNotAllowed`] when the token does not permit the purpose.
    pub fn new(
        principal: Arc<Principal>,
        purpose: Option<&str>,
        case: Option<&str>,
        trace: opentelemetry::Context,
    ) -> Result<Self, ErrorCode> {
        let plain = |text: Option<&str>| match text.map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) if text.len() > LONGEST_PURPOSE => Err(ErrorCode::PurposeMalformed),
            // Subgraphs keep them as they are, in histories and beside full readings.
            Some(text) if tells_a_number(text) => Err(ErrorCode::PurposeMalformed),
            // They stand in signed header lines, so nothing but visible ASCII.
            Some(text) if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
                Ok(Some(text.to_owned()))
            }
            Some(_) => Err(ErrorCode::PurposeMalformed),
        };
        let (purpose, case) = (plain(purpose)?, plain(case)?);
        if let Some(purpose) = &purpose
            && !principal.purposes.contains(purpose.as_str())
        {
            return Err(ErrorCode::PurposeNotAllowed);
        }
        Ok(Self {
            principal,
            purpose,
            case,
            trace,
        })
    }
}

#[cfg(test)]
mod tests;
