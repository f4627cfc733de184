//! The enums of the schema. Those that a rule already has are mirrors of the rule's own type; the
//! others are read from the text that the database keeps.

use crate::kit::Error;
use async_graphql::Enum;

/// What one comes to a marriage registry for (办理事项).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::opening::Service")]
pub enum RegistryService {
    /// Registration of a marriage, a remarriage or one made good later (结婚登记).
    Marriage,
    /// Registration of a divorce by consent (离婚登记).
    Divorce,
    /// Replacement of a lost certificate (补领证件).
    Replacement,
    /// Marriage and family counselling (婚姻家庭辅导).
    Counselling,
}

/// Which couples a registry may register (登记权限).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::eligibility::Competence")]
pub enum RegistryCompetence {
    /// Residents of the mainland (内地居民).
    Mainland,
    /// Residents of Hong Kong, Macao and Taiwan, and overseas Chinese (港澳台居民、华侨).
    HmtOverseas,
    /// Foreigners (涉外).
    Foreign,
}

/// Sex as a paper states it (性别).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::age::Sex")]
pub enum PersonSex {
    /// Male (男).
    Man,
    /// Female (女).
    Woman,
}

/// What the authority of a person says about the marital status, without naming a spouse (婚姻状况核验结果).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::eligibility::Finding")]
pub enum MaritalFinding {
    /// Records exist and none binds now (有记录且当前无配偶).
    FreeOnRecord,
    /// No record was found, which is not proof of being unmarried (未查到记录).
    NoRecord,
    /// A valid marriage is on record (有配偶).
    SpouseOnRecord,
    /// A registration in progress holds the person (正在办理登记).
    Held,
    /// The records contradict each other (记录存疑).
    Disputed,
    /// A historic record waits to be matched (历史记录待核).
    LegacyUnresolved,
    /// The authority has not answered (尚未答复).
    NotAnswered,
    /// The person has died, by the records (已死亡).
    Deceased,
    /// No register keeps this person: papers of single status shown at the counter decide (以无配偶证明为准).
    ByPapers,
}

/// The outcome of an eligibility check (核验结论).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::eligibility::Verdict")]
pub enum EligibilityVerdict {
    /// Nothing on record stands in the way (可以办理).
    Eligible,
    /// An authority has not answered, or records need clearing first (暂不能核验).
    Unverified,
    /// The law forbids the registration (不予登记).
    Refused,
}

/// State of a marriage record (婚姻登记记录状态).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::record::RecordState")]
pub enum MarriageRecordState {
    /// The marriage exists (有效).
    Valid,
    /// Dissolved by a registered divorce (登记离婚).
    DissolvedDivorce,
    /// Dissolved by a court (判决或调解离婚).
    DissolvedJudgment,
    /// Ended by the death of one spouse (因一方死亡终止).
    EndedDeath,
    /// Void from the beginning (婚姻无效).
    Void,
    /// Annulled by a court (婚姻被撤销).
    Annulled,
    /// Registration revoked for impersonation or fraud (登记被撤销).
    RevokedFraud,
}

/// The marital status that follows from a person's ledger (婚姻状况).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::ledger::Status")]
pub enum MaritalStatus {
    /// No entry; not the same as unmarried (无记录).
    NoRecord,
    /// Declared never to have been married (声明未婚).
    NeverMarriedDeclared,
    /// Married (已婚).
    Married,
    /// Divorced (离婚).
    Divorced,
    /// Widowed (丧偶).
    Widowed,
    /// Held by a registration in progress (登记办理中).
    Held,
    /// Held for longer than a registration takes; whether it came about is asked of the authority that decides (结果待确认).
    InDoubt,
    /// Disputed; a case must clear it (存疑).
    Disputed,
    /// A historic record waits to be matched (历史记录待核).
    LegacyUnresolved,
}

/// What an entry of a marital ledger tells (婚姻台账事件).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::ledger::LedgerEvent")]
pub enum MaritalEvent {
    /// A signed declaration of never having been married (声明未婚).
    DeclaredNeverMarried,
    /// A marriage was registered (结婚登记).
    Married,
    /// A divorce was registered (离婚登记).
    Divorced,
    /// A court dissolved the marriage (判决离婚).
    DivorcedByCourt,
    /// The spouse died (配偶死亡).
    SpouseDied,
    /// The person died (本人死亡).
    Died,
    /// The marriage was declared void (婚姻无效).
    Voided,
    /// The marriage was annulled (婚姻撤销).
    Annulled,
    /// The registration was revoked (登记撤销).
    RevokedFraud,
    /// A registration elsewhere holds the person (登记占用).
    Held,
    /// The hold was released (解除占用).
    Released,
    /// A historic record was found (发现历史记录).
    LegacyFound,
    /// A case about the record was opened (存疑立案).
    Disputed,
    /// The case was closed (存疑结案).
    Cleared,
    /// A wrong end of the record's marriage was corrected (更正).
    Corrected,
    /// The marriage ended with a declaration of death and did not come back when that was taken back (因死亡宣告消除且未恢复).
    EndedByDeclaration,
    /// The record is another person's, with whom this one had been taken for one (人员拆分).
    Parted,
    /// An application for divorce was received, here or in another province (受理离婚申请).
    DivorceApplied,
    /// That application was closed without a divorce (离婚申请终结).
    DivorceApplicationClosed,
}

