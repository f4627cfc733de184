//! Applications for marriage at the counter, their parties and checks.

use super::access::View;
use super::act::payload;
use super::counter_enums::{
    DeclaredMaritalStatus, FaceMatch, MarriageCheckOutcome, MarriageCheckSubject,
    MarriagePartyDocument, MarriagePartyRole, RegistrationApplicationState,
};
use super::eligibility::EligibilityReason;
use super::enums::{MarriageKind, RegistryCompetence};
use super::person::Person;
use super::records::MarriageRecord;
use super::registry::MarriageRegistry;
use super::slots::registry_of;
use super::staff::MarriageRegistrar;
use crate::kit::batch::Siblings;
use crate::kit::federation::directives::*;
use crate::kit::{Date, DateTime, PrincipalExt, Result, Role};
use crate::model::{application_check, application_party};
use crate::rules::eligibility::Competence;
use crate::rules::reasons::by_code;
use crate::service::counter::{self, Application};
use crate::service::{records, staff};
use async_graphql::{Context, ID, Object, SimpleObject};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// An application for the registration of a marriage (婚姻登记申请).
#[derive(Clone, Debug)]
pub struct RegistrationApplication {
    row: Application,
    view: View,
    siblings: Arc<Siblings<Uuid>>,
    registries: Arc<Siblings<Uuid>>,
    records: Arc<Siblings<Uuid>>,
    registrars: Arc<Siblings<Uuid>>,
}

impl RegistrationApplication {
    /// Applications that are shown together.
    #[must_use]
    pub fn together(rows: Vec<Application>, view: View) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|row| row.id).collect());
        let registries = Siblings::new(rows.iter().map(|row| row.registry_id).collect());
        let records = Siblings::new(rows.iter().filter_map(|row| row.record_id).collect());
        let registrars = Siblings::new(rows.iter().filter_map(|row| row.registrar_id).collect());
        rows.into_iter()
            .map(|row| Self {
                row,
                view,
                siblings: Arc::clone(&siblings),
                registries: Arc::clone(&registries),
                records: Arc::clone(&records),
                registrars: Arc::clone(&registrars),
            })
            .collect()
    }

    /// The application as it is now, for the payload of a change.
    pub(super) async fn load(
        ctx: &Context<'_>,
        id: Uuid,
        view: View,
    ) -> async_graphql::Result<Self> {
        let row = counter::by_id(ctx.services().db.read(), id).await?;
        Self::together(vec![row], view)
            .pop()
            .ok_or_else(|| crate::kit::Error::NotFound.graphql())
    }
}

fn shared<T>(found: HashMap<Uuid, Vec<T>>) -> HashMap<Uuid, Arc<Vec<T>>> {
    found
        .into_iter()
        .map(|(id, list)| (id, Arc::new(list)))
        .collect()
}

/// An application for the registration of a marriage (婚姻登记申请).
#[Object]
impl RegistrationApplication {
    /// The opaque id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// How the marriage is registered; whether it is a remarriage follows from the records at registration (登记类别).
    async fn kind(&self) -> Result<MarriageKind> {
        MarriageKind::of(&self.row.kind)
    }

    /// Where it stands now, by what was done and by the calendar: what was left at the counter on a past day is aborted (状态).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn state(&self, ctx: &Context<'_>) -> Result<RegistrationApplicationState> {
        Ok(counter::state_now(&self.row, ctx.services().clock.today())?.into())
    }

    /// The version, to be given back with the next change (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// The man and the woman as persons; before both have stood at the counter the other one is shown to a citizen without an identity (双方).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn couple(&self, ctx: &Context<'_>) -> Vec<Person> {
        let caller = ctx.principal();
        // D.6 (54), (55): what was filled in at home is one's word about another, who has confirmed nothing.
        let drafted = self.row.received_on.is_none() && caller.role == Role::Citizen;
        let shown = |token: &String, role: &str| {
            if drafted && !caller.is_person(token) {
                Person::unconfirmed(self.row.id, role)
            } else {
                token.clone()
            }
        };
        Person::together(&[shown(&self.row.man, "MAN"), shown(&self.row.woman, "WOMAN")])
    }

    /// The man and the woman as the registrar saw them; empty before the receipt (当事人).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn parties(&self, ctx: &Context<'_>) -> Result<Option<Vec<MarriageParty>>> {
        let db = ctx.services().db.clone();
        let rows = self
            .siblings
            .load(&self.row.id, "parties", "", |ids| async move {
                Ok(shared(counter::parties_of(db.read(), &ids).await?))
            })
            .await?;
        let rows = rows.unwrap_or_default();
        rows.iter()
            .map(MarriageParty::of)
            .collect::<Result<Vec<_>>>()
            .map(Some)
    }

    /// What was checked and what came of it; empty before the checks (核验结果).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn checks(&self, ctx: &Context<'_>) -> Result<Option<Vec<MarriageCheck>>> {
        let db = ctx.services().db.clone();
        let rows = self
            .siblings
            .load(&self.row.id, "checks", "", |ids| async move {
                Ok(shared(counter::checks_of(db.read(), &ids).await?))
            })
            .await?;
        let rows = rows.unwrap_or_default();
        rows.iter()
            .map(MarriageCheck::of)
            .collect::<Result<Vec<_>>>()
            .map(Some)
    }

    /// The registry (登记机关).
    async fn registry(&self, ctx: &Context<'_>) -> Result<Option<MarriageRegistry>> {
        registry_of(ctx, self.row.registry_id, &self.registries).await
    }

    /// The registrar who handles it; null before the receipt (经办登记员).
    async fn registrar(&self, ctx: &Context<'_>) -> Result<Option<MarriageRegistrar>> {
        let Some(id) = self.row.registrar_id else {
            return Ok(None);
        };
        let db = ctx.services().db.clone();
        let row = self
            .registrars
            .load(&id, "registrar", "", |ids| async move {
                staff::by_ids(db.read(), &ids).await
            })
            .await?;
        row.map(MarriageRegistrar::of).transpose()
    }

    /// The day it was received; null before (受理日期).
    async fn received_on(&self) -> Option<Date> {
        self.row.received_on.map(Date)
    }

    /// For a registration made good later, when both first met the conditions; null otherwise (符合结婚实质要件日期).
    async fn conditions_first_met(&self) -> Option<Date> {
        self.row.conditions_first_met.map(Date)
    }

    /// Why it was refused, as a code; null unless refused (不予登记理由).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn refusal_code(&self) -> Option<String> {
        self.row.refusal_code.clone()
    }

    /// Why it was refused, in words and with its article; null unless refused (不予登记理由说明).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn refusal(&self) -> Option<EligibilityReason> {
        let code = self.row.refusal_code.as_deref()?;
        by_code(code).map(|refusal| EligibilityReason::from(&refusal))
    }

    /// When it was registered, refused or given up; null before (办结时间).
    async fn decided_at(&self) -> Option<DateTime> {
        self.row.decided_at.map(DateTime)
    }

    /// The marriage record that came of it; null before the registration (婚姻登记记录).
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
        Ok(row.and_then(|row| MarriageRecord::together(&[row], &self.row.man, self.view).pop()))
    }
}

