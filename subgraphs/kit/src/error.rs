//! Why a use case did not do what was asked, and how that is told.
//!
//! One rule, kept everywhere: what the law or the form refuses is a [`UserError`] in a mutation's
//! payload; what stops the operation or a field is a GraphQL error with a stable
//! `extensions.code`. Inner details ([`Error::Internal`]) are for the log and never for the
//! caller, and no message of either kind repeats a value that the caller sent.
//!
//! [`Error`] does not implement `Display` on purpose: async-graphql turns every `Display` into a
//! client-visible message, which is exactly what must not happen to inner details.

use async_graphql::{ErrorExtensions, SimpleObject};
use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a use case did not do what was asked.
#[derive(Debug, Clone)]
pub enum Error {
    /// The law or the form refuses: in a mutation it goes to `userErrors`; in a query it is
    /// `BAD_USER_INPUT`.
    Invalid(UserError),
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// The caller may not do this.
    Forbidden,
    /// The thing has changed since the caller read it.
    Conflict,
    /// The database or another service does not answer; asking again may help.
    Unavailable,
    /// The database asks to run the transaction again (40001, 40P01, SQLITE_BUSY).
    /// [`crate::Database::write`] does so; what remains after its tries is told as unavailable.
    Busy,
    /// Something that should not happen. The text is private.
    Internal(String),
}

/// One refusal that a user can act on (业务错误).
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    /// The stable code of the refusal (错误代码).
    pub code: String,
    /// The refusal in Chinese (中文说明).
    pub message_zh: String,
    /// The refusal in English (英文说明).
    pub message_en: String,
    /// The path of the input field that is meant; null when it is no single field (字段路径).
    #[graphql(name = "field")]
    pub path: Option<Vec<String>>,
    /// The article of law behind the refusal; null when it is a matter of form (法律依据).
    pub legal_basis: Option<String>,
}

impl UserError {
    /// A refusal with its stable code and its words in English and Chinese.
    pub fn new(code: impl Into<String>, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message_en: en.into(),
            message_zh: zh.into(),
            path: None,
            legal_basis: None,
        }
    }

    /// The refusal of a number of somebody in a text that stands in plain ([`crate::number`]).
    #[must_use]
    pub fn number_in_text() -> Self {
        Self::new(
            "NUMBER_IN_TEXT",
            "Leave out numbers of identities and telephones: this text is kept as it is written.",
            "该内容以明文保存，请勿填写身份证号码或电话号码。",
        )
    }

    /// Names the input field that is meant, as a path from the mutation's arguments.
    #[must_use]
    pub fn field(mut self, path: &[&str]) -> Self {
        self.path = Some(path.iter().map(|part| (*part).to_owned()).collect());
        self
    }

    /// Names the article of law behind the refusal.
    #[must_use]
    pub fn basis(mut self, article: &str) -> Self {
        self.legal_basis = Some(article.to_owned());
        self
    }
}

/// The codes that a subgraph's GraphQL errors carry, with their words, for the published catalogue. The
/// words of `BAD_USER_INPUT` are mostly those of the refusal behind it.
pub const CODES: [(&str, &str, &str); 7] = [
    (
        "BAD_USER_INPUT",
        "The law or the form refuses what was given; `extensions.reason` says which rule.",
        "所提交内容不符合规定，`extensions.reason` 为具体规则代码。",
    ),
    ("NOT_FOUND", "There is no such record.", "没有该记录。"),
    (
        "FORBIDDEN",
        "You may not read or do this.",
        "无权进行此操作。",
    ),
    (
        "CONFLICT",
        "This has changed since you read it.",
        "该记录已被更新。",
    ),
    (
        "SUBGRAPH_UNAVAILABLE",
        "The service does not answer at the moment.",
        "服务暂时不可用。",
    ),
    (
        "INTERNAL",
        "Something went wrong inside the service.",
        "服务内部错误。",
    ),
    (
        "BAD_REQUEST",
        "The request does not fit this subgraph's schema.",
        "请求与子图模式不符。",
    ),
];

