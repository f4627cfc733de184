//! Notices of courts and annotations of records.

use super::access::View;
use super::act::{Outcome, id, known, maybe_id, officer, payload, read_at, text};
use super::counter_enums::{CourtNoticeKind, CourtNoticeOutcome, CourtNoticeState};
use super::person::Person;
use super::records::MarriageRecord;
use super::registry::MarriageRegistry;
use super::slots::registry_of;
use crate::kit::batch::Siblings;
use crate::kit::federation::directives::*;
use crate::kit::{CitizenIdInput, Date, Error, PrincipalExt, Result};
use crate::model::{annotation, court_notice, sealed};
use crate::rules::court::NoticeKind;
use crate::service::{court, records};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use sea_orm::EntityTrait;
use std::sync::Arc;
use uuid::Uuid;

/// A court's notice about a marriage, on a registry's work list until it is annotated (法院通知).
#[derive(Clone, Debug)]
pub struct CourtNotice {
    row: court_notice::Model,
    registries: Arc<Siblings<Uuid>>,
    records: Arc<Siblings<Uuid>>,
}

impl CourtNotice {
    /// Notices that are shown together.
    #[must_use]
    pub fn together(rows: Vec<court_notice::Model>) -> Vec<Self> {
        let registries = Siblings::new(rows.iter().map(|row| row.registry_id).collect());
        let records = Siblings::new(rows.iter().filter_map(|row| row.record_id).collect());
        rows.into_iter()
            .map(|row| Self {
                row,
                registries: Arc::clone(&registries),
                records: Arc::clone(&records),
            })
            .collect()
    }
}

/// A court's notice about a marriage, on a registry's work list until it is annotated (法院通知).
#[Object]
impl CourtNotice {
    /// The opaque id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// The court (法院).
    async fn court(&self) -> &str {
        &self.row.court
    }

    /// Number of the judgment (裁判文书案号).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn document_number(&self, ctx: &Context<'_>) -> Result<String> {
        let services = ctx.services();
        let (db, row) = (services.db.read(), self.row.id.to_string());
        let opened = services
            .columns
            .open_text(db, &sealed::JUDGMENT, &row, &self.row.doc_no)
            .await?;
        Ok(opened.to_string())
    }

    /// What it tells (类别).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn kind(&self) -> Result<CourtNoticeKind> {
        NoticeKind::from_text(&self.row.kind)
            .map(Into::into)
            .ok_or_else(|| Error::internal("unknown kind of a court notice"))
    }

    /// From when the judgment has effect (生效日期).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn effective_on(&self) -> Date {
        Date(self.row.effective_on)
    }

    /// When the registry received it (收到日期).
    async fn received_on(&self) -> Date {
        Date(self.row.received_on)
    }

    /// Whether the court collected the certificates (法院是否已收缴证件).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn certificates_collected(&self) -> bool {
        self.row.certificates_collected
    }

    /// Where it stands (状态).
    async fn state(&self) -> Result<CourtNoticeState> {
        CourtNoticeState::of(&self.row.state)
    }

    /// What the judgment did to the record; null while it waits (批注结果).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn outcome(&self) -> Result<Option<CourtNoticeOutcome>> {
        self.row
            .outcome
            .as_deref()
            .map(CourtNoticeOutcome::of)
            .transpose()
    }

    /// When it was annotated; null while it waits (批注日期).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn annotated_on(&self) -> Option<Date> {
        self.row.annotated_on.map(Date)
    }

    /// The man and the woman (双方).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn couple(&self) -> Vec<Person> {
        Person::together(&[self.row.man.clone(), self.row.woman.clone()])
    }

    /// The registry that received it (收到机关).
    async fn registry(&self, ctx: &Context<'_>) -> Result<Option<MarriageRegistry>> {
        registry_of(ctx, self.row.registry_id, &self.registries).await
    }

    /// The record that was annotated; null while it waits (婚姻登记记录).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn record(&self, ctx: &Context<'_>) -> Result<Option<MarriageRecord>> {
        let Some(id) = self.row.record_id else {
            return Ok(None);
        };
        let db = ctx.services().db.clone();
        let row = self
            .records
            .load(&id, "record", "", |ids| async move {
                records::by_ids(db.read(), &ids).await
            })
            .await?;
        Ok(
            row.and_then(|row| {
                MarriageRecord::together(&[row], &self.row.man, View::Officer).pop()
            }),
        )
    }

    /// The version, to be given back with the next change (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }
}

