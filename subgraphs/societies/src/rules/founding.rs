//! What an organization must have to be founded, and what it may not have (O-1, O-2, O-3, O-8).

use super::Refusal;
use super::threshold::{Measure, at_least, threshold};
use crate::vocabulary::{DirectRegistrationClass, OrgKind, RegistrarLevel};
use chrono::NaiveDate;

/// O-1, 社会团体登记管理条例 第六条: registries stand at counties and above.
pub const REGISTRAR_NOT_COMPETENT: Refusal = Refusal::new(
    "REGISTRAR_NOT_COMPETENT",
    "Organizations are registered by a county, a prefecture or a province.",
    "社会组织由县级以上人民政府民政部门登记。",
    "社会团体登记管理条例 (2016) 第六条",
);

/// O-1, 社会团体登记管理条例 第十条: at least 50 individual members, or 30 unit members, or 50 of both
/// sorts together.
pub fn society_members(
    individual: u32,
    unit: u32,
    level: RegistrarLevel,
    on: NaiveDate,
) -> Result<(), Refusal> {
    let refusal = Refusal::new(
        "TOO_FEW_MEMBERS",
        "An association needs {individual} individual members, or {unit} unit members, or {mixed} members in all.",
        "社会团体应有{individual}个以上个人会员，或者{unit}个以上单位会员，或者会员总数{mixed}个以上。",
        "",
    );
    let least =
        |measure| threshold(OrgKind::SocialGroup, level, measure, on).map_or(0, |row| row.value);
    let refusal = refusal.with(
        &["individual", "unit", "mixed"],
        &[
            least(Measure::IndividualMembers),
            least(Measure::UnitMembers),
            least(Measure::MixedMembers),
        ],
    );
    let (measure, figure) = match (individual, unit) {
        (_, 0) => (Measure::IndividualMembers, individual),
        (0, _) => (Measure::UnitMembers, unit),
        _ => (Measure::MixedMembers, individual.saturating_add(unit)),
    };
    at_least(
        OrgKind::SocialGroup,
        level,
        measure,
        on,
        i64::from(figure),
        refusal,
    )
}

/// O-1, 社会团体登记管理条例 第十条: funds of 100,000 yuan for a national society, 30,000 for a local one.
/// `fen` is the fund in fen.
pub fn society_funds(fen: i64, level: RegistrarLevel, on: NaiveDate) -> Result<(), Refusal> {
    let refusal = Refusal::new(
        "FUNDS_TOO_SMALL",
        "The association's funds are below the legal minimum of {least} yuan.",
        "社会团体的活动资金低于法定最低数额{least}元。",
        "",
    );
    at_least(
        OrgKind::SocialGroup,
        level,
        Measure::FundsFen,
        on,
        fen,
        refusal,
    )
}

/// What every association and foundation shows when it is founded.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Bodies and charter as the law asks for them.
    pub bodies: bool,
    /// Full-time staff that fits its work.
    pub staff: bool,
    /// A fixed domicile.
    pub domicile: bool,
    /// Able to bear civil liability by itself.
    pub liability: bool,
}

/// O-1, 社会团体登记管理条例 第十条, and O-2, 基金会管理条例 第八条: bodies and charter, fixed domicile, full-time
/// staff, liability of its own.
pub fn parts(kind: OrgKind, parts: Parts) -> Result<(), Refusal> {
    if parts.bodies && parts.staff && parts.domicile && parts.liability {
        return Ok(());
    }
    Err(Refusal::new(
        "CONDITIONS_NOT_MET",
        "Bodies and charter, full-time staff, a fixed domicile and liability of its own are needed.",
        "应有规范的章程和相应的组织机构、专职工作人员、固定的住所，并能独立承担民事责任。",
        if matches!(kind, OrgKind::Foundation) {
            "基金会管理条例 (2004) 第八条"
        } else {
            "社会团体登记管理条例 (2016) 第十条"
        },
    ))
}

