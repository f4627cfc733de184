//! What clients send. Scalars accept any text of bounded length and are judged by the service, so
//! that a bad identity number is a `userErrors` entry with its field.

use super::counter_enums::MarriagePartyRole;
use crate::kit::CitizenIdInput;
use crate::service::registries::Point;
use async_graphql::{ID, InputObject};

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
        let (lon, lat) = (self.longitude, self.latitude);
        if (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat) {
            Ok(Point { lon, lat })
        } else {
            Err(super::bad_argument(
                "point",
                "The point is not on the globe.",
                "坐标超出范围。",
            ))
        }
    }
}

/// What is needed to book a slot (预约申请).
#[derive(InputObject)]
pub struct BookSlotInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The slot (时段).
    pub slot: ID,
    /// Identity number of the other person who comes; null when one comes alone (另一方身份号码).
    pub partner: Option<CitizenIdInput>,
    /// Identity number of the person a registrar books for; a citizen books for himself and leaves
    /// it out (代预约人身份号码).
    pub applicant: Option<CitizenIdInput>,
}

/// What is needed to cancel an appointment (取消预约申请).
#[derive(InputObject)]
pub struct CancelSlotInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The appointment (预约).
    pub appointment: ID,
    /// The version at which it was read; null judges by what it is now (版本).
    pub version: Option<i64>,
}

/// What a registrar enters when he receives an application for divorce (离婚登记申请受理).
#[derive(InputObject)]
pub struct ApplyDivorceInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry that receives the application (受理机关).
    pub registry: ID,
    /// Identity number of the man (男方身份号码).
    pub man: CitizenIdInput,
    /// Identity number of the woman (女方身份号码).
    pub woman: CitizenIdInput,
    /// Both stand before the registrar (双方亲自到场).
    pub both_present: bool,
    /// The written agreement is signed by both (双方已签订书面离婚协议).
    pub agreement_signed: bool,
    /// Both have full capacity for civil acts (双方具有完全民事行为能力).
    pub full_capacity: bool,
    /// Children of the couple, as the agreement states (子女数).
    pub children: Option<i32>,
    /// Reference to the written agreement; kept sealed (离婚协议编号).
    pub agreement: Option<String>,
    /// Crisis counselling was offered, and whether it was taken; null when it was not offered (是否接受婚姻危机干预).
    pub crisis_help_accepted: Option<bool>,
    /// The registrar who handles it; the one to whom the caller's account belongs when null (经办登记员).
    pub registrar: Option<ID>,
}

/// What is needed to withdraw an application for divorce (撤回离婚登记申请).
#[derive(InputObject)]
pub struct WithdrawDivorceInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The application (离婚登记申请).
    pub application: ID,
    /// The version at which it was read; null judges by what it is now (版本).
    pub version: Option<i64>,
    /// Who withdraws: an officer names the party who is present with an identity paper; a party that is signed in may leave it out (撤回方).
    pub by: Option<MarriagePartyRole>,
}
