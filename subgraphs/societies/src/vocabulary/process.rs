//! What happens to organizations: applications, penalties, inspections, clean-up, cooperation.

use super::imports::*;

list! {
    /// Where an application stands (申请办理状态).
    PermitState {
        /// Handed in; the authority has not yet said whether the papers are complete (已提交).
        Submitted = "SUBMITTED",
        /// Given back once with the list of all that is missing (退回补正).
        Returned = "RETURNED",
        /// Complete and taken: the days of the decision run (已受理).
        Accepted = "ACCEPTED",
        /// Granted (准予).
        Granted = "GRANTED",
        /// Refused (不予).
        Refused = "REFUSED",
        /// Taken back by the applicant (已撤回).
        Withdrawn = "WITHDRAWN",
    }
}

impl PermitState {
    /// The states in which the authority still owes something.
    pub const OPEN: [Self; 3] = [Self::Submitted, Self::Returned, Self::Accepted];
}

list! {
    /// What of the registration changes (变更事项).
    OrgChangeItem {
        /// The name (名称).
        Name = "NAME",
        /// The domicile (住所).
        Domicile = "DOMICILE",
        /// The legal representative (法定代表人).
        LegalRepresentative = "LEGAL_REPRESENTATIVE",
        /// The registered funds (注册资金).
        Funds = "FUNDS",
        /// The supervising department (业务主管单位).
        SupervisingDepartment = "SUPERVISING_DEPARTMENT",
    }
}

list! {
    /// Why a registration is refused (不予登记的理由).
    OrgRefusalGround {
        /// Against the regulation's purpose: the constitution, the state, public interest, morals (违反条例第四条).
        AgainstPurpose = "AGAINST_PURPOSE",
        /// A body of the same or a similar field in the same area makes it needless (同一区域内没有必要成立).
        NotNeeded = "NOT_NEEDED",
        /// A founder or head is deprived of political rights or not of full capacity (发起人或者拟任负责人不适格).
        FounderUnfit = "FOUNDER_UNFIT",
        /// Something was feigned in the application (弄虚作假).
        Fraud = "FRAUD",
        /// A condition of the law is not met (不符合法定条件).
        ConditionsNotMet = "CONDITIONS_NOT_MET",
    }
}

list! {
    /// A body that the regulation does not register (免予登记的团体).
    ExemptClass {
        /// Mass body that takes part in the Political Consultative Conference (参加政协的人民团体).
        ConsultativeConference = "CONSULTATIVE_CONFERENCE",
        /// Exempted by the State Council (国务院批准免予登记的团体).
        StateCouncil = "STATE_COUNCIL",
        /// Acts only inside the unit that allowed it (单位内部团体).
        InsideUnit = "INSIDE_UNIT",
    }
}

list! {
    /// Why an organization ends (终止原因).
    LiquidationReason {
        /// The purpose of the charter is fulfilled (完成章程规定的宗旨).
        PurposeFulfilled = "PURPOSE_FULFILLED",
        /// It dissolves itself (自行解散).
        SelfDissolved = "SELF_DISSOLVED",
        /// It was divided or merged (分立、合并).
        DividedOrMerged = "DIVIDED_OR_MERGED",
        /// Another reason (其他原因).
        Other = "OTHER",
    }
}

list! {
    /// A penalty of the registry (行政处罚种类).
    OrgPenaltyKind {
        /// Warning (警告).
        Warning = "WARNING",
        /// Fine (罚款).
        Fine = "FINE",
        /// Activity suspended for a time (限期停止活动).
        Suspension = "SUSPENSION",
        /// Registration revoked (撤销登记).
        Revocation = "REVOCATION",
    }
}

list! {
    /// What is punished (处罚事由).
    OrgPenaltyGround {
        /// Registered by fraud (骗取登记).
        Fraud = "FRAUD",
        /// No activity within a year of registration (自取得登记证书之日起一年未开展活动).
        InactiveOneYear = "INACTIVE_ONE_YEAR",
        /// Certificate or seal altered or lent (涂改、出租、出借证书或者印章).
        CertificateLent = "CERTIFICATE_LENT",
        /// Beyond the purpose and field of the charter (超出章程规定的宗旨和业务范围).
        BeyondCharter = "BEYOND_CHARTER",
        /// Refuses or evades supervision (拒不接受监督检查).
        SupervisionRefused = "SUPERVISION_REFUSED",
        /// A change was not registered (不按照规定办理变更登记).
        ChangeNotRegistered = "CHANGE_NOT_REGISTERED",
        /// A branch against the rules, or badly led (违规设立分支机构).
        UnlawfulBranch = "UNLAWFUL_BRANCH",
        /// Works for profit (从事营利性的经营活动).
        ForProfit = "FOR_PROFIT",
        /// Assets taken, shared out or misused (侵占、私分、挪用资产或者捐赠).
        AssetsMisused = "ASSETS_MISUSED",
        /// Charged or raised money against the rules (违规收取费用、筹集资金).
        UnlawfulCharges = "UNLAWFUL_CHARGES",
        /// A charity spent too little on its purpose or too much on management (慈善活动支出或者管理费用违反规定).
        CharitySpending = "CHARITY_SPENDING",
    }
}

