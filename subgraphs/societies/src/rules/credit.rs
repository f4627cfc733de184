//! The two lists of bad credit (O-13 to O-16).

use super::parameter::{Parameter, count, number};
use super::{Refusal, add_years};
use crate::vocabulary::{CreditList, ListingReason};
use chrono::NaiveDate;

/// What was found of an organization.
#[derive(Clone, Copy, Debug, Default)]
pub struct Findings {
    /// The registry's deadline for the annual report has passed without one.
    pub report_missing: bool,
    /// An order to put something right was not followed in time.
    pub not_put_right: bool,
    /// A party body is due and was not set up.
    pub party_body_missing: bool,
    /// It cannot be reached at its domicile.
    pub unreachable: bool,
    /// Warned, or fined, with the fine in fen (0 for a warning).
    pub penalty_fen: Option<i64>,
    /// Minor penalties within the last three years.
    pub minor_penalties: u32,
    /// Registered or changed by false papers.
    pub fake_change: bool,
    /// Ordered to suspend activity.
    pub suspended: bool,
    /// A court lists it as breaking faith.
    pub judgment_defaulter: bool,
    /// Licence or registration revoked.
    pub revoked: bool,
}

/// O-15, 社会组织信用信息管理办法 (draft text): whether a minor penalty is one of those that are counted together when a
/// ground arises: decided in the three years up to that day.
#[must_use]
pub fn counts_back(decided: NaiveDate, arose: NaiveDate) -> bool {
    let years = count(Parameter::MinorPenaltyYears, arose);
    let since = arose
        .checked_sub_months(chrono::Months::new(years.saturating_mul(12)))
        .unwrap_or(arose);
    since < decided && decided <= arose
}

