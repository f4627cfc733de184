//! What the funeral subsystem adds to persons: their death, and the funerals they arranged.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use minzheng_kit::batch::Siblings;
use minzheng_kit::contract::scope;
use minzheng_kit::federation::directives::{key, personal, requires_scopes};
use minzheng_kit::{Date, Error, PrincipalExt, id};
use uuid::Uuid;

use super::case::FuneralCase;
use super::waiver::Waiver;
use super::{access, size};
use crate::model::death_record;
use crate::rules::terms::DeathPaperKind;
use crate::service::people;

/// A person, by their token.
#[derive(Clone)]
pub struct Person {
    token: String,
    siblings: Arc<Siblings<String>>,
}

impl Person {
    /// Persons that were asked for together.
    pub(super) fn all(tokens: Vec<String>) -> Vec<Self> {
        let siblings = Siblings::new(tokens.clone());
        tokens
            .into_iter()
            .map(|token| Self {
                token,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }

    /// One person by themselves.
    pub(super) fn one(token: String) -> Self {
        let siblings = Siblings::new(vec![token.clone()]);
        Self { token, siblings }
    }

    /// Whoever the applicant of a case has named, as long as no officer has confirmed it: a reference of that case
    /// alone, which is no person's token and leads nobody anywhere.
    pub(super) fn unconfirmed(case: Uuid) -> Self {
        let name = id::derived("claimed person", &case.to_string());
        Self::one(name.simple().to_string())
    }

    /// What is a person's own is for them and for the officers of funeral cases.
    fn own_or_officer(&self, ctx: &Context<'_>) -> minzheng_kit::Result<()> {
        let caller = ctx.principal();
        let own = caller.has_scope(scope::SELF) && caller.is_person(&self.token);
        if own || caller.has_scope(scope::FUNERAL_CASE) {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }
}

/// A natural person (自然人).
#[Object(directive = key::apply("id".into(), None))]
impl Person {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        ID(self.token.clone())
    }

    /// The person's death; null while none is recorded that the caller may read. For the person's near kin, who are those
    /// that arranged the funeral or whom an officer recorded, and for officers of funeral cases (死亡信息).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["self".into()], vec!["funeral.case".into()]]),
        directive = personal::apply("death".into(), "id".into())
    )]
    async fn death(&self, ctx: &Context<'_>) -> Result<Option<DeathRecord>> {
        let services = ctx.services();
        let as_kin = self.own_or_officer(ctx).is_err();
        if as_kin {
            let caller = ctx.person()?.to_owned();
            let kin = self
                .siblings
                .load(&self.token, "kin", &caller, |persons| {
                    let caller = caller.clone();
                    async move { people::arranged_by(services.db.read(), &persons, &caller).await }
                })
                .await?;
            if kin != Some(true) {
                return Err(Error::Forbidden.into());
            }
        }
        let death = self
            .siblings
            .load(&self.token, "death", "", |persons| async move {
                people::deaths(services.db.read(), &persons).await
            })
            .await?;
        // An officer reads the deaths of the own division only; one of elsewhere looks like none, or the refusal would
        // tell that somebody has died (D.6, 54).
        let own = as_kin || ctx.principal().is_person(&self.token);
        let death = death
            .filter(|d| own || access::officer(ctx, scope::FUNERAL_CASE, d.division_id).is_ok());
        Ok(death.map(DeathRecord::from))
    }

    /// The funeral cases that the person opened as applicant, newest first; for the person and for
    /// officers (本人申办的治丧案件).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["self".into()], vec!["funeral.case".into()]]),
        directive = personal::apply("funeral".into(), "id".into())
    )]
    async fn family_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 20 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<FuneralCase>>> {
        self.own_or_officer(ctx)?;
        let services = ctx.services();
        let limit = size(first, 20, 100);
        let cases = self
            .siblings
            .load(&self.token, "family_cases", &limit.to_string(), |persons| async move {
                people::cases_of(services.db.read(), &persons, limit).await
            })
            .await?
            .unwrap_or_default();
        let visible = cases
            .into_iter()
            .filter(|case| access::case(ctx, case).is_ok())
            .collect();
        Ok(Some(FuneralCase::all(visible)))
    }

    /// The waivers that the person was granted as applicant, newest first; for the person and for
    /// officers (本人获得的减免).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["self".into()], vec!["funeral.case".into()]]),
        directive = personal::apply("waiver".into(), "id".into())
    )]
    async fn waivers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<Waiver>>> {
        self.own_or_officer(ctx)?;
        let services = ctx.services();
        let limit = size(first, 50, 200);
        let granted =
            self.siblings
                .load(
                    &self.token,
                    "waivers",
                    &limit.to_string(),
                    |persons| async move {
                        people::waivers_of(services.db.read(), &persons, limit).await
                    },
                )
                .await?;
        let own = ctx.principal().is_person(&self.token);
        Ok(Some(
            granted
                .unwrap_or_default()
                .into_iter()
                .filter(|w| own || access::covers(ctx, w.division_id))
                .map(Waiver::from)
                .collect(),
        ))
    }
}

/// The record of a death (死亡登记).
#[derive(SimpleObject)]
pub struct DeathRecord {
    /// Opaque identity (标识).
    pub id: ID,
    /// Day of death (死亡日期).
    pub died_on: Date,
    /// Who attested it (死亡证明类别).
    pub paper_kind: DeathPaperKind,
    /// Whether the death was natural; null when the cause is not known (是否正常死亡).
    pub natural: Option<bool>,
    /// Counts the corrections; a correction is based on it (版本).
    pub version: i64,
    /// Day on which the death was taken back; null otherwise (撤销日期).
    pub revoked_on: Option<Date>,
}

impl From<death_record::Model> for DeathRecord {
    fn from(row: death_record::Model) -> Self {
        Self {
            id: row.id.into(),
            died_on: Date(row.died_on),
            paper_kind: row.paper_kind,
            natural: row.natural,
            version: row.version,
            revoked_on: row.revoked_on.map(Date),
        }
    }
}
