//! Divorce by registration: M-15, M-17 to M-19, and who may withdraw when (M-16).
//!
//! M-18: articles 1081 and 1082 bind litigation; here they are advice and never block.

use super::Refusal;
use super::cooling_off::{DivorceDates, Phase};
use super::record::RecordState;
use chrono::{NaiveDateTime, NaiveTime};

/// What the registrar has before him when a couple asks for a divorce.
#[derive(Clone, Copy, Debug)]
pub struct DivorceFacts {
    /// Both stand before the registrar.
    pub both_present: bool,
    /// A written agreement on will, children, property and debts, signed by both.
    pub agreement_signed: bool,
    /// Both have full capacity for civil acts.
    pub full_capacity: bool,
    /// The marriage was registered in the mainland or by a Chinese embassy.
    pub registered_in_china: bool,
    /// State of the marriage record.
    pub record: RecordState,
    /// The couple has another open application somewhere.
    pub open_elsewhere: bool,
    /// One of the two has died, by the records.
    pub dead: bool,
    /// A case of impersonation about the record is open.
    pub disputed: bool,
    /// A court's notice about the couple waits to be annotated.
    pub notice_waits: bool,
}

/// M-15, 婚姻登记条例: whether the source of a record tells that the marriage was registered in the mainland or by
/// a Chinese embassy; a court's notice alone does not tell where.
#[must_use]
pub fn registered_in_china(source: &str) -> bool {
    matches!(source, "ONLINE" | "BACKFILL" | "EMBASSY")
}

/// M-15, M-21a, M-23, 民法典 13, 司法解释(一) 21: what stands in the way of a divorce at each step, from the receipt
/// to the registration: a death, a doubt about the record, a judgment that nobody has annotated yet.
#[must_use]
pub fn stands_in_the_way(dead: bool, disputed: bool, notice_waits: bool) -> Vec<Refusal> {
    let mut reasons = Vec::new();
    if dead {
        reasons.push(super::eligibility::DECEASED);
    }
    if disputed {
        reasons.push(Refusal::by_form(
            "RECORDS_DISPUTED",
            "A case about this record is open and must be cleared first.",
            "该记录存在未结的存疑案件，须先行核实。",
        ));
    }
    if notice_waits {
        reasons.push(Refusal::by_law(
            "COURT_NOTICE_EXISTS",
            "A court has given notice about this couple; it must be annotated first.",
            "存在法院生效裁判通知，须先行核实批注。",
            "民法典婚姻家庭编司法解释（一）第二十一条",
        ));
    }
    reasons
}

/// The reasons of [`not_received`] that the counter sees itself; all others are told by the registers.
pub const SEEN_AT_THE_COUNTER: [&str; 3] = [
    "BOTH_MUST_BE_PRESENT",
    "AGREEMENT_MISSING",
    "NO_FULL_CAPACITY",
];

/// M-15, M-19, 民法典 1076, 1078, 婚姻登记条例: why an application is not received, if so.
#[must_use]
pub fn not_received(facts: &DivorceFacts) -> Vec<Refusal> {
    let mut reasons = Vec::new();
    if facts.record != RecordState::Valid {
        reasons.push(Refusal::by_law(
            "NO_VALID_MARRIAGE",
            "There is no valid marriage between the two to be dissolved.",
            "双方之间没有有效的婚姻关系。",
            "民法典第一千零七十六条",
        ));
    }
    if !facts.both_present {
        reasons.push(Refusal::by_law(
            "BOTH_MUST_BE_PRESENT",
            "Both spouses must come in person.",
            "夫妻双方须亲自到登记机关申请。",
            "民法典第一千零七十六条",
        ));
    }
    if !facts.agreement_signed {
        reasons.push(Refusal::by_law(
            "AGREEMENT_MISSING",
            "A written agreement on will, children, property and debts is missing.",
            "缺少双方签订的书面离婚协议（意愿、子女、财产、债务）。",
            "民法典第一千零七十六条、第一千零七十八条",
        ));
    }
    if !facts.full_capacity {
        reasons.push(Refusal::by_law(
            "NO_FULL_CAPACITY",
            "Both spouses must have full capacity for civil acts.",
            "双方须具有完全民事行为能力。",
            "婚姻登记条例",
        ));
    }
    if !facts.registered_in_china {
        reasons.push(Refusal::by_law(
            "REGISTERED_ABROAD",
            "The marriage was registered neither in the mainland nor by a Chinese embassy.",
            "结婚登记不是在中国内地或者中国驻外使领馆办理的。",
            "婚姻登记条例",
        ));
    }
    if facts.open_elsewhere {
        reasons.push(Refusal::by_law(
            "APPLICATION_ALREADY_OPEN",
            "The couple already has an open application for divorce.",
            "双方已有正在办理的离婚登记申请。",
            "民法典第一千零七十七条",
        ));
    }
    reasons.extend(stands_in_the_way(
        facts.dead,
        facts.disputed,
        facts.notice_waits,
    ));
    reasons
}

