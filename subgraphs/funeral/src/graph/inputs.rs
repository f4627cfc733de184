//! What clients send. Scalars accept any string of bounded length and are judged by the service,
//! so that a bad ID number is a `userErrors` entry with its field.

use async_graphql::{ID, InputObject};
use minzheng_kit::federation::directives::input_scopes;
use minzheng_kit::{CitizenIdInput, Date, DateTime, UserError, YearMonth};

use crate::rules::geo::Point;
use crate::rules::terms::{DeathPaperKind, KinRelation, TicketCategory, WaiverPayer};

/// A point on the map, in degrees (坐标点).
#[derive(InputObject, Clone, Copy, Debug)]
pub struct PointInput {
    /// Degrees east, -180 to 180 (经度).
    pub longitude: f64,
    /// Degrees north, -90 to 90 (纬度).
    pub latitude: f64,
}

impl PointInput {
    /// The point, if it is on the globe.
    pub(super) fn checked(self) -> async_graphql::Result<Point> {
        Point::checked(self.longitude, self.latitude).ok_or_else(|| {
            super::bad_argument("point", "The point is not on the globe.", "坐标超出范围。")
        })
    }

    /// The same for a mutation, where it is a refusal.
    pub(super) fn point(&self) -> minzheng_kit::Result<Point> {
        Point::checked(self.longitude, self.latitude).ok_or_else(|| {
            UserError::new(
                "POINT_OFF_THE_GLOBE",
                "The point is not on the globe.",
                "坐标超出范围。",
            )
            .field(&["point"])
            .into()
        })
    }
}

/// A box on the map, in degrees (范围).
#[derive(InputObject, Clone, Copy, Debug)]
pub struct BoxInput {
    /// South-west corner (西南角).
    pub low: PointInput,
    /// North-east corner (东北角).
    pub high: PointInput,
}

/// Square metres as thousandths of one.
pub(super) fn milli_m2(m2: f64, field: &str) -> minzheng_kit::Result<i64> {
    if m2.is_finite() && (0.001..=1e9).contains(&m2) {
        return Ok((m2 * 1000.0).round() as i64);
    }
    Err(UserError::new(
        "AREA",
        "An area is a number of square metres above nought.",
        "面积须为正数（平方米）。",
    )
    .field(&[field])
    .into())
}

/// What is needed to open a funeral case (治丧案件申请).
#[derive(InputObject)]
pub struct OpenFuneralCaseInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// Citizen identity number of the deceased (逝者公民身份号码).
    pub deceased: CitizenIdInput,
    /// Name of the deceased as on the death paper (逝者姓名).
    pub deceased_name: String,
    /// Citizen identity number of the applicant (申办人公民身份号码).
    pub applicant: CitizenIdInput,
    /// Name of the applicant (申办人姓名).
    pub applicant_name: String,
    /// What the applicant is to the deceased (与逝者关系).
    pub relation: KinRelation,
    /// Telephone of the applicant; kept masked only (申办人电话).
    pub phone: String,
    /// Who issued the death paper (死亡证明类别).
    pub paper_kind: DeathPaperKind,
    /// Number of the death paper (死亡证明编号).
    pub paper_number: String,
    /// Whether the death was natural; null when the cause is not known (是否正常死亡).
    pub natural: Option<bool>,
    /// Day of death (死亡日期).
    pub died_on: Date,
    /// The funeral home in charge (受理殡仪馆).
    pub facility: ID,
}

/// A call to the hotline (热线来电).
#[derive(InputObject)]
pub struct OpenTicketInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// What the call is about (诉求类别).
    pub category: TicketCategory,
    /// The caller's telephone; kept masked only (来电号码).
    pub phone: String,
    /// Citizen identity number of the caller, if given (来电人公民身份号码).
    #[graphql(directive = input_scopes::apply(vec![vec!["hotline".into()]]))]
    pub caller: Option<CitizenIdInput>,
    /// Number of the case that the caller names, if any (案件编号).
    pub case_number: Option<String>,
    /// The division of the call (所属区划).
    pub division: ID,
    /// Where help is needed (求助位置).
    pub point: PointInput,
    /// When the telephone began to ring, as the exchange tells; not kept if not given (振铃时间).
    pub rang_at: Option<DateTime>,
    /// When the call was answered; now if not given (接听时间).
    pub answered_at: Option<DateTime>,
}

/// A ticket to be sent to a funeral home (派单).
#[derive(InputObject, Clone, Debug)]
pub struct DispatchTicketInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The ticket (工单).
    pub ticket: ID,
    /// The version that the step is based on; not compared if not given (版本).
    pub version: Option<i64>,
}

/// A niche or grave to be held for a case (预留格位).
#[derive(InputObject, Clone, Debug)]
pub struct ReserveNicheInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The niche or grave (格位或墓位).
    pub plot: ID,
    /// The open case it is held for (治丧案件).
    pub case: ID,
    /// Whether the deceased was of the village, for a rural public facility (是否本村村民).
    #[graphql(default)]
    pub villager: bool,
}

/// A month of waivers to be settled (减免结算).
#[derive(InputObject, Clone, Debug)]
pub struct SettleWaiverInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The division that pays (结算区划).
    pub division: ID,
    /// The month, which must have ended (结算月份).
    pub month: YearMonth,
    /// Only what this payer owes; whoever has something open if not given (承担方).
    pub payer: Option<WaiverPayer>,
}
