//! A funeral case, for its applicant and for officers.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use minzheng_kit::batch::Siblings;
use minzheng_kit::federation::directives::{key, personal};
use minzheng_kit::{Date, DateTime, PrincipalExt, Role, Yuan};
use uuid::Uuid;

use super::bill::CaseItem;
use super::confirm::{DeathClaim, KinRecord};
use super::course::{
    AshesCustody, AshesRelease, BodyStorage, Cremation, CustodyLink, HallBooking, Interment,
    PlotContract, SeaEnrolment, TimelineEntry, Transport, UnclaimedNotice,
};
use super::division::Division;
use super::facility::FuneralFacility;
use super::person::{DeathRecord, Person};
use super::plot::Plot;
use super::waiver::Waiver;
use crate::model::{funeral_case, waiver};
use crate::rules::case;
use crate::rules::terms::{CancelReason, CaseState, KinRelation};
use crate::service::{
    cases, collection, confirmation, contracts, course, cremations, facilities, halls, interments,
    plots, voyages,
};

/// A case that the caller may see, and those it was read with. Whoever makes one has checked
/// [`super::access::case`].
#[derive(Clone)]
pub struct FuneralCase {
    row: Arc<funeral_case::Model>,
    siblings: Arc<Siblings<Uuid>>,
    facilities: Arc<Siblings<Uuid>>,
    deceased: Person,
    applicant: Person,
    division: Division,
}

impl FuneralCase {
    /// Cases that were read together.
    pub(super) fn all(rows: Vec<funeral_case::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|c| c.id).collect());
        let facilities = Siblings::new(rows.iter().map(|c| c.facility_id).collect());
        let people = Person::all(rows.iter().map(|c| c.deceased.clone()).collect())
            .into_iter()
            .zip(Person::all(
                rows.iter().map(|c| c.applicant.clone()).collect(),
            ));
        let divisions = Division::all(rows.iter().map(|c| c.division_id).collect());
        rows.into_iter()
            .zip(people)
            .zip(divisions)
            .map(|((row, (deceased, applicant)), division)| Self {
                row: Arc::new(row),
                siblings: Arc::clone(&siblings),
                facilities: Arc::clone(&facilities),
                deceased,
                applicant,
                division,
            })
            .collect()
    }

    async fn granted(&self, ctx: &Context<'_>) -> Result<Arc<Vec<waiver::Model>>> {
        let services = ctx.services();
        let granted = self
            .siblings
            .load(&self.row.id, "waivers", "", |ids| async move {
                let granted = cases::waivers(services.db.read(), &ids).await?;
                Ok(granted
                    .into_iter()
                    .map(|(id, list)| (id, Arc::new(list)))
                    .collect())
            })
            .await?;
        Ok(granted.unwrap_or_default())
    }

    async fn bill(&self, ctx: &Context<'_>) -> Result<Arc<Vec<cases::BillLine>>> {
        let services = ctx.services();
        let bill = self
            .siblings
            .load(&self.row.id, "bill", "", |ids| async move {
                let bills = cases::bills(services.db.read(), &ids).await?;
                Ok(bills
                    .into_iter()
                    .map(|(id, list)| (id, Arc::new(list)))
                    .collect())
            })
            .await?;
        Ok(bill.unwrap_or_default())
    }
}

/// A funeral case from its opening to its end (治丧案件).
#[Object(directive = key::apply("id".into(), None))]
impl FuneralCase {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// Number for people (案件编号).
    async fn number(&self) -> &str {
        &self.row.number
    }

    /// Where the case stands (案件状态).
    async fn state(&self) -> CaseState {
        self.row.state
    }

    /// Whether it still runs (是否在办).
    async fn is_open(&self) -> bool {
        case::is_open(self.row.state)
    }

    /// When it was opened (立案时间).
    async fn opened_at(&self) -> DateTime {
        DateTime(self.row.opened_at)
    }

