//! Entering organizations in the two lists of bad credit and taking them off (O-13 to O-17).

use super::act::{Act, at, id, is_rest, refused, same_version};
use super::{among, record, register};
use crate::input::supervision::{ListOrganizationInput, RecordLetterInput, RemoveListingInput};
use crate::model::{
    credit_listing, inspection, letter, organization, party_unit, penalty, territory,
};
use crate::rules::credit::{self, OnRecord, Standing};
use crate::rules::parameter::{Parameter, number};
use crate::rules::{report, term};
use crate::vocabulary::{
    ActivityField, CreditList, ListingReason, OrgInspectionResult, OrgPenaltyGround,
    OrgPenaltyKind, OrgState,
};
use chrono::NaiveDate;
use futures_util::future::BoxFuture;
use kit::{Error, Result};
use minzheng_kit as kit;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType,
    QueryFilter, QuerySelect, Select,
};
use serde_json::json;
use uuid::Uuid;

/// Puts an organization on the list its reason belongs to; answers the entry.
pub fn list<'a>(act: Act<'a>, input: &'a ListOrganizationInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let organization = act.supervised(&input.credit_code.0).await?;
        let ended = !organization.state.is_live() && organization.state != OrgState::Revoked;
        if ended {
            return Err(refused(
                "ORGANIZATION_ENDED",
                "The organization no longer exists.",
                "该社会组织已终止。",
                "creditCode",
            ));
        }
        if input.arose_on.0 > act.today || input.arose_on.0 < organization.founded {
            return Err(refused(
                "DAY_IMPOSSIBLE",
                "The ground arose between the founding and today.",
                "事由发生日期应在社会组织成立之后且不晚于今天。",
                "aroseOn",
            ));
        }
        proved(act, &organization, input.reason, input.arose_on.0).await?;
        enter(
            act,
            &organization.credit_code,
            input.reason,
            input.arose_on.0,
        )
        .await?
        .ok_or_else(|| {
            refused(
                "ALREADY_LISTED",
                "An entry for this ground stands already.",
                "该社会组织已因同一事由被列入。",
                "reason",
            )
        })
    })
}

/// What the register itself can check of a ground, by the numbers of the day on which it arose.
async fn proved(
    act: Act<'_>,
    organization: &organization::Model,
    reason: ListingReason,
    arose: NaiveDate,
) -> Result<()> {
    let code = organization.credit_code.as_str();
    match reason {
        ListingReason::NoAnnualReport => {
            let missing = reports_missing(act.tx, organization, act.today).await?;
            credit::report_missing(missing).map_err(|refusal| at(refusal, "reason"))
        }
        ListingReason::Unreachable => {
            let letters = returned_letters(act.tx, code).await?;
            credit::unreachable(&letters, arose).map_err(|refusal| at(refusal, "reason"))
        }
        ListingReason::AbnormalTwoYears => {
            Err(at(credit::escalates_by_itself(act.today), "reason"))
        }
        _ => {
            let held = held(act.tx, organization, arose).await?;
            credit::on_record(reason, &held, arose).map_err(|refusal| at(refusal, "reason"))
        }
    }
}

