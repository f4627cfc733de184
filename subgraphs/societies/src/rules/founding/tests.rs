//! Founding: what each kind must have, and what it may not.

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
    let asks = |kind, level, name, direct| Supervision {
        kind,
        level,
        name,
        as_charity: false,
        has_supervisor: false,
        consented: None,
        direct,
    };
    // An association with a department behind it, or at least its name.
    let under = |name, has_supervisor, consented, direct| Supervision {
        has_supervisor,
        consented,
        ..asks(SocialGroup, County, name, direct)
    };
    let charity = |kind, level, as_charity| Supervision {
        as_charity,
        ..asks(kind, level, reading, Some(D::Charity))
    };
    for (body, expected) in [
        (under(reading, true, Some(today), None), "OK"),
        (
            under(reading, true, None, None),
            "SUPERVISOR_CONSENT_MISSING",
        ),
        (
            under(reading, true, Some(tomorrow), None),
            "SUPERVISOR_CONSENT_MISSING",
        ),
        (
            under(trade, true, Some(today), Some(D::TradeAssociation)),
            "SUPERVISOR_CONSENT_MISSING",
        ),
        (
            asks(SocialGroup, County, reading, None),
            "SUPERVISOR_MISSING",
        ),
        (
            under(reading, false, Some(today), None),
            "SUPERVISOR_MISSING",
        ),
        (
            asks(CivilNonEnterprise, County, reading, None),
            "SUPERVISOR_MISSING",
        ),
        (
            asks(Foundation, Province, reading, None),
            "SUPERVISOR_MISSING",
        ),
        (
            asks(SocialGroup, County, trade, Some(D::TradeAssociation)),
            "OK",
        ),
        (
            asks(SocialGroup, County, reading, Some(D::TradeAssociation)),
            "DIRECT_CLASS_DOES_NOT_FIT",
        ),
        (
            asks(CivilNonEnterprise, County, trade, Some(D::TradeAssociation)),
            "DIRECT_CLASS_DOES_NOT_FIT",
        ),
        (
            asks(CivilNonEnterprise, County, reading, Some(D::Science)),
            "OK",
        ),
        (
            asks(Foundation, Province, reading, Some(D::Science)),
            "DIRECT_CLASS_DOES_NOT_FIT",
        ),
        (charity(Foundation, Province, true), "OK"),
        (
            charity(CivilNonEnterprise, County, false),
            "DIRECT_CLASS_DOES_NOT_FIT",
        ),
        (
            asks(CivilNonEnterprise, County, reading, Some(D::Community)),
            "OK",
        ),
        (
            asks(SocialGroup, Prefecture, reading, Some(D::Community)),
            "DIRECT_CLASS_DOES_NOT_FIT",
        ),
    ] {
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
