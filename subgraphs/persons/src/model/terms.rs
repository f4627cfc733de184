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
    /// A permanent residence card of a foreigner (外国人永久居留身份证).
    #[sea_orm(string_value = "PERMANENT_RESIDENCE")]
    PermanentResidence,
    /// A passport (护照).
    #[sea_orm(string_value = "PASSPORT")]
    Passport,
    /// A placeholder of an old record, never matched by itself (占位号码).
    #[sea_orm(string_value = "PLACEHOLDER")]
    Placeholder,
}

crate::kit::terms! {
    /// What is decided about identities (身份事项类别).
    pub CaseKind {
        /// Two records become one person (合并).
        Merge = "MERGE",
        /// A join is taken back (拆分).
        Split = "SPLIT",
        /// How far an identity is known to be right (身份核验状态变更).
        Status = "STATUS",
        /// A supervisor sees a person in full (主管查阅完整身份信息).
        Reveal = "REVEAL",
    }

    /// Where a case about identities stands (身份事项状态).
    pub IdentityCaseState {
        /// A second officer has to decide (待复核).
        Proposed = "PROPOSED",
        /// Carried out (已执行).
        Done = "DONE",
        /// The second officer refused (已否决).
        Refused = "REFUSED",
        /// Carried out and taken back (已撤销).
        Reversed = "REVERSED",
        /// Nobody decided it in time (逾期失效).
        Expired = "EXPIRED",
    }

    /// Why two records become one person (合并原因).
    pub AliasReason {
        /// Both name the same person (同一人).
        Merge = "MERGE",
        /// The number of one was entered wrongly (号码更正).
        Correction = "CORRECTION",
    }
}