/// Who supervises a body that asks to be founded, or why nobody does.
#[derive(Clone, Copy, Debug)]
pub struct Supervision<'a> {
    /// The kind.
    pub kind: OrgKind,
    /// The level of its registrar.
    pub level: RegistrarLevel,
    /// The name asked for.
    pub name: &'a str,
    /// Whether it asks to be a charity from the start.
    pub as_charity: bool,
    /// Whether a supervising department is named.
    pub has_supervisor: bool,
    /// The day that department consented.
    pub consented: Option<NaiveDate>,
    /// The class by which it wants to be registered directly.
    pub direct: Option<DirectRegistrationClass>,
}

/// The article by which a kind needs the consent of its supervising department before.
const fn consent_basis(kind: OrgKind) -> &'static str {
    match kind {
        OrgKind::SocialGroup => "社会团体登记管理条例 (2016) 第三条、第九条",
        OrgKind::CivilNonEnterprise => "民办非企业单位登记管理暂行条例 (1998) 第三条、第八条",
        OrgKind::Foundation => "基金会管理条例 (2004) 第七条、第九条",
    }
}

/// O-1, 社会团体登记管理条例 第三条、第九条, O-3, 民办非企业单位登记管理暂行条例 第三条、第八条, and O-2, 基金会管理条例 第九条: every
/// body has a supervising department that consented before. Without one are only the classes that are registered
/// directly (policy since 2013: trade, science, charity, communities; 慈善法 第十条 for charities), and a class
/// must be true of the body: it does not suffice to leave the department away.
pub fn consent(body: &Supervision<'_>, today: NaiveDate) -> Result<(), Refusal> {
    if body.has_supervisor {
        if body.direct.is_none() && body.consented.is_some_and(|day| day <= today) {
            return Ok(());
        }
        return Err(Refusal::new(
            "SUPERVISOR_CONSENT_MISSING",
            "The supervising department must have consented, and there is none in direct registration.",
            "申请成立登记须先经业务主管单位审查同意；直接登记的不填写业务主管单位。",
            consent_basis(body.kind),
        ));
    }
    let Some(class) = body.direct else {
        return Err(Refusal::new(
            "SUPERVISOR_MISSING",
            "Name the supervising department and its consent, or the class that is registered directly.",
            "应填写业务主管单位及其审查同意日期；属于直接登记类别的，应填写该类别。",
            consent_basis(body.kind),
        ));
    };
    let is_trade = ["行业协会", "商会", "同业公会"]
        .iter()
        .any(|form| body.name.ends_with(form));
    let fits = match class {
        DirectRegistrationClass::TradeAssociation => body.kind == OrgKind::SocialGroup && is_trade,
        DirectRegistrationClass::Science => body.kind != OrgKind::Foundation,
        DirectRegistrationClass::Charity => body.as_charity,
        DirectRegistrationClass::Community => {
            body.kind != OrgKind::Foundation && body.level == RegistrarLevel::County
        }
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::new(
        "DIRECT_CLASS_DOES_NOT_FIT",
        "This body is not of the class that is registered directly; its supervising department is needed.",
        "该社会组织不属于所填直接登记类别，应经业务主管单位审查同意。",
        consent_basis(body.kind),
    ))
}

/// O-5, 社会团体登记管理条例 第十三条(三), 基金会管理条例 第二十三条: nobody who is or was under deprivation of political
/// rights founds or leads a body.
pub fn founders_fit(is_deprived_of_rights: bool) -> Result<(), Refusal> {
    if !is_deprived_of_rights {
        return Ok(());
    }
    Err(Refusal::new(
        "FOUNDER_UNFIT",
        "A founder or head is or was under deprivation of political rights.",
        "发起人、拟任负责人正在或者曾经受到剥夺政治权利的刑事处罚的，不予登记。",
        "社会团体登记管理条例 (2016) 第十三条",
    ))
}