/// What the register holds against an organization; minor penalties are counted back from the day a ground arose, and
/// each is minor by the limit of the day on which it was decided.
async fn held(
    db: &impl ConnectionTrait,
    organization: &organization::Model,
    arose: NaiveDate,
) -> Result<OnRecord> {
    let code = organization.credit_code.as_str();
    let punished = penalty::Entity::find()
        .filter(penalty::Column::CreditCode.eq(code))
        .all(db)
        .await?;
    let overdue = inspection::Entity::find()
        .filter(inspection::Column::CreditCode.eq(code))
        .filter(inspection::Column::Result.eq(OrgInspectionResult::NotPutRight))
        .one(db)
        .await?;
    let party = party_unit::Entity::find_by_id(code).one(db).await?;
    let codes = [organization.credit_code.clone()];
    let (reports, inspected) = (
        register::reports(db, &codes).await?.remove(code),
        record::inspections(db, &codes).await?.remove(code),
    );
    let party_members =
        record::party_members(&reports.unwrap_or_default(), &inspected.unwrap_or_default());
    let large = |one: &penalty::Model| one.fine_fen >= number(Parameter::LargeFine, one.decided);
    let minor = |one: &&penalty::Model| {
        matches!(one.kind, OrgPenaltyKind::Warning | OrgPenaltyKind::Fine) && !large(one)
    };
    let number_of = |days: usize| u32::try_from(days).unwrap_or(u32::MAX);
    let lately = |one: &&penalty::Model| credit::counts_back(one.decided, arose);
    let of = |kind| punished.iter().any(|one| one.kind == kind);
    Ok(OnRecord {
        minor: number_of(punished.iter().filter(minor).count()),
        minor_lately: number_of(punished.iter().filter(minor).filter(lately).count()),
        large: punished.iter().any(large),
        suspended: of(OrgPenaltyKind::Suspension),
        revoked: of(OrgPenaltyKind::Revocation) || organization.state == OrgState::Revoked,
        fraud: punished
            .iter()
            .any(|one| one.ground == OrgPenaltyGround::Fraud),
        not_put_right: overdue.is_some(),
        has_party_body: party.is_some(),
        party_members,
    })
}

/// Writes an entry unless one of the same ground stands; answers it.
pub(crate) async fn enter(
    act: Act<'_>,
    code: &str,
    reason: ListingReason,
    arose: NaiveDate,
) -> Result<Option<Uuid>> {
    let list = credit::list_of(reason);
    let standing = credit_listing::Entity::find()
        .filter(credit_listing::Column::CreditCode.eq(code))
        .filter(credit_listing::Column::Reason.eq(reason))
        .filter(credit_listing::Column::Removed.is_null())
        .one(act.tx)
        .await?;
    if standing.is_some() {
        return Ok(None);
    }
    let due = term::credit_entry_due(arose, &is_rest);
    let row = credit_listing::Model {
        id: kit::id::new(),
        credit_code: code.to_owned(),
        list,
        reason,
        listed: act.today,
        escalates: (list == CreditList::Abnormal).then(|| credit::escalates_on(act.today)),
        removed: None,
        version: 1,
        arose: Some(arose),
        entered_late: due.is_some_and(|due| act.today > due),
        first_reason: None,
    };
    let id = row.id;
    let after = json!({
        "creditCode": code, "list": list.text(), "reason": reason.text(), "listed": row.listed,
        "escalates": row.escalates, "enteredLate": row.entered_late,
    });
    credit_listing::Entity::insert(row.into_active_model())
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        "CreditListing",
        &id.to_string(),
        "OrganizationListed",
        None,
        after,
    )
    .await?;
    Ok(Some(id))
}

/// Takes an entry off; answers it.
pub fn remove<'a>(act: Act<'a>, input: &'a RemoveListingInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let unknown = || {
            refused(
                "LISTING_UNKNOWN",
                "There is no such entry.",
                "没有该信用名单记录。",
                "id",
            )
        };
        let old = credit_listing::Entity::find_by_id(id(&input.id, "id")?)
            .one(act.tx)
            .await?
            .ok_or_else(unknown)?;
        let organization = act.supervised(&old.credit_code).await?;
        same_version(old.version, input.version)?;
        if old.removed.is_some() {
            return Err(refused(
                "LISTING_REMOVED",
                "The entry was taken off already.",
                "该记录已移出。",
                "id",
            ));
        }
        let list = credit::list_on(old.list, old.escalates, old.removed, act.today);
        let since = if list == old.list {
            old.listed
        } else {
            old.escalates.unwrap_or(old.listed)
        };
        let standing = Standing {
            reason: old.first_reason.unwrap_or(old.reason),
            list,
            since,
            reports_missing: reports_missing(act.tx, &organization, act.today).await?,
            put_right: input.is_put_right,
            deregistered: organization.state == OrgState::Deregistered,
            last_fault: last_fault(act.tx, &old).await?,
        };
        credit::may_leave(&standing, act.today).map_err(|refusal| at(refusal, "id"))?;
        let row = credit_listing::Model {
            removed: Some(act.today),
            version: old.version + 1,
            ..old.clone()
        };
        row.into_active_model().reset_all().update(act.tx).await?;
        let before = json!({ "list": list.text(), "removed": null });
        let after = json!({ "creditCode": old.credit_code, "list": list.text(), "reason": old.reason.text(), "removed": act.today });
        act.done(
            "CreditListing",
            &old.id.to_string(),
            "ListingRemoved",
            Some(before),
            after,
        )
        .await?;
        Ok(old.id)
    })
}

