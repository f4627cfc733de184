//! The enums of the counter, the courts, the hall, counselling and the archive.

use super::enums::stored;
use crate::kit::Error;
use async_graphql::Enum;

/// Where an application for marriage stands (婚姻登记申请状态).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::application::State")]
pub enum RegistrationApplicationState {
    /// Filled in at home (草稿).
    Draft,
    /// Filled in, with an appointment (已预约).
    Booked,
    /// The couple has arrived (已签到).
    CheckedIn,
    /// Received at the counter (已受理).
    Received,
    /// Being checked, or something found is to be mended (核验中).
    Checking,
    /// Every check has passed (可以登记).
    Eligible,
    /// Refused, with its reason (不予登记).
    Refused,
    /// An authority has not answered or records need clearing (暂缓核实).
    SuspendedUnverified,
    /// Held until another province agrees (跨省占用中).
    Holding,
    /// Being committed with another province (跨省提交中).
    Committing,
    /// Given up or ended (已终止).
    Aborted,
    /// Registered (已登记).
    Registered,
    /// Certificates handed over (已发证).
    Certified,
    /// In the archive (已归档).
    Archived,
}

/// What a court's notice tells (法院通知类别).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::court::NoticeKind")]
pub enum CourtNoticeKind {
    /// Divorce by judgment (判决离婚).
    DivorceJudgment,
    /// Divorce by a court's mediation (调解离婚).
    DivorceMediation,
    /// The marriage is void (婚姻无效).
    Voidness,
    /// The marriage is annulled (婚姻撤销).
    Annulment,
}

/// What evidence a case of impersonation rests on (证据类别).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::impersonation::EvidenceKind")]
pub enum ImpersonationEvidenceKind {
    /// Written advice of a court (司法建议).
    CourtAdvice,
    /// Written advice of a prosecutor (检察建议).
    ProsecutorAdvice,
    /// A finding of the police (公安机关认定).
    PoliceFinding,
    /// Papers of a party (当事人材料).
    PartyPapers,
    /// Papers of the archive (档案材料).
    Archive,
}

/// How far a registry's competence reaches over mainland couples (通办范围).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::scope::ServiceScope")]
pub enum MarriageServiceScope {
    /// The county of one's household (县级通办).
    District,
    /// The prefecture (全市通办).
    City,
    /// The province (全省通办).
    Province,
    /// The whole country (全国通办).
    Nation,
}

/// The least answer to an inquiry about a person (婚姻状况证明结论).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::proof::Answer")]
pub enum MaritalProofAnswer {
    /// A valid marriage is on record (有配偶登记记录).
    SpouseOnRecord,
    /// Records exist and none binds now (有记录且当前无配偶).
    NoSpouseOnRecord,
    /// No record was found, which is not proof of being unmarried (未查到登记记录).
    NoRecordFound,
    /// Records wait to be cleared (记录待核).
    Unresolved,
}

/// What a legal parameter is about (法定参数).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::law::Parameter")]
pub enum MarriageLegalParameterName {
    /// Age of marriage of a man, in full years (男性法定婚龄).
    ManAge,
    /// Age of marriage of a woman, in full years (女性法定婚龄).
    WomanAge,
    /// Cooling-off, in days (离婚冷静期天数).
    CoolingOffDays,
    /// Window for the certificate, in days (申请发证期限天数).
    WindowDays,
    /// How many days ahead slots can be booked (可预约天数).
    BookingHorizonDays,
    /// How many years archives are kept (档案保管年限).
    RetentionYears,
    /// What an act of a registry costs, in fen (登记收费).
    FeeFen,
    /// Counts below this one are not shown (小单元抑制阈值).
    SmallCell,
    /// Days after the birthday on which a year of age is reached (年龄届满日).
    AgeReachedOn,
    /// Birthday in a common year of who was born on 29 February, as days after 28 February (2月29日出生者平年生日).
    LeapDayBirthday,
}

stored! {
    /// Which of the two (当事人角色).
    MarriagePartyRole {
        /// The man (男方).
        Man = "MAN",
        /// The woman (女方).
        Woman = "WOMAN",
    }
}

