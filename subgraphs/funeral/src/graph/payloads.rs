//! What mutations answer: the thing, or why it was refused.

use async_graphql::{ID, Result, SimpleObject};
use minzheng_kit::{Date, UserError, YearMonth, Yuan};

use super::case::FuneralCase;
use super::plot::Plot;
use super::ticket::HotlineTicket;
use crate::model::{hotline_ticket, waiver_settlement};

/// A payload that can carry refusals.
pub(super) trait Payload {
    /// Adds a refusal.
    fn refuse(&mut self, error: UserError);
}

macro_rules! payloads {
    ($($name:ident),+) => {
        $(impl Payload for $name {
            fn refuse(&mut self, error: UserError) {
                self.user_errors.push(error);
            }
        })+
    };
}

payloads!(
    OpenFuneralCasePayload,
    TicketPayload,
    ReserveNichePayload,
    SettleWaiverPayload
);

/// What a use case gave, as a payload: a refusal goes to `userErrors`, other errors stop.
pub(super) fn told<T, P: Payload>(
    outcome: minzheng_kit::Result<T>,
    payload: impl Fn(Option<T>) -> P,
) -> Result<P> {
    match outcome {
        Ok(value) => Ok(payload(Some(value))),
        Err(error) => {
            let mut refused = payload(None);
            refused.refuse(of_input(error.into_user_error()?));
            Ok(refused)
        }
    }
}

/// A refusal whose field is named from the mutation's arguments: rules and services know the fields
/// of the input, not that it is one argument.
fn of_input(mut error: UserError) -> UserError {
    if let Some(path) = &mut error.path
        && path.first().is_none_or(|first| first != "input")
    {
        path.insert(0, "input".to_owned());
    }
    error
}

/// What came of opening a case (申办结果).
#[derive(SimpleObject)]
pub struct OpenFuneralCasePayload {
    /// The case; null when it was refused (治丧案件).
    pub case: Option<FuneralCase>,
    /// What the law or the form refuses; empty on success (业务错误).
    pub user_errors: Vec<UserError>,
}

/// What came of a change to a ticket (工单办理结果).
#[derive(SimpleObject)]
pub struct TicketPayload {
    /// The ticket; null when it was refused (工单).
    pub ticket: Option<HotlineTicket>,
    /// What the law or the form refuses; empty on success (业务错误).
    pub user_errors: Vec<UserError>,
}

impl TicketPayload {
    /// From the ticket, if there is one.
    pub(super) fn of(ticket: Option<hotline_ticket::Model>) -> Self {
        Self {
            ticket: ticket.map(HotlineTicket::of),
            user_errors: Vec::new(),
        }
    }
}

/// What came of holding a niche or grave (预留结果).
#[derive(SimpleObject)]
pub struct ReserveNichePayload {
    /// The niche or grave; null when it was refused (格位或墓位).
    pub plot: Option<Plot>,
    /// What the law or the form refuses; empty on success (业务错误).
    pub user_errors: Vec<UserError>,
}

/// What came of a settlement (结算结果).
#[derive(SimpleObject)]
pub struct SettleWaiverPayload {
    /// The settled batch; null when it was refused (结算批次).
    pub settlement: Option<WaiverSettlement>,
    /// What the law or the form refuses; empty on success (业务错误).
    pub user_errors: Vec<UserError>,
}

/// A settled batch of waivers (减免结算批次).
#[derive(SimpleObject)]
pub struct WaiverSettlement {
    /// Opaque identity (标识).
    pub id: ID,
    /// The month (月份).
    pub month: YearMonth,
    /// Households (户数).
    pub households: i64,
    /// The sum (金额).
    pub amount: Yuan,
    /// Day of the settlement (结算日期).
    pub settled_on: Date,
}

impl WaiverSettlement {
    /// From its row.
    pub(super) fn of(row: waiver_settlement::Model) -> Self {
        Self {
            id: row.id.into(),
            month: YearMonth::from_index(row.month),
            households: row.households,
            amount: Yuan(row.amount),
            settled_on: Date(row.settled_on),
        }
    }
}