/// The last day on which something other than this entry was found against its organization.
async fn last_fault(
    db: &impl ConnectionTrait,
    entry: &credit_listing::Model,
) -> Result<Option<NaiveDate>> {
    let code = entry.credit_code.as_str();
    let listed = credit_listing::Entity::find()
        .filter(credit_listing::Column::CreditCode.eq(code))
        .filter(credit_listing::Column::Id.ne(entry.id))
        .all(db)
        .await?;
    let punished = penalty::Entity::find()
        .filter(penalty::Column::CreditCode.eq(code))
        .all(db)
        .await?;
    let days = listed.iter().map(|one| one.listed);
    // The entry's own ground is no new fault.
    let own = entry.arose.unwrap_or(entry.listed);
    let later = punished
        .iter()
        .map(|one| one.decided)
        .filter(|day| *day > own);
    Ok(days.filter(|day| *day > entry.listed).chain(later).max())
}

/// O-10: whether a report that is due is missing: of the two last due years in which it had to report.
pub(crate) async fn reports_missing(
    db: &impl ConnectionTrait,
    organization: &organization::Model,
    today: NaiveDate,
) -> Result<bool> {
    let last = report::last_due_year(today);
    let first = Ord::max(report::first_report_year(organization.founded), last - 1);
    let codes = [organization.credit_code.clone()];
    let reports = register::reports(db, &codes).await?;
    let has = |year| {
        reports
            .values()
            .flatten()
            .any(|report: &crate::model::annual_report::Model| report.year == year)
    };
    Ok((first..=last).any(|year| !has(year)))
}

/// The days on which letters to a domicile were sent that came back.
pub(crate) async fn returned_letters(
    db: &impl ConnectionTrait,
    code: &str,
) -> Result<Vec<NaiveDate>> {
    let rows = letter::Entity::find()
        .filter(letter::Column::CreditCode.eq(code))
        .filter(letter::Column::Returned.eq(true))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.sent).collect())
}

/// O-14: records a letter and whether it came back; answers the organization.
pub fn letter<'a>(act: Act<'a>, input: &'a RecordLetterInput) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.living(&input.credit_code.0).await?;
        if input.sent_on.0 > act.today {
            return Err(refused(
                "DAY_IMPOSSIBLE",
                "A letter was sent today or before.",
                "寄出日期不得晚于今天。",
                "sentOn",
            ));
        }
        let row = letter::Model {
            id: kit::id::new(),
            credit_code: organization.credit_code.clone(),
            sent: input.sent_on.0,
            returned: input.is_returned,
        };
        let key = row.id.to_string();
        let after =
            json!({ "creditCode": row.credit_code, "sent": row.sent, "returned": row.returned });
        letter::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        act.done("Letter", &key, "LetterRecorded", None, after)
            .await?;
        Ok(organization.credit_code)
    })
}

/// What entries are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only on this list, as it counts today.
    pub list: Option<CreditList>,
    /// Only for this ground.
    pub reason: Option<ListingReason>,
    /// Only organizations of these fields.
    pub activities: Vec<ActivityField>,
    /// Only entries that become serious before this day.
    pub escalates_before: Option<NaiveDate>,
}

