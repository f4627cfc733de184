//! The vault's own terms, as clients see them and as rows keep them.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

/// How far an identity is known to be right (身份核验状态).
#[derive(Enum, EnumIter, DeriveActiveEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum IdentityStatus {
    /// Compared with the authority's data (已核验).
    #[sea_orm(string_value = "VERIFIED")]
    Verified,
    /// As the person or an officer stated it (申报).
    #[sea_orm(string_value = "DECLARED")]
    Declared,
    /// From an old record (历史档案).
    #[sea_orm(string_value = "LEGACY")]
    Legacy,
    /// Statements differ, an officer must look at it (存疑).
    #[sea_orm(string_value = "DISPUTED")]
    Disputed,
    /// Not yet in the vault (待入库).
    #[sea_orm(string_value = "PENDING")]
    Pending,
}

/// What kind of number names the person (证件类型).
#[derive(Enum, EnumIter, DeriveActiveEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum IdKind {
    /// A citizen identity number of 18 characters (公民身份号码).
    #[sea_orm(string_value = "CITIZEN_ID")]
    CitizenId,
    /// An old citizen identity number of 15 digits (15位旧身份证号码).
    #[sea_orm(string_value = "OLD_CITIZEN_ID")]
    OldCitizenId,
    /// A residence permit of Hong Kong, Macao and Taiwan residents (港澳台居民居住证).
    #[sea_orm(string_value = "RESIDENCE_PERMIT")]
    ResidencePermit,
    /// A passport (护照).
    #[sea_orm(string_value = "PASSPORT")]
    Passport,
    /// A placeholder of an old record, never matched by itself (占位号码).
    #[sea_orm(string_value = "PLACEHOLDER")]
    Placeholder,
}