/// One party of an application as the registrar saw it (当事人).
#[derive(SimpleObject, Clone, Debug)]
pub struct MarriageParty {
    /// The person (自然人).
    pub person: Person,
    /// Man or woman (角色).
    pub role: MarriagePartyRole,
    /// Stands before the registrar (亲自到场).
    pub present: bool,
    /// Asked alone, was willing; null while not asked (是否自愿).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub willing: Option<bool>,
    /// When asked alone; null while not asked (单独询问时间).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub questioned_apart_at: Option<DateTime>,
    /// The paper shown; null while none was (出示证件).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub document: Option<MarriagePartyDocument>,
    /// What the party declared; null while nothing was (声明婚姻状况).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub declared_status: Option<DeclaredMaritalStatus>,
    /// When the declaration of no spouse and no forbidden kinship was signed; null while it is not (声明签署时间).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub declaration_signed_at: Option<DateTime>,
    /// When the duty to tell of a serious illness was explained; the illness itself is not recorded (重大疾病告知义务说明时间).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub illness_duty_explained_at: Option<DateTime>,
    /// Whether papers of single status were shown (是否提交无配偶证明).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub single_status_papers: bool,
    /// Whether the face fits the paper (人像比对).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub face_match: FaceMatch,
    /// What nationality or residence asks of the registry (所需登记权限).
    pub needs: RegistryCompetence,
    /// The two digits of the province that keeps the person's ledger (信息所属省份).
    pub authority: String,
}

impl MarriageParty {
    fn of(row: &application_party::Model) -> Result<Self> {
        let needs = match row.needs.as_str() {
            "FOREIGN" => Competence::Foreign,
            "HMT_OVERSEAS" => Competence::HmtOverseas,
            _ => Competence::Mainland,
        };
        Ok(Self {
            person: Person::alone(row.person.clone()),
            role: MarriagePartyRole::of(&row.role)?,
            present: row.present,
            willing: row.willing,
            questioned_apart_at: row.questioned_apart_at.map(DateTime),
            document: row
                .doc_kind
                .as_deref()
                .map(MarriagePartyDocument::of)
                .transpose()?,
            declared_status: row
                .declared_status
                .as_deref()
                .map(DeclaredMaritalStatus::of)
                .transpose()?,
            declaration_signed_at: row.declaration_signed_at.map(DateTime),
            illness_duty_explained_at: row.illness_explained_at.map(DateTime),
            single_status_papers: row.single_status_papers,
            face_match: FaceMatch::of(&row.face_match)?,
            needs: needs.into(),
            authority: row.authority.clone(),
        })
    }
}

/// One check of an application (核验项).
#[derive(SimpleObject, Clone, Debug)]
pub struct MarriageCheck {
    /// What was checked, as a code (核验项代码).
    pub code: String,
    /// Whom it is about (核验对象).
    pub subject: MarriageCheckSubject,
    /// What came of it (结果).
    pub outcome: MarriageCheckOutcome,
    /// The reason as a code; null when it passed (理由代码).
    pub reason: Option<String>,
    /// The reason in words and with its article; null when it passed (理由说明).
    pub explanation: Option<EligibilityReason>,
    /// The legal day it is for (核验日期).
    pub checked_on: Date,
}

impl MarriageCheck {
    fn of(row: &application_check::Model) -> Result<Self> {
        Ok(Self {
            code: row.code.clone(),
            subject: MarriageCheckSubject::of(&row.role)?,
            outcome: MarriageCheckOutcome::of(&row.outcome)?,
            reason: row.reason.clone(),
            explanation: row
                .reason
                .as_deref()
                .and_then(by_code)
                .map(|refusal| EligibilityReason::from(&refusal)),
            checked_on: Date(row.checked_on),
        })
    }
}

payload! {
    /// What became of an application for marriage (婚姻登记申请结果).
    RegistrationApplicationPayload {
        /// The application; null when the step was refused (申请).
        application: RegistrationApplication
    }
}
