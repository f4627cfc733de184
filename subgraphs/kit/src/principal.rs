//! The caller as the gateway vouches for them.
//!
//! A [`Principal`] in a request comes only from a verified principal token
//! ([`crate::server::Endpoint`]) or from a test; the subgraph checks rows against it, although the
//! gateway has already cut what the schema's scopes refuse.

use std::sync::{Arc, LazyLock};

use async_graphql::Context;
use chrono::{DateTime, Utc};

use crate::{
    contract::scope,
    divisions::Divisions,
    error::{Error, Result},
    subsystem::Services,
};

/// What a caller is. The order is that of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Nobody in particular.
    Public,
    /// A natural person asking for themselves (群众).
    Citizen,
    /// An officer who handles cases (登记员).
    Registrar,
    /// An officer who oversees registrars (主管).
    Supervisor,
    /// A display of figures (大屏).
    Dashboard,
    /// Another province's Minzheng (外省节点).
    Peer,
    /// Who checks how others used their powers (审计员).
    Auditor,
    /// Who keeps the installation running (运维).
    Operator,
    /// A subgraph asking another one.
    Service,
}

impl Role {
    /// The role's name in tokens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Citizen => "citizen",
            Self::Registrar => "registrar",
            Self::Supervisor => "supervisor",
            Self::Dashboard => "dashboard",
            Self::Peer => "peer",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Service => "service",
        }
    }

    /// The role of a name in a token.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Public,
            Self::Citizen,
            Self::Registrar,
            Self::Supervisor,
            Self::Dashboard,
            Self::Peer,
            Self::Auditor,
            Self::Operator,
            Self::Service,
        ]
        .into_iter()
        .find(|role| role.as_str() == name)
    }
}

/// The caller of one request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// What the caller is.
    pub role: Role,
    /// The caller's opaque id; `None` for a public fetch, whose answer may be shared.
    pub subject: Option<String>,
    /// The caller's person token, if the caller is a known natural person.
    pub person: Option<String>,
    /// The scopes the caller holds.
    pub scopes: Arc<[String]>,
    /// The current six-digit code of the division an officer works for.
    pub division: Option<String>,
    /// The opaque id of the registry an officer works at.
    pub registry: Option<String>,
    /// The two-digit code of the province.
    pub province: String,
    /// The purpose stated for this request.
    pub purpose: Option<String>,
    /// The case the purpose belongs to.
    pub case: Option<String>,
    /// When the request was let in, by the province's clock: one request sees one instant. `None` for
    /// a caller that came by no request; then the machine's clock counts.
    pub at: Option<DateTime<Utc>>,
    /// The divisions as the subgraph knows them when the request is let in: one request sees one order.
    /// Areas of officers are judged by it.
    pub divisions: Divisions,
}

impl Principal {
    /// A caller without a name and without scopes.
    pub fn public(province: &str) -> Self {
        Self::of(Role::Public, province)
    }

    /// A caller of a role with the scopes that the role has by default; for tests and for the
    /// event feed.
    pub fn of(role: Role, province: &str) -> Self {
        let scopes = crate::contract::ROLE_SCOPES
            .iter()
            .find(|(name, _)| *name == role.as_str())
            .map(|(_, scopes)| scopes.iter().map(|s| (*s).to_owned()).collect())
            .unwrap_or_default();
        Self {
            role,
            subject: (role != Role::Public).then(|| format!("{}-1", role.as_str())),
            person: None,
            scopes,
            division: None,
            registry: None,
            province: province.to_owned(),
            purpose: None,
            case: None,
            at: None,
            divisions: Divisions::default(),
        }
    }

    /// The same caller in the order of divisions of now. A token that names the code of a division before a
    /// change of which this subgraph was told goes on for what that division is now, where that is one
    /// ([`Divisions::meaning`]); where it is several or none it names nothing any more, and its holder
    /// oversees nothing until a new token says where they belong.
    #[must_use]
    pub fn amid(mut self, divisions: Divisions) -> Self {
        if let Some(code) = &self.division
            && let Some(now) = divisions.meaning(code)
        {
            self.division = Some(now.code.clone());
        }
        self.divisions = divisions;
        self
    }

    /// The same caller as this province knows them: an office holds in the province of its token only. Registries and
    /// divisions are no secrets, so a token of elsewhere could name ours; its holder is nobody in particular here, and
    /// holds no scope.
    #[must_use]
    pub fn in_province(mut self, province: &str) -> Self {
        let holds_office = matches!(
            self.role,
            Role::Registrar | Role::Supervisor | Role::Auditor | Role::Operator
        );
        if self.province != province {
            (self.division, self.registry) = (None, None);
            if holds_office {
                self.scopes = Arc::from([]);
            }
        }
        self
    }

