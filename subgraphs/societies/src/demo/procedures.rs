//! Applications on their way, penalties, inspections, letters, open cases and partners of the
//! demonstration: something of each in the county of the story.
//!
//! Nothing here is decided or closed within a report's period, so that the reports' figures stay.

use super::land::Land;
use super::roll::day;
use super::{CITIZENS_ASSOCIATION, OLD_NAMED_ASSOCIATION, Rows, STORY_ASSOCIATION};
use crate::model::{
    branch, cleanup_case, cleanup_step, code_segment, credit_listing, filing, inspection, letter,
    liquidation, name_claim, organization, penalty, permit_case, permit_person, project_partner,
};
use crate::rules::credit::escalates_on;
use crate::rules::term::{due_on, permit_term};
use crate::service::act::is_rest;
use crate::service::permit::{APPLICANT, Change, Form, Founding, HEAD};
use crate::vocabulary::{
    ActivityField, CleanupKind, CleanupStep, CreditList, IllegalGround, LiquidationReason,
    ListingReason, OfficeEnd, OfficeRole, OrgBranchKind, OrgChangeItem, OrgFilingKind,
    OrgInspectionKind, OrgInspectionResult, OrgKind, OrgPenaltyGround, OrgPenaltyKind, OrgState,
    PartnerKind, PermitItem, PermitState, RegistrarLevel,
};
use chrono::NaiveDate;
use kit::Services;
use minzheng_kit as kit;
use uuid::Uuid;

/// The funeral operator on the abnormal list, of request 14.
pub const LISTED_FUNERAL_OPERATOR: usize = 3;

/// The tutorial's citizen, and two grown-up persons without office who are to lead.
const CITIZEN: usize = 0;
const HEADS: [usize; 3] = [9_101, 9_102, 9_103];

fn id(kind: &str, land: &Land, number: usize) -> Uuid {
    kit::id::derived(kind, &format!("{}/procedure/{number}", land.digits))
}

/// Fills what is on its way.
pub(super) fn fill(land: &Land, s: &Services, rows: &mut Rows) {
    rows.segments.push(code_segment::Model {
        // Bodies with this beginning were never issued: the codes cannot be real.
        prefix: format!("YY{}", land.digits),
        next: 0,
    });
    foundings(land, s, rows);
    change(land, rows);
    credit(land, rows);
    headless(land, rows);
    cases(land, rows);
    particulars(land, rows);
    partners(land, rows);
    charters(land, rows);
}

fn application(
    land: &Land,
    number: usize,
    item: PermitItem,
    submitted: NaiveDate,
) -> permit_case::Model {
    application_in(land, land.story, number, item, submitted)
}

/// The same, in another county.
fn application_in(
    land: &Land,
    at: usize,
    number: usize,
    item: PermitItem,
    submitted: NaiveDate,
) -> permit_case::Model {
    let county = &land.counties[at];
    let term = permit_term(item, &county.code, submitted);
    permit_case::Model {
        id: id("permit", land, number),
        item,
        credit_code: None,
        division_id: county.id,
        received: submitted,
        unit: term.unit,
        statutory_days: i32::from(term.statutory_days),
        committed_days: i32::from(term.committed_days),
        statutory_due: None,
        committed_due: None,
        decided: None,
        decided_month: None,
        days_taken: None,
        granted: None,
        state: PermitState::Submitted,
        version: 1,
        submitted: Some(submitted),
        name: None,
        form: None,
        missing: None,
        ground: None,
        late: false,
        extended_days: 0,
        extension_reason: None,
    }
}

/// The days of an application run from the day it came in.
fn accepted(case: permit_case::Model) -> permit_case::Model {
    let due = |days: i32| {
        due_on(
            case.received,
            u16::try_from(days).unwrap_or_default(),
            case.unit,
            &is_rest,
        )
    };
    permit_case::Model {
        state: PermitState::Accepted,
        statutory_due: due(case.statutory_days),
        committed_due: due(case.committed_days),
        version: 2,
        ..case
    }
}

