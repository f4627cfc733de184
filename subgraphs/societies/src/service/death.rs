//! What other subsystems' events change here.
//!
//! A registered death ends the offices that the person held; a person's new token (after a merge, a
//! split or a re-tokenisation) takes the place of the old one. Both are idempotent by their condition:
//! the second time there is nothing left to change.

use super::reviews;
use crate::model::office;
use crate::vocabulary::{OfficeEnd, OfficeRole};
use chrono::NaiveDate;
use minzheng_kit as kit;
use minzheng_kit::aliases::{self, TokenColumn};
use minzheng_kit::events::{
    Consumer, DeathCorrected, DeathRegistered, DeathRevoked, Event, Known as _,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};

/// Ends the offices of a person who died. Answers the organizations that lost someone by it.
pub async fn close_offices(
    tx: &impl ConnectionTrait,
    person: &str,
    died: NaiveDate,
) -> kit::Result<Vec<office::Model>> {
    let held = office::Entity::find()
        .filter(office::Column::Person.eq(person))
        .filter(office::Column::Until.is_null())
        .all(tx)
        .await?;
    if !held.is_empty() {
        office::Entity::update_many()
            .col_expr(office::Column::Until, Expr::value(died))
            .col_expr(office::Column::Ended, Expr::value(OfficeEnd::Death))
            .filter(office::Column::Person.eq(person))
            .filter(office::Column::Until.is_null())
            .exec(tx)
            .await?;
    }
    Ok(held)
}

/// The offices that a death has ended end on the day of death that is right.
async fn correct_offices(
    tx: &DatabaseTransaction,
    actor: &kit::Principal,
    told: &DeathCorrected,
) -> kit::Result<()> {
    let wrong = office::Entity::find()
        .filter(office::Column::Person.eq(&told.person))
        .filter(office::Column::Ended.eq(OfficeEnd::Death))
        .filter(office::Column::Until.ne(told.died_on))
        .all(tx)
        .await?;
    for office in wrong {
        office::Entity::update_many()
            .col_expr(office::Column::Until, Expr::value(told.died_on))
            .filter(office::Column::Id.eq(office.id))
            .exec(tx)
            .await?;
        let day = |until| Some(serde_json::json!({ "until": until }));
        let id = office.id.to_string();
        let (before, after) = (day(office.until), day(Some(told.died_on)));
        kit::mutation::history(tx, "Office", &id, actor, before, after).await?;
    }
    Ok(())
}

/// Deaths, from the subgraph of funerals: a death ends offices, its correction moves that day, and a death
/// that a court took back opens a review of each (see [`reviews`]).
#[derive(Clone, Copy, Debug)]
pub struct Deaths;

#[async_trait::async_trait]
impl Consumer for Deaths {
    fn source(&self) -> &'static str {
        "funeral"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            DeathRegistered::KIND,
            DeathCorrected::KIND,
            DeathRevoked::KIND,
        ]
    }

    async fn apply(
        &self,
        s: &kit::Services,
        tx: &DatabaseTransaction,
        e: &Event,
    ) -> kit::Result<()> {
        let actor = kit::Principal::service(&s.province, "funeral").at(s.clock.now());
        if let Some(told) = e.read::<DeathCorrected>()? {
            return correct_offices(tx, &actor, &told).await;
        }
        if let Some(told) = e.read::<DeathRevoked>()? {
            let opened = kit::clock::legal_day(e.at);
            return reviews::open(tx, &actor, &told.person, e, opened).await;
        }
        let text = |field: &str| e.body.get(field).and_then(serde_json::Value::as_str);
        let person = text("person").unwrap_or(&e.key);
        let died = text("diedOn")
            .and_then(|day| day.parse().ok())
            .unwrap_or_else(|| kit::clock::legal_day(e.at));
        let closed = close_offices(tx, person, died).await?;
        for office in closed {
            let before = serde_json::json!({ "role": office.role.text(), "until": null });
            let after = serde_json::json!({ "role": office.role.text(), "until": died, "ended": OfficeEnd::Death.text() });
            kit::mutation::history(
                tx,
                "Office",
                &office.id.to_string(),
                &actor,
                Some(before),
                Some(after),
            )
            .await?;
            let body = serde_json::json!({ "creditCode": office.credit_code, "role": office.role.text(), "reason": OfficeEnd::Death.text() });
            let event = Event {
                kind: "OfficeEnded".to_owned(),
                key: office.credit_code.clone(),
                at: e.at,
                body,
            };
            kit::events::emit(tx, &event).await?;
            if office.role == OfficeRole::LegalRepresentative {
                // The warning: the organization has nobody who may act for it. It says nothing of the
                // person, and stands in `organizationsWithoutHead` until a new head is registered.
                let event = Event {
                    kind: "OrganizationHeadless".to_owned(),
                    key: office.credit_code.clone(),
                    at: e.at,
                    body: serde_json::json!({ "version": 1, "creditCode": office.credit_code }),
                };
                kit::events::emit(tx, &event).await?;
            }
        }
        Ok(())
    }
}

/// Where tokens of persons stand here.
const TOKENS: &[TokenColumn] = &[
    TokenColumn::new("office", "person"),
    TokenColumn::new("permit_person", "person"),
    TokenColumn::new("office_review", "person"),
];

/// New tokens of persons, from the vault.
#[derive(Clone, Copy, Debug)]
pub struct Aliases;

#[async_trait::async_trait]
impl Consumer for Aliases {
    fn source(&self) -> &'static str {
        "persons"
    }

    fn kinds(&self) -> &'static [&'static str] {
        aliases::KINDS
    }

    async fn apply(
        &self,
        _: &kit::Services,
        tx: &DatabaseTransaction,
        e: &Event,
    ) -> kit::Result<()> {
        aliases::apply(tx, e, TOKENS).await?;
        Ok(())
    }
}
