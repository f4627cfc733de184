//! Counselling rooms, counsellors and sessions.

use super::act::{Outcome, anyone, id, maybe_id, maybe_known, officer, payload, read_at};
use super::clock_text;
use super::counter_enums::{
    CounsellingKind, CounsellingOutcome, CounsellingSessionState, CounsellorQualification,
};
use super::person::Person;
use super::places::Organization;
use super::registry::MarriageRegistry;
use super::slots::registry_of;
use crate::kit::batch::Siblings;
use crate::kit::contract::scope;
use crate::kit::federation::directives::*;
use crate::kit::{CitizenIdInput, Date, Error, PrincipalExt, Result};
use crate::model::{counselling_room, counselling_session, counsellor};
use crate::service::counselling;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use sea_orm::EntityTrait;
use std::sync::Arc;
use uuid::Uuid;

/// A room for marriage and family counselling (婚姻家庭辅导室).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct CounsellingRoom {
    /// The opaque id (标识).
    pub id: ID,
    /// Name on the door (名称).
    pub name: String,
    /// The organization that works in it; null when the registry does itself (服务机构).
    pub provider: Option<Organization>,
}

impl From<&counselling_room::Model> for CounsellingRoom {
    fn from(row: &counselling_room::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            name: row.name.clone(),
            provider: row.provider.clone().map(Organization::alone),
        }
    }
}

/// A counsellor of a registry (婚姻家庭辅导员).
#[derive(SimpleObject, Clone, Debug)]
pub struct Counsellor {
    /// The opaque id (标识).
    pub id: ID,
    /// What qualifies the counsellor (资质).
    pub qualification: CounsellorQualification,
    /// The organization that sends the counsellor; null when the registry does itself (派出机构).
    pub provider: Option<Organization>,
    /// Whether the counsellor still works there (是否在岗).
    pub active: bool,
    /// The counsellor as a person (自然人).
    pub person: Person,
}

impl Counsellor {
    /// A row as clients see it.
    pub(super) fn of(row: counsellor::Model) -> Result<Self> {
        Ok(Self {
            id: ID(row.id.to_string()),
            qualification: CounsellorQualification::of(&row.qualification)?,
            provider: row.provider.map(Organization::alone),
            active: row.active,
            person: Person::alone(row.person),
        })
    }
}

/// A counselling session (辅导).
#[derive(Clone, Debug)]
pub struct CounsellingSession {
    row: counselling_session::Model,
    registries: Arc<Siblings<Uuid>>,
}

impl CounsellingSession {
    /// Sessions that are shown together.
    #[must_use]
    pub fn together(rows: Vec<counselling_session::Model>) -> Vec<Self> {
        let registries = Siblings::new(rows.iter().map(|row| row.registry_id).collect());
        rows.into_iter()
            .map(|row| Self {
                row,
                registries: Arc::clone(&registries),
            })
            .collect()
    }
}

/// A counselling session (辅导).
#[Object]
impl CounsellingSession {
    /// The opaque id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// What it is for (类别).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn kind(&self) -> Result<CounsellingKind> {
        CounsellingKind::of(&self.row.kind)
    }

    /// Where it stands (状态).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn state(&self) -> Result<CounsellingSessionState> {
        CounsellingSessionState::of(&self.row.state)
    }

    /// The day (日期).
    async fn date(&self) -> Date {
        Date(self.row.day)
    }

    /// Begins, as HH:MM in Shanghai (开始时间).
    async fn opens(&self) -> String {
        clock_text(self.row.opens)
    }

    /// Ends, as HH:MM in Shanghai (结束时间).
    async fn closes(&self) -> String {
        clock_text(self.row.closes)
    }

    /// What came of it, as a code; null before it was held (结果).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn outcome(&self) -> Result<Option<CounsellingOutcome>> {
        self.row
            .outcome
            .as_deref()
            .map(CounsellingOutcome::of)
            .transpose()
    }

    /// Whoever comes, one or two persons (当事人).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn parties(&self) -> Vec<Person> {
        let tokens: Vec<String> = std::iter::once(self.row.first_party.clone())
            .chain(self.row.second_party.clone())
            .collect();
        Person::together(&tokens)
    }

    /// The registry (登记机关).
    async fn registry(&self, ctx: &Context<'_>) -> Result<Option<MarriageRegistry>> {
        registry_of(ctx, self.row.registry_id, &self.registries).await
    }

    /// The version, to be given back with the next change (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }
}