    /// The same caller at an instant, for consumers and jobs, which have a clock and no request.
    #[must_use]
    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.at = Some(at);
        self
    }

    /// When this caller acts.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.at.unwrap_or_else(Utc::now)
    }

    /// The citizen with this person token.
    pub fn citizen(province: &str, person: &str) -> Self {
        Self {
            person: Some(person.to_owned()),
            subject: Some(person.to_owned()),
            ..Self::of(Role::Citizen, province)
        }
    }

    /// A registrar who works for a division and, if given, at a registry.
    pub fn registrar(province: &str, division: &str, registry: Option<&str>) -> Self {
        Self {
            division: Some(division.to_owned()),
            registry: registry.map(str::to_owned),
            ..Self::of(Role::Registrar, province)
        }
    }

    /// A subgraph reading another one's events.
    pub fn service(province: &str, name: &str) -> Self {
        Self {
            subject: Some(format!("subgraph:{name}")),
            ..Self::of(Role::Service, province)
        }
    }

    /// Whether the caller holds a scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }

    /// Whether the caller is the person with this token.
    pub fn is_person(&self, token: &str) -> bool {
        self.person.as_deref() == Some(token)
    }

    /// Whether the division an officer works for is this one or above it, by the codes' own order:
    /// trailing zero pairs of a six-digit code stand for everything below. A code of before a change, as an old
    /// row has it, is judged by what it means now.
    pub fn oversees(&self, division_code: &str) -> bool {
        let now = self.divisions.meaning(division_code);
        let code = now.map_or(division_code, |division| division.code.as_str());
        self.reach().is_some_and(|reach| code.starts_with(reach))
    }

    /// Whether the caller may act in a division, named by its identity: it is the one they work for or lies
    /// below it. An ended division lies in what alone holds its ground now.
    pub fn works_in(&self, division: &uuid::Uuid) -> bool {
        self.division
            .as_deref()
            .is_some_and(|own| self.divisions.within(division, own))
    }

    /// Whether the caller may be told figures of a division that are not public: an officer for the division
    /// they work for and what lies below, a display of figures or an auditor without a division for their own
    /// province. An officer without a division is an officer of nowhere.
    pub fn sees_figures_of(&self, division_code: &str) -> bool {
        match self.division {
            Some(_) => self.oversees(division_code),
            None => {
                matches!(self.role, Role::Dashboard | Role::Auditor)
                    && division_code.starts_with(&self.province)
            }
        }
    }

    /// The digits that the codes of an officer's division and of all below it begin with; `None` for
    /// a caller without a division, who oversees nothing. For filters over many rows.
    pub fn reach(&self) -> Option<&str> {
        let mut prefix = self.division.as_deref()?;
        while prefix.len() > 2 && prefix.len() % 2 == 0 && prefix.ends_with("00") {
            prefix = &prefix[..prefix.len() - 2];
        }
        Some(prefix)
    }
}

static NOBODY: LazyLock<Principal> = LazyLock::new(|| Principal::public(""));

/// What resolvers ask of their context.
pub trait PrincipalExt {
    /// The caller; nobody in particular when the request carries none.
    fn principal(&self) -> &Principal;
    /// The subgraph's services. Every schema is built with them.
    fn services(&self) -> &Services;
    /// The citizen's own person token, or `Forbidden`: needs the scope `self`.
    fn person(&self) -> Result<&str>;
    /// `Forbidden` unless the caller holds the scope.
    fn need(&self, scope: &str) -> Result<()>;
}

impl PrincipalExt for Context<'_> {
    fn principal(&self) -> &Principal {
        self.data_opt::<Principal>().unwrap_or(&NOBODY)
    }

    fn services(&self) -> &Services {
        self.data_unchecked::<Services>()
    }

    fn person(&self) -> Result<&str> {
        self.need(scope::SELF)?;
        self.principal().person.as_deref().ok_or(Error::Forbidden)
    }

    fn need(&self, scope: &str) -> Result<()> {
        if self.principal().has_scope(scope) {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_officer_oversees_the_division_and_what_lies_below() {
        let table = [
            ("510000", "510118", true),
            ("510100", "510118", true),
            ("510118", "510118101", true),
            ("510118", "510119", false),
            ("510100", "320300", false),
        ];
        for (own, asked, expected) in table {
            let officer = Principal::registrar("51", own, None);
            assert_eq!(officer.oversees(asked), expected, "{own} {asked}");
        }
    }

    #[test]
    fn an_office_holds_in_its_own_province_only() {
        for role in [
            Role::Registrar,
            Role::Supervisor,
            Role::Auditor,
            Role::Operator,
        ] {
            let officer = Principal {
                division: Some("510118".to_owned()),
                registry: Some("a hall of ours".to_owned()),
                ..Principal::of(role, "51")
            };
            let here = officer.clone().in_province("51");
            assert_eq!(
                (&here.division, &here.scopes),
                (&officer.division, &officer.scopes)
            );
            let there = officer.in_province("32");
            assert_eq!((there.division, there.registry), (None, None), "{role:?}");
            assert!(there.scopes.is_empty(), "{role:?}");
        }
        // A citizen of elsewhere asks for themselves, as ever.
        let citizen = Principal::citizen("51", "me").in_province("32");
        assert!(citizen.has_scope(scope::SELF) && citizen.is_person("me"));
    }

    #[test]
    fn every_role_is_read_back_from_its_name() {
        for role in [
            Role::Public,
            Role::Citizen,
            Role::Registrar,
            Role::Service,
            Role::Operator,
        ] {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }

    #[test]
    fn a_public_caller_has_no_scope_and_no_subject() {
        let nobody = Principal::public("51");
        assert!(nobody.scopes.is_empty() && nobody.subject.is_none());
    }
}
