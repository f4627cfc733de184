//! Cases of impersonation and corrections: what needs two officers.

use super::access::View;
use super::act::{Outcome, anyone, id, known, officer, payload, read_at, text};
use super::counter_enums::{
    ImpersonationCaseGround, ImpersonationCaseState, ImpersonationEvidenceKind,
    MarriageCorrectionState, MarriagePartyRole,
};
use super::enums::MarriageRecordState;
use super::person::Person;
use super::records::MarriageRecord;
use crate::kit::batch::Siblings;
use crate::kit::federation::directives::*;
use crate::kit::{CitizenIdInput, Date, DateTime, Error, PrincipalExt, Result};
use crate::model::{case_evidence, correction, impersonation_case, sealed};
use crate::rules::impersonation::{EvidenceKind, Ground};
use crate::rules::record::RecordState;
use crate::service::{corrections, impersonation, records};
use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use sea_orm::EntityTrait;
use std::sync::Arc;
use uuid::Uuid;

/// A case of a registration obtained by impersonation or fraud (冒名顶替、弄虚作假案件).
#[derive(Clone, Debug)]
pub struct ImpersonationCase {
    row: impersonation_case::Model,
    siblings: Arc<Siblings<Uuid>>,
    records: Arc<Siblings<Uuid>>,
}

impl ImpersonationCase {
    /// Cases that are shown together.
    #[must_use]
    pub fn together(rows: Vec<impersonation_case::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|row| row.id).collect());
        let records = Siblings::new(rows.iter().map(|row| row.record_id).collect());
        rows.into_iter()
            .map(|row| Self {
                row,
                siblings: Arc::clone(&siblings),
                records: Arc::clone(&records),
            })
            .collect()
    }
}

/// A case of a registration obtained by impersonation or fraud (冒名顶替、弄虚作假案件).
#[Object]
impl ImpersonationCase {
    /// The opaque id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// Where it stands (状态).
    #[graphql(directive = personal::apply("marital".into(), "complainant { id }".into()))]
    async fn state(&self) -> Result<ImpersonationCaseState> {
        ImpersonationCaseState::of(&self.row.state)
    }

    /// What it was opened for (立案事由).
    #[graphql(directive = personal::apply("marital".into(), "complainant { id }".into()))]
    async fn ground(&self) -> Result<ImpersonationCaseGround> {
        Ground::from_text(&self.row.ground)
            .map(Into::into)
            .ok_or_else(|| Error::internal("unknown ground of a case"))
    }

    /// The person whose identity was used; of a case that nobody has complained of, the one it is about (申请人).
    #[graphql(directive = personal::apply("marital".into(), "complainant { id }".into()))]
    async fn complainant(&self) -> Person {
        Person::alone(self.row.complainant.clone())
    }

    /// The marriage record (婚姻登记记录).
    #[graphql(directive = personal::apply("marital".into(), "complainant { id }".into()))]
    async fn record(&self, ctx: &Context<'_>) -> Result<Option<MarriageRecord>> {
        let db = ctx.services().db.clone();
        let row = self
            .records
            .load(&self.row.record_id, "record", "", |ids| async move {
                records::by_ids(db.read(), &ids).await
            })
            .await?;
        let through = &self.row.complainant;
        Ok(row.and_then(|row| MarriageRecord::together(&[row], through, View::Officer).pop()))
    }

    /// The evidence, oldest first (证据).
    #[graphql(directive = personal::apply("marital".into(), "complainant { id }".into()))]
    async fn evidence(&self, ctx: &Context<'_>) -> Result<Option<Vec<ImpersonationEvidence>>> {
        let services = ctx.services().clone();
        let rows = self
            .siblings
            .load(&self.row.id, "evidence", "", |ids| async move {
                let db = services.db.read();
                let mut found = impersonation::evidence_of(db, &ids).await?;
                let rows = found.values_mut().flatten();
                let texts = rows.map(|row| (row.id, &mut row.reference));
                services
                    .columns
                    .open_all(db, &sealed::EVIDENCE, texts)
                    .await?;
                Ok(found
                    .into_iter()
                    .map(|(id, rows)| (id, Arc::new(rows)))
                    .collect())
            })
            .await?;
        let rows = rows.unwrap_or_default();
        rows.iter()
            .map(ImpersonationEvidence::of)
            .collect::<Result<Vec<_>>>()
            .map(Some)
    }