/// M-16, 民法典 1077, B.1.5: a registry refuses when the couple has come for the certificate; while the cooling-off
/// runs only the parties can end the application.
pub fn may_refuse(phase: Option<Phase>) -> Result<(), Refusal> {
    match phase {
        None | Some(Phase::WindowOpen) => Ok(()),
        Some(Phase::Cooling) => Err(Refusal::by_law(
            "COOLING_OFF_RUNNING",
            "The cooling-off period has not ended yet.",
            "离婚冷静期尚未届满。",
            "民法典第一千零七十七条",
        )),
        Some(Phase::EndUncertain) => Err(super::cooling_off::END_UNCERTAIN),
        Some(Phase::DeemedWithdrawn) => Err(Refusal::by_law(
            "DEEMED_WITHDRAWN",
            "The window has passed and the application is deemed withdrawn.",
            "未在期限内申请发给离婚证，视为撤回离婚登记申请。",
            "民法典第一千零七十七条",
        )),
    }
}

/// M-16, 民法典 1077: who withdraws: a party that acts under the own account, or the one whom an officer names as
/// present with the paper. Nobody withdraws for a couple that is not there.
pub fn who_withdraws<T: Copy + PartialEq>(
    signed_in: Option<T>,
    named: Option<T>,
) -> Result<T, Refusal> {
    match (signed_in, named) {
        (Some(own), None) => Ok(own),
        (Some(own), Some(named)) if own == named => Ok(own),
        (None, Some(named)) => Ok(named),
        _ => Err(Refusal::by_law(
            "WITHDRAWING_PARTY_NOT_NAMED",
            "Only a party withdraws: name the one who is present with an identity paper; a citizen withdraws for the own person only.",
            "离婚登记申请仅由当事人撤回：须填写持有效身份证件到场的一方；公民只能为本人撤回。",
            "民法典第一千零七十七条",
        )),
    }
}

/// M-16, 民法典 1077: either party alone may withdraw until the close of business on the last day
/// of the cooling-off.
pub fn may_withdraw(
    dates: &DivorceDates,
    closes: NaiveTime,
    now: NaiveDateTime,
) -> Result<(), Refusal> {
    if now <= dates.cooling_surely_to.and_time(closes) {
        Ok(())
    } else if dates.cooling_provisional {
        Err(super::cooling_off::END_UNCERTAIN)
    } else {
        Err(Refusal::by_law(
            "COOLING_OFF_ENDED",
            "The cooling-off period has ended; an application not followed up in its window is \
             deemed withdrawn by itself.",
            "离婚冷静期已届满；逾期未申请发给离婚证的，视为撤回。",
            "民法典第一千零七十七条",
        ))
    }
}

/// M-17, 民法典 1077: the certificate is asked for in the window, by both in person, at the registry
/// that received the application.
pub fn may_request_certificate(
    phase: Phase,
    both_present: bool,
    same_registry: bool,
) -> Result<(), Refusal> {
    const BASIS: &str = "民法典第一千零七十七条";
    match phase {
        Phase::Cooling => Err(Refusal::by_law(
            "COOLING_OFF_RUNNING",
            "The cooling-off period has not ended yet.",
            "离婚冷静期尚未届满。",
            BASIS,
        )),
        Phase::EndUncertain => Err(super::cooling_off::END_UNCERTAIN),
        Phase::DeemedWithdrawn => Err(Refusal::by_law(
            "DEEMED_WITHDRAWN",
            "The window has passed and the application is deemed withdrawn.",
            "未在期限内申请发给离婚证，视为撤回离婚登记申请。",
            BASIS,
        )),
        Phase::WindowOpen if !both_present => Err(Refusal::by_law(
            "BOTH_MUST_BE_PRESENT",
            "Both spouses must come in person.",
            "夫妻双方须亲自到登记机关申请发给离婚证。",
            BASIS,
        )),
        Phase::WindowOpen if !same_registry => Err(Refusal::by_law(
            "OTHER_REGISTRY",
            "Only the registry that received the application may go on with it.",
            "应当向受理离婚登记申请的登记机关申请。",
            "婚姻登记条例（国务院令第804号）",
        )),
        Phase::WindowOpen => Ok(()),
    }
}