impl Error {
    /// An inner error, with a private text that must not hold personal data.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::Internal(detail.into())
    }

    /// The stable code that clients see in `extensions.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "BAD_USER_INPUT",
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden => "FORBIDDEN",
            Self::Conflict => "CONFLICT",
            Self::Unavailable | Self::Busy => "SUBGRAPH_UNAVAILABLE",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// The refusal for a mutation's `userErrors`, or the error back when it is none.
    ///
    /// A changed version is something a user can act on, so it is told as a refusal too.
    pub fn into_user_error(self) -> Result<UserError> {
        match self {
            Self::Invalid(user) => Ok(user),
            Self::Conflict => Ok(UserError::new(
                "VERSION_CONFLICT",
                "This has changed since you read it; read it again and repeat.",
                "该记录已被更新，请重新读取后再提交。",
            )),
            other => Err(other),
        }
    }

    /// The GraphQL error for the client: inner details are logged here and left out.
    pub fn graphql(self) -> async_graphql::Error {
        let code = self.code();
        let (en, zh, reason) = match self {
            Self::Invalid(user) => (user.message_en, user.message_zh, Some(user.code)),
            Self::NotFound => (
                "There is no such record.".into(),
                "没有该记录。".into(),
                None,
            ),
            Self::Forbidden => (
                "You may not read or do this.".into(),
                "无权进行此操作。".into(),
                None,
            ),
            Self::Conflict => (
                "This has changed since you read it.".into(),
                "该记录已被更新。".into(),
                None,
            ),
            Self::Unavailable | Self::Busy => (
                "The service does not answer at the moment.".into(),
                "服务暂时不可用。".into(),
                None,
            ),
            Self::Internal(detail) => {
                tracing::error!(target: "minzheng::subgraph", %detail, "internal error");
                (
                    "Something went wrong inside the service.".into(),
                    "服务内部错误。".into(),
                    None,
                )
            }
        };
        let en: String = en;
        let zh: String = zh;
        async_graphql::Error::new(en).extend_with(|_, extensions| {
            extensions.set("code", code);
            extensions.set("messageZh", zh.clone());
            if let Some(reason) = &reason {
                extensions.set("reason", reason.clone());
            }
        })
    }
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        error.graphql()
    }
}

impl From<UserError> for Error {
    fn from(error: UserError) -> Self {
        Self::Invalid(error)
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if must_run_again(&error) {
            return Self::Busy;
        }
        match &error {
            DbErr::RecordNotFound(_) => return Self::NotFound,
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return Self::Unavailable,
            _ => {}
        }
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Conflict,
            _ => Self::Internal(error.to_string()),
        }
    }
}

/// Whether the database itself asks to run the transaction again: serialization failure (40001)
/// and deadlock (40P01) of PostgreSQL, SQLITE_BUSY and its extended forms of SQLite.
fn must_run_again(error: &DbErr) -> bool {
    let (DbErr::Exec(runtime) | DbErr::Query(runtime) | DbErr::Conn(runtime)) = error else {
        return false;
    };
    let RuntimeErr::SqlxError(inner) = runtime else {
        return false;
    };
    inner
        .as_database_error()
        .and_then(|database| database.code())
        .is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01" | "5" | "261" | "517"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_says_what_clients_are_told() {
        for error in [
            Error::NotFound,
            Error::Forbidden,
            Error::Conflict,
            Error::Unavailable,
            Error::internal("private"),
        ] {
            let code = error.code();
            let told = error.graphql();
            let zh = told.extensions.unwrap().get("messageZh").cloned().unwrap();
            let known = CODES.iter().find(|(known, ..)| *known == code).unwrap();
            assert_eq!(known.1, told.message);
            assert_eq!(async_graphql::Value::from(known.2), zh);
        }
    }

    #[test]
    fn inner_details_never_reach_the_client() {
        let told = Error::internal("table person_secret is broken").graphql();
        assert!(!told.message.contains("person_secret"));
        let code = told.extensions.unwrap().get("code").cloned();
        assert_eq!(code, Some("INTERNAL".into()));
    }

    #[test]
    fn a_refusal_keeps_its_code_as_the_reason() {
        let told =
            Error::from(UserError::new("TOO_YOUNG", "Under age.", "未达法定婚龄。")).graphql();
        let extensions = told.extensions.unwrap();
        assert_eq!(extensions.get("code"), Some(&"BAD_USER_INPUT".into()));
        assert_eq!(extensions.get("reason"), Some(&"TOO_YOUNG".into()));
    }

    #[test]
    fn a_changed_version_is_a_refusal_and_a_missing_record_is_not() {
        assert!(Error::Conflict.into_user_error().is_ok());
        assert!(Error::NotFound.into_user_error().is_err());
    }
}
