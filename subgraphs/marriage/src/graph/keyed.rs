//! What a change of divisions would touch here, as its rehearsal shows it.

use crate::service::keyed::Keyed;
use async_graphql::SimpleObject;

/// What is keyed to a division itself and would move with it (区划关联的婚姻登记数据).
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct MarriageKeyed {
    /// Marriage registries (婚姻登记机关数).
    pub registries: i64,
    /// Registrars who may act (在岗登记员数).
    pub registrars: i64,
    /// Counselling rooms (婚姻家庭辅导室数).
    pub counselling_rooms: i64,
    /// Slots of today and later in which somebody is booked (已被预约的时段数).
    pub booked_slots: i64,
    /// Months of figures, which stay with the division of their day (统计月份数).
    pub months_of_figures: i64,
    /// Appointments of today and later; null for who does not keep the division's records (未办理预约数).
    pub appointments: Option<i64>,
    /// Applications for marriage that are not in the archive; null for who does not keep the division's records (在办结婚登记数).
    pub open_applications: Option<i64>,
    /// Applications for divorce that are open; null for who does not keep the division's records (在办离婚登记数).
    pub open_divorces: Option<i64>,
    /// Courts' notices that wait; null for who does not keep the division's records (待处理法院文书数).
    pub waiting_notices: Option<i64>,
}

impl MarriageKeyed {
    /// What the caller may see of it: how many couples have something open is told to who keeps the records,
    /// since in a small county the number is one couple or two.
    #[must_use]
    pub fn of(keyed: Keyed, keeps_records: bool) -> Self {
        let people = |count: i64| keeps_records.then_some(count);
        Self {
            registries: keyed.registries,
            registrars: keyed.registrars,
            counselling_rooms: keyed.rooms,
            booked_slots: keyed.booked_slots,
            months_of_figures: keyed.months,
            appointments: people(keyed.appointments),
            open_applications: people(keyed.open_applications),
            open_divorces: people(keyed.open_divorces),
            waiting_notices: people(keyed.notices),
        }
    }
}
