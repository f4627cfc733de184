//! The words of the log.

use async_graphql::Enum;

/// What a caller acted as (访问者角色).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AccessRole {
    /// Nobody in particular: no token was sent (公众).
    Public,
    /// A natural person asking for themselves (公民).
    Citizen,
    /// An officer who handles cases (登记员).
    Registrar,
    /// An officer who oversees registrars (主管).
    Supervisor,
    /// A display of figures (看板).
    Dashboard,
    /// Another province (外省平台).
    Peer,
    /// Who checks how others used their powers (审计员).
    Auditor,
    /// Who keeps the installation running (运维员).
    Operator,
}

impl AccessRole {
    const ALL: [Self; 8] = [
        Self::Public,
        Self::Citizen,
        Self::Registrar,
        Self::Supervisor,
        Self::Dashboard,
        Self::Peer,
        Self::Auditor,
        Self::Operator,
    ];

    /// Its name in records.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Citizen => "citizen",
            Self::Registrar => "registrar",
            Self::Supervisor => "supervisor",
            Self::Dashboard => "dashboard",
            Self::Peer => "peer",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.text() == text)
    }
}

/// What became of a wish to see something (处理结果).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AccessDecision {
    /// It was shown (已提供).
    Disclosed,
    /// It was refused (已拒绝).
    Refused,
}

impl AccessDecision {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Disclosed => "DISCLOSED",
            Self::Refused => "REFUSED",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        [Self::Disclosed, Self::Refused]
            .into_iter()
            .find(|decision| decision.text() == text)
    }
}

/// How long a record is kept at least (保存类别).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AccessRetention {
    /// Half a year (一般：不少于六个月).
    General,
    /// Three years, for what another province was shown (共享：不少于三年).
    Sharing,
    /// Ten years, for full values shown for a stated reason (完整信息：不少于十年).
    Reveal,
}

impl AccessRetention {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Sharing => "sharing",
            Self::Reveal => "reveal",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        [Self::General, Self::Sharing, Self::Reveal]
            .into_iter()
            .find(|class| class.text() == text)
    }
}