/// O-13, 社会组织信用信息管理办法 (2018): the grounds for the abnormal list that a finding holds.
#[must_use]
pub fn abnormal_grounds(f: &Findings, on: NaiveDate) -> Vec<ListingReason> {
    let large = number(Parameter::LargeFine, on);
    let minor_penalty = f.penalty_fen.is_some_and(|fen| fen < large);
    [
        (f.report_missing, ListingReason::NoAnnualReport),
        (f.not_put_right, ListingReason::NotPutRight),
        (f.party_body_missing, ListingReason::NoPartyBody),
        (f.unreachable, ListingReason::Unreachable),
        (minor_penalty, ListingReason::MinorPenalty),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

/// O-15, 社会组织信用信息管理办法 (2018): the day on which an entry in the abnormal list becomes serious: two
/// full years later.
#[must_use]
pub fn escalates_on(listed: NaiveDate) -> NaiveDate {
    add_years(listed, count(Parameter::EscalationYears, listed))
}

/// O-15, 社会组织信用信息管理办法 (2018): nobody enters by hand what the years on the abnormal list make serious.
#[must_use]
pub fn escalates_by_itself(today: NaiveDate) -> Refusal {
    Refusal::new(
        "ESCALATES_BY_ITSELF",
        "{years} years on the abnormal list make an entry serious by themselves.",
        "列入活动异常名录满{years}年自动转入，无需另行列入。",
        CREDIT,
    )
    .with(&["years"], &[number(Parameter::EscalationYears, today)])
}

/// O-15, 社会组织信用信息管理办法 (2018): the grounds for the serious list, of which two years on the abnormal
/// list is one. `abnormal_since` is the day of the oldest entry still open.
#[must_use]
pub fn serious_grounds(
    f: &Findings,
    abnormal_since: Option<NaiveDate>,
    today: NaiveDate,
) -> Vec<ListingReason> {
    let two_years = abnormal_since.is_some_and(|since| escalates_on(since) <= today);
    let large = number(Parameter::LargeFine, today);
    let large_fine = f.penalty_fen.is_some_and(|fen| fen >= large);
    let repeated = f.minor_penalties >= count(Parameter::MinorPenalties, today);
    [
        (two_years, ListingReason::AbnormalTwoYears),
        (f.fake_change, ListingReason::FakeChange),
        (f.suspended, ListingReason::Suspension),
        (large_fine, ListingReason::LargeFine),
        (repeated, ListingReason::RepeatedPenalties),
        (f.judgment_defaulter, ListingReason::JudgmentDefaulter),
        (f.revoked, ListingReason::Revocation),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

/// O-13 and O-15, 社会组织信用信息管理办法 (2018): the list an organization belongs on, the serious one first.
#[must_use]
pub fn list_for(
    f: &Findings,
    abnormal_since: Option<NaiveDate>,
    today: NaiveDate,
) -> Option<CreditList> {
    if !serious_grounds(f, abnormal_since, today).is_empty() {
        Some(CreditList::Serious)
    } else if !abnormal_grounds(f, today).is_empty() {
        Some(CreditList::Abnormal)
    } else {
        None
    }
}

/// O-15, 社会组织信用信息管理办法 (2018): the list on which an entry counts on a day: an abnormal one that has
/// stood its two years is serious, whether or not a job has written it down.
#[must_use]
pub fn list_on(
    recorded: CreditList,
    escalates: Option<NaiveDate>,
    removed: Option<NaiveDate>,
    on: NaiveDate,
) -> CreditList {
    let over = escalates.is_some_and(|day| day <= on);
    if recorded == CreditList::Abnormal && over && removed.is_none() {
        CreditList::Serious
    } else {
        recorded
    }
}

/// O-13 and O-15, 社会组织信用信息管理办法 (2018): the list to which a ground belongs.
#[must_use]
pub const fn list_of(reason: ListingReason) -> CreditList {
    match reason {
        ListingReason::NoAnnualReport
        | ListingReason::NotPutRight
        | ListingReason::NoPartyBody
        | ListingReason::Unreachable
        | ListingReason::MinorPenalty => CreditList::Abnormal,
        ListingReason::AbnormalTwoYears
        | ListingReason::FakeChange
        | ListingReason::Suspension
        | ListingReason::LargeFine
        | ListingReason::RepeatedPenalties
        | ListingReason::JudgmentDefaulter
        | ListingReason::Revocation => CreditList::Serious,
    }
}

/// O-13, 社会组织信用信息管理办法 (2018): who is listed for a missing report misses one that was due.
pub fn report_missing(is_missing: bool) -> Result<(), Refusal> {
    if is_missing {
        return Ok(());
    }
    Err(Refusal::new(
        "NO_REPORT_MISSING",
        "No annual report that is due is missing.",
        "该社会组织没有逾期未报送的年度报告。",
        CREDIT,
    ))
}

/// O-13, 社会组织信用信息管理办法 (2018): an order counts as not followed only when the term for it is over.
pub fn order_closed(is_put_right: bool, is_overdue: bool) -> Result<(), Refusal> {
    if is_put_right || is_overdue {
        return Ok(());
    }
    Err(Refusal::new(
        "TERM_NOT_OVER",
        "The term to put it right is not over.",
        "整改期限尚未届满。",
        CREDIT,
    ))
}

/// O-14, 社会组织信用信息管理办法 (draft text): a body counts as unreachable when two registered letters to its
/// domicile, sent 20 to 60 days apart, both came back. `returned` holds the days on which letters were sent
/// that came back.
pub fn unreachable(returned: &[NaiveDate], today: NaiveDate) -> Result<(), Refusal> {
    let (from, to) = (
        number(Parameter::LettersApartFrom, today),
        number(Parameter::LettersApartTo, today),
    );
    let apart = |a: &NaiveDate, b: &NaiveDate| (from..=to).contains(&(*b - *a).num_days());
    if returned
        .iter()
        .any(|a| returned.iter().any(|b| apart(a, b)))
    {
        return Ok(());
    }
    Err(Refusal::new(
        "TWO_LETTERS_NEEDED",
        "Two registered letters, {from} to {to} days apart, must have come back.",
        "须两次向住所邮寄挂号信且均被退回，两次间隔{from}日以上{to}日以内。",
        CREDIT,
    )
    .with(&["from", "to"], &[from, to]))
}

/// What the register holds against an organization, for entering it by hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnRecord {
    /// Warnings, and fines below the serious limit.
    pub minor: u32,
    /// Of them those within the last three years before the ground arose.
    pub minor_lately: u32,
    /// Fines from the serious limit.
    pub large: bool,
    /// A suspension.
    pub suspended: bool,
    /// A revocation, or the state after one.
    pub revoked: bool,
    /// A penalty for what was gained by false papers.
    pub fraud: bool,
    /// An inspection whose order was not followed in time.
    pub not_put_right: bool,
    /// A party body that was set up.
    pub has_party_body: bool,
    /// Full party members by the newest report or inspection that says how many; none where none does.
    pub party_members: Option<u32>,
}

/// O-13, 中国共产党章程 第三十条、社会组织信用信息管理办法 (2018): when a party body is required: from three full party members on.
/// `None` where nobody has said how many there are.
#[must_use]
pub fn party_body_required(members: Option<u32>, on: NaiveDate) -> Option<bool> {
    members.map(|members| members >= count(Parameter::PartyMembers, on))
}

/// O-13 and O-15, 社会组织信用信息管理办法 (2018): a ground that is a penalty, an order or the want of a body is entered
/// only where the register holds it: nobody is listed on an officer's word. What a court says
/// ([`ListingReason::JudgmentDefaulter`]) is not kept here; the grounds with a proof of their own (reports, letters,
/// two years) are judged elsewhere. That a party body is missing counts only where one is required
/// ([`party_body_required`]).
pub fn on_record(reason: ListingReason, held: &OnRecord, today: NaiveDate) -> Result<(), Refusal> {
    let (holds, code, en, zh) = match reason {
        ListingReason::NotPutRight => (
            held.not_put_right,
            "ORDER_NOT_ON_RECORD",
            "No inspection is on record whose order was not followed in time.",
            "没有逾期未整改的检查记录。",
        ),
        ListingReason::NoPartyBody
            if !held.has_party_body
                && party_body_required(held.party_members, today) != Some(true) =>
        {
            return Err(Refusal::new(
                "PARTY_BODY_NOT_REQUIRED",
                "No report or inspection on record shows {members} full party members, from which a party body is \
                 required.",
                "年度报告和检查记录未显示正式党员达到{members}人，不属于应当设立党组织的情形。",
                "中国共产党章程 (2022) 第三十条",
            )
            .with(&["members"], &[number(Parameter::PartyMembers, today)]));
        }
        ListingReason::NoPartyBody => (
            !held.has_party_body,
            "PARTY_BODY_THERE",
            "A party body is on record.",
            "该社会组织已设立党组织。",
        ),
        ListingReason::NoAnnualReport
        | ListingReason::Unreachable
        | ListingReason::AbnormalTwoYears
        | ListingReason::JudgmentDefaulter => return Ok(()),
        ListingReason::MinorPenalty
        | ListingReason::FakeChange
        | ListingReason::Suspension
        | ListingReason::LargeFine
        | ListingReason::RepeatedPenalties
        | ListingReason::Revocation => (
            match reason {
                ListingReason::MinorPenalty => held.minor > 0,
                ListingReason::FakeChange => held.fraud,
                ListingReason::Suspension => held.suspended,
                ListingReason::LargeFine => held.large,
                ListingReason::RepeatedPenalties => {
                    held.minor_lately >= count(Parameter::MinorPenalties, today)
                }
                _ => held.revoked,
            },
            "PENALTY_NOT_ON_RECORD",
            "The penalty that would be the ground is not on record.",
            "没有作为列入事由的行政处罚记录。",
        ),
    };
    if holds {
        return Ok(());
    }
    Err(Refusal::new(code, en, zh, CREDIT))
}

const CREDIT: &str = "社会组织信用信息管理办法 (2018)";

/// What is known when an entry is to be taken off a list.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Why it was entered first: what two years on the abnormal list have made serious keeps its ground.
    pub reason: ListingReason,
    /// The list on which it counts today.
    pub list: CreditList,
    /// The first day on that list.
    pub since: NaiveDate,
    /// Annual reports are still missing.
    pub reports_missing: bool,
    /// The fault was found to be put right.
    pub put_right: bool,
    /// The organization no longer exists: it was deregistered.
    pub deregistered: bool,
    /// The last day on which something new was found against it.
    pub last_fault: Option<NaiveDate>,
}

/// O-13 and O-16, 社会组织信用信息管理办法 (2018): off the abnormal list when the fault is put right; off the
/// serious list on request after two clean years; who was revoked, after deregistration only.
pub fn may_leave(s: &Standing, today: NaiveDate) -> Result<(), Refusal> {
    let refuse = |code, en, zh| Err(Refusal::new(code, en, zh, CREDIT));
    if s.deregistered {
        return Ok(());
    }
    if s.reason == ListingReason::Revocation {
        return refuse(
            "DEREGISTER_FIRST",
            "Who was revoked leaves the list after deregistration.",
            "被撤销登记的，应在办理注销登记后移出。",
        );
    }
    if s.list == CreditList::Serious {
        let clean_from = s.last_fault.map_or(s.since, |fault| fault.max(s.since));
        let years = count(Parameter::CleanYears, today);
        if add_years(clean_from, years) > today {
            return refuse(
                "CLEAN_YEARS_NOT_OVER",
                "The serious list is left after {years} clean years.",
                "列入严重违法失信名单满{years}年且未再发生应列入情形的，方可申请移出。",
            )
            .map_err(|refusal| refusal.with(&["years"], &[i64::from(years)]));
        }
    }
    if s.reason == ListingReason::NoAnnualReport && s.reports_missing {
        return refuse(
            "REPORT_STILL_MISSING",
            "The missing annual report must be handed in first.",
            "应先补报年度报告。",
        );
    }
    if !s.put_right {
        return refuse(
            "NOT_PUT_RIGHT",
            "The fault must be put right before the entry is taken off.",
            "列入事由未消除的，不得移出。",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