    /// The day it was opened (立案日期).
    async fn opened_on(&self) -> Date {
        Date(self.row.opened_on)
    }

    /// The day it was decided; null while open (办结日期).
    async fn decided_on(&self) -> Option<Date> {
        self.row.decided_on.map(Date)
    }

    /// The version, to be given back with the next change (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }
}

/// A piece of evidence (证据).
#[derive(SimpleObject, Clone, Debug)]
pub struct ImpersonationEvidence {
    /// What it is (类别).
    pub kind: ImpersonationEvidenceKind,
    /// The organ that issued it (出具机关).
    pub issued_by: String,
    /// Number of the document (文号).
    pub reference: String,
    /// Day of the document (出具日期).
    pub issued_on: Date,
}

impl ImpersonationEvidence {
    fn of(row: &case_evidence::Model) -> Result<Self> {
        let kind = EvidenceKind::from_text(&row.kind)
            .ok_or_else(|| Error::internal("unknown kind of evidence"))?;
        Ok(Self {
            kind: kind.into(),
            issued_by: row.issued_by.clone(),
            reference: row.reference.clone(),
            issued_on: Date(row.issued_on),
        })
    }
}

/// A correction of a marriage record (婚姻登记记录更正).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct MarriageCorrection {
    /// The opaque id (标识).
    pub id: ID,
    /// State before (更正前状态).
    pub from: MarriageRecordState,
    /// State after (更正后状态).
    pub to: MarriageRecordState,
    /// Day of the end after the correction; null for a marriage that exists (更正后终止日期).
    pub ended_on: Option<Date>,
    /// Where it stands (状态).
    pub state: MarriageCorrectionState,
    /// When it was proposed (提出时间).
    pub proposed_at: DateTime,
    /// When it was decided; null while it waits (复核时间).
    pub decided_at: Option<DateTime>,
    /// The version, to be given back with the next change (版本).
    pub version: i64,
    /// The row's own id and its evidence, encrypted.
    #[graphql(skip)]
    sealed: (Uuid, String),
}

/// A correction of a marriage record (婚姻登记记录更正).
#[ComplexObject]
impl MarriageCorrection {
    /// Reference to the evidence (证据编号).
    async fn evidence(&self, ctx: &Context<'_>) -> Result<String> {
        let services = ctx.services();
        let (row, text) = &self.sealed;
        let (db, row) = (services.db.read(), row.to_string());
        let opened = services
            .columns
            .open_text(db, &sealed::CORRECTION, &row, text)
            .await?;
        Ok(opened.to_string())
    }
}

impl MarriageCorrection {
    /// A row as clients see it.
    pub(super) fn of(row: correction::Model) -> Result<Self> {
        let state = |text: &str| {
            RecordState::from_text(text)
                .map(MarriageRecordState::from)
                .ok_or_else(|| Error::internal("unknown state of a marriage record"))
        };
        Ok(Self {
            id: ID(row.id.to_string()),
            from: state(&row.from_state)?,
            to: state(&row.to_state)?,
            ended_on: row.ended_on.map(Date),
            sealed: (row.id, row.evidence),
            state: MarriageCorrectionState::of(&row.state)?,
            proposed_at: DateTime(row.proposed_at),
            decided_at: row.decided_at.map(DateTime),
            version: row.version,
        })
    }
}

payload! {
    /// What became of a case of impersonation (冒名案件办理结果).
    ImpersonationCasePayload {
        /// The case; null when the step was refused (案件).
        case: ImpersonationCase
    }
}