/// Three foundings: handed in, given back to the tutorial's citizen, and accepted with a last day in a
/// year whose calendar is not published.
fn foundings(land: &Land, s: &Services, rows: &mut Rows) {
    let county = &land.counties[land.story];
    let brands = [
        (
            "晨曦养老服务中心",
            ActivityField::Eldercare,
            day(2026, 11, 20),
        ),
        ("同舟社区服务中心", ActivityField::Other, day(2026, 11, 12)),
        (
            "远山助学服务中心",
            ActivityField::Education,
            day(2026, 11, 5),
        ),
    ];
    for (number, (rest, activity, submitted)) in brands.into_iter().enumerate() {
        let name = format!("{}{rest}", county.name);
        let form = Form::Found(Box::new(Founding {
            kind: OrgKind::CivilNonEnterprise,
            level: RegistrarLevel::County,
            name: name.clone(),
            division_name: Some(county.name.clone()),
            funds_fen: 5_000_000,
            members: (0, 0),
            domicile: Some(Land::offices(&county.code)),
            supervisor: Some(format!("{}民政局", county.name)),
            industry_department: None,
            activity_area: None,
            activity: Some(activity),
            as_charity: false,
            raises_publicly: false,
            direct_class: None,
        }));
        let mut case = application(land, number, PermitItem::Found, submitted);
        case.name = Some(name.clone());
        case.form = serde_json::to_string(&form).ok();
        match number {
            1 => {
                case.state = PermitState::Returned;
                case.missing = serde_json::to_string(&["场所使用权证明", "验资报告"]).ok();
                case.version = 2;
            }
            2 => case = accepted(case),
            _ => {}
        }
        let mut person = |role: &str, index: usize| {
            let token = s
                .tokenizer
                .demo(&kit::demo::person(&s.province, index))
                .to_string();
            rows.permit_persons.push(permit_person::Model {
                id: kit::id::derived("permit-person", &format!("{}/{role}", case.id)),
                case_id: case.id,
                role: role.to_owned(),
                person: token,
            });
        };
        person(HEAD, HEADS[number % HEADS.len()]);
        if number == 1 {
            person(APPLICANT, CITIZEN);
        }
        rows.claims.push(name_claim::Model {
            name,
            case_id: case.id,
        });
        rows.permits.push(case);
    }
}

/// In each county with an association, the charter of one waits for its approval.
fn charters(land: &Land, rows: &mut Rows) {
    for at in 0..land.counties.len() {
        let association = rows.organizations.iter().skip(OLD_NAMED_ASSOCIATION + 1);
        let found = association
            .filter(|row| row.kind == OrgKind::SocialGroup && row.state == OrgState::Registered)
            .find(|row| row.division_id == land.counties[at].id);
        let Some(organization) = found else {
            continue;
        };
        let case = application_in(land, at, 100 + at, PermitItem::Charter, day(2026, 11, 18));
        rows.permits.push(accepted(permit_case::Model {
            credit_code: Some(organization.credit_code.clone()),
            name: Some(organization.name.clone()),
            form: serde_json::to_string(&Form::Charter).ok(),
            ..case
        }));
    }
}

/// A change of funds whose promised day is near.
fn change(land: &Land, rows: &mut Rows) {
    let Some(organization) = rows.organizations.get_mut(OLD_NAMED_ASSOCIATION) else {
        return;
    };
    organization.state = OrgState::Changing;
    let form = Form::Change(Change {
        item: OrgChangeItem::Funds,
        text: None,
        division_name: None,
        domicile: None,
        funds_fen: Some(organization.funds_fen + 1_000_000),
    });
    let case = application(land, 10, PermitItem::Change, day(2026, 11, 11));
    rows.permits.push(accepted(permit_case::Model {
        credit_code: Some(organization.credit_code.clone()),
        name: Some(organization.name.clone()),
        form: serde_json::to_string(&form).ok(),
        ..case
    }));
}

fn listing(
    land: &Land,
    number: usize,
    organization: &organization::Model,
    reason: ListingReason,
    listed: NaiveDate,
) -> credit_listing::Model {
    credit_listing::Model {
        id: id("listing", land, number),
        credit_code: organization.credit_code.clone(),
        list: CreditList::Abnormal,
        reason,
        listed,
        escalates: Some(escalates_on(listed)),
        removed: None,
        version: 1,
        arose: Some(listed),
        entered_late: false,
        first_reason: None,
    }
}

/// A funeral operator that was warned, and a body that could not be reached two years ago.
fn credit(land: &Land, rows: &mut Rows) {
    let Some(operator) = rows.organizations.get(LISTED_FUNERAL_OPERATOR) else {
        return;
    };
    let decided = day(2026, 3, 18);
    rows.penalties.push(penalty::Model {
        id: id("penalty", land, 0),
        credit_code: operator.credit_code.clone(),
        kind: OrgPenaltyKind::Warning,
        ground: OrgPenaltyGround::SupervisionRefused,
        fine_fen: 0,
        confiscated_fen: 0,
        decided,
        until: None,
    });
    let warned = listing(land, 0, operator, ListingReason::MinorPenalty, decided);
    let quiet = |rows: &Rows, from: usize| {
        let listed = |code: &str| rows.listings.iter().any(|entry| entry.credit_code == code);
        let mut living = rows.organizations.iter().enumerate().skip(from);
        living.find_map(|(n, row)| {
            (row.state == OrgState::Registered && !listed(&row.credit_code)).then_some(n)
        })
    };
    rows.listings.push(warned);
    let Some(unreachable) = quiet(rows, 200).and_then(|n| rows.organizations.get(n)) else {
        return;
    };
    for (number, sent) in [day(2024, 9, 20), day(2024, 10, 28)]
        .into_iter()
        .enumerate()
    {
        rows.letters.push(letter::Model {
            id: id("letter", land, number),
            credit_code: unreachable.credit_code.clone(),
            sent,
            returned: true,
        });
    }
    let two_years = listing(
        land,
        1,
        unreachable,
        ListingReason::Unreachable,
        day(2024, 11, 8),
    );
    rows.listings.push(two_years);
    if let Some(ending) = quiet(rows, 300).and_then(|n| rows.organizations.get_mut(n)) {
        ending.state = OrgState::Liquidating;
        rows.liquidations.push(liquidation::Model {
            credit_code: ending.credit_code.clone(),
            reason: LiquidationReason::PurposeFulfilled,
            group_formed: day(2026, 10, 12),
            ended: None,
        });
    }
}

