//! What officers see of the exchange between provinces, in words, and what they may do about it.
//!
//! A registrar sees what was accepted at the own registry: what is waiting for whom, and why. A supervisor
//! sees the same of the own division, every promise of this province that is in doubt, and every ending that a peer
//! has yet to note. Neither learns anything of a person here: the words name authorities and classes only.

use super::core::event::{BREAK_GLASS_AFTER, Hold, Log, Phase, Row, SOFT_EXPIRY};
use super::core::message::{Act as Deed, Decision, Notice, Outcome};
use super::core::names::{At, AuthorityId, RecordId};
use super::divorce;
use super::fault;
use super::officers::of_the_province;
use super::store::application::refusal_of;
use super::store::from_json;
use crate::kit::{Error, Principal, Result, Role, Services};
use crate::model::interop::{alarm, log, row, telling};
use crate::model::registry;
use crate::service::act::may_review;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashSet;
use uuid::Uuid;

/// The most rows that a list shows.
pub const MOST: u64 = 200;

/// Which side of a transaction this province is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A registry here accepted it.
    Accepting,
    /// It keeps the ledger of a party.
    Keeping,
}

/// What may be done about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permitted {
    /// Ask the other side now.
    AskNow,
    /// The couple has left: end it, if it is not decided yet.
    GiveUp,
    /// Two officers free the person on the deciding authority's written statement.
    BreakGlass,
    /// Two officers clear what a decision has left disputed.
    ClearDispute,
}

/// One transaction in words.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The transaction.
    pub txn: Uuid,
    /// Our side.
    pub side: Side,
    /// What is to happen; none for an ending that a peer is to be told of.
    pub deed: Option<Deed>,
    /// The state's name.
    pub state: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The application at the counter.
    pub application: Option<Uuid>,
    /// Whom it waits for; none when it is at its end.
    pub waits_for: Option<String>,
    /// It takes longer than it should, and a supervisor should look at it.
    pub in_doubt: bool,
    /// In words, English and Chinese.
    pub words: (String, String),
    /// Why it came to nothing, as a code.
    pub refusal: Option<&'static str>,
    /// What may be done.
    pub permitted: Vec<Permitted>,
}

/// The transactions that a caller may see, the latest first.
///
/// # Errors
/// `Forbidden` for who is no officer, or a database that does not answer.
pub async fn list(
    services: &Services,
    caller: &Principal,
    waiting_only: bool,
) -> Result<Vec<Waiting>> {
    let supervisor = caller.role == Role::Supervisor;
    if !supervisor && caller.role != Role::Registrar {
        return Err(Error::Forbidden);
    }
    let db = services.db.read();
    let now = At(fault::now().timestamp_millis());
    // The caller's own come first into the limit, however busy the rest of the province is.
    let offices: HashSet<Uuid> = registry::Entity::find()
        .all(db)
        .await?
        .iter()
        .filter(|office| may_review(caller, office))
        .map(|office| office.id)
        .collect();
    let mut query = log::Entity::find()
        .filter(log::Column::RegistryId.is_in(offices.iter().copied()))
        .order_by_desc(log::Column::Since)
        .limit(MOST);
    if waiting_only {
        query = query.filter(log::Column::Closed.eq(false));
    }
    let mut found = Vec::new();
    for row in query.all(db).await? {
        found.push(of_log(
            &from_json(&row.body)?,
            row.application_id,
            row.since,
            now,
        ));
    }
    for (row, office) in divorce::put_off(db, MOST).await? {
        if offices.contains(&office) {
            found.push(of_withdrawal(&row));
        }
    }
    if supervisor {
        let open = row::Entity::find()
            .filter(
                Condition::any()
                    .add(row::Column::State.is_in(["HELD", "FORCED"]))
                    .add(row::Column::Peer.is_not_null())
                    .add(row::Column::Disputed.eq(true)),
            )
            .order_by_asc(row::Column::Since)
            .limit(MOST)
            .all(db)
            .await?;
        for row in open {
            found.extend(of_row(&from_json(&row.body)?, row.since, now));
        }
        let untold = telling::Entity::find()
            .filter(telling::Column::Told.eq(false))
            .order_by_desc(telling::Column::Attempts)
            .order_by_asc(telling::Column::Notice)
            .limit(MOST)
            .all(db)
            .await?;
        for row in untold {
            found.push(of_telling(&from_json(&row.body)?, &row));
        }
    }
    found.sort_by_key(|one| std::cmp::Reverse(one.since));
    Ok(found)
}

