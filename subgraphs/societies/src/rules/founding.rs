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
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::rules::day;

    fn code(result: Result<(), Refusal>) -> &'static str {
        result.err().map_or("OK", |refusal| refusal.code)
    }

    #[test]
    fn a_society_needs_fifty_people_or_thirty_units_or_fifty_mixed() {
        let on = day("2020-01-01");
        for (individual, unit, expected) in [
            (50, 0, "OK"),
            (49, 0, "TOO_FEW_MEMBERS"),
            (0, 30, "OK"),
            (0, 29, "TOO_FEW_MEMBERS"),
            (20, 30, "OK"),
            (19, 30, "TOO_FEW_MEMBERS"),
            (0, 0, "TOO_FEW_MEMBERS"),
        ] {
            assert_eq!(
                code(society_members(
                    individual,
                    unit,
                    RegistrarLevel::County,
                    on
                )),
                expected,
                "{individual} and {unit}"
            );
        }
    }

    #[test]
    fn the_fund_of_a_society_depends_on_the_level() {
        let on = day("2020-01-01");
        for (fen, level, expected) in [
            (3_000_000, RegistrarLevel::County, "OK"),
            (2_999_999, RegistrarLevel::County, "FUNDS_TOO_SMALL"),
            (3_000_000, RegistrarLevel::Ministry, "FUNDS_TOO_SMALL"),
            (10_000_000, RegistrarLevel::Ministry, "OK"),
        ] {
            assert_eq!(
                code(society_funds(fen, level, on)),
                expected,
                "{fen} at {level:?}"
            );
        }
    }

    #[test]
    fn a_refusal_by_number_names_the_article_of_its_row() {
        let refusal = society_funds(0, RegistrarLevel::County, day("2020-01-01")).unwrap_err();
        assert_eq!(refusal.basis, "社会团体登记管理条例 (2016) 第十条");
    }

    #[test]
    fn every_part_is_needed() {
        let whole = Parts {
            bodies: true,
            staff: true,
            domicile: true,
            liability: true,
        };
        assert_eq!(code(parts(OrgKind::SocialGroup, whole)), "OK");
        for missing in [
            Parts {
                bodies: false,
                ..whole
            },
            Parts {
                staff: false,
                ..whole
            },
            Parts {
                domicile: false,
                ..whole
            },
            Parts {
                liability: false,
                ..whole
            },
        ] {
            assert_eq!(
                code(parts(OrgKind::Foundation, missing)),
                "CONDITIONS_NOT_MET"
            );
        }
    }

    /// 社会团体登记管理条例 9: 申请成立社会团体，应当经其业务主管单位审查同意. 慈善法 10 and the policy of direct registration
    /// name who goes without.
    #[test]
    fn only_the_classes_registered_directly_go_without_a_supervising_department() {
        use DirectRegistrationClass as D;
        use OrgKind::{CivilNonEnterprise, Foundation, SocialGroup};
        use RegistrarLevel::{County, Prefecture, Province};
        let today = day("2026-11-22");
        let tomorrow = day("2026-11-23");
        let (trade, reading) = ("新津区茶叶行业协会", "新津区青禾读书协会");
        type Row = (
            OrgKind,
            RegistrarLevel,
            &'static str,
            bool,
            bool,
            Option<NaiveDate>,
            Option<D>,
            &'static str,
        );
        let table: [Row; 17] = [
            (
                SocialGroup,
                County,
                reading,
                false,
                true,
                Some(today),
                None,
                "OK",
            ),
            (
                SocialGroup,
                County,
                reading,
                false,
                true,
                None,
                None,
                "SUPERVISOR_CONSENT_MISSING",
            ),
            (
                SocialGroup,
                County,
                reading,
                false,
                true,
                Some(tomorrow),
                None,
                "SUPERVISOR_CONSENT_MISSING",
            ),
            (
                SocialGroup,
                County,
                trade,
                false,
                true,
                Some(today),
                Some(D::TradeAssociation),
                "SUPERVISOR_CONSENT_MISSING",
            ),
            (
                SocialGroup,
                County,
                reading,
                false,
                false,
                None,
                None,
                "SUPERVISOR_MISSING",
            ),
            (
                SocialGroup,
                County,
                reading,
                false,
                false,
                Some(today),
                None,
                "SUPERVISOR_MISSING",
            ),
            (
                CivilNonEnterprise,
                County,
                reading,
                false,
                false,
                None,
                None,
                "SUPERVISOR_MISSING",
            ),
            (
                Foundation,
                Province,
                reading,
                false,
                false,
                None,
                None,
                "SUPERVISOR_MISSING",
            ),
            (
                SocialGroup,
                County,
                trade,
                false,
                false,
                None,
                Some(D::TradeAssociation),
                "OK",
            ),
            (
                SocialGroup,
                County,
                reading,
                false,
                false,
                None,
                Some(D::TradeAssociation),
                "DIRECT_CLASS_DOES_NOT_FIT",
            ),
            (
                CivilNonEnterprise,
                County,
                trade,
                false,
                false,
                None,
                Some(D::TradeAssociation),
                "DIRECT_CLASS_DOES_NOT_FIT",
            ),
            (
                CivilNonEnterprise,
                County,
                reading,
                false,
                false,
                None,
                Some(D::Science),
                "OK",
            ),
            (
                Foundation,
                Province,
                reading,
                false,
                false,
                None,
                Some(D::Science),
                "DIRECT_CLASS_DOES_NOT_FIT",
            ),
            (
                Foundation,
                Province,
                reading,
                true,
                false,
                None,
                Some(D::Charity),
                "OK",
            ),
            (
                CivilNonEnterprise,
                County,
                reading,
                false,
                false,
                None,
                Some(D::Charity),
                "DIRECT_CLASS_DOES_NOT_FIT",
            ),
            (
                CivilNonEnterprise,
                County,
                reading,
                false,
                false,
                None,
                Some(D::Community),
                "OK",
            ),
            (
                SocialGroup,
                Prefecture,
                reading,
                false,
                false,
                None,
                Some(D::Community),
                "DIRECT_CLASS_DOES_NOT_FIT",
            ),
        ];
        for (kind, level, name, as_charity, has_supervisor, consented, direct, expected) in table {
            let body = Supervision {
                kind,
                level,
                name,
                as_charity,
                has_supervisor,
                consented,
                direct,
            };
            assert_eq!(code(consent(&body, today)), expected, "{body:?}");
        }
    }

    /// 社会团体登记管理条例 13(三): 发起人、拟任负责人正在或者曾经受到剥夺政治权利的刑事处罚.
    #[test]
    fn nobody_deprived_of_political_rights_founds_or_leads() {
        assert_eq!(code(founders_fit(false)), "OK");
        assert_eq!(code(founders_fit(true)), "FOUNDER_UNFIT");
    }

    /// 基金会管理条例 6: 原始基金超过2000万元 for the ministry, so that the sum itself is the province's.
    #[test]
    fn the_ministry_registers_above_twenty_million_and_not_from_it() {
        let on = day("2026-11-22");
        for (fen, expected) in [(2_000_000_000, "FUNDS_TOO_SMALL"), (2_000_000_001, "OK")] {
            let at_ministry = foundation_fund(fen, false, true, RegistrarLevel::Ministry, on);
            assert_eq!(code(at_ministry), expected, "{fen}");
            let at_province = foundation_fund(fen, false, true, RegistrarLevel::Province, on);
            assert_eq!(code(at_province), "OK", "{fen}");
        }
    }

    #[test]
    fn a_foundation_needs_its_cash_and_a_province() {
        let on = day("2020-01-01");
        let yuan = 100;
        for (million, public, cash, level, expected) in [
            (8, true, true, RegistrarLevel::Ministry, "OK"),
            (7, true, true, RegistrarLevel::Ministry, "FUNDS_TOO_SMALL"),
            (4, true, true, RegistrarLevel::Province, "OK"),
            (3, true, true, RegistrarLevel::Province, "FUNDS_TOO_SMALL"),
            (2, false, true, RegistrarLevel::Province, "OK"),
            (1, false, true, RegistrarLevel::Province, "FUNDS_TOO_SMALL"),
            (21, false, true, RegistrarLevel::Ministry, "OK"),
            (20, false, true, RegistrarLevel::Ministry, "FUNDS_TOO_SMALL"),
            (
                9,
                false,
                false,
                RegistrarLevel::Province,
                "FUND_NOT_IN_CASH",
            ),
            (
                9,
                false,
                true,
                RegistrarLevel::County,
                "REGISTRAR_NOT_COMPETENT",
            ),
        ] {
            let fen = million * 1_000_000 * yuan;
            assert_eq!(
                code(foundation_fund(fen, public, cash, level, on)),
                expected,
                "{million} million, {level:?}"
            );
        }
    }

    #[test]
    fn a_service_body_shows_all_it_needs_and_no_national_name() {
        let full = ServiceBody {
            name: "示范区晨光社工服务中心",
            has_staff: true,
            has_property: true,
            has_premises: true,
        };
        assert_eq!(code(service_body(&full)), "OK");
        assert_eq!(
            code(service_body(&ServiceBody {
                name: "中华晨光服务中心",
                ..full
            })),
            "NAME_RESERVED"
        );
        assert_eq!(
            code(service_body(&ServiceBody {
                has_staff: false,
                ..full
            })),
            "CONDITIONS_NOT_MET"
        );
        assert_eq!(
            code(service_body(&ServiceBody {
                has_premises: false,
                ..full
            })),
            "CONDITIONS_NOT_MET"
        );
    }

    #[test]
    fn branches_stay_one_level_deep_and_without_region() {
        use BranchParent::{Branch, Organization};
        for (parent, regional, expected) in [
            (Organization(OrgKind::SocialGroup), false, "OK"),
            (Organization(OrgKind::SocialGroup), true, "REGIONAL_BRANCH"),
            (Branch(OrgKind::SocialGroup), false, "BRANCH_OF_BRANCH"),
            (
                Organization(OrgKind::CivilNonEnterprise),
                false,
                "NO_BRANCHES",
            ),
            (Organization(OrgKind::Foundation), false, "OK"),
        ] {
            assert_eq!(
                code(branch(parent, regional)),
                expected,
                "{parent:?}, regional {regional}"
            );
        }
    }
}
