//! An application to the registry as officers and applicants see it.

use super::division::Division;
use super::organization::Organization;
use super::person::Person;
use crate::model::permit_case::Model;
use crate::model::sealed;
use crate::rules::term::at_risk;
use crate::service::act::is_rest;
use crate::service::permit::{APPLICANT, Form, HEAD, Standing, read, standing};
use crate::vocabulary::{
    DayUnit, OrgChangeItem, OrgKind, OrgRefusalGround, PermitItem, PermitState,
};
use async_graphql::{Context, ID, Object};
use kit::batch::Siblings;
use kit::contract::scope;
use kit::federation::directives::*;
use kit::{Date, PrincipalExt, Result};
use minzheng_kit as kit;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The keys of the applications of one page.
#[derive(Debug)]
struct Shelf {
    cases: Arc<Siblings<Uuid>>,
    codes: Arc<Siblings<String>>,
    divisions: Arc<Siblings<Uuid>>,
}

/// An application to the registry (登记申请).
#[derive(Clone)]
pub struct PermitCase {
    row: Arc<Model>,
    shelf: Arc<Shelf>,
}

impl PermitCase {
    /// The applications of one page.
    #[must_use]
    pub fn page(rows: Vec<Model>) -> Vec<Self> {
        let shelf = Arc::new(Shelf {
            cases: Siblings::new(rows.iter().map(|row| row.id).collect()),
            codes: Siblings::new(
                rows.iter()
                    .filter_map(|row| row.credit_code.clone())
                    .collect(),
            ),
            divisions: Siblings::new(rows.iter().map(|row| row.division_id).collect()),
        });
        let one = |row| Self {
            row: Arc::new(row),
            shelf: Arc::clone(&shelf),
        };
        rows.into_iter().map(one).collect()
    }

    fn standing(&self, ctx: &Context<'_>) -> Standing {
        standing(&self.row, ctx.services().clock.today())
    }

    fn form(&self) -> Option<Form> {
        Form::of(&self.row)
    }

    async fn person(&self, ctx: &Context<'_>, role: &'static str) -> Result<Option<Person>> {
        ctx.need(scope::PERSON_MASKED)?;
        let db = ctx.services().db.read();
        let load = |cases: Arc<[Uuid]>| async move {
            let rows = read::persons(db, &cases).await?;
            let chosen: Vec<_> = rows
                .into_values()
                .flatten()
                .filter(|row| row.role == role)
                .collect();
            let siblings = Siblings::new(chosen.iter().map(|row| row.person.clone()).collect());
            let one = |row: crate::model::permit_person::Model| {
                (row.case_id, Person::new(row.person, Arc::clone(&siblings)))
            };
            Ok(chosen
                .into_iter()
                .map(one)
                .collect::<HashMap<Uuid, Person>>())
        };
        self.shelf
            .cases
            .load(&self.row.id, "persons", role, load)
            .await
    }
}

/// An application to the registry, from the counter to the decision (登记申请).
#[Object(directive = requires_scopes::apply(vec![vec!["officer".into()], vec!["self".into()]]))]
impl PermitCase {
    /// The application's id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// What is asked for (许可事项).
    async fn item(&self) -> PermitItem {
        self.row.item
    }

    /// Where it stands today; five silent working days accept it (状态).
    async fn state(&self, ctx: &Context<'_>) -> PermitState {
        self.standing(ctx).state
    }

    /// The division of the authority (受理机关所在行政区划).
    async fn division(&self) -> Division {
        Division::new(self.row.division_id, Arc::clone(&self.shelf.divisions))
    }

