//! The exchange between provinces as the schema shows it: the one field for peers, what officers see and
//! may do, and what a person sees of the own ledger.

use super::act::{Outcome, anyone, id, text};
use super::subscription::MyMaritalEvent;
use crate::interop::core::message::Act as Deed;
use crate::interop::{client, exchange, node, officers, run, work};
use crate::kit::contract::directive::TOLD_SUBJECT;
use crate::kit::disclosure;
use crate::kit::federation::directives::*;
use crate::kit::{DateTime, Error, PrincipalExt, Result, Role, UserError};
use crate::model::interop::{access, alarm};
use crate::service::ledger;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// On which side of a transaction this province is (本省角色).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::interop::work::Side")]
pub enum InteropSide {
    /// A registry here accepted it (受理方).
    Accepting,
    /// It keeps the ledger of a party (台账主管方).
    Keeping,
}

/// What may be done about a transaction (可采取的措施).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::interop::work::Permitted")]
pub enum InteropAction {
    /// Ask the other side now (立即查询).
    AskNow,
    /// The couple has left: end it if it is not decided yet, by abandoning the application (放弃办理).
    GiveUp,
    /// Two supervisors free the person on the deciding authority's written statement (强制解除).
    BreakGlass,
    /// Two supervisors clear records that a decision has left disputed (存疑结案).
    ClearDispute,
}

/// What two ledgers are to take in together (跨省事项).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteropDeed {
    /// A marriage is registered (结婚登记).
    Marry,
    /// An application for divorce is received (离婚申请受理).
    ApplyDivorce,
    /// An application for divorce is closed without a divorce (离婚申请终结).
    WithdrawDivorce,
    /// A divorce is registered (离婚登记).
    Divorce,
    /// A marriage has ended, which is told to whoever keeps it too (婚姻终止告知).
    EndMarriage,
}

impl From<Deed> for InteropDeed {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::Marry { .. } => Self::Marry,
            Deed::ApplyDivorce { .. } => Self::ApplyDivorce,
            Deed::WithdrawDivorce { .. } => Self::WithdrawDivorce,
            Deed::Divorce { .. } => Self::Divorce,
        }
    }
}

/// One transaction between provinces, in words and without any person (跨省事务).
#[derive(SimpleObject, Clone, Debug)]
pub struct InteropTransaction {
    /// The transaction (标识).
    pub id: ID,
    /// What is to happen (事项).
    pub deed: InteropDeed,
    /// On which side this province is (本省角色).
    pub side: InteropSide,
    /// STARTED, HA_HELD, DECIDED or HA_SETTLED where it was accepted here; HELD, FORCED, UNHEARD (a divorce that its other authority is not yet known to have) or DISPUTED where this province keeps a party's ledger; TELLING where a peer has yet to note that a marriage has ended (状态).
    pub state: String,
    /// Since when (开始时间).
    pub since: DateTime,
    /// The application at the counter it came of; null on the other side (申请).
    pub application: Option<ID>,
    /// The authority it waits for: a province's two digits, or NAT; null at its end (等待方).
    pub waiting_for: Option<String>,
    /// It takes longer than it should, and a supervisor should look at it (存疑).
    pub in_doubt: bool,
    /// What is waiting for whom, and why, in English (说明，英文).
    pub explanation: String,
    /// The same in Chinese (说明).
    pub explanation_zh: String,
    /// The class of the refusal, if it came to nothing (未成立原因).
    pub refusal_code: Option<String>,
    /// What may be done about it (可采取的措施).
    pub permitted: Vec<InteropAction>,
}

impl From<work::Waiting> for InteropTransaction {
    fn from(one: work::Waiting) -> Self {
        Self {
            id: ID(one.txn.to_string()),
            deed: one.deed.map_or(InteropDeed::EndMarriage, InteropDeed::from),
            side: one.side.into(),
            state: one.state,
            since: DateTime(one.since),
            application: one.application.map(|id| ID(id.to_string())),
            waiting_for: one.waits_for,
            in_doubt: one.in_doubt,
            explanation: one.words.0,
            explanation_zh: one.words.1,
            refusal_code: one.refusal.map(str::to_owned),
            permitted: one.permitted.into_iter().map(InteropAction::from).collect(),
        }
    }
}