payload! {
    /// What became of a correction (更正办理结果).
    MarriageCorrectionPayload {
        /// The correction; null when the step was refused (更正).
        correction: MarriageCorrection
    }
}

/// What is needed to open a case (冒名案件立案).
#[derive(InputObject)]
pub struct OpenImpersonationCaseInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry that handles it (办理机关).
    pub registry: ID,
    /// The marriage record (婚姻登记记录).
    pub record: ID,
    /// Identity number of the person whose identity was used (申请人身份号码).
    pub complainant: CitizenIdInput,
}

/// A piece of evidence (补充证据).
#[derive(InputObject)]
pub struct AddImpersonationEvidenceInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (案件).
    pub case: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// What it is (类别).
    pub kind: ImpersonationEvidenceKind,
    /// The organ that issued it (出具机关).
    pub issued_by: String,
    /// Number of the document (文号).
    pub reference: String,
    /// Day of the document (出具日期).
    pub issued_on: Date,
}

/// What the first officer proposes (提出处理意见).
#[derive(InputObject)]
pub struct ProposeImpersonationDecisionInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (案件).
    pub case: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// Revoke the registration, of the divorce where one of the two had died before it, otherwise of the marriage; or dismiss the case (是否撤销登记).
    pub revoke: bool,
}

/// What the second officer says (复核处理意见).
#[derive(InputObject)]
pub struct DecideImpersonationCaseInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (案件).
    pub case: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// Agrees with the proposal; otherwise it goes back (是否同意).
    pub agree: bool,
}

/// What the first officer proposes to correct (提出更正).
#[derive(InputObject)]
pub struct ProposeCorrectionInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry that handles it (办理机关).
    pub registry: ID,
    /// The marriage record (婚姻登记记录).
    pub record: ID,
    /// The version at which the record was read (版本).
    pub version: i64,
    /// The right state (正确状态).
    pub to: MarriageRecordState,
    /// The right day of the end; null for a marriage that exists (正确终止日期).
    pub ended_on: Option<Date>,
    /// Who died, where a death is the right end; null otherwise (死亡的一方).
    pub deceased: Option<MarriagePartyRole>,
    /// Reference to the evidence (证据编号).
    pub evidence: String,
}

/// What the second officer says to a correction (复核更正).
#[derive(InputObject)]
pub struct DecideCorrectionInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The correction (更正).
    pub correction: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// Applies it; otherwise it is rejected (是否同意更正).
    pub apply: bool,
}