payload! {
    /// What became of a counselling session (辅导办理结果).
    CounsellingSessionPayload {
        /// The session; null when the step was refused (辅导).
        session: CounsellingSession
    }
}

/// What is needed to book counselling (预约辅导).
#[derive(InputObject)]
pub struct BookCounsellingInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// A slot of the service COUNSELLING (时段).
    pub slot: ID,
    /// What it is for (类别).
    pub kind: CounsellingKind,
    /// Identity number of the person an officer books for; a citizen leaves it out (代预约人身份号码).
    pub applicant: Option<CitizenIdInput>,
    /// Identity number of the other one who comes; null when one comes alone (另一方身份号码).
    pub partner: Option<CitizenIdInput>,
    /// The application for divorce it belongs to; null when there is none (离婚登记申请).
    pub divorce_application: Option<ID>,
}

/// What came of a session (记录辅导).
#[derive(InputObject)]
pub struct RecordSessionInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The session (辅导).
    pub session: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// Who held it (辅导员).
    pub counsellor: ID,
    /// Held; otherwise nobody came (是否已开展).
    pub held: bool,
    /// What came of it; null when nobody came (结果).
    pub outcome: Option<CounsellingOutcome>,
}

async fn made(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<CounsellingSessionPayload> {
    let loaded = match outcome {
        Ok(id) => {
            let row = counselling_session::Entity::find_by_id(id)
                .one(ctx.services().db.read())
                .await;
            let row = row.map_err(Error::from)?.into_iter().collect();
            Ok(CounsellingSession::together(row)
                .pop()
                .ok_or(Error::NotFound)?)
        }
        Err(refusals) => Err(refusals),
    };
    Ok(CounsellingSessionPayload::of(loaded))
}

/// Counselling.
#[derive(Clone, Copy, Debug, Default)]
pub struct CounsellingMutation;

/// Counselling.
#[Object]
impl CounsellingMutation {
    /// Books counselling: a place in a slot and a room for its time (预约辅导).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()], vec!["marriage.case".into()]]), directive = cache_invalidate::apply(vec!["MarriageRegistry".into()]))]
    async fn book_counselling(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed (输入).")] input: BookCounsellingInput,
    ) -> async_graphql::Result<CounsellingSessionPayload> {
        let services = ctx.services();
        if !ctx.principal().has_scope(scope::MARRIAGE_CASE) {
            ctx.person()?;
        }
        let read = async {
            Ok(counselling::Book {
                slot: input.slot.to_string(),
                kind: input.kind.as_str(),
                applicant: maybe_known(services, input.applicant.as_ref(), "applicant").await?,
                partner: maybe_known(services, input.partner.as_ref(), "partner").await?,
                divorce: maybe_id(input.divorce_application.as_ref(), "divorceApplication")?,
            })
        };
        let outcome = anyone(ctx, &input.request_key, read.await, |a, w| {
            Box::pin(counselling::book(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Records what came of a session; one that was held is counted (记录辅导).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]))]
    async fn record_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came of it (输入).")] input: RecordSessionInput,
    ) -> async_graphql::Result<CounsellingSessionPayload> {
        let read = || {
            Ok(counselling::Record {
                session: read_at(&input.session, input.version, "session")?,
                counsellor: id(&input.counsellor, "counsellor")?,
                held: input.held,
                outcome: input.outcome.map(CounsellingOutcome::as_str),
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(counselling::record(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }
}