/// An organization whose head resigned and that has no new one yet.
fn headless(land: &Land, rows: &mut Rows) {
    let story = land.counties[land.story].id;
    let mut living = rows.organizations.iter().skip(400);
    let Some(code) = living
        .find(|row| row.state == OrgState::Registered && row.division_id != story)
        .map(|row| row.credit_code.clone())
    else {
        return;
    };
    for office in rows
        .offices
        .iter_mut()
        .filter(|office| office.credit_code == code)
    {
        if office.role == OfficeRole::LegalRepresentative {
            office.until = Some(day(2026, 10, 30));
            office.ended = Some(OfficeEnd::Resigned);
        }
    }
}

/// An open case against a "zombie" and one against an illegal organization.
fn cases(land: &Land, rows: &mut Rows) {
    let county = &land.counties[land.story];
    let silent = rows
        .organizations
        .iter()
        .enumerate()
        .skip(OLD_NAMED_ASSOCIATION + 1);
    let silent = silent.filter(|(n, _)| n % 30 == 7);
    let zombie = silent
        .map(|(_, row)| row)
        .find(|row| row.state == OrgState::Registered);
    let open = |number: usize, kind, name: String, division_id| cleanup_case::Model {
        id: id("cleanup", land, number),
        kind,
        credit_code: None,
        name,
        division_id,
        opened: day(2026, 11, 2),
        closed: None,
        closed_month: None,
        result: None,
        version: 2,
        ground: None,
        confiscated_fen: 0,
        merged_into: None,
    };
    let mut opened = Vec::new();
    if let Some(zombie) = zombie {
        opened.push(cleanup_case::Model {
            credit_code: Some(zombie.credit_code.clone()),
            ..open(
                0,
                CleanupKind::Zombie,
                zombie.name.clone(),
                zombie.division_id,
            )
        });
    }
    opened.push(cleanup_case::Model {
        ground: Some(IllegalGround::Unregistered),
        ..open(
            1,
            CleanupKind::Illegal,
            format!("“{}养生研究总会”", county.name),
            county.id,
        )
    });
    for case in opened {
        rows.steps.push(cleanup_step::Model {
            case_id: case.id,
            step: CleanupStep::Verified,
            on_day: day(2026, 11, 9),
        });
        rows.cleanups.push(case);
    }
}

/// A branch, filings and inspections of the story's associations.
fn particulars(land: &Land, rows: &mut Rows) {
    let code = |n: usize| rows.organizations.get(n).map(|row| row.credit_code.clone());
    let (Some(story), Some(citizens)) = (code(STORY_ASSOCIATION), code(CITIZENS_ASSOCIATION))
    else {
        return;
    };
    rows.branches.push(branch::Model {
        id: id("branch", land, 0),
        credit_code: story.clone(),
        kind: OrgBranchKind::Branch,
        name: "烘焙专业委员会".to_owned(),
        opened: day(2019, 4, 1),
        closed: None,
        version: 1,
    });
    for (number, kind) in [OrgFilingKind::Seal, OrgFilingKind::BankAccount]
        .into_iter()
        .enumerate()
    {
        rows.filings.push(filing::Model {
            id: id("filing", land, number),
            credit_code: story.clone(),
            kind,
            filed: day(2021, 2, 1),
        });
    }
    rows.inspections.push(inspection::Model {
        id: id("inspection", land, 0),
        credit_code: story,
        kind: OrgInspectionKind::SpotCheck,
        inspected: day(2026, 5, 18),
        result: OrgInspectionResult::NoProblem,
        rectify_by: None,
        closed: Some(day(2026, 5, 18)),
        version: 1,
        party_members: None,
    });
    rows.inspections.push(inspection::Model {
        id: id("inspection", land, 1),
        credit_code: citizens,
        kind: OrgInspectionKind::Special,
        inspected: day(2026, 9, 7),
        result: OrgInspectionResult::RectificationOrdered,
        rectify_by: Some(day(2026, 10, 31)),
        closed: None,
        version: 1,
        party_members: None,
    });
}

/// Each project joins a community, an organization and social workers.
fn partners(land: &Land, rows: &mut Rows) {
    for (number, project) in rows.projects.iter().enumerate() {
        let kinds = [
            (PartnerKind::Community, "社区居民委员会"),
            (PartnerKind::SocialOrganization, "社区社会组织"),
            (PartnerKind::SocialWorkers, "社工站"),
        ];
        for (place, (kind, name)) in kinds.into_iter().enumerate() {
            rows.partners.push(project_partner::Model {
                id: id("partner", land, number * 3 + place),
                project_id: project.id,
                kind,
                name: name.to_owned(),
                credit_code: None,
            });
        }
    }
}