/// Something that a supervisor must look at (跨省告警).
#[derive(SimpleObject, Clone, Debug)]
pub struct InteropAlarm {
    /// The alarm (标识).
    pub id: ID,
    /// When it was raised (时间).
    pub at: DateTime,
    /// The transaction; null when it concerns none (事务).
    pub transaction: Option<ID>,
    /// Its stable code (代码).
    pub code: String,
    /// What it means and what to do, in English (说明，英文).
    pub explanation: String,
    /// The same in Chinese (说明).
    pub explanation_zh: String,
}

impl From<alarm::Model> for InteropAlarm {
    fn from(row: alarm::Model) -> Self {
        let (en, zh) = work::alarm_words(&row.what);
        Self {
            id: ID(row.id.to_string()),
            at: DateTime(row.at),
            transaction: row.txn.map(|txn| ID(txn.to_string())),
            code: row.what,
            explanation: en.to_owned(),
            explanation_zh: zh.to_owned(),
        }
    }
}

/// This province among the others (跨省节点).
#[derive(SimpleObject, Clone, Debug)]
pub struct InteropStation {
    /// Our code: a province's two digits, or NAT (机关代码).
    pub authority: String,
    /// How often it has started; every promise carries it (纪元).
    pub epoch: i64,
    /// The version of the table of routes (路由表版本).
    pub routing_epoch: i64,
    /// Every peer has said what it holds since the last start; before that nothing is written (可办理).
    pub serving: bool,
    /// The peers whose answer is missing (等待答复的省份).
    pub waiting_for: Vec<String>,
    /// The peers that two supervisors went on without since the last start, and that are still asked what they hold (暂不等待的省份).
    pub left_out: Vec<String>,
    /// The peers that are trusted here (互信省份).
    pub peers: Vec<String>,
}

/// One access of another province to the caller's own ledger (我的台账被查阅记录).
#[derive(SimpleObject, Clone, Debug)]
pub struct MyLedgerAccess {
    /// When (时间).
    pub at: DateTime,
    /// Entries were appended; false when it was only read (是否写入).
    pub wrote: bool,
    /// The authority on whose behalf (查阅方).
    pub authority: String,
    /// The officer as that authority calls them; an opaque account (经办人).
    pub officer: String,
    /// The lawful purpose as a code (目的).
    pub purpose: String,
}

/// The queries of the exchange.
#[derive(Clone, Copy, Debug, Default)]
pub struct InteropQuery;

