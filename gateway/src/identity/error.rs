//! Why a caller is not known: one variant for each reason, so that each has its own code.

use crate::error::ErrorCode;

/// Why a token was refused; each has its own [`ErrorCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// No token, or a required claim is absent or of the wrong type.
    #[error("malformed token")]
    TokenMalformed,
    /// `alg` is `none`, or the signature is empty.
    #[error("unsigned token")]
    TokenUnsigned,
    /// The issuer may not use this algorithm.
    #[error("algorithm not allowed")]
    AlgorithmNotAllowed,
    /// `exp` has passed.
    #[error("expired token")]
    TokenExpired,
    /// `nbf` or `iat` lies ahead.
    #[error("token not yet valid")]
    TokenNotYetValid,
    /// `iss` is not in the configuration.
    #[error("unknown issuer")]
    UnknownIssuer,
    /// `aud` is someone else.
    #[error("wrong audience")]
    WrongAudience,
    /// The signature does not hold, or its key is unknown.
    #[error("bad signature")]
    BadSignature,
    /// The issuer may not grant this role.
    #[error("role not allowed")]
    RoleNotAllowed,
    /// The issuer may not grant this scope.
    #[error("scope not allowed")]
    ScopeNotAllowed,
    /// The issuer may not name this province, the division is of another, or an officer is of another than ours.
    #[error("province not allowed")]
    ProvinceNotAllowed,
    /// The token lives longer than the issuer may grant.
    #[error("lifetime not allowed")]
    LifetimeNotAllowed,
    /// The issuer may not say which person the caller is.
    #[error("person not allowed")]
    PersonNotAllowed,
    /// An identifier could be a person's number.
    #[error("an identifier could be a person's number")]
    IdentifierTells,
    /// The token or its subject was taken back.
    #[error("revoked token")]
    TokenRevoked,
    /// The issuer's keys, or the list of revoked tokens, were never read yet; or the token names a key that is
    /// not among them, and they are being read again or cannot be.
    #[error("issuer's keys unavailable")]
    KeysUnavailable,
}

impl IdentityError {
    /// The code a client sees.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::TokenMalformed => ErrorCode::TokenMalformed,
            Self::TokenUnsigned => ErrorCode::TokenUnsigned,
            Self::AlgorithmNotAllowed => ErrorCode::TokenAlgorithm,
            Self::TokenExpired => ErrorCode::TokenExpired,
            Self::TokenNotYetValid => ErrorCode::TokenNotYetValid,
            Self::UnknownIssuer => ErrorCode::TokenIssuerUnknown,
            Self::WrongAudience => ErrorCode::TokenAudience,
            Self::BadSignature => ErrorCode::TokenSignature,
            Self::RoleNotAllowed => ErrorCode::TokenRole,
            Self::ScopeNotAllowed => ErrorCode::TokenScope,
            Self::ProvinceNotAllowed => ErrorCode::TokenProvince,
            Self::LifetimeNotAllowed => ErrorCode::TokenLifetime,
            Self::PersonNotAllowed => ErrorCode::TokenPerson,
            Self::IdentifierTells => ErrorCode::TokenIdentifier,
            Self::TokenRevoked => ErrorCode::TokenRevoked,
            Self::KeysUnavailable => ErrorCode::IdentityUnavailable,
        }
    }
}
