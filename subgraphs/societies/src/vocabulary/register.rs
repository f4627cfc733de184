//! What organizations are, and what the supervision says of them.

use super::imports::*;

list! {
    /// The kind of social organization (社会组织类别).
    OrgKind {
        /// Association of individual or unit members (社会团体).
        SocialGroup = "SOCIAL_GROUP",
        /// Civil non-enterprise unit, since the Civil Code called social service body (民办非企业单位, 社会服务机构).
        CivilNonEnterprise = "CIVIL_NON_ENTERPRISE",
        /// Foundation (基金会).
        Foundation = "FOUNDATION",
    }
}

list! {
    /// Where an organization stands in its life (社会组织状态).
    OrgState {
        /// Approved to prepare, not yet registered (筹备).
        Preparing = "PREPARING",
        /// Registered and active (已登记).
        Registered = "REGISTERED",
        /// A change of registration is being decided; still active (变更中).
        Changing = "CHANGING",
        /// Activity suspended by penalty (限期停止活动).
        Suspended = "SUSPENDED",
        /// In liquidation: only acts of liquidation are allowed (清算中).
        Liquidating = "LIQUIDATING",
        /// Deregistered: it no longer exists (已注销).
        Deregistered = "DEREGISTERED",
        /// Registration revoked (已撤销登记).
        Revoked = "REVOKED",
        /// Acts as an organization without being registered (未经登记的非法社会组织).
        UnregisteredIllegal = "UNREGISTERED_ILLEGAL",
        /// Banned (已取缔).
        Banned = "BANNED",
    }
}

impl OrgState {
    /// Whether the organization counts as living: it exists in law, whatever it may do just now.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(
            self,
            Self::Registered | Self::Changing | Self::Suspended | Self::Liquidating
        )
    }

    /// The living states, for conditions in SQL.
    pub const LIVE: [Self; 4] = [
        Self::Registered,
        Self::Changing,
        Self::Suspended,
        Self::Liquidating,
    ];
}

list! {
    /// The level of the registering authority (登记管理机关层级).
    RegistrarLevel {
        /// The ministry (民政部).
        Ministry = "MINISTRY",
        /// A province (省级).
        Province = "PROVINCE",
        /// A prefecture-level city (设区的市).
        Prefecture = "PREFECTURE",
        /// A county or district (县级).
        County = "COUNTY",
    }
}

list! {
    /// The grade of a rating (评估等级).
    RatingLevel {
        /// 1A, the lowest grade (1A级).
        A1 = "A1",
        /// 2A (2A级).
        A2 = "A2",
        /// 3A, from which preferential policies begin (3A级).
        A3 = "A3",
        /// 4A (4A级).
        A4 = "A4",
        /// 5A, the highest grade (5A级).
        A5 = "A5",
    }
}

list! {
    /// Whether a rating still counts (评估等级状态).
    RatingState {
        /// In its five years (有效).
        Valid = "VALID",
        /// Its five years are over (已过有效期).
        Expired = "EXPIRED",
        /// Lowered to a lesser grade (降低等级).
        Lowered = "LOWERED",
        /// Taken away (取消等级).
        Revoked = "REVOKED",
    }
}

list! {
    /// The result of the annual inspection (年度检查结论).
    ReportResult {
        /// Passed (合格).
        Pass = "PASS",
        /// Basically passed (基本合格).
        Basic = "BASIC",
        /// Failed (不合格).
        Fail = "FAIL",
        /// Not reported, so not inspected (未参检).
        NotDone = "NOT_DONE",
    }
}

list! {
    /// What an organization owes each year (年度报告义务).
    ReportDuty {
        /// Annual inspection after the supervisor's first review (年度检查).
        Inspection = "INSPECTION",
        /// Annual work report with disclosure: charities and directly registered bodies (年度工作报告).
        WorkReport = "WORK_REPORT",
    }
}

list! {
    /// A list of bad credit (信用名单).
    CreditList {
        /// List of abnormal activity (活动异常名录).
        Abnormal = "ABNORMAL",
        /// List of seriously unlawful and discredited organizations (严重违法失信名单).
        Serious = "SERIOUS",
    }
}