/// O-2, 基金会管理条例 第六条、第八条: the original fund, paid in cash, and who may register it: only the
/// ministry or a province, the ministry above 20 million yuan where the fund does not raise from the public.
/// `fen` is the fund in fen.
pub fn foundation_fund(
    fen: i64,
    public_raising: bool,
    paid_in_cash: bool,
    level: RegistrarLevel,
    on: NaiveDate,
) -> Result<(), Refusal> {
    if !matches!(level, RegistrarLevel::Ministry | RegistrarLevel::Province) {
        return Err(Refusal::new(
            "REGISTRAR_NOT_COMPETENT",
            "A foundation is registered by the ministry or by a province only.",
            "基金会由国务院民政部门或者省级人民政府民政部门登记。",
            "基金会管理条例 (2004) 第六条",
        ));
    }
    if !paid_in_cash {
        return Err(Refusal::new(
            "FUND_NOT_IN_CASH",
            "The original fund must be money that has been paid in.",
            "原始基金必须为到账货币资金。",
            "基金会管理条例 (2004) 第八条",
        ));
    }
    let measure = match (public_raising, level) {
        (true, _) => Measure::PublicRaisingFundsFen,
        (false, RegistrarLevel::Ministry) => Measure::MinistryFundsFen,
        (false, _) => Measure::FundsFen,
    };
    let refusal = Refusal::new(
        "FUNDS_TOO_SMALL",
        "The original fund is below the legal minimum of {least} yuan.",
        "原始基金低于法定最低数额{least}元。",
        "",
    );
    // Article 6 says 超过: the sum itself is not yet above it.
    let judged = if measure == Measure::MinistryFundsFen {
        fen.saturating_sub(1)
    } else {
        fen
    };
    at_least(OrgKind::Foundation, level, measure, on, judged, refusal)
}

/// What a civil non-enterprise unit shows when it is founded.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceBody<'a> {
    /// The name asked for.
    pub name: &'a str,
    /// It has staff that fits its work.
    pub has_staff: bool,
    /// It has lawful property that fits its work.
    pub has_property: bool,
    /// It has the premises it needs.
    pub has_premises: bool,
}

/// O-3, 民办非企业单位登记管理暂行条例 第八条: name, staff, lawful property and premises; the name may not carry 中国,
/// 全国 or 中华. The supervisor's consent, its first condition, is judged by [`consent`].
pub fn service_body(body: &ServiceBody<'_>) -> Result<(), Refusal> {
    const BASIS: &str = "民办非企业单位登记管理暂行条例 (1998) 第八条";
    if ["中国", "全国", "中华"]
        .iter()
        .any(|word| body.name.contains(word))
    {
        return Err(Refusal::new(
            "NAME_RESERVED",
            "The name may not carry a word for the whole country.",
            "民办非企业单位的名称不得冠以“中国”、“全国”、“中华”等字样。",
            BASIS,
        ));
    }
    if !(body.has_staff && body.has_property && body.has_premises) || body.name.is_empty() {
        return Err(Refusal::new(
            "CONDITIONS_NOT_MET",
            "A name, staff, lawful property and premises are needed.",
            "应有规范的名称、必要的组织机构、从业人员、合法财产和必要的场所。",
            BASIS,
        ));
    }
    Ok(())
}

/// Under what a branch is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchParent {
    /// Under the organization itself.
    Organization(OrgKind),
    /// Under one of its branches.
    Branch(OrgKind),
}

/// O-8, 社会团体登记管理条例 第十七条, and O-3, 民办非企业单位登记管理暂行条例 第十三条: no branch of a branch, no
/// regional branch, and no branch at all for a civil non-enterprise unit.
pub fn branch(parent: BranchParent, is_regional: bool) -> Result<(), Refusal> {
    let kind = match parent {
        BranchParent::Organization(kind) | BranchParent::Branch(kind) => kind,
    };
    if kind == OrgKind::CivilNonEnterprise {
        return Err(Refusal::new(
            "NO_BRANCHES",
            "A civil non-enterprise unit may not open branches.",
            "民办非企业单位不得设立分支机构。",
            "民办非企业单位登记管理暂行条例 (1998) 第十三条",
        ));
    }
    if kind == OrgKind::SocialGroup {
        let basis = "社会团体登记管理条例 (2016) 第十七条";
        if matches!(parent, BranchParent::Branch(_)) {
            return Err(Refusal::new(
                "BRANCH_OF_BRANCH",
                "A branch may not open branches of its own.",
                "社会团体的分支机构不得再设立分支机构。",
                basis,
            ));
        }
        if is_regional {
            return Err(Refusal::new(
                "REGIONAL_BRANCH",
                "An association may not open a regional branch.",
                "社会团体不得设立地域性的分支机构。",
                basis,
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