stored! {
    /// Whom a check is about (核验对象).
    MarriageCheckSubject {
        /// The man (男方).
        Man = "MAN",
        /// The woman (女方).
        Woman = "WOMAN",
        /// Both (双方).
        Both = "BOTH",
    }
}

stored! {
    /// The paper by which a party proves who they are (证件种类).
    MarriagePartyDocument {
        /// Identity card (居民身份证).
        IdCard = "ID_CARD",
        /// Temporary identity card (临时居民身份证).
        TempId = "TEMP_ID",
        /// Mainland travel permit of residents of Hong Kong, Macao and Taiwan (来往内地通行证).
        HmtPermit = "HMT_PERMIT",
        /// Residence permit of residents of Hong Kong, Macao and Taiwan (港澳台居民居住证).
        ResidencePermit = "RESIDENCE_PERMIT",
        /// Passport (护照).
        Passport = "PASSPORT",
        /// Permanent residence card of a foreigner (外国人永久居留身份证).
        FprCard = "FPR_CARD",
    }
}

stored! {
    /// What a party declares about the own past (声明婚姻状况).
    DeclaredMaritalStatus {
        /// Never married (未婚).
        NeverMarried = "NEVER_MARRIED",
        /// Divorced (离婚).
        Divorced = "DIVORCED",
        /// Widowed (丧偶).
        Widowed = "WIDOWED",
    }
}

stored! {
    /// Whether the face fits the paper; no template is kept (人像比对结果).
    FaceMatch {
        /// It fits (通过).
        Pass = "PASS",
        /// It does not (未通过).
        Fail = "FAIL",
        /// Not compared (未比对).
        NotDone = "NOT_DONE",
    }
}

stored! {
    /// What came of a check (核验结果).
    MarriageCheckOutcome {
        /// Nothing stands in the way (通过).
        Pass = "PASS",
        /// A reason stands in the way (不通过).
        Fail = "FAIL",
        /// Not known yet (待核实).
        Unverified = "UNVERIFIED",
        /// Another province is asked when the couple is registered, and holds the person for it (登记时由主管省份核验).
        AskedAtRegistration = "ASKED_AT_REGISTRATION",
    }
}

stored! {
    /// Whether a registrar works (登记员状态).
    MarriageRegistrarStatus {
        /// Works (在岗).
        Active = "ACTIVE",
        /// Suspended (停岗).
        Suspended = "SUSPENDED",
    }
}

stored! {
    /// Where a court's notice stands (法院通知状态).
    CourtNoticeState {
        /// On the work list (待批注).
        Waiting = "WAITING",
        /// Written beside the record (已批注).
        Annotated = "ANNOTATED",
    }
}

stored! {
    /// What a judgment did to the record (批注结果).
    CourtNoticeOutcome {
        /// The record got a new state (记录状态已变更).
        Ended = "ENDED",
        /// The record had ended before; the judgment is noted beside it (仅批注).
        Noted = "NOTED",
    }
}

/// What a case was opened for (立案事由).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::rules::impersonation::Ground")]
pub enum ImpersonationCaseGround {
    /// Somebody says that their identity was used (当事人申请).
    Complaint,
    /// A registration lies behind the death of one who had to be there; opened of office (登记日晚于一方死亡日，依职权).
    Death,
    /// By the records one person is married to two at one time; opened of office, and closed by itself when that is over (同一人存在两段婚姻，依职权).
    TwoMarriages,
}

stored! {
    /// Where a case of impersonation stands (冒名案件状态).
    ImpersonationCaseState {
        /// Open (已立案).
        Open = "OPEN",
        /// One officer has proposed a decision (待复核).
        Proposed = "PROPOSED",
        /// The registration is revoked (已撤销登记).
        Revoked = "REVOKED",
        /// Dismissed (不予撤销).
        Dismissed = "DISMISSED",
    }
}

stored! {
    /// Where a correction stands (更正状态).
    MarriageCorrectionState {
        /// Waits for the second officer (待复核).
        Proposed = "PROPOSED",
        /// Applied (已更正).
        Applied = "APPLIED",
        /// Rejected (不予更正).
        Rejected = "REJECTED",
        /// Nobody decided it in time (逾期失效).
        Expired = "EXPIRED",
    }
}