/// The queries of the exchange.
#[Object]
impl InteropQuery {
    /// Transactions with other provinces that the caller's registry accepted, and for supervisors what is held here and what a peer has yet to note; latest first, at most 200 of each (跨省事务).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn interop_transactions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what is not at its end (仅未办结).", default = true)]
        waiting_only: bool,
    ) -> Result<Vec<InteropTransaction>> {
        let found = work::list(ctx.services(), ctx.principal(), waiting_only).await?;
        Ok(found.into_iter().map(InteropTransaction::from).collect())
    }

    /// What a supervisor must look at; the oldest first, at most 200: the next come up as these are cleared (跨省告警).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn interop_alarms(&self, ctx: &Context<'_>) -> Result<Vec<InteropAlarm>> {
        let found = work::alarms(ctx.services(), ctx.principal()).await?;
        Ok(found.into_iter().map(InteropAlarm::from).collect())
    }

    /// This province among the others; null where it speaks with nobody (跨省节点).
    #[graphql(directive = authenticated::apply())]
    async fn interop_station(&self, ctx: &Context<'_>) -> Result<Option<InteropStation>> {
        let role = ctx.principal().role;
        if !matches!(
            role,
            Role::Registrar | Role::Supervisor | Role::Operator | Role::Peer
        ) {
            return Err(Error::Forbidden);
        }
        let services = ctx.services();
        let Some(node) = node::of(services)? else {
            return Ok(None);
        };
        let station = crate::interop::store::load::living(services.db.read(), &node).await?;
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Ok(Some(InteropStation {
            authority: node.own.clone(),
            epoch: count(station.epoch),
            routing_epoch: count(station.routing_epoch),
            serving: station.serving(),
            waiting_for: station.waiting.iter().map(ToString::to_string).collect(),
            left_out: station.overridden.iter().map(ToString::to_string).collect(),
            peers: node.peers().iter().map(ToString::to_string).collect(),
        }))
    }

    /// This province's own key file, to be trusted by others after its fingerprint was compared; null where it speaks with nobody (本省密钥文件).
    async fn interop_key_file(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(node) = node::of(ctx.services())? else {
            return Ok(None);
        };
        let book = node.book();
        let text = book.peer(&node.own).map(serde_json::to_string).transpose();
        text.map_err(|_| Error::internal("our own key file cannot be written"))
    }

    /// What was entered in the caller's own marital ledger, the latest first (我的婚姻台账事件).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn my_marital_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The most entries, up to 100 (条数).", default = 20)] first: i32,
    ) -> Result<Vec<MyMaritalEvent>> {
        let person = ctx.person()?;
        let most = super::size(first, 100) as u64;
        let entries = ledger::latest(ctx.services().db.read(), person, most).await?;
        let shown = entries
            .into_iter()
            .map(|entry| MyMaritalEvent::new(person, entry));
        Ok(shown.collect())
    }

    /// Which authorities have read or written the caller's own ledger for a registration, the latest first (我的台账被查阅记录).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn my_ledger_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The most entries, up to 100 (条数).", default = 20)] first: i32,
    ) -> Result<Vec<MyLedgerAccess>> {
        let person = ctx.person()?;
        let rows = access::Entity::find()
            .filter(access::Column::Person.eq(person))
            .order_by_desc(access::Column::Id)
            .limit(super::size(first, 100) as u64)
            .all(ctx.services().db.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| MyLedgerAccess {
                at: DateTime(row.at),
                wrote: row.wrote,
                authority: row.by_authority,
                officer: row.officer,
                purpose: row.purpose,
            })
            .collect())
    }
}

/// A transaction to be asked about (查询跨省事务).
#[derive(InputObject)]
pub struct AskInteropInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The transaction (事务).
    pub transaction: ID,
}

/// An alarm to be closed (办结告警).
#[derive(InputObject)]
pub struct CloseInteropAlarmInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The alarm (告警).
    pub alarm: ID,
}

/// What two supervisors say to free a held person (强制解除占用).
#[derive(InputObject)]
pub struct BreakGlassInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The transaction (事务).
    pub transaction: ID,
    /// Reference of the deciding authority's written statement (书面说明文号).
    pub statement: String,
    /// The authority that wrote it (出具机关).
    pub stated_by: String,
}

/// What two supervisors say to clear disputed records (存疑结案).
#[derive(InputObject)]
pub struct ClearDisputeInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The transaction (事务).
    pub transaction: ID,
    /// Reference of the papers they rest on (依据文号).
    pub evidence: String,
}

/// Provinces to go on without after a start (不等待未答复省份).
#[derive(InputObject)]
pub struct GoOnWithoutInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// Codes of the authorities that do not answer (机关代码).
    pub authorities: Vec<String>,
}

/// What became of it (办理结果).
#[derive(SimpleObject, Clone, Debug, Default)]
pub struct InteropPayload {
    /// It is done; false when it waits for the second officer, or was refused (已完成).
    pub done: bool,
    /// What the law or the form refuses; empty on success (错误).
    pub user_errors: Vec<UserError>,
}

impl InteropPayload {
    fn of(outcome: std::result::Result<bool, Vec<UserError>>) -> Self {
        match outcome {
            Ok(done) => Self {
                done,
                user_errors: Vec::new(),
            },
            Err(user_errors) => Self {
                done: false,
                user_errors,
            },
        }
    }
}

/// The mutations of the exchange.
#[derive(Clone, Copy, Debug, Default)]
pub struct InteropMutation;

