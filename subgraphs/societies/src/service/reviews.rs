//! Offices that ended with a death which was taken back. Nothing comes back by itself: somebody else may
//! have been chosen since, so an officer of the registry decides each.

use super::act::{self, Act, same_version};
use super::deceased::registrable;
use super::permit::may_head;
use super::within;
use crate::input::supervision::DecideOfficeReviewInput;
use crate::model::{office, office_review};
use crate::rules::office::may_return;
use crate::vocabulary::{OfficeEnd, OfficeRole};
use chrono::NaiveDate;
use futures_util::future::BoxFuture;
use kit::events::Event;
use kit::{Error, Principal, Result};
use minzheng_kit as kit;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, JoinType,
    QueryFilter, QuerySelect, Select,
};
use serde_json::json;
use uuid::Uuid;

/// Opens a review of each office that a death ended which is taken back now. The same event opens none twice.
pub async fn open(
    tx: &DatabaseTransaction,
    by: &Principal,
    person: &str,
    event: &Event,
    opened: NaiveDate,
) -> Result<()> {
    let ended = office::Entity::find()
        .filter(office::Column::Person.eq(person))
        .filter(office::Column::Ended.eq(OfficeEnd::Death))
        .all(tx)
        .await?;
    let codes: Vec<String> = ended.iter().map(|row| row.credit_code.clone()).collect();
    let organizations = super::register::organizations(tx, &codes).await?;
    for office in ended {
        // An organization that has ended has no offices.
        let Some(organization) = organizations
            .get(&office.credit_code)
            .filter(|organization| organization.state.is_live())
        else {
            continue;
        };
        let key = format!("{}/{}", office.id, event.key);
        let review = office_review::Model {
            id: kit::id::derived("office review", &key),
            office_id: office.id,
            credit_code: office.credit_code.clone(),
            division_id: organization.division_id,
            person: office.person.clone(),
            role: office.role,
            opened,
            decided: None,
            restored: None,
            version: 1,
        };
        let id = review.id;
        let made = office_review::Entity::insert(review.into_active_model())
            .on_conflict(
                OnConflict::column(office_review::Column::Id)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
        if made == 0 {
            continue;
        }
        let after =
            json!({ "state": "OPEN", "office": office.id, "creditCode": office.credit_code });
        kit::mutation::history(
            tx,
            "OfficeReview",
            &id.to_string(),
            by,
            None,
            Some(after.clone()),
        )
        .await?;
        let told = Event {
            kind: "OfficeReviewOpened".to_owned(),
            key: office.credit_code.clone(),
            at: event.at,
            body: json!({ "version": 1, "id": id, "creditCode": office.credit_code, "role": office.role.text() }),
        };
        kit::events::emit(tx, &told).await?;
    }
    Ok(())
}

/// Reviews of a division and below that wait for an officer.
#[must_use]
pub fn waiting(division: Uuid) -> Select<office_review::Entity> {
    office_review::Entity::find()
        .join_rev(
            JoinType::InnerJoin,
            within::<office_review::Entity>(office_review::Column::DivisionId),
        )
        .filter(crate::model::territory::Column::Ancestor.eq(division))
        .filter(office_review::Column::Decided.is_null())
}

/// Decides a review: the office is held again, or it stays ended.
pub fn decide<'a>(
    act: Act<'a>,
    input: &'a DecideOfficeReviewInput,
) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let id = act::id(&input.id, "id")?;
        let review = office_review::Entity::find_by_id(id)
            .one(act.tx)
            .await?
            .ok_or(Error::Forbidden)?;
        let organization = act.living(&review.credit_code).await?;
        same_version(review.version, input.version)?;
        let stands = held_by_another(act.tx, &review).await?;
        may_return(review.decided, input.restored, review.role, stands)
            .map_err(|refusal| act::at(refusal, "restored"))?;
        if input.restored {
            let (person, code) = (review.person.as_str(), review.credit_code.as_str());
            if review.role == OfficeRole::LegalRepresentative {
                may_head(act.tx, person, organization.kind, code).await?;
            } else {
                registrable(act.tx, person, "id").await?;
            }
            give_back(act.tx, review.office_id).await?;
        }
        office_review::Entity::update_many()
            .col_expr(office_review::Column::Decided, Expr::value(act.today))
            .col_expr(office_review::Column::Restored, Expr::value(input.restored))
            .col_expr(
                office_review::Column::Version,
                Expr::col(office_review::Column::Version).add(1),
            )
            .filter(office_review::Column::Id.eq(id))
            .exec(act.tx)
            .await?;
        let after = json!({ "restored": input.restored, "office": review.office_id });
        act.record(
            "OfficeReview",
            &id.to_string(),
            Some(json!({ "state": "OPEN" })),
            after,
        )
        .await?;
        let kind = if input.restored {
            "OfficeRestored"
        } else {
            "OfficeStaysEnded"
        };
        let body = json!({ "creditCode": review.credit_code, "role": review.role.text() });
        act.tell(kind, &review.credit_code, body).await?;
        Ok(review.credit_code)
    })
}

/// Whether the same office of the organization is held by somebody now.
async fn held_by_another(db: &impl ConnectionTrait, review: &office_review::Model) -> Result<bool> {
    let held = office::Entity::find()
        .filter(office::Column::CreditCode.eq(&review.credit_code))
        .filter(office::Column::Role.eq(review.role))
        .filter(office::Column::Until.is_null())
        .one(db)
        .await?;
    Ok(held.is_some())
}

async fn give_back(tx: &DatabaseTransaction, id: Uuid) -> Result<()> {
    office::Entity::update_many()
        .col_expr(office::Column::Until, Expr::value(None::<NaiveDate>))
        .col_expr(office::Column::Ended, Expr::value(None::<OfficeEnd>))
        .filter(office::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