stored! {
    /// Where a ticket of the queue stands (排队号状态).
    QueueTicketState {
        /// Waiting (等候中).
        Waiting = "WAITING",
        /// Called to a window (已叫号).
        Called = "CALLED",
        /// Served (已办理).
        Done = "DONE",
        /// Left (已离开).
        Left = "LEFT",
    }
}

stored! {
    /// What counselling is for (辅导类别).
    CounsellingKind {
        /// Before a marriage (婚前辅导).
        PreMarital = "PRE_MARITAL",
        /// Of a family (婚姻家庭辅导).
        Family = "FAMILY",
        /// In a crisis of the marriage (婚姻危机干预).
        Crisis = "CRISIS",
    }
}

stored! {
    /// Where a counselling session stands (辅导状态).
    CounsellingSessionState {
        /// Booked (已预约).
        Booked = "BOOKED",
        /// Held (已开展).
        Held = "HELD",
        /// Nobody came (未到).
        Missed = "MISSED",
        /// Cancelled (已取消).
        Cancelled = "CANCELLED",
    }
}

stored! {
    /// What came of a session, as a code; no words of it are kept (辅导结果).
    CounsellingOutcome {
        /// They were reconciled (和好).
        Reconciled = "RECONCILED",
        /// They will think it over (继续考虑).
        Considering = "CONSIDERING",
        /// They hold to their decision (坚持原意).
        Unchanged = "UNCHANGED",
        /// Advice was given (已提供建议).
        Advised = "ADVISED",
        /// They were sent to another service (转介).
        Referred = "REFERRED",
    }
}

stored! {
    /// What qualifies a counsellor (辅导员资质).
    CounsellorQualification {
        /// Psychology (心理咨询).
        Psychology = "PSYCHOLOGY",
        /// Social work (社会工作).
        SocialWork = "SOCIAL_WORK",
        /// Law (法律).
        Law = "LAW",
        /// Guidance of families (婚姻家庭咨询).
        FamilyGuidance = "FAMILY_GUIDANCE",
    }
}

stored! {
    /// Standard level of a registry, five being the highest (婚姻登记机关等级).
    RegistryStandardLevel {
        /// One A (A级).
        A1 = "A1",
        /// Two A (AA级).
        A2 = "A2",
        /// Three A (AAA级).
        A3 = "A3",
        /// Four A (AAAA级).
        A4 = "A4",
        /// Five A (AAAAA级).
        A5 = "A5",
    }
}

stored! {
    /// What an archive file is about (档案类别).
    MarriageArchiveKind {
        /// A marriage (结婚登记档案).
        Marriage = "MARRIAGE",
        /// A divorce (离婚登记档案).
        Divorce = "DIVORCE",
        /// A replacement (补领档案).
        Replacement = "REPLACEMENT",
    }
}

stored! {
    /// How long an archive file is kept (保管期限).
    MarriageArchiveRetention {
        /// For a long time (长期).
        LongTerm = "LONG_TERM",
        /// For ever (永久).
        Permanent = "PERMANENT",
    }
}

stored! {
    /// Why a divorce is refused (离婚登记不予受理理由).
    DivorceRefusalReason {
        /// One of the two is not willing (一方非自愿).
        NotWilling = "NOT_FULLY_WILLING",
        /// The agreement does not settle children, property and debts (协议不完备).
        AgreementNotSettled = "AGREEMENT_NOT_SETTLED",
        /// One of the two has no full capacity (无完全民事行为能力).
        NoFullCapacity = "NO_FULL_CAPACITY",
        /// There is no valid marriage any more (无有效婚姻关系).
        NoValidMarriage = "NO_VALID_MARRIAGE",
    }
}

stored! {
    /// Which certificate is replaced (补领证件类别).
    ReplacedCertificate {
        /// The marriage certificate (结婚证).
        Marriage = "MARRIAGE",
        /// The divorce certificate (离婚证).
        Divorce = "DIVORCE",
    }
}

stored! {
    /// How two persons are related (亲属关系类别).
    KinshipKind {
        /// In direct line (直系血亲).
        DirectLine = "DIRECT_LINE",
        /// Collateral within three generations (三代以内旁系血亲).
        Collateral = "COLLATERAL",
    }
}