list! {
    /// Why an inspection takes place (检查类型).
    OrgInspectionKind {
        /// Drawn by lot, organization and inspectors (双随机抽查).
        SpotCheck = "SPOT_CHECK",
        /// On one matter for many (专项检查).
        Special = "SPECIAL",
        /// After a complaint (投诉举报核查).
        Complaint = "COMPLAINT",
    }
}

list! {
    /// What an inspection found (检查结论).
    OrgInspectionResult {
        /// Nothing to object to (未发现问题).
        NoProblem = "NO_PROBLEM",
        /// To be put right by a day (责令整改).
        RectificationOrdered = "RECTIFICATION_ORDERED",
        /// Put right (整改完成).
        PutRight = "PUT_RIGHT",
        /// Not put right in time (逾期未整改).
        NotPutRight = "NOT_PUT_RIGHT",
    }
}

list! {
    /// What an organization files with the registry (备案事项).
    OrgFilingKind {
        /// Its seal (印章备案).
        Seal = "SEAL",
        /// Its bank account (银行账号备案).
        BankAccount = "BANK_ACCOUNT",
        /// Its charter as approved (章程核准).
        Charter = "CHARTER",
    }
}

list! {
    /// A part of an association without a legal person of its own (分支机构类型).
    OrgBranchKind {
        /// Branch (分支机构).
        Branch = "BRANCH",
        /// Representative office (代表机构).
        Representative = "REPRESENTATIVE",
    }
}

list! {
    /// A step in a clean-up case (清理步骤).
    CleanupStep {
        /// The facts were verified (核查取证).
        Verified = "VERIFIED",
        /// The organization was told and may speak (告知听取陈述).
        NoticeServed = "NOTICE_SERVED",
        /// Announced to the public (公告).
        Announced = "ANNOUNCED",
        /// Heard (听证).
        Heard = "HEARD",
    }
}

list! {
    /// Where an illegal organization stands (非法社会组织状态).
    IllegalState {
        /// Acts without registration (未经登记).
        UnregisteredIllegal = "UNREGISTERED_ILLEGAL",
        /// Banned (已取缔).
        Banned = "BANNED",
    }
}

list! {
    /// Why an organization acts illegally (非法社会组织情形).
    IllegalGround {
        /// Never registered (未经登记).
        Unregistered = "UNREGISTERED",
        /// Acts while preparing (筹备期间开展活动).
        ActsInPreparation = "ACTS_IN_PREPARATION",
        /// Goes on after its registration was revoked (被撤销登记后继续活动).
        AfterRevocation = "AFTER_REVOCATION",
    }
}

list! {
    /// One of the five partners of a project (五社联动主体).
    PartnerKind {
        /// Community (社区).
        Community = "COMMUNITY",
        /// Social organization (社会组织).
        SocialOrganization = "SOCIAL_ORGANIZATION",
        /// Social workers (社会工作者).
        SocialWorkers = "SOCIAL_WORKERS",
        /// Volunteers (社区志愿者).
        Volunteers = "VOLUNTEERS",
        /// Charitable resources (社会慈善资源).
        Charity = "CHARITY",
    }
}

list! {
    /// The field in which an organization works (业务领域).
    ActivityField {
        /// Funeral services (殡葬服务).
        Funeral = "FUNERAL",
        /// Care of the old (养老服务).
        Eldercare = "ELDERCARE",
        /// Counselling of couples (婚姻家庭辅导).
        Counselling = "COUNSELLING",
        /// Trades and commerce (行业协会商会).
        Trade = "TRADE",
        /// Learning (教育).
        Education = "EDUCATION",
        /// All others (其他).
        Other = "OTHER",
    }
}

list! {
    /// A class of organizations that is registered directly, without a supervising department (直接登记类别).
    DirectRegistrationClass {
        /// Trade associations and chambers of commerce (行业协会商会类).
        TradeAssociation = "TRADE_ASSOCIATION",
        /// Natural science and engineering (科技类).
        Science = "SCIENCE",
        /// Public benefit and charity (公益慈善类).
        Charity = "CHARITY",
        /// Services to urban and rural communities (城乡社区服务类).
        Community = "COMMUNITY",
    }
}

list! {
    /// How a rating is changed before its end (评估等级调整).
    RatingChange {
        /// To a lesser grade (降低等级).
        Lower = "LOWER",
        /// Taken away (取消等级).
        Revoke = "REVOKE",
    }
}

list! {
    /// The supervising department's view of an annual report (业务主管单位意见).
    SupervisorView {
        /// It agrees (同意).
        Agreed = "AGREED",
        /// It objects (不同意).
        Objected = "OBJECTED",
    }
}