    /// The organization; null before it is founded or on failure (社会组织).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        let Some(code) = &self.row.credit_code else {
            return Ok(None);
        };
        let load = |codes: Arc<[String]>| async move { Organization::load(ctx, &codes).await };
        self.shelf.codes.load(code, "organizations", "", load).await
    }

    /// The name asked for, or of the organization that asks; null for cases taken over without it (名称).
    async fn name(&self) -> Option<&str> {
        self.row.name.as_deref()
    }

    /// The kind of organization to be founded; null for other items (拟成立社会组织类别).
    async fn kind(&self) -> Option<OrgKind> {
        match self.form()? {
            Form::Found(founding) => Some(founding.kind),
            _ => None,
        }
    }

    /// What is to change; null for other items (变更事项).
    async fn change_item(&self) -> Option<OrgChangeItem> {
        match self.form()? {
            Form::Change(change) => Some(change.item),
            _ => None,
        }
    }

    /// The day it was handed in, or in again (提交日期).
    async fn submitted_on(&self) -> Date {
        Date(self.row.submitted.unwrap_or(self.row.received))
    }

    /// The day from which the days of the decision run; null before acceptance (期限起算日).
    async fn received_on(&self, ctx: &Context<'_>) -> Option<Date> {
        let standing = self.standing(ctx);
        let runs = !matches!(
            standing.state,
            PermitState::Submitted | PermitState::Returned
        );
        runs.then_some(Date(standing.received))
    }

    /// How the days are counted (期限计算单位).
    async fn unit(&self) -> DayUnit {
        self.row.unit
    }

    /// Days by law (法定期限).
    async fn statutory_days(&self) -> i32 {
        self.row.statutory_days
    }

    /// Days promised (承诺期限).
    async fn committed_days(&self) -> i32 {
        self.row.committed_days
    }

    /// Working days by which the term was made longer; 0 where it was not (延长天数).
    async fn extended_days(&self) -> i32 {
        self.row.extended_days
    }

    /// Why it was made longer; null where it was not (延长理由).
    async fn extension_reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(text) = &self.row.extension_reason else {
            return Ok(None);
        };
        let services = ctx.services();
        let (db, row) = (services.db.read(), self.row.id.to_string());
        let opened = services
            .columns
            .open_text(db, &sealed::EXTENSION, &row, text)
            .await?;
        Ok(Some(opened.to_string()))
    }

    /// The last day by law; null before acceptance and as long as the calendar of its year is not known (法定截止日期).
    async fn statutory_due(&self, ctx: &Context<'_>) -> Option<Date> {
        self.standing(ctx).statutory_due.map(Date)
    }

    /// The last day by promise; null before acceptance and as long as the calendar of its year is not known (承诺截止日期).
    async fn committed_due(&self, ctx: &Context<'_>) -> Option<Date> {
        self.standing(ctx).committed_due.map(Date)
    }

    /// Whether a last day cannot be told because the calendar of its year is not published (期限是否待定).
    async fn is_deadline_provisional(&self, ctx: &Context<'_>) -> bool {
        self.standing(ctx).provisional
    }

    /// Whether it is open and its promised day has passed or is near (是否临期或者超期).
    async fn is_at_risk(&self, ctx: &Context<'_>) -> bool {
        let standing = self.standing(ctx);
        let today = ctx.services().clock.today();
        standing.state == PermitState::Accepted && at_risk(standing.committed_due, today, &is_rest)
    }

    /// Whether it was handed in after its own term (是否逾期申请).
    async fn is_late(&self) -> bool {
        self.row.late
    }

    /// What is missing from the papers, all at once; empty when nothing is (需补正材料).
    async fn missing(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let Some(text) = &self.row.missing else {
            return Ok(Vec::new());
        };
        let services = ctx.services();
        let (db, row) = (services.db.read(), self.row.id.to_string());
        let opened = services
            .columns
            .open_text(db, &sealed::MISSING, &row, text)
            .await?;
        Ok(serde_json::from_str(&opened).unwrap_or_default())
    }

    /// The day of the decision; null while it is open (决定日期).
    async fn decided_on(&self) -> Option<Date> {
        self.row.decided.map(Date)
    }

    /// Whether it was granted; null while it is open (是否准予).
    async fn granted(&self) -> Option<bool> {
        self.row.granted
    }

    /// The ground of a refusal; null otherwise (不予登记的理由).
    async fn ground(&self) -> Option<OrgRefusalGround> {
        self.row.ground
    }

    /// Days the decision took, in its unit; null while it is open or where the calendar is not known (办结天数).
    async fn days_taken(&self, ctx: &Context<'_>) -> Option<i32> {
        self.standing(ctx).days_taken
    }

    /// The version to name when it is changed (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// Who handed it in; null at an officer's counter, when it may not be read, or on failure (申请人).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("office".into(), "applicant { id }".into())
    )]
    async fn applicant(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        self.person(ctx, APPLICANT).await
    }

    /// Who is to lead the organization; null for items without one, when it may not be read, or on failure (拟任法定代表人).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("office".into(), "legalRepresentative { id }".into())
    )]
    async fn legal_representative(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        self.person(ctx, HEAD).await
    }
}