    /// Day it was closed; null while it runs (结案日期).
    async fn closed_on(&self) -> Option<Date> {
        self.row.closed_on.map(Date)
    }

    /// Day of the cremation; null before it, or where there is none (火化日期).
    async fn cremated_on(&self) -> Option<Date> {
        self.row.cremated_on.map(Date)
    }

    /// Counts the changes; a step is based on it (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// What was left to pay when the bill was settled; null before (应付金额).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn payable(&self) -> Option<Yuan> {
        self.row.payable.map(Yuan)
    }

    /// When the bill was settled; null before (结算时间).
    async fn settled_at(&self) -> Option<DateTime> {
        self.row.settled_at.map(DateTime)
    }

    /// Why the case was called off; null otherwise (取消原因).
    async fn cancel_reason(&self) -> Option<CancelReason> {
        self.row.cancel_reason
    }

    /// The course of the case, in order; null if it cannot be read now (案件流程).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn timeline(&self, ctx: &Context<'_>) -> Result<Option<Vec<TimelineEntry>>> {
        let services = ctx.services();
        let rows = self
            .siblings
            .load(&self.row.id, "timeline", "", |ids| async move {
                course::timelines(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .into_iter()
                .map(TimelineEntry::from)
                .collect(),
        ))
    }

    /// The hearses that were sent; null if they cannot be read now (接运记录).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn transports(&self, ctx: &Context<'_>) -> Result<Option<Vec<Transport>>> {
        let services = ctx.services();
        let rows = self
            .siblings
            .load(&self.row.id, "transports", "", |ids| async move {
                collection::transports(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .into_iter()
                .map(Transport::from)
                .collect(),
        ))
    }

    /// Where the body was stored; null if it cannot be read now (存放记录).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn storage(&self, ctx: &Context<'_>) -> Result<Option<Vec<BodyStorage>>> {
        let services = ctx.services();
        let today = services.clock.today();
        let rows = self
            .siblings
            .load(&self.row.id, "storage", "", |ids| async move {
                collection::storages(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .into_iter()
                .map(|row| BodyStorage::of(row, today))
                .collect(),
        ))
    }

    /// The halls that were booked; null if they cannot be read now (告别厅预订).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn hall_bookings(&self, ctx: &Context<'_>) -> Result<Option<Vec<HallBooking>>> {
        let services = ctx.services();
        let rows = self
            .siblings
            .load(&self.row.id, "hall_bookings", "", |ids| async move {
                halls::of_cases(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .into_iter()
                .map(HallBooking::from)
                .collect(),
        ))
    }

    /// The cremation; null before it, or where there is none (火化登记).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn cremation(&self, ctx: &Context<'_>) -> Result<Option<Cremation>> {
        let services = ctx.services();
        let row = self
            .siblings
            .load(&self.row.id, "cremation", "", |ids| async move {
                cremations::of_cases(services.db.read(), &ids).await
            })
            .await?;
        Ok(row.map(Cremation::from))
    }

    /// Who held the body and the ashes, link by link; null if it cannot be read now (保管链).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn custody_chain(&self, ctx: &Context<'_>) -> Result<Option<Vec<CustodyLink>>> {
        let services = ctx.services();
        let rows = self
            .siblings
            .load(&self.row.id, "custody_chain", "", |ids| async move {
                course::chains(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .into_iter()
                .map(CustodyLink::from)
                .collect(),
        ))
    }

    /// Where the ashes were kept; null if it cannot be read now (骨灰寄存记录).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn ashes_custody(&self, ctx: &Context<'_>) -> Result<Option<Vec<AshesCustody>>> {
        let services = ctx.services();
        let rows = self
            .siblings
            .load(&self.row.id, "ashes_custody", "", |ids| async move {
                cremations::custodies(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .into_iter()
                .map(AshesCustody::from)
                .collect(),
        ))
    }

    /// The release of the ashes; null where none was asked for (骨灰领取).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn ashes_release(&self, ctx: &Context<'_>) -> Result<Option<AshesRelease>> {
        let services = ctx.services();
        let row = self
            .siblings
            .load(&self.row.id, "ashes_release", "", |ids| async move {
                cremations::releases(services.db.read(), &ids).await
            })
            .await?;
        Ok(row.map(|row| AshesRelease::of(row, ctx)))
    }

    /// The interment; null before it (安葬登记).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn interment(&self, ctx: &Context<'_>) -> Result<Option<Interment>> {
        let services = ctx.services();
        let row = self
            .siblings
            .load(&self.row.id, "interment", "", |ids| async move {
                interments::of_cases(services.db.read(), &ids).await
            })
            .await?;
        Ok(row.map(Interment::from))
    }

    /// The notices for an unclaimed body; null for any other (无主遗体公告).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn unclaimed_notice(&self, ctx: &Context<'_>) -> Result<Option<UnclaimedNotice>> {
        let services = ctx.services();
        let row = self
            .siblings
            .load(&self.row.id, "unclaimed_notice", "", |ids| async move {
                collection::notices(services.db.read(), &ids).await
            })
            .await?;
        Ok(row.map(UnclaimedNotice::from))
    }

    /// The contracts for niches or graves; null if they cannot be read now (格位、墓位合同).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn plot_contracts(&self, ctx: &Context<'_>) -> Result<Option<Vec<PlotContract>>> {
        let services = ctx.services();
        let rows = self
            .siblings
            .load(&self.row.id, "plot_contracts", "", |ids| async move {
                contracts::of_cases(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .into_iter()
                .map(PlotContract::from)
                .collect(),
        ))
    }

    /// The enrolments for burials at sea; null if they cannot be read now (海葬报名).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn sea_enrolments(&self, ctx: &Context<'_>) -> Result<Option<Vec<SeaEnrolment>>> {
        let services = ctx.services();
        let rows = self
            .siblings
            .load(&self.row.id, "sea_enrolments", "", |ids| async move {
                voyages::of_cases(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .into_iter()
                .map(SeaEnrolment::from)
                .collect(),
        ))
    }

    /// The deceased; to a citizen whose word no officer has confirmed yet, somebody without an identity (逝者).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn deceased(&self, ctx: &Context<'_>) -> Person {
        // D.6 (54), (55): whoever only names somebody is not led to them.
        if self.row.paper_pending && ctx.principal().role == Role::Citizen {
            return Person::unconfirmed(self.row.id);
        }
        self.deceased.clone()
    }

    /// The applicant (申办人).
    #[graphql(directive = personal::apply("funeral".into(), "applicant { id }".into()))]
    async fn applicant(&self) -> Person {
        self.applicant.clone()
    }

    /// What the applicant is to the deceased (与逝者关系).
    #[graphql(directive = personal::apply("kinship".into(), "applicant { id }".into()))]
    async fn relation(&self) -> KinRelation {
        self.row.relation
    }

    /// The applicant's telephone, masked (申办人电话，脱敏).
    #[graphql(directive = personal::apply("phone".into(), "applicant { id }".into()))]
    async fn applicant_phone(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(cases::applicant_phone(ctx.services(), &self.row).await?)
    }

    /// Whether an officer has seen the death paper; until then nothing is arranged (死亡证明是否已核验).
    async fn paper_confirmed(&self) -> bool {
        !self.row.paper_pending
    }

    /// What the applicant said of the death; null where an officer opened the case (申报的死亡信息).
    #[graphql(directive = personal::apply("death".into(), "deceased { id }".into()))]
    async fn death_claim(&self, ctx: &Context<'_>) -> Result<Option<DeathClaim>> {
        let services = ctx.services();
        let row = self
            .siblings
            .load(&self.row.id, "death_claim", "", |ids| async move {
                confirmation::claims(services.db.read(), &ids).await
            })
            .await?;
        Ok(row.map(DeathClaim::from))
    }

    /// The relatives on record; null if they cannot be read now (在案近亲属).
    #[graphql(directive = personal::apply("kinship".into(), "deceased { id }".into()))]
    async fn kin(&self, ctx: &Context<'_>) -> Result<Option<Vec<KinRecord>>> {
        let services = ctx.services();
        let rows = self
            .siblings
            .load(&self.row.id, "kin", "", |ids| async move {
                confirmation::kin_of(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(KinRecord::all(rows.unwrap_or_default())))
    }

    /// The closed case whose ashes this one lays to rest; null for any other (承接的原案件).
    async fn continues(&self) -> Option<ID> {
        self.row.continues.map(Into::into)
    }

    /// The record of the death; null if it cannot be read now, or while no officer has seen the paper (死亡登记).
    #[graphql(directive = personal::apply("death".into(), "deceased { id }".into()))]
    async fn death(&self, ctx: &Context<'_>) -> Result<Option<DeathRecord>> {
        let services = ctx.services();
        let death = self
            .siblings
            .load(&self.row.id, "death", "", |ids| async move {
                cases::deaths_of(services.db.read(), &ids).await
            })
            .await?;
        Ok(death.map(DeathRecord::from))
    }

    /// The facility in charge; null if it cannot be read now (承办殡仪馆).
    async fn facility(&self, ctx: &Context<'_>) -> Result<Option<FuneralFacility>> {
        let services = ctx.services();
        let home = self
            .facilities
            .load(&self.row.facility_id, "facility", "", |ids| async move {
                facilities::by_ids(services.db.read(), &ids).await
            })
            .await?;
        Ok(home.and_then(|row| FuneralFacility::all(vec![row]).pop()))
    }

    /// The division of the facility when the case was opened (受理区划).
    async fn division(&self) -> Division {
        self.division.clone()
    }

    /// The bill, line by line; null if it cannot be read now (收费明细).
    async fn items(&self, ctx: &Context<'_>) -> Result<Option<Vec<CaseItem>>> {
        Ok(Some(
            self.bill(ctx).await?.iter().map(CaseItem::of).collect(),
        ))
    }

    /// The sum of the bill; null if it cannot be read now (费用合计).
    async fn charged(&self, ctx: &Context<'_>) -> Result<Option<Yuan>> {
        Ok(Some(Yuan(
            self.bill(ctx)
                .await?
                .iter()
                .map(|(line, _)| line.amount)
                .sum(),
        )))
    }

    /// The fees that were waived; null if they cannot be read now (减免明细).
    #[graphql(directive = personal::apply("waiver".into(), "deceased { id }".into()))]
    async fn waivers(&self, ctx: &Context<'_>) -> Result<Option<Vec<Waiver>>> {
        Ok(Some(
            self.granted(ctx)
                .await?
                .iter()
                .cloned()
                .map(Waiver::from)
                .collect(),
        ))
    }

    /// The sum of what was waived; null if it cannot be read now (减免合计).
    #[graphql(directive = personal::apply("waiver".into(), "deceased { id }".into()))]
    async fn waived(&self, ctx: &Context<'_>) -> Result<Option<Yuan>> {
        Ok(Some(Yuan(
            self.granted(ctx).await?.iter().map(|w| w.amount).sum(),
        )))
    }

    /// The niche or grave that is held for this case; null if there is none (预留格位或墓位).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    async fn held_plot(&self, ctx: &Context<'_>) -> Result<Option<Plot>> {
        let services = ctx.services();
        let now = services.clock.now();
        let held = self
            .siblings
            .load(&self.row.id, "held_plot", "", |ids| async move {
                plots::held_by(services.db.read(), &ids, now).await
            })
            .await?;
        Ok(held.map(|plot| Plot::of(plot, now)))
    }
}