/// The mutations of the exchange.
#[Object]
impl InteropMutation {
    /// The one field of peers: a signed message in, a signed answer out; for the role peer (跨省报文交换).
    #[graphql(
        directive = authenticated::apply(),
        directive = personal::apply("marital".into(), TOLD_SUBJECT.into())
    )]
    async fn interop_exchange(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A message as JWS in compact form (报文).")] jws: String,
    ) -> Result<String> {
        let (services, caller) = (ctx.services(), ctx.principal());
        // Only the token of that very province's own issuer speaks for it.
        let from = caller.province.as_str();
        let named = format!("{}|{from}", client::issuer(from));
        if caller.role != Role::Peer || caller.subject.as_deref() != Some(named.as_str()) {
            return Err(Error::Forbidden);
        }
        let node = node::of(services)?.ok_or(Error::Forbidden)?;
        let answered = exchange::answer(services, &node, from, &jws).await?;
        run::say_later(services, &node, answered.sends);
        disclosure::tell(ctx, answered.told)?;
        Ok(answered.text)
    }

    /// Asks the other side of a transaction now, instead of at its next time; for its registry and its supervisor (立即查询跨省事务).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn ask_interop_now(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The transaction (输入).")] input: AskInteropInput,
    ) -> async_graphql::Result<InteropPayload> {
        let what = id(&input.transaction, "transaction").map(|txn| officers::Ask { txn });
        let done = anyone(ctx, &input.request_key, what, |act, what| {
            Box::pin(async move { officers::ask_now(act, what).await.map(|_| true) })
        })
        .await?;
        Ok(InteropPayload::of(done))
    }

    /// Closes an alarm that a supervisor has looked at (办结跨省告警).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn close_interop_alarm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alarm (输入).")] input: CloseInteropAlarmInput,
    ) -> async_graphql::Result<InteropPayload> {
        let what = id(&input.alarm, "alarm").map(|alarm| officers::Close { alarm });
        let done = anyone(ctx, &input.request_key, what, |act, what| {
            Box::pin(async move { officers::close(act, what).await.map(|_| true) })
        })
        .await?;
        Ok(InteropPayload::of(done))
    }

    /// Frees a person who is held for longer than 24 hours, on the deciding authority's written statement: one supervisor of the province proposes, another one does it within 7 days (强制解除占用).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn break_interop_glass(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the supervisor says (输入).")] input: BreakGlassInput,
    ) -> async_graphql::Result<InteropPayload> {
        let read = || -> Outcome<officers::BreakGlass> {
            Ok(officers::BreakGlass {
                txn: id(&input.transaction, "transaction")?,
                statement: text(&input.statement, "statement", 128)?,
                stated_by: text(&input.stated_by, "statedBy", 6)?,
            })
        };
        let done = anyone(ctx, &input.request_key, read(), |act, what| {
            Box::pin(officers::break_glass(act, what))
        })
        .await?;
        Ok(InteropPayload::of(done))
    }

    /// Clears the records that a decision of this transaction has left disputed: one supervisor of the province proposes, another one does it within 7 days (存疑结案).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn clear_interop_dispute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the supervisor says (输入).")] input: ClearDisputeInput,
    ) -> async_graphql::Result<InteropPayload> {
        let read = || -> Outcome<officers::Clear> {
            Ok(officers::Clear {
                txn: id(&input.transaction, "transaction")?,
                evidence: text(&input.evidence, "evidence", 128)?,
            })
        };
        let done = anyone(ctx, &input.request_key, read(), |act, what| {
            Box::pin(officers::clear(act, what))
        })
        .await?;
        Ok(InteropPayload::of(done))
    }

    /// After a start, goes on without provinces that do not answer: one supervisor of the province proposes, another one does it within 7 days (不等待未答复省份).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn go_on_without_peers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The provinces (输入).")] input: GoOnWithoutInput,
    ) -> async_graphql::Result<InteropPayload> {
        let without = input
            .authorities
            .iter()
            .take(40)
            .map(|code| text(code, "authorities", 6))
            .collect::<std::result::Result<Vec<_>, _>>();
        let what = without.map(|without| officers::GoOn { without });
        let done = anyone(ctx, &input.request_key, what, |act, what| {
            Box::pin(officers::go_on(act, what))
        })
        .await?;
        Ok(InteropPayload::of(done))
    }
}