/// Where an application for divorce stands (离婚登记申请状态).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::service::divorce::Standing")]
pub enum DivorceApplicationState {
    /// Waiting until the ledgers of other provinces have taken its mark (等待各省标记).
    Receiving,
    /// In the cooling-off period (冷静期内).
    Cooling,
    /// Both may ask for the certificate (可申请发证).
    WindowOpen,
    /// Withdrawn by a party (已撤回).
    Withdrawn,
    /// The window passed unused (视为撤回).
    DeemedWithdrawn,
    /// Both asked for the certificate; the registry reviews (审查中).
    Review,
    /// Waiting until the ledgers of other provinces have taken the divorce (等待各省登记).
    Registering,
    /// The divorce is registered (已登记离婚).
    Registered,
    /// Registered and the certificates handed over (已发证).
    Certified,
    /// Registered, certified and in the archive (已归档).
    Archived,
    /// Refused (不予受理).
    Refused,
    /// A period may have ended, which is not certain before the calendar of its year is published (期限待定).
    EndUncertain,
}

/// Whether a couple has another application for divorce that is open (其他正在办理的离婚登记申请).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::interop::divorce::Other")]
pub enum OtherDivorceApplication {
    /// None is open anywhere (无).
    None,
    /// Another one is open in this province (本省另有申请).
    Here,
    /// One is open in another province (外省另有申请).
    Elsewhere,
    /// Both ledgers are kept by other provinces, which are asked when the couple applies (由外省核验).
    NotKnownHere,
}

/// An enum that the database keeps as text.
macro_rules! stored {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $text:literal,)* }) => {
        $(#[doc = $doc])*
        #[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $vdoc])* $variant,)* }

        impl $name {
            /// The text kept in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value of a stored text; an unknown text is a fault of ours.
            pub fn of(text: &str) -> Result<Self, Error> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(Error::internal(concat!("unknown ", stringify!($name), " in the database"))),
                }
            }
        }
    };
}

stored! {
    /// What kind of place a registry is (场所类型).
    RegistrySiteKind {
        /// An office hall (大厅).
        Hall = "HALL",
        /// A registry in a park (公园式婚姻登记处).
        Park = "PARK",
    }
}

stored! {
    /// How a marriage came to be registered (登记类别).
    MarriageKind {
        /// A marriage (结婚).
        Marriage = "MARRIAGE",
        /// The same two persons marry again (复婚).
        Remarriage = "REMARRIAGE",
        /// Made good later, with earlier effect (补办).
        Retroactive = "RETROACTIVE",
    }
}

stored! {
    /// Where a marriage record comes from (记录来源).
    MarriageRecordSource {
        /// Registered in this system (在线登记).
        Online = "ONLINE",
        /// Entered from old archives (历史补录).
        Backfill = "BACKFILL",
        /// Registered by an embassy or consulate (驻外使领馆).
        Embassy = "EMBASSY",
        /// Entered on a court's notice (法院通知).
        Court = "COURT",
    }
}

stored! {
    /// State of an appointment (预约状态).
    AppointmentState {
        /// Booked (已预约).
        Booked = "BOOKED",
        /// Arrived (已签到).
        CheckedIn = "CHECKED_IN",
        /// Served (已办理).
        Served = "SERVED",
        /// Did not come (未到).
        NoShow = "NO_SHOW",
        /// Cancelled (已取消).
        Cancelled = "CANCELLED",
    }
}

stored! {
    /// What a certificate certifies (证件类别).
    CertificateKind {
        /// Marriage certificate, J (结婚证).
        Marriage = "MARRIAGE",
        /// Divorce certificate, L (离婚证).
        Divorce = "DIVORCE",
        /// Replacement of a marriage certificate, BJ (补领结婚证).
        MarriageReplacement = "MARRIAGE_REPLACEMENT",
        /// Replacement of a divorce certificate, BL (补领离婚证).
        DivorceReplacement = "DIVORCE_REPLACEMENT",
    }
}

stored! {
    /// State of a certificate (证件状态).
    CertificateState {
        /// In force (有效).
        Issued = "ISSUED",
        /// Replaced by another (已补领).
        Replaced = "REPLACED",
        /// Cancelled (已注销).
        Cancelled = "CANCELLED",
    }
}

pub(super) use stored;