fn of_log(state: &Log, application: Option<Uuid>, since: DateTime<Utc>, now: At) -> Waiting {
    let plan = &state.plan;
    let (da, ha) = (plan.da.to_string(), plan.ha.unwrap_or(plan.da).to_string());
    let deed = name_of_deed(plan.act);
    let late = now.passed(SOFT_EXPIRY, state.since);
    let mut permitted = Vec::new();
    let mut refusal = None;
    let (waits_for, words) = match (
        state.phase,
        state.decision().map(|decision| &decision.outcome),
    ) {
        (_, None) if state.giving_up.is_some() || late => (
            Some(da.clone()),
            (
                format!("Not agreed, given up or too late; authority {da} is asked how it ended."),
                format!("未达成一致、已放弃或超时，正在向决定方{da}查询结果。"),
            ),
        ),
        (Phase::Started, None) if plan.ha.is_some() => (
            Some(ha.clone()),
            (
                format!(
                    "Waiting for authority {ha} to hold its person for this {}.",
                    deed.0
                ),
                format!("等待{ha}核验并占用其当事人（{}）。", deed.1),
            ),
        ),
        (_, None) => (
            Some(da.clone()),
            (
                format!("The other party is held; waiting for authority {da} to decide."),
                format!("另一方已占用，等待决定方{da}作出决定。"),
            ),
        ),
        (_, Some(outcome)) if state.stuck => (
            Some(ha.clone()),
            (
                format!(
                    "Authority {ha} says that it holds nothing of this transaction ({}); a supervisor of both must look at it.",
                    name_of(outcome)
                ),
                format!("{ha}称没有本次占用记录，须由双方主管核查。"),
            ),
        ),
        (Phase::Decided, Some(Outcome::Committed(_))) => (
            Some(ha.clone()),
            (
                format!(
                    "The {} is decided; authority {ha} has yet to enter it in its ledger.",
                    deed.0
                ),
                format!("{}已成立，等待{ha}记入台账。", deed.1),
            ),
        ),
        (Phase::Decided, Some(Outcome::Aborted { class })) => {
            refusal = Some(refusal_of(*class));
            (
                Some(ha.clone()),
                (
                    format!(
                        "The {} came to nothing; authority {ha} has yet to release its person.",
                        deed.0
                    ),
                    format!("{}未成立，等待{ha}解除占用。", deed.1),
                ),
            )
        }
        (_, Some(Outcome::Committed(_))) => (
            None,
            (
                format!("The {} stands on both ledgers.", deed.0),
                format!("{}已成立，双方台账一致。", deed.1),
            ),
        ),
        (_, Some(Outcome::Aborted { class })) => {
            refusal = Some(refusal_of(*class));
            (
                None,
                (
                    format!("The {} came to nothing, and nobody is held.", deed.0),
                    format!("{}未成立，占用已全部解除。", deed.1),
                ),
            )
        }
    };
    if waits_for.is_some() {
        permitted.push(Permitted::AskNow);
    }
    // A withdrawal was declared and must be done.
    let withdrawal = matches!(plan.act, Deed::WithdrawDivorce { .. });
    if state.verdict.is_none() && state.giving_up.is_none() && !withdrawal {
        permitted.push(Permitted::GiveUp);
    }
    Waiting {
        txn: plan.txn.0,
        side: Side::Accepting,
        deed: Some(plan.act),
        state: super::store::tag(&state.phase, ""),
        since,
        application,
        in_doubt: waits_for.is_some() && (late || state.stuck),
        waits_for,
        words,
        refusal,
        permitted,
    }
}