list! {
    /// Why an organization was put on a credit list (列入事由).
    ListingReason {
        /// No annual report in time (未按时报送年度报告).
        NoAnnualReport = "NO_ANNUAL_REPORT",
        /// What was ordered was not put right in time (未按期整改).
        NotPutRight = "NOT_PUT_RIGHT",
        /// No party body although one is due (未按规定设立党组织).
        NoPartyBody = "NO_PARTY_BODY",
        /// Cannot be reached at its domicile (住所无法联系).
        Unreachable = "UNREACHABLE",
        /// Warned, or fined below the serious limit (受到警告或较小罚款).
        MinorPenalty = "MINOR_PENALTY",
        /// Two years on the abnormal list (列入活动异常名录满二年).
        AbnormalTwoYears = "ABNORMAL_TWO_YEARS",
        /// Registration or change by false papers (弄虚作假办理变更).
        FakeChange = "FAKE_CHANGE",
        /// Ordered to suspend activity (限期停止活动).
        Suspension = "SUSPENSION",
        /// Fined fifty thousand yuan or more (罚款五万元以上).
        LargeFine = "LARGE_FINE",
        /// Two or more minor penalties within three years (三年内受到两次以上较轻处罚).
        RepeatedPenalties = "REPEATED_PENALTIES",
        /// Subject to enforcement for breaking faith (失信被执行人).
        JudgmentDefaulter = "JUDGMENT_DEFAULTER",
        /// Licence or registration revoked (被吊销证书或撤销登记).
        Revocation = "REVOCATION",
    }
}

list! {
    /// What a clean-up case is about (清理对象类型).
    CleanupKind {
        /// A registered organization that no longer acts (僵尸型社会组织).
        Zombie = "ZOMBIE",
        /// An organization that acts without registration (非法社会组织).
        Illegal = "ILLEGAL",
    }
}

list! {
    /// How a clean-up case ended (清理结果).
    CleanupResult {
        /// Warned and ordered to act again (警告整改).
        Warn = "WARN",
        /// Merged into another organization (合并).
        Merge = "MERGE",
        /// Deregistered (注销).
        Deregister = "DEREGISTER",
        /// Registration revoked (撤销登记).
        Revoke = "REVOKE",
        /// Banned (取缔).
        Ban = "BAN",
        /// Dropped: what it was opened for is not so, or is no more (撤案).
        Dismissed = "DISMISSED",
    }
}

list! {
    /// A special standing among organizations (枢纽型与品牌性社会组织).
    HubKind {
        /// Hub that supports others of its field (枢纽型社会组织).
        Hub = "HUB",
        /// Organization whose services are a known brand (品牌性社会组织).
        Brand = "BRAND",
    }
}

list! {
    /// How an organization became a charity (慈善组织取得方式).
    CharityBasis {
        /// Registered as a charity from the start (登记为慈善组织).
        Registered = "REGISTERED",
        /// Founded before, recognised later (认定为慈善组织).
        Recognised = "RECOGNISED",
    }
}

list! {
    /// An office in an organization (社会组织职务).
    OfficeRole {
        /// Legal representative (法定代表人).
        LegalRepresentative = "LEGAL_REPRESENTATIVE",
        /// Vice-president or member of the council (副会长, 理事).
        Director = "DIRECTOR",
        /// Member of the supervisory board (监事).
        Supervisor = "SUPERVISOR",
        /// Secretary-general (秘书长).
        SecretaryGeneral = "SECRETARY_GENERAL",
    }
}

list! {
    /// Why an office ended (职务终止原因).
    OfficeEnd {
        /// The term was over (任期届满).
        TermOver = "TERM_OVER",
        /// Resigned (辞任).
        Resigned = "RESIGNED",
        /// The holder died (死亡).
        Death = "DEATH",
        /// The organization ended (组织终止).
        OrganizationEnded = "ORGANIZATION_ENDED",
    }
}

list! {
    /// The item that an application asks for (许可事项).
    PermitItem {
        /// Founding (成立登记).
        Found = "FOUND",
        /// Change of registration (变更登记).
        Change = "CHANGE",
        /// Approval of the charter (章程核准).
        Charter = "CHARTER",
        /// Deregistration (注销登记).
        Deregister = "DEREGISTER",
        /// Recognition as a charity (慈善组织认定).
        RecogniseCharity = "RECOGNISE_CHARITY",
        /// Licence to raise funds from the public (公开募捐资格).
        PublicRaising = "PUBLIC_RAISING",
    }
}

list! {
    /// How the days of a term are counted (期限计算单位).
    DayUnit {
        /// Working days, by the work calendar (工作日).
        Working = "WORKING",
        /// Calendar days (自然日).
        Calendar = "CALENDAR",
    }
}
