//! Giving, lowering and taking away ratings (O-12).

use super::act::{Act, at, id, refused, same_version};
use super::register;
use crate::input::supervision::{ChangeRatingInput, RateOrganizationInput};
use crate::model::{cleanup_case, inspection, penalty, rating};
use crate::rules::parameter::{Parameter, count};
use crate::rules::rating::{self as rule, Candidate, Inspected};
use crate::vocabulary::{RatingChange, RatingState};
use chrono::Months;
use futures_util::future::BoxFuture;
use kit::Result;
use minzheng_kit as kit;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::json;
use uuid::Uuid;

/// O-12: rates an organization by its score; answers the rating.
pub fn rate<'a>(act: Act<'a>, input: &'a RateOrganizationInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let organization = act.acting(&input.credit_code.0).await?;
        let score = u16::try_from(input.score)
            .ok()
            .filter(|score| *score <= 1_000)
            .ok_or_else(|| {
                refused(
                    "SCORE_OUT_OF_RANGE",
                    "A score is 0 to 1,000.",
                    "得分应在0至1000之间。",
                    "score",
                )
            })?;
        let codes = [organization.credit_code.clone()];
        let reports = register::reports(act.tx, &codes).await?;
        let inspected = |year| {
            let reports = reports.get(&organization.credit_code);
            let report = reports.and_then(|all| all.iter().find(|report| report.year == year));
            match report.map(|report| report.result) {
                None => Inspected::Missing,
                Some(None) => Inspected::Pending,
                Some(Some(result)) => Inspected::Concluded(result),
            }
        };
        let concluded = |year| matches!(inspected(year), Inspected::Concluded(_));
        let last = rule::last_inspected_year(act.today, concluded);
        let since = act
            .today
            .checked_sub_months(Months::new(count(Parameter::PunishedYears, act.today) * 12))
            .unwrap_or(act.today);
        let punished = penalty::Entity::find()
            .filter(penalty::Column::CreditCode.eq(organization.credit_code.as_str()))
            .filter(penalty::Column::Decided.gt(since))
            .count(act.tx)
            .await?;
        let listings = register::listings(act.tx, &codes).await?;
        rule::may_be_rated(
            &Candidate {
                founded: organization.founded,
                last_year: inspected(last),
                year_before: inspected(last - 1),
                punished: punished > 0,
                listed: listings
                    .values()
                    .flatten()
                    .any(|entry| entry.removed.is_none()),
                investigated: input.is_investigated
                    || investigated(act, &organization.credit_code).await?,
            },
            act.today,
        )
        .map_err(|refusal| at(refusal, "creditCode"))?;
        let same_day = register::ratings(act.tx, &codes)
            .await?
            .values()
            .flatten()
            .any(|rating| rating.valid_from == act.today && rating.state == RatingState::Valid);
        if same_day {
            return Err(refused(
                "RATED_TODAY",
                "The organization was rated today already.",
                "该社会组织今天已评定等级。",
                "creditCode",
            ));
        }
        for old in register::ratings(act.tx, &codes)
            .await?
            .into_values()
            .flatten()
        {
            supersede(act, old).await?;
        }
        let row = rating::Model {
            id: kit::id::new(),
            credit_code: organization.credit_code,
            level: rule::level_for(score, &rule::score_bands(act.today)),
            score: Some(input.score),
            valid_from: act.today,
            valid_to: rule::valid_to(act.today),
            state: RatingState::Valid,
            version: 1,
            changed: None,
        };
        insert(act, row, "OrganizationRated").await
    })
}

/// O-12: whether the register itself knows of an investigation: a clean-up case against the organization that is not
/// closed, or an inspection whose order is not.
async fn investigated(act: Act<'_>, code: &str) -> Result<bool> {
    let cases = cleanup_case::Entity::find()
        .filter(cleanup_case::Column::CreditCode.eq(code))
        .filter(cleanup_case::Column::Closed.is_null())
        .count(act.tx)
        .await?;
    let orders = inspection::Entity::find()
        .filter(inspection::Column::CreditCode.eq(code))
        .filter(inspection::Column::Closed.is_null())
        .count(act.tx)
        .await?;
    Ok(cases + orders > 0)
}

/// A rating that still counts ends today: the new one stands in its place.
async fn supersede(act: Act<'_>, old: rating::Model) -> Result<()> {
    let Some(valid_to) = rule::superseded(old.state, old.valid_to, act.today) else {
        return Ok(());
    };
    let (key, before) = (old.id.to_string(), json!({ "validTo": old.valid_to }));
    let after =
        json!({ "creditCode": old.credit_code, "level": old.level.text(), "validTo": valid_to });
    let row = rating::Model {
        valid_to,
        changed: Some(act.today),
        version: old.version + 1,
        ..old
    };
    row.into_active_model().reset_all().update(act.tx).await?;
    act.done("Rating", &key, "RatingSuperseded", Some(before), after)
        .await
}

async fn insert(act: Act<'_>, row: rating::Model, event: &str) -> Result<Uuid> {
    let id = row.id;
    let after = json!({
        "creditCode": row.credit_code, "level": row.level.text(), "score": row.score,
        "validFrom": row.valid_from, "validTo": row.valid_to, "state": row.state.text(),
    });
    rating::Entity::insert(row.into_active_model())
        .exec_without_returning(act.tx)
        .await?;
    act.done("Rating", &id.to_string(), event, None, after)
        .await?;
    Ok(id)
}

/// O-12: lowers a rating that counts, or takes it away; answers the rating that counts afterwards, or the
/// one taken away.
pub fn change<'a>(act: Act<'a>, input: &'a ChangeRatingInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let unknown = || {
            refused(
                "RATING_UNKNOWN",
                "There is no such rating.",
                "没有该评估等级。",
                "id",
            )
        };
        let old = rating::Entity::find_by_id(id(&input.id, "id")?)
            .one(act.tx)
            .await?
            .ok_or_else(unknown)?;
        act.supervised(&old.credit_code).await?;
        same_version(old.version, input.version)?;
        let state = rule::state_on(old.state, old.valid_to, act.today);
        rule::change(old.level, state, input.change, input.level)
            .map_err(|refusal| at(refusal, "level"))?;
        let next_state = match input.change {
            RatingChange::Lower => RatingState::Lowered,
            RatingChange::Revoke => RatingState::Revoked,
        };
        let row = rating::Model {
            state: next_state,
            version: old.version + 1,
            changed: Some(act.today),
            ..old.clone()
        };
        row.into_active_model().reset_all().update(act.tx).await?;
        let before = json!({ "level": old.level.text(), "state": old.state.text() });
        let after = json!({ "creditCode": old.credit_code, "level": old.level.text(), "state": next_state.text() });
        act.done(
            "Rating",
            &old.id.to_string(),
            "RatingChanged",
            Some(before),
            after,
        )
        .await?;
        let (RatingChange::Lower, Some(level)) = (input.change, input.level) else {
            return Ok(old.id);
        };
        // The lesser grade counts for what is left of the five years.
        let lesser = rating::Model {
            id: kit::id::new(),
            level,
            score: None,
            valid_from: act.today.max(old.valid_from),
            state: RatingState::Valid,
            version: 1,
            changed: None,
            ..old
        };
        insert(act, lesser, "OrganizationRated").await
    })
}