/// What was written beside a record (批注).
#[derive(SimpleObject, Clone, Debug)]
pub struct MarriageAnnotation {
    /// What it tells, as a code (类别代码).
    pub kind: String,
    /// The day of writing (批注日期).
    pub noted_on: Date,
    /// From when what it tells has effect; null where that does not apply (生效日期).
    pub effective_on: Option<Date>,
    /// Number of the document behind it; null where there is none (文书编号).
    pub reference: Option<String>,
}

impl From<&annotation::Model> for MarriageAnnotation {
    fn from(row: &annotation::Model) -> Self {
        Self {
            kind: row.kind.clone(),
            noted_on: Date(row.noted_on),
            effective_on: row.effective_on.map(Date),
            reference: row.reference.clone(),
        }
    }
}

payload! {
    /// What became of a court's notice (法院通知办理结果).
    CourtNoticePayload {
        /// The notice; null when the step was refused (法院通知).
        notice: CourtNotice
    }
}

/// A notice as it arrives (登记法院通知).
#[derive(InputObject)]
pub struct ReceiveCourtNoticeInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry that received it (收到机关).
    pub registry: ID,
    /// The court (法院).
    pub court: String,
    /// Number of the judgment (裁判文书案号).
    pub document_number: String,
    /// What it tells (类别).
    pub kind: CourtNoticeKind,
    /// From when the judgment has effect (生效日期).
    pub effective_on: Date,
    /// Identity number of the man (男方身份号码).
    pub man: CitizenIdInput,
    /// Identity number of the woman (女方身份号码).
    pub woman: CitizenIdInput,
    /// Whether the court collected the certificates (法院是否已收缴证件).
    pub certificates_collected: bool,
}

/// The notice to annotate (批注法院裁判).
#[derive(InputObject)]
pub struct AnnotateJudgmentInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The notice (法院通知).
    pub notice: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// The marriage record; null for the couple's own that the judgment is about (婚姻登记记录).
    pub record: Option<ID>,
}

async fn made(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<CourtNoticePayload> {
    let loaded = match outcome {
        Ok(id) => {
            let row = court_notice::Entity::find_by_id(id)
                .one(ctx.services().db.read())
                .await;
            let row = row.map_err(Error::from)?.into_iter().collect();
            Ok(CourtNotice::together(row).pop().ok_or(Error::NotFound)?)
        }
        Err(refusals) => Err(refusals),
    };
    Ok(CourtNoticePayload::of(loaded))
}

/// Notices of courts.
#[derive(Clone, Copy, Debug, Default)]
pub struct CourtMutation;

/// Notices of courts.
#[Object]
impl CourtMutation {
    /// Puts a court's notice on the registry's work list (登记法院通知).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]))]
    async fn receive_court_notice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The notice (输入).")] input: ReceiveCourtNoticeInput,
    ) -> async_graphql::Result<CourtNoticePayload> {
        let services = ctx.services();
        let kind: NoticeKind = input.kind.into();
        let read = async {
            Ok(court::Notice {
                registry: id(&input.registry, "registry")?,
                court: text(&input.court, "court", 64)?,
                doc_no: text(&input.document_number, "documentNumber", 64)?,
                kind: kind.as_str(),
                effective_on: input.effective_on.0,
                man: known(services, &input.man, "man").await?,
                woman: known(services, &input.woman, "woman").await?,
                certificates_collected: input.certificates_collected,
            })
        };
        let outcome = officer(ctx, &input.request_key, read.await, |a, w| {
            Box::pin(court::receive(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Writes a judgment beside the record and into both ledgers at its own day; a late one never overwrites (批注法院裁判).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]))]
    async fn annotate_judgment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The notice (输入).")] input: AnnotateJudgmentInput,
    ) -> async_graphql::Result<CourtNoticePayload> {
        let read = || {
            Ok(court::Annotate {
                notice: read_at(&input.notice, input.version, "notice")?,
                record: maybe_id(input.record.as_ref(), "record")?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(court::annotate(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }
}