/// A withdrawal that counts here and that the other ledgers have not taken in.
fn of_withdrawal(row: &crate::model::interop::divorce::Model) -> Waiting {
    Waiting {
        txn: row.txn.unwrap_or_default(),
        side: Side::Accepting,
        deed: Some(Deed::WithdrawDivorce {
            record: RecordId(row.marriage_id),
            application: RecordId(row.application_id),
        }),
        state: "WAITING".to_owned(),
        since: row.due_at.unwrap_or_default(),
        application: Some(row.application_id),
        waits_for: None,
        in_doubt: row.attempts > 3,
        words: (
            "The application is withdrawn; its mark is yet to be taken off the ledgers of the provinces, which is tried again by itself.".to_owned(),
            "申请已撤回，各省台账上的标记尚待撤销，系统将自动重试。".to_owned(),
        ),
        refusal: None,
        permitted: Vec::new(),
    }
}

/// What a deed is called in a sentence.
const fn name_of_deed(deed: Deed) -> (&'static str, &'static str) {
    match deed {
        Deed::Marry { .. } => ("marriage", "结婚登记"),
        Deed::ApplyDivorce { .. } => ("application for divorce", "离婚申请"),
        Deed::WithdrawDivorce { .. } => ("withdrawal of a divorce", "离婚申请撤回"),
        Deed::Divorce { .. } => ("divorce", "离婚登记"),
    }
}

const fn name_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Committed(_) => "committed",
        Outcome::Aborted { .. } => "aborted",
    }
}

fn of_row(state: &Row, since: DateTime<Utc>, now: At) -> Option<Waiting> {
    let hold = match state {
        Row::Held { hold } => hold,
        _ if state.disputed() => return of_dispute(state, since),
        Row::Forced {
            hold,
            verdict: None,
            ..
        } => return Some(of_forced(hold, since)),
        Row::Decided { decision, .. } => return of_unheard(decision, state.asks()?, since, now),
        _ => return None,
    };
    let (da, coordinator) = (hold.plan.da.to_string(), hold.plan.coordinator.to_string());
    let deed = name_of_deed(hold.plan.act);
    let mut permitted = vec![Permitted::AskNow];
    if now.passed(BREAK_GLASS_AFTER, hold.since) {
        permitted.push(Permitted::BreakGlass);
    }
    let mut words = (
        format!(
            "A person of this province is held for a {} in {coordinator}; authority {da} decides, and the hold ends with its decision only.",
            deed.0
        ),
        format!(
            "本省一名当事人因{coordinator}受理的{}被占用，由{da}决定；占用只随其决定解除。",
            deed.1
        ),
    );
    if hold.contested {
        words
            .0
            .push_str(" A death or a court paper has come meanwhile.");
        words.1.push_str("期间收到死亡或裁判信息。");
    }
    Some(Waiting {
        txn: hold.plan.txn.0,
        side: Side::Keeping,
        deed: Some(hold.plan.act),
        state: "HELD".to_owned(),
        since,
        application: None,
        waits_for: Some(da),
        in_doubt: now.passed(SOFT_EXPIRY, hold.since),
        words,
        refusal: None,
        permitted,
    })
}

/// A decision that has freed persons of this province, and that nobody else is known to have.
fn of_unheard(
    decision: &Decision,
    peer: AuthorityId,
    since: DateTime<Utc>,
    now: At,
) -> Option<Waiting> {
    let done = decision.commitment()?;
    let deed = name_of_deed(done.plan.act);
    Some(Waiting {
        txn: decision.txn.0,
        side: Side::Keeping,
        deed: Some(done.plan.act),
        state: "UNHEARD".to_owned(),
        since,
        application: None,
        waits_for: Some(peer.to_string()),
        in_doubt: now.passed(SOFT_EXPIRY, done.at),
        words: (
            format!(
                "A {} is decided here; the persons of this province can register nothing further until authority {peer} has it, which is told again by itself until it answers. If it stays silent, call it.",
                deed.0
            ),
            format!(
                "{}已由本省决定；在{peer}收到该决定之前，本省当事人不能办理其他登记，系统将持续告知；如长期无答复，请与其联系。",
                deed.1
            ),
        ),
        refusal: None,
        permitted: vec![Permitted::AskNow],
    })
}

