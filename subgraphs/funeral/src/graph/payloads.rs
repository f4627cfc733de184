//! What the first mutations answer, and the settled batch of waivers.

use async_graphql::{ID, SimpleObject};
use minzheng_kit::{Date, YearMonth, Yuan, payloads};

use super::case::FuneralCase;
use super::division::Division;
use super::plot::Plot;
use super::ticket::HotlineTicket;
use crate::model::waiver_settlement;
use crate::rules::terms::{SettlementSource, WaiverPayer};

payloads! {
    /// What came of opening a case (申办结果).
    pub OpenFuneralCasePayload {
        /// The case; null when it was refused (治丧案件).
        case: FuneralCase,
        /// Which subsystems follow what is told here, and whether each has acted on this death already; asking for it
        /// makes the answer wait for them, a second at most; null when it was refused, was not asked for, or waits for an
        /// officer to see the paper (联办事项).
        follow_ups: Vec<DeathFollowUp>,
    }
    /// What came of a change to a ticket (工单办理结果).
    pub TicketPayload {
        /// The ticket; null when it was refused (工单).
        ticket: HotlineTicket,
    }
    /// What came of holding a niche or grave (预留结果).
    pub ReserveNichePayload {
        /// The niche or grave; null when it was refused (格位或墓位).
        plot: Plot,
    }
    /// What came of a settlement (结算结果).
    pub SettleWaiverPayload {
        /// The settled batch; null when it was refused (结算批次).
        settlement: WaiverSettlement,
    }
}

/// Whether another subsystem has acted on a death (联办进度).
#[derive(SimpleObject, Clone, Debug)]
pub struct DeathFollowUp {
    /// The subsystem: marriage closes the record of the spouse, societies the offices held (子系统).
    pub subsystem: String,
    /// Whether it has; otherwise it will, and its own part of this answer may show what was before (是否已办).
    pub is_done: bool,
}

/// A settled batch of waivers (减免结算批次).
#[derive(SimpleObject)]
pub struct WaiverSettlement {
    /// Opaque identity (标识).
    pub id: ID,
    /// The month (月份).
    pub month: YearMonth,
    /// Households; null where the number, or what is not in the batch, would tell of single families
    /// (户数，小数隐去).
    pub households: Option<i64>,
    /// The sum; null where the number of households is (金额，小数隐去).
    pub amount: Option<Yuan>,
    /// Day of the settlement (结算日期).
    pub settled_on: Date,
    /// Who paid (承担方).
    pub payer: WaiverPayer,
    /// Whether it is of cases of this system or taken over from a report (数据来源).
    pub source: SettlementSource,
    /// The division that paid (结算区划).
    pub division: Division,
}

impl WaiverSettlement {
    /// From its row; `open` says whether its figures may be told.
    pub(super) fn of(row: waiver_settlement::Model, open: bool) -> Self {
        Self {
            id: row.id.into(),
            month: YearMonth::from_index(row.month),
            households: open.then_some(row.households),
            amount: open.then_some(Yuan(row.amount)),
            settled_on: Date(row.settled_on),
            payer: row.payer,
            source: row.source,
            division: Division::one(row.division_id),
        }
    }
}