/// Entries that stand today in a division and below; to be paged by day and id. The list is that which
/// counts today, whether or not a job has moved the entry.
#[must_use]
pub fn standing(
    division: Uuid,
    wanted: &Wanted,
    today: NaiveDate,
) -> Select<credit_listing::Entity> {
    let mut find = credit_listing::Entity::find()
        .join(
            JoinType::InnerJoin,
            credit_listing::Entity::belongs_to(organization::Entity)
                .from(credit_listing::Column::CreditCode)
                .to(organization::Column::CreditCode)
                .into(),
        )
        .join(
            JoinType::InnerJoin,
            organization::Entity::belongs_to(territory::Entity)
                .from(organization::Column::DivisionId)
                .to(territory::Column::Division)
                .into(),
        )
        .filter(territory::Column::Ancestor.eq(division))
        .filter(credit_listing::Column::Removed.is_null());
    let over = credit_listing::Column::Escalates.lte(today);
    match wanted.list {
        Some(CreditList::Abnormal) => {
            find = find
                .filter(credit_listing::Column::List.eq(CreditList::Abnormal))
                .filter(
                    credit_listing::Column::Escalates
                        .is_null()
                        .or(credit_listing::Column::Escalates.gt(today)),
                );
        }
        Some(CreditList::Serious) => {
            find = find.filter(
                credit_listing::Column::List
                    .eq(CreditList::Serious)
                    .or(over),
            );
        }
        None => {}
    }
    if let Some(reason) = wanted.reason {
        find = find.filter(credit_listing::Column::Reason.eq(reason));
    }
    if let Some(before) = wanted.escalates_before {
        find = find.filter(credit_listing::Column::Escalates.lt(before));
    }
    if !wanted.activities.is_empty() {
        find = find.filter(among(organization::Column::Activity, &wanted.activities));
    }
    find
}

/// An entry became serious; the key is the id of the entry in the serious list.
pub const ESCALATED: &str = "ListingEscalated";

/// O-15, the job: writes down that entries have become serious; answers how many. What is read counts
/// already without it.
pub async fn escalate(s: &kit::Services) -> Result<usize> {
    let today = s.clock.today();
    let due = || {
        credit_listing::Entity::find()
            .filter(credit_listing::Column::List.eq(CreditList::Abnormal))
            .filter(credit_listing::Column::Removed.is_null())
            .filter(credit_listing::Column::Escalates.lte(today))
    };
    if due().one(s.db.read()).await?.is_none() {
        return Ok(0);
    }
    let actor = kit::Principal::service(&s.province, s.name).at(s.clock.now());
    let now = s.clock.now();
    let services = s.clone();
    s.db.write(move |tx| {
        let (actor, services) = (actor.clone(), services.clone());
        Box::pin(async move {
            let act = Act {
                tx,
                services: &services,
                actor: &actor,
                now,
                today,
            };
            let due = credit_listing::Entity::find()
                .filter(credit_listing::Column::List.eq(CreditList::Abnormal))
                .filter(credit_listing::Column::Removed.is_null())
                .filter(credit_listing::Column::Escalates.lte(today))
                .all(tx)
                .await?;
            for old in &due {
                let day = old.escalates.unwrap_or(today);
                let row = credit_listing::Model {
                    removed: Some(day),
                    version: old.version + 1,
                    ..old.clone()
                };
                row.into_active_model().reset_all().update(tx).await?;
                let serious = credit_listing::Model {
                    id: kit::id::derived("listing-serious", &old.id.to_string()),
                    list: CreditList::Serious,
                    reason: ListingReason::AbnormalTwoYears,
                    listed: day,
                    escalates: None,
                    removed: None,
                    version: 1,
                    arose: Some(day),
                    entered_late: false,
                    first_reason: Some(old.reason),
                    ..old.clone()
                };
                let id = serious.id.to_string();
                let after = json!({
                    "creditCode": old.credit_code, "list": CreditList::Serious.text(), "listed": day,
                    "firstReason": old.reason.text(),
                });
                credit_listing::Entity::insert(serious.into_active_model())
                    .exec_without_returning(tx)
                    .await?;
                act.done("CreditListing", &id, ESCALATED, None, after).await?;
            }
            Ok(due.len())
        })
    })
    .await
}

/// The entry of an id.
pub async fn found(s: &kit::Services, id: Uuid) -> Result<credit_listing::Model> {
    credit_listing::Entity::find_by_id(id)
        .one(s.db.read())
        .await?
        .ok_or(Error::NotFound)
}