/// A hold that two officers have freed, and that its decider has yet to take over.
fn of_forced(hold: &Hold, since: DateTime<Utc>) -> Waiting {
    let da = hold.plan.da.to_string();
    Waiting {
        txn: hold.plan.txn.0,
        side: Side::Keeping,
        deed: Some(hold.plan.act),
        state: "FORCED".to_owned(),
        since,
        application: None,
        words: (
            format!(
                "Two officers have freed a person of this province; authority {da} has yet to take that over, and is asked until it does."
            ),
            format!("两名人员已强制解除本省当事人的占用，等待决定方{da}确认，系统将持续询问。"),
        ),
        waits_for: Some(da),
        in_doubt: true,
        refusal: None,
        permitted: vec![Permitted::AskNow],
    }
}

/// How often an ending is told before somebody should look at it: a few minutes of waits that double.
const TOLD_OFTEN: i32 = 5;

/// The end of a marriage that a peer has yet to note.
fn of_telling(notice: &Notice, row: &telling::Model) -> Waiting {
    let peer = row.peer.clone();
    Waiting {
        txn: notice.txn.0,
        side: Side::Keeping,
        deed: None,
        state: "TELLING".to_owned(),
        since: row.since.or(row.due_at).unwrap_or_default(),
        application: None,
        words: (
            format!(
                "Authority {peer} has yet to note that a marriage has ended, by a death, a court or a divorce; it is told again by itself until it does. If it stays silent, call it."
            ),
            format!(
                "{peer}尚未登记一项婚姻终止（死亡、裁判或离婚）信息，系统将持续告知；如长期无答复，请与其联系。"
            ),
        ),
        waits_for: Some(peer),
        in_doubt: row.attempts >= TOLD_OFTEN,
        refusal: None,
        permitted: vec![Permitted::AskNow],
    }
}

/// A decision that has left records disputed.
fn of_dispute(state: &Row, since: DateTime<Utc>) -> Option<Waiting> {
    let plan = match state {
        Row::Confirmed { hold, .. } | Row::Forced { hold, .. } => &hold.plan,
        Row::Decided { decision, .. } => &decision.commitment()?.plan,
        _ => return None,
    };
    let deed = name_of_deed(plan.act);
    Some(Waiting {
        txn: plan.txn.0,
        side: Side::Keeping,
        deed: Some(plan.act),
        state: "DISPUTED".to_owned(),
        since,
        application: None,
        waits_for: None,
        in_doubt: true,
        words: (
            format!(
                "A {} was committed against what was known here; the records of this province are disputed until two supervisors have looked into it and cleared them.",
                deed.0
            ),
            format!(
                "{}成立时与本省已知情况不符，本省有关记录存疑，须由两名主管核实后结案。",
                deed.1
            ),
        ),
        refusal: None,
        permitted: vec![Permitted::ClearDispute],
    })
}

/// Alarms of the province that no supervisor has closed, the oldest first.
///
/// # Errors
/// `Forbidden` for who is no supervisor of the province, or a database that does not answer.
pub async fn alarms(services: &Services, caller: &Principal) -> Result<Vec<alarm::Model>> {
    of_the_province(caller, &services.province)?;
    Ok(alarm::Entity::find()
        .filter(alarm::Column::ClosedAt.is_null())
        .order_by_asc(alarm::Column::At)
        .limit(MOST)
        .all(services.db.read())
        .await?)
}

