//! A funeral case from opening to end. At most one open case for a deceased whose paper was
//! seen (partial unique index); claims stand beside it.

use sea_orm::entity::prelude::*;

use crate::rules::terms::{CancelReason, CaseState, KinRelation};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "funeral_case")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Number for people.
    #[sea_orm(column_type = "Text")]
    pub number: String,
    /// Token of the deceased.
    #[sea_orm(column_type = "Text")]
    pub deceased: String,
    /// The record of the death.
    pub death_id: Uuid,
    /// Token of the applicant (丧属).
    #[sea_orm(column_type = "Text")]
    pub applicant: String,
    /// What the applicant is to the deceased.
    pub relation: KinRelation,
    /// The applicant's phone, masked; the number itself is not kept here.
    #[sea_orm(column_type = "Text")]
    pub phone_masked: String,
    /// The facility in charge.
    pub facility_id: Uuid,
    /// The facility's division when the case was opened.
    pub division_id: Uuid,
    /// Where the case stands.
    pub state: CaseState,
    /// When it was opened.
    pub opened_at: DateTimeUtc,
    /// Day of the cremation.
    pub cremated_on: Option<Date>,
    /// Month of the cremation as a number (see `YearMonth::index`), for statistics.
    pub cremated_month: Option<i32>,
    /// Day it was closed.
    pub closed_on: Option<Date>,
    /// When the bill was settled.
    pub settled_at: Option<DateTimeUtc>,
    /// What was left to pay when it was settled, in fen.
    pub payable: Option<i64>,
    /// Why it was called off.
    pub cancel_reason: Option<CancelReason>,
    /// Whether the death paper is only what a citizen said and waits for an officer; until then `death_id` is the
    /// identity that the record will have.
    pub paper_pending: bool,
    /// Whether an officer saw the proof of what the applicant is to the deceased.
    pub relation_confirmed: bool,
    /// The paper by which a unit arranges the funeral of its own right, encrypted.
    #[sea_orm(column_type = "Text", nullable)]
    pub mandate: Option<String>,
    /// The closed case whose ashes this one lays to rest.
    pub continues: Option<Uuid>,
    /// Where its cremation is counted, where that is not its division: it went along with its facility when the division
    /// was divided (D-7).
    pub counted_in: Option<Uuid>,
    /// Token of the head of the household of the deceased (户主), where the household register was shown.
    #[sea_orm(column_type = "Text", nullable)]
    pub household: Option<String>,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
