//! The bill of a case, line by line.

use async_graphql::{ID, SimpleObject};
use minzheng_kit::{Date, Yuan};

use super::facility::ServiceItem;
use crate::service::cases;

/// A line of a case's bill (收费明细项).
#[derive(SimpleObject)]
pub struct CaseItem {
    /// Opaque identity (标识).
    pub id: ID,
    /// The item (项目).
    pub item: ServiceItem,
    /// How many units (数量).
    pub quantity: i32,
    /// Price times quantity (金额).
    pub amount: Yuan,
    /// Day of the service (服务日期).
    pub service_on: Date,
    /// Whether the price lies outside the published reference range (是否超出参考价).
    pub flagged: bool,
}

impl CaseItem {
    /// From a line and its item.
    pub(super) fn of((line, item): &cases::BillLine) -> Self {
        Self {
            id: line.id.into(),
            item: item.clone().into(),
            quantity: line.quantity,
            amount: Yuan(line.amount),
            service_on: Date(line.service_on),
            flagged: line.flagged,
        }
    }
}
