//! Applications for divorce and their dates.

use super::eligibility::EligibilityReason;
use super::enums::{DivorceApplicationState, OtherDivorceApplication};
use super::person::Person;
use super::registry::MarriageRegistry;
use super::slots::{Appointment, registry_of};
use crate::interop::divorce as shared;
use crate::kit::batch::Siblings;
use crate::kit::federation::directives::*;
use crate::kit::{Date, DateTime, PrincipalExt, Result};
use crate::rules::cooling_off;
use crate::rules::divorce::advice;
use crate::rules::opening::Service;
use crate::rules::reasons::by_code;
use crate::service::divorce::{Application, Standing, dates, standing};
use crate::service::{instant, slots};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::Utc;
use std::sync::Arc;
use uuid::Uuid;

/// The dates of a divorce by consent (离婚登记期限).
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct DivorceDates {
    /// The day the application is received; not itself counted (受理日).
    pub received_on: Date,
    /// First day of the cooling-off (冷静期起始日).
    pub cooling_off_starts: Date,
    /// Last day of the cooling-off, on which either party may still withdraw (冷静期届满日).
    pub cooling_off_ends: Date,
    /// First day on which both may ask for the certificate (可申请发证起始日).
    pub window_opens: Date,
    /// Last day; an application not followed up by then is deemed withdrawn (申请发证截止日).
    pub window_ends: Date,
    /// True while the rest days of a needed year are not published, so that a date may still move (期限暂定).
    pub deadline_provisional: bool,
}

impl From<cooling_off::DivorceDates> for DivorceDates {
    fn from(dates: cooling_off::DivorceDates) -> Self {
        Self {
            received_on: Date(dates.received_on),
            cooling_off_starts: Date(dates.cooling_off_starts),
            cooling_off_ends: Date(dates.cooling_off_ends),
            window_opens: Date(dates.window_opens),
            window_ends: Date(dates.window_ends),
            deadline_provisional: dates.provisional,
        }
    }
}

/// An application for divorce (离婚登记申请).
#[derive(Clone, Debug)]
pub struct DivorceApplication {
    application: Application,
    registries: Arc<Siblings<Uuid>>,
}

impl DivorceApplication {
    /// Applications that are shown together.
    #[must_use]
    pub fn together(list: &[Application]) -> Vec<Self> {
        let registries = Siblings::new(list.iter().map(|a| a.row.registry_id).collect());
        let one = |application: &Application| Self {
            application: application.clone(),
            registries: Arc::clone(&registries),
        };
        list.iter().map(one).collect()
    }

    /// One application alone.
    #[must_use]
    pub fn alone(application: Application) -> Self {
        let registries = Siblings::new(vec![application.row.registry_id]);
        Self {
            application,
            registries,
        }
    }

    fn standing(&self, now: chrono::DateTime<Utc>) -> Standing {
        standing(&self.application, now)
    }

    /// In the cooling-off or in the window, or perhaps just behind it.
    pub(super) fn is_open(&self, now: chrono::DateTime<Utc>) -> bool {
        matches!(
            self.standing(now),
            Standing::Cooling | Standing::WindowOpen | Standing::EndUncertain
        )
    }
}

/// An application for divorce (离婚登记申请).
#[Object]
impl DivorceApplication {
    /// The opaque id (标识).
    async fn id(&self) -> ID {
        ID(self.application.row.id.to_string())
    }