async fn case_made(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<ImpersonationCasePayload> {
    let loaded = match outcome {
        Ok(id) => {
            let row = impersonation_case::Entity::find_by_id(id)
                .one(ctx.services().db.read())
                .await;
            let row = row.map_err(Error::from)?.into_iter().collect();
            Ok(ImpersonationCase::together(row)
                .pop()
                .ok_or(Error::NotFound)?)
        }
        Err(refusals) => Err(refusals),
    };
    Ok(ImpersonationCasePayload::of(loaded))
}

async fn corrected(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<MarriageCorrectionPayload> {
    let loaded = match outcome {
        Ok(id) => {
            let row = correction::Entity::find_by_id(id)
                .one(ctx.services().db.read())
                .await;
            Ok(MarriageCorrection::of(
                row.map_err(Error::from)?.ok_or(Error::NotFound)?,
            )?)
        }
        Err(refusals) => Err(refusals),
    };
    Ok(MarriageCorrectionPayload::of(loaded))
}

fn case_scope() -> Vec<Vec<String>> {
    vec![vec!["marriage.case".into()]]
}

/// What needs two officers.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaseMutation;

/// What needs two officers.
#[Object]
impl CaseMutation {
    /// Opens a case about a record; both persons are DISPUTED while it is open. One that was open because two marriages lie over each other goes on as this one (冒名案件立案).
    #[graphql(directive = requires_scopes::apply(case_scope()))]
    async fn open_impersonation_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed (输入).")] input: OpenImpersonationCaseInput,
    ) -> async_graphql::Result<ImpersonationCasePayload> {
        let services = ctx.services();
        let read = async {
            Ok(impersonation::Open {
                registry: id(&input.registry, "registry")?,
                record: id(&input.record, "record")?,
                complainant: known(services, &input.complainant, "complainant").await?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read.await, |a, w| {
            Box::pin(impersonation::open(a, w))
        })
        .await?;
        case_made(ctx, outcome).await
    }

    /// Adds a piece of evidence to an open case (补充证据).
    #[graphql(directive = requires_scopes::apply(case_scope()))]
    async fn add_impersonation_evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The evidence (输入).")] input: AddImpersonationEvidenceInput,
    ) -> async_graphql::Result<ImpersonationCasePayload> {
        let kind: EvidenceKind = input.kind.into();
        let read = || {
            Ok(impersonation::Evidence {
                case: read_at(&input.case, input.version, "case")?,
                kind: kind.as_str(),
                issued_by: text(&input.issued_by, "issuedBy", 64)?,
                reference: text(&input.reference, "reference", 64)?,
                issued_on: input.issued_on.0,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(impersonation::add_evidence(a, w))
        })
        .await?;
        case_made(ctx, outcome).await
    }

    /// The first officer proposes to revoke the registration or to dismiss the case (提出处理意见).
    #[graphql(directive = requires_scopes::apply(case_scope()))]
    async fn propose_impersonation_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proposal (输入).")] input: ProposeImpersonationDecisionInput,
    ) -> async_graphql::Result<ImpersonationCasePayload> {
        let what = read_at(&input.case, input.version, "case").map(|case| impersonation::Propose {
            case,
            revoke: input.revoke,
        });
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(impersonation::propose(a, w))
        })
        .await?;
        case_made(ctx, outcome).await
    }

    /// Another officer, or the supervisor of the division, decides the case (复核决定).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn decide_impersonation_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision (输入).")] input: DecideImpersonationCaseInput,
    ) -> async_graphql::Result<ImpersonationCasePayload> {
        let what = read_at(&input.case, input.version, "case").map(|case| impersonation::Decide {
            case,
            agree: input.agree,
        });
        let outcome = anyone(ctx, &input.request_key, what, |a, w| {
            Box::pin(impersonation::decide(a, w))
        })
        .await?;
        case_made(ctx, outcome).await
    }

    /// The first officer proposes a correction of a record, with evidence (提出更正).
    #[graphql(directive = requires_scopes::apply(case_scope()))]
    async fn propose_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proposal (输入).")] input: ProposeCorrectionInput,
    ) -> async_graphql::Result<MarriageCorrectionPayload> {
        let to: RecordState = input.to.into();
        let read = || {
            Ok(corrections::Propose {
                registry: id(&input.registry, "registry")?,
                record: read_at(&input.record, input.version, "record")?,
                to: to.as_str(),
                ended_on: input.ended_on.map(|day| day.0),
                deceased: input.deceased.map(MarriagePartyRole::as_str),
                evidence: text(&input.evidence, "evidence", 64)?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(corrections::propose(a, w))
        })
        .await?;
        corrected(ctx, outcome).await
    }

    /// Another officer, or the supervisor of the division, applies or rejects a correction (复核更正).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn decide_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision (输入).")] input: DecideCorrectionInput,
    ) -> async_graphql::Result<MarriageCorrectionPayload> {
        let what = read_at(&input.correction, input.version, "correction").map(|correction| {
            corrections::Decide {
                correction,
                apply: input.apply,
            }
        });
        let outcome = anyone(ctx, &input.request_key, what, |a, w| {
            Box::pin(corrections::decide(a, w))
        })
        .await?;
        corrected(ctx, outcome).await
    }
}