/// What an alarm means and what to do, in English and Chinese.
#[must_use]
pub fn alarm_words(what: &str) -> (&'static str, &'static str) {
    match what {
        "NO_SUCH_HOLD" => (
            "A committed registration names a hold that this ledger does not have: it may have been restored from a backup. Compare the message logs of both provinces.",
            "已成立的登记所指占用在本省台账中不存在，可能恢复过备份，请比对双方报文日志。",
        ),
        "FENCE_MISMATCH" => (
            "A committed registration names another entry than the hold here. Compare the message logs of both provinces.",
            "已成立登记所指的台账序号与本省占用不符，请比对双方报文日志。",
        ),
        "COMMITTED_WHILE_CONTESTED" => (
            "A registration was committed although a death or court paper had come: the records are disputed until two officers have cleared them.",
            "占用期间收到死亡或裁判信息但登记已成立，记录存疑，须两名人员核实。",
        ),
        "COMMITTED_THOUGH_FORCED" => (
            "A registration was committed although the hold had been freed by two officers: the records are disputed until they are cleared.",
            "占用已被强制解除但登记已成立，记录存疑，须核实。",
        ),
        "CONTRADICTION" => (
            "Two different decisions of one transaction were shown. Keep both messages and call the deciding authority.",
            "同一事务出现两个不同决定，请保全报文并联系决定方。",
        ),
        "LOST_WORD" => (
            "A decision came that the deciding authority lost in a restore and has since made otherwise. It changes nothing here; ask whether papers were issued on it.",
            "收到决定方恢复数据库时丢失、其后另行作出的旧决定，本省记录不受影响，请核实是否已据此发证。",
        ),
        "KEY_REUSED" => (
            "The same transaction came with other contents. Call the accepting province.",
            "同一事务收到内容不同的请求，请联系受理省份。",
        ),
        "RESTORED" => (
            "A peer holds decisions of ours that were missing here: this database was restored. They have been entered again; review them.",
            "他省持有本省缺失的决定，说明数据库恢复过，已补记，请复核。",
        ),
        "REPLAY_CONFLICT" => (
            "A decision that was entered again does not fit the ledger of today, or names somebody who is not known here. It stands; compare the ledger with the message log. Marriages that overlap are disputed by themselves.",
            "补记的决定与现有台账不符，或其当事人在本省无法识别；决定有效，请将台账与报文日志比对，重叠的婚姻将自动列为存疑。",
        ),
        "STEPPED_DOWN" => (
            "Another process has taken this province's place in a transaction. Make sure that only one is running.",
            "另一进程已接替本节点，请确认只有一个实例在运行。",
        ),
        "OVERRIDDEN" => (
            "Two supervisors went on without a province that did not answer.",
            "两名主管已确认在部分省份未答复时继续办理。",
        ),
        "GLASS_BROKEN" => (
            "Two officers freed a held person on the deciding authority's written statement.",
            "两名人员依据决定方书面说明强制解除了占用。",
        ),
        "NOT_A_PARTY" => (
            "A province asked about a transaction in which it has no part. Ask it why.",
            "某省请求了与其无关的事务，请核实原因。",
        ),
        "BREAK_GLASS_REFUSED" => (
            "Breaking the glass was refused: it needs a hold of 24 hours, two officers, and the statement of the authority that decides.",
            "强制解除未被接受：须占用满24小时、两名人员及决定方书面说明。",
        ),
        "ENDING_LOST" => (
            "A death that this province had told another was lost in a restore, and what came back does not say who of the couple died. Enter it again from the death register.",
            "本省曾告知他省的死亡信息在恢复数据库时丢失，返还信息未指明死者，请依据死亡登记重新录入。",
        ),
        "DETAILS_UNREADABLE" => (
            "A decision stands on the ledger, and its record cannot be made: the details cannot be opened or entered. Put the earlier sealing key, the division's data or the registry back; it is then tried again by itself. Otherwise ask the accepting province.",
            "决定已记入台账，但登记要素无法解密或录入，尚未形成登记记录；请恢复原密封密钥、区划数据或登记机关数据，系统将自动重试，否则请联系受理省份。",
        ),
        _ => (
            "Look at the message log of this transaction.",
            "请查看该事务的报文日志。",
        ),
    }
}