    /// Where it stands now, by what was done and by the calendar (状态).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn state(&self, ctx: &Context<'_>) -> DivorceApplicationState {
        self.standing(ctx.services().clock.now()).into()
    }

    /// Its dates (期限).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn dates(&self) -> DivorceDates {
        dates(&self.application.row).into()
    }

    /// The instant at which the next period ends, the registry's close of business on its last day; null when it is closed (当前期限届满时刻).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn deadline(&self, ctx: &Context<'_>) -> Option<DateTime> {
        let (dates, closing) = (dates(&self.application.row), self.application.closing);
        let end = match self.standing(ctx.services().clock.now()) {
            Standing::Cooling => dates.cooling_off_ends.and_time(closing.cooling_off),
            Standing::WindowOpen => dates.window_ends.and_time(closing.window),
            _ => return None,
        };
        Some(DateTime(instant(end)))
    }

    /// The day on which it was withdrawn or closed; null while it is open (办结日期).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn closed_on(&self) -> Option<Date> {
        self.application.row.closed_on.map(Date)
    }

    /// Children of the couple, as the agreement states; null when not stated (子女数).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn children(&self) -> Option<i32> {
        self.application.row.children
    }

    /// Whether help in the crisis was taken; null when it was not offered (是否接受婚姻危机干预).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn crisis_help_accepted(&self) -> Option<bool> {
        self.application.row.crisis_help_accepted
    }

    /// When both asked for the certificate; null before (申请发证时间).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn certificate_asked_at(&self) -> Option<DateTime> {
        self.application.row.certificate_asked_at.map(DateTime)
    }

    /// Why it was refused, as a code; null unless refused (不予登记理由).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn refusal_code(&self) -> Option<String> {
        self.application.row.refusal_code.clone()
    }

    /// Why it was refused, or why other provinces did not take the divorce, in words; null when nothing was refused (不予登记理由说明).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn refusal(&self) -> Option<EligibilityReason> {
        let code = self.application.row.refusal_code.as_deref()?;
        by_code(code).map(|refusal| EligibilityReason::from(&refusal))
    }

    /// The steps of the law with their days, in order, and which are behind (办理进程).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn timeline(&self, ctx: &Context<'_>) -> Vec<DivorceTimelineStep> {
        timeline(&self.application, ctx.services().clock.now())
    }

    /// Whether another application of the couple is open, here or in another province, by the marks on the ledgers (其他正在办理的离婚登记申请).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn open_elsewhere(&self, ctx: &Context<'_>) -> Result<OtherDivorceApplication> {
        let services = ctx.services();
        let row = &self.application.row;
        let other = shared::other_than(services.db.read(), services, row).await?;
        Ok(other.into())
    }

    /// What the law would say in court of this couple, in situations that they tell of and that nobody keeps; it never stands in the way here; empty when the application is closed (M-18) (离婚提示).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn advice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "One of the two is a serving soldier (一方为现役军人).")] soldier: bool,
        #[graphql(
            desc = "Pregnancy, the year after a birth or six months after a termination (女方孕期或产后一年内等)."
        )]
        pregnancy_or_first_year: bool,
    ) -> Vec<EligibilityReason> {
        if self.standing(ctx.services().clock.now()).is_closed() {
            return Vec::new();
        }
        advice(soldier, pregnancy_or_first_year)
            .iter()
            .map(EligibilityReason::from)
            .collect()
    }

    /// The version, to be given back with the next change (版本).
    async fn version(&self) -> i64 {
        self.application.row.version
    }

    /// The registry that received it, and that alone may go on with it (受理机关).
    async fn registry(&self, ctx: &Context<'_>) -> Result<Option<MarriageRegistry>> {
        registry_of(ctx, self.application.row.registry_id, &self.registries).await
    }

    /// The man and the woman (双方当事人).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn parties(&self) -> Vec<Person> {
        let row = &self.application.row;
        Person::together(&[row.man.clone(), row.woman.clone()])
    }

    /// Counselling that either has booked since the application was received (已预约的辅导).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn counselling(&self, ctx: &Context<'_>) -> Result<Option<Vec<Appointment>>> {
        let row = &self.application.row;
        let parties = [row.man.clone(), row.woman.clone()];
        let found = slots::of_persons(ctx.services().db.read(), &parties).await?;
        let mut rows: Vec<_> = found
            .into_values()
            .flatten()
            .filter(|a| a.service == Service::Counselling.as_str() && a.day >= row.received_on)
            .collect();
        rows.sort_by_key(|a| (a.day, a.opens, a.id));
        rows.dedup_by_key(|a| a.id);
        Ok(Some(Appointment::together(rows)))
    }
}

/// One step of a divorce by consent (离婚登记进程节点).
#[derive(SimpleObject, Clone, Debug)]
pub struct DivorceTimelineStep {
    /// Which step (节点).
    pub step: DivorceStep,
    /// Its day; null for a step that has not come and has no day of its own (日期).
    pub on: Option<Date>,
    /// Whether it lies behind (是否已到).
    pub reached: bool,
    /// Whether the day may still move, the calendar of its year not being published (是否暂定).
    pub provisional: bool,
}

/// Which step of a divorce by consent (离婚登记进程节点).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DivorceStep {
    /// The application is received (受理).
    Received,
    /// The cooling-off begins (冷静期起始).
    CoolingOffStarts,
    /// The last day on which either may withdraw (冷静期届满).
    CoolingOffEnds,
    /// Both may ask for the certificate (可申请发证).
    WindowOpens,
    /// The last day for it (申请发证截止).
    WindowEnds,
    /// Both asked for the certificate (申请发证).
    CertificateAsked,
    /// Registered, withdrawn, deemed withdrawn or refused (办结).
    Closed,
}

/// The steps of an application with their days, as they stand now.
pub(super) fn timeline(
    application: &Application,
    now: chrono::DateTime<Utc>,
) -> Vec<DivorceTimelineStep> {
    let row = &application.row;
    let dates = dates(row);
    let wall = crate::service::shanghai(now);
    let standing = standing(application, now);
    let asked = row
        .certificate_asked_at
        .map(|at| crate::service::shanghai(at).date());
    let closed = row
        .closed_on
        .or((standing == Standing::DeemedWithdrawn).then_some(dates.window_ends));
    // What ended early never comes to the later days.
    let until = closed.unwrap_or(chrono::NaiveDate::MAX);
    let of_the_law = [
        (DivorceStep::Received, dates.received_on, false),
        (
            DivorceStep::CoolingOffStarts,
            dates.cooling_off_starts,
            false,
        ),
        (
            DivorceStep::CoolingOffEnds,
            dates.cooling_off_ends,
            dates.provisional,
        ),
        (
            DivorceStep::WindowOpens,
            dates.window_opens,
            dates.provisional,
        ),
        (
            DivorceStep::WindowEnds,
            dates.window_ends,
            dates.provisional,
        ),
    ];
    let mut steps: Vec<DivorceTimelineStep> = of_the_law
        .into_iter()
        .map(|(step, day, provisional)| DivorceTimelineStep {
            step,
            on: Some(Date(day)),
            reached: day <= wall.date() && day <= until,
            provisional,
        })
        .collect();
    for (step, day) in [
        (DivorceStep::CertificateAsked, asked),
        (DivorceStep::Closed, closed),
    ] {
        steps.push(DivorceTimelineStep {
            step,
            on: day.map(Date),
            reached: day.is_some(),
            provisional: false,
        });
    }
    steps
}