/// M-18, 民法典 1081, 1082: advice shown in these situations; it never blocks a divorce by consent.
#[must_use]
pub fn advice(spouse_is_soldier: bool, pregnancy_or_first_year: bool) -> Vec<Refusal> {
    let mut notes = Vec::new();
    if spouse_is_soldier {
        notes.push(Refusal::by_law(
            "SOLDIER_SPOUSE",
            "In court, the spouse of a serving soldier needs the soldier's consent; by consent \
             nothing stands in the way.",
            "诉讼离婚须征得现役军人同意；协议离婚不受此限。",
            "民法典第一千零八十一条",
        ));
    }
    if pregnancy_or_first_year {
        notes.push(Refusal::by_law(
            "PREGNANCY_PROTECTION",
            "In court, the husband may not sue during pregnancy, within a year of birth or six \
             months of a termination; by consent nothing stands in the way.",
            "女方怀孕期间、分娩后一年内或者终止妊娠后六个月内，男方不得起诉离婚；协议离婚不受此限。",
            "民法典第一千零八十二条",
        ));
    }
    notes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::cooling_off::divorce_dates;
    use super::super::days::testing::Year2026;
    use super::*;

    const FINE: DivorceFacts = DivorceFacts {
        both_present: true,
        agreement_signed: true,
        full_capacity: true,
        registered_in_china: true,
        record: RecordState::Valid,
        open_elsewhere: false,
        dead: false,
        disputed: false,
        notice_waits: false,
    };

    #[test]
    fn only_a_party_withdraws_and_an_officer_says_which() {
        for (signed_in, named, who) in [
            (Some('m'), None, Some('m')),
            (Some('w'), Some('w'), Some('w')),
            (Some('w'), Some('m'), None),
            (None, Some('m'), Some('m')),
            (None, None, None),
        ] {
            assert_eq!(who_withdraws(signed_in, named).ok(), who);
        }
    }

    #[test]
    fn an_application_is_received_only_when_nothing_is_missing() {
        for (facts, codes) in [
            (FINE, vec![]),
            (
                DivorceFacts {
                    both_present: false,
                    ..FINE
                },
                vec!["BOTH_MUST_BE_PRESENT"],
            ),
            (
                DivorceFacts {
                    agreement_signed: false,
                    ..FINE
                },
                vec!["AGREEMENT_MISSING"],
            ),
            (
                DivorceFacts {
                    full_capacity: false,
                    ..FINE
                },
                vec!["NO_FULL_CAPACITY"],
            ),
            (
                DivorceFacts {
                    registered_in_china: false,
                    ..FINE
                },
                vec!["REGISTERED_ABROAD"],
            ),
            (
                DivorceFacts {
                    open_elsewhere: true,
                    ..FINE
                },
                vec!["APPLICATION_ALREADY_OPEN"],
            ),
            (
                DivorceFacts {
                    dead: true,
                    disputed: true,
                    notice_waits: true,
                    ..FINE
                },
                vec![
                    "PARTY_DEAD_ON_RECORD",
                    "RECORDS_DISPUTED",
                    "COURT_NOTICE_EXISTS",
                ],
            ),
            (
                DivorceFacts {
                    record: RecordState::EndedDeath,
                    agreement_signed: false,
                    ..FINE
                },
                vec!["NO_VALID_MARRIAGE", "AGREEMENT_MISSING"],
            ),
        ] {
            assert_eq!(
                not_received(&facts)
                    .iter()
                    .map(|r| r.code)
                    .collect::<Vec<_>>(),
                codes
            );
        }
    }

    #[test]
    fn either_may_withdraw_until_the_registry_closes_on_the_last_day() {
        let dates = divorce_dates(&Year2026, "2026-03-02".parse().unwrap()).unwrap();
        let closes = NaiveTime::from_hms_opt(17, 0, 0).unwrap();
        for (now, allowed) in [
            ("2026-03-02T09:00:00", true),
            ("2026-04-01T17:00:00", true),
            ("2026-04-01T17:00:01", false),
            ("2026-04-02T09:00:00", false),
        ] {
            assert_eq!(
                may_withdraw(&dates, closes, now.parse().unwrap()).is_ok(),
                allowed,
                "{now}"
            );
        }
    }

    #[test]
    fn the_certificate_is_asked_for_in_the_window_by_both_at_the_same_registry() {
        for (phase, both, same, code) in [
            (Phase::Cooling, true, true, Some("COOLING_OFF_RUNNING")),
            (Phase::WindowOpen, true, true, None),
            (Phase::WindowOpen, false, true, Some("BOTH_MUST_BE_PRESENT")),
            (Phase::WindowOpen, true, false, Some("OTHER_REGISTRY")),
            (Phase::DeemedWithdrawn, true, true, Some("DEEMED_WITHDRAWN")),
            (
                Phase::EndUncertain,
                true,
                true,
                Some("DEADLINE_PROVISIONAL"),
            ),
        ] {
            assert_eq!(
                may_request_certificate(phase, both, same)
                    .err()
                    .map(|r| r.code),
                code
            );
        }
    }

    #[test]
    fn the_source_of_a_record_tells_where_it_was_registered() {
        for (source, here) in [
            ("ONLINE", true),
            ("BACKFILL", true),
            ("EMBASSY", true),
            ("COURT", false),
            ("", false),
        ] {
            assert_eq!(registered_in_china(source), here, "{source}");
        }
    }

    #[test]
    fn nothing_is_refused_while_the_cooling_off_runs() {
        for (phase, code) in [
            (Some(Phase::Cooling), Some("COOLING_OFF_RUNNING")),
            (Some(Phase::WindowOpen), None),
            (None, None),
            (Some(Phase::DeemedWithdrawn), Some("DEEMED_WITHDRAWN")),
            (Some(Phase::EndUncertain), Some("DEADLINE_PROVISIONAL")),
        ] {
            assert_eq!(may_refuse(phase).err().map(|r| r.code), code, "{phase:?}");
        }
    }

    #[test]
    fn protection_in_court_is_advice_only() {
        assert!(advice(false, false).is_empty());
        assert_eq!(advice(true, true).len(), 2);
    }
}
