//! What an organization must have to be founded, and what it may not have (O-1, O-2, O-3, O-8).

use super::Refusal;
use super::threshold::{Measure, at_least};
use crate::vocabulary::{OrgKind, RegistrarLevel};
use chrono::NaiveDate;

/// O-1, 社会团体登记管理条例 第十条: at least 50 individual members, or 30 unit members, or 50 of both
/// sorts together.
pub fn society_members(
    individual: u32,
    unit: u32,
    level: RegistrarLevel,
    on: NaiveDate,
) -> Result<(), Refusal> {
    let refusal = Refusal {
        code: "TOO_FEW_MEMBERS",
        en: "An association needs 50 individual members, or 30 unit members, or 50 members in all.",
        zh: "社会团体应有50个以上个人会员，或者30个以上单位会员，或者会员总数50个以上。",
        basis: "",
    };
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
    let refusal = Refusal {
        code: "FUNDS_TOO_SMALL",
        en: "The association's funds are below the legal minimum.",
        zh: "社会团体的活动资金低于法定最低数额。",
        basis: "",
    };
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
    Err(Refusal {
        code: "CONDITIONS_NOT_MET",
        en: "Bodies and charter, full-time staff, a fixed domicile and liability of its own are needed.",
        zh: "应有规范的章程和相应的组织机构、专职工作人员、固定的住所，并能独立承担民事责任。",
        basis: if matches!(kind, OrgKind::Foundation) {
            "基金会管理条例 (2004) 第八条"
        } else {
            "社会团体登记管理条例 (2016) 第十条"
        },
    })
}

/// O-1 and O-3, 社会团体登记管理条例 第九条: a supervising department that is named has consented before.
pub fn consent(
    has_supervisor: bool,
    consented: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(), Refusal> {
    if !has_supervisor || consented.is_some_and(|day| day <= today) {
        return Ok(());
    }
    Err(Refusal {
        code: "SUPERVISOR_CONSENT_MISSING",
        en: "The supervising department must have consented.",
        zh: "申请成立登记须先经业务主管单位审查同意。",
        basis: "社会团体登记管理条例 (2016) 第九条",
    })
}

/// O-2, 基金会管理条例 第六条、第八条: the original fund, paid in cash, and who may register it: only the
/// ministry or a province, the ministry from 20 million yuan where the fund is not national.
/// `fen` is the fund in fen.
pub fn foundation_fund(
    fen: i64,
    public_raising: bool,
    paid_in_cash: bool,
    level: RegistrarLevel,
    on: NaiveDate,
) -> Result<(), Refusal> {
    if !matches!(level, RegistrarLevel::Ministry | RegistrarLevel::Province) {
        return Err(Refusal {
            code: "REGISTRAR_NOT_COMPETENT",
            en: "A foundation is registered by the ministry or by a province only.",
            zh: "基金会由国务院民政部门或者省级人民政府民政部门登记。",
            basis: "基金会管理条例 (2004) 第六条",
        });
    }
    if !paid_in_cash {
        return Err(Refusal {
            code: "FUND_NOT_IN_CASH",
            en: "The original fund must be money that has been paid in.",
            zh: "原始基金必须为到账货币资金。",
            basis: "基金会管理条例 (2004) 第八条",
        });
    }
    let measure = match (public_raising, level) {
        (true, _) => Measure::PublicRaisingFundsFen,
        (false, RegistrarLevel::Ministry) => Measure::MinistryFundsFen,
        (false, _) => Measure::FundsFen,
    };
    let refusal = Refusal {
        code: "FUNDS_TOO_SMALL",
        en: "The original fund is below the legal minimum.",
        zh: "原始基金低于法定最低数额。",
        basis: "",
    };
    at_least(OrgKind::Foundation, level, measure, on, fen, refusal)
}

/// What a civil non-enterprise unit shows when it is founded.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceBody<'a> {
    /// The name asked for.
    pub name: &'a str,
    /// The supervising department consents.
    pub supervisor_consents: bool,
    /// It has staff that fits its work.
    pub has_staff: bool,
    /// It has lawful property that fits its work.
    pub has_property: bool,
    /// It has the premises it needs.
    pub has_premises: bool,
}

/// O-3, 民办非企业单位登记管理暂行条例 第八条: the supervisor's consent, name, staff, lawful property and
/// premises; the name may not carry 中国, 全国 or 中华.
pub fn service_body(body: &ServiceBody<'_>) -> Result<(), Refusal> {
    const BASIS: &str = "民办非企业单位登记管理暂行条例 (1998) 第八条";
    if ["中国", "全国", "中华"]
        .iter()
        .any(|word| body.name.contains(word))
    {
        return Err(Refusal {
            code: "NAME_RESERVED",
            en: "The name may not carry a word for the whole country.",
            zh: "民办非企业单位的名称不得冠以“中国”、“全国”、“中华”等字样。",
            basis: BASIS,
        });
    }
    if !(body.supervisor_consents && body.has_staff && body.has_property && body.has_premises)
        || body.name.is_empty()
    {
        return Err(Refusal {
            code: "CONDITIONS_NOT_MET",
            en: "Consent of the supervising department, a name, staff, lawful property and premises are needed.",
            zh: "须经业务主管单位审查同意，并有规范的名称、必要的组织机构、从业人员、合法财产和必要的场所。",
            basis: BASIS,
        });
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
        return Err(Refusal {
            code: "NO_BRANCHES",
            en: "A civil non-enterprise unit may not open branches.",
            zh: "民办非企业单位不得设立分支机构。",
            basis: "民办非企业单位登记管理暂行条例 (1998) 第十三条",
        });
    }
    if kind == OrgKind::SocialGroup {
        let basis = "社会团体登记管理条例 (2016) 第十七条";
        if matches!(parent, BranchParent::Branch(_)) {
            return Err(Refusal {
                code: "BRANCH_OF_BRANCH",
                en: "A branch may not open branches of its own.",
                zh: "社会团体的分支机构不得再设立分支机构。",
                basis,
            });
        }
        if is_regional {
            return Err(Refusal {
                code: "REGIONAL_BRANCH",
                en: "An association may not open a regional branch.",
                zh: "社会团体不得设立地域性的分支机构。",
                basis,
            });
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
    fn every_part_is_needed_and_a_named_department_consents_before() {
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
        let today = day("2026-11-22");
        for (has, consented, expected) in [
            (false, None, "OK"),
            (true, Some(today), "OK"),
            (true, None, "SUPERVISOR_CONSENT_MISSING"),
            (true, Some(day("2026-11-23")), "SUPERVISOR_CONSENT_MISSING"),
        ] {
            assert_eq!(
                code(consent(has, consented, today)),
                expected,
                "{has} {consented:?}"
            );
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
            (20, false, true, RegistrarLevel::Ministry, "OK"),
            (19, false, true, RegistrarLevel::Ministry, "FUNDS_TOO_SMALL"),
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
            supervisor_consents: true,
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
                supervisor_consents: false,
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
