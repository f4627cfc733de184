//! What a court decides about a marriage, and what the registry writes beside its record: M-21,
//! M-21a, M-22.
//!
//! A registry annuls nothing itself. A judgment may arrive years late, after a death or after
//! another marriage: it takes effect at its own day in the ledgers, and the record's state is
//! changed only where that is still true.

use super::Refusal;
use super::ledger::LedgerEvent;
use super::record::RecordState;
use chrono::NaiveDate;

/// What a court's notice tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// 判决离婚.
    DivorceJudgment,
    /// 调解离婚.
    DivorceMediation,
    /// 确认婚姻无效.
    Voidness,
    /// 撤销婚姻.
    Annulment,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::DivorceJudgment,
        Self::DivorceMediation,
        Self::Voidness,
        Self::Annulment,
    ];

    /// The text kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DivorceJudgment => "DIVORCE_JUDGMENT",
            Self::DivorceMediation => "DIVORCE_MEDIATION",
            Self::Voidness => "VOIDNESS",
            Self::Annulment => "ANNULMENT",
        }
    }

    /// The kind of a stored text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The state it gives to a record.
    #[must_use]
    pub const fn record_state(self) -> RecordState {
        match self {
            Self::DivorceJudgment | Self::DivorceMediation => RecordState::DissolvedJudgment,
            Self::Voidness => RecordState::Void,
            Self::Annulment => RecordState::Annulled,
        }
    }

    /// What it enters in both ledgers.
    #[must_use]
    pub const fn event(self) -> LedgerEvent {
        match self {
            Self::DivorceJudgment | Self::DivorceMediation => LedgerEvent::DivorcedByCourt,
            Self::Voidness => LedgerEvent::Voided,
            Self::Annulment => LedgerEvent::Annulled,
        }
    }
}

/// What becomes of a record when a judgment is annotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The record gets this state from this day on.
    Ends(RecordState, NaiveDate),
    /// The record keeps its state; the judgment is written beside it and into the ledgers.
    Noted,
}

/// M-21, M-22, 民法典 1054, 1080: a judgment ends a marriage that still exists; one that arrives
/// late never overwrites, unless its day lies before the end that is on record, or it says that the
/// marriage never was.
#[must_use]
pub fn effect(
    state: RecordState,
    ended_on: Option<NaiveDate>,
    kind: NoticeKind,
    effective_on: NaiveDate,
) -> Effect {
    let ends = Effect::Ends(kind.record_state(), effective_on);
    match (state, kind) {
        (RecordState::Valid, _) => ends,
        // What never was stays so, and a second judgment adds nothing.
        (RecordState::Void | RecordState::Annulled | RecordState::RevokedFraud, _) => Effect::Noted,
        // 自始没有法律约束力: it reaches back behind any end.
        (_, NoticeKind::Voidness | NoticeKind::Annulment) => ends,
        // Only an earlier day moves the end: a judgment before the death means no widow.
        (RecordState::EndedDeath, _) if ended_on.is_some_and(|day| effective_on < day) => ends,
        _ => Effect::Noted,
    }
}

/// M-21a, 司法解释(一) 21: what a notice must hold before it goes on the work list.
#[must_use]
pub fn not_received(
    court_named: bool,
    number_given: bool,
    effective_on: NaiveDate,
    received_on: NaiveDate,
) -> Vec<Refusal> {
    const BASIS: &str = "民法典婚姻家庭编司法解释（一）第二十一条";
    let mut reasons = Vec::new();
    if !court_named || !number_given {
        reasons.push(Refusal::by_law(
            "JUDGMENT_NOT_NAMED",
            "The court and the number of its judgment must be named.",
            "须填写法院名称和裁判文书案号。",
            BASIS,
        ));
    }
    if effective_on > received_on {
        reasons.push(Refusal::by_law(
            "JUDGMENT_NOT_EFFECTIVE",
            "The judgment has no effect yet.",
            "裁判文书尚未生效。",
            BASIS,
        ));
    }
    reasons
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use NoticeKind::{Annulment, DivorceJudgment, DivorceMediation, Voidness};
    use RecordState as R;

    #[test]
    fn a_late_judgment_never_overwrites_what_came_after_its_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let judged = "2018-03-01";
        let table = [
            (R::Valid, None, DivorceJudgment, Some(R::DissolvedJudgment)),
            (R::Valid, None, Voidness, Some(R::Void)),
            (R::Valid, None, Annulment, Some(R::Annulled)),
            (
                R::EndedDeath,
                Some("2020-01-01"),
                DivorceMediation,
                Some(R::DissolvedJudgment),
            ),
            (R::EndedDeath, Some("2017-01-01"), DivorceJudgment, None),
            (
                R::DissolvedDivorce,
                Some("2019-01-01"),
                DivorceJudgment,
                None,
            ),
            (
                R::DissolvedDivorce,
                Some("2019-01-01"),
                Voidness,
                Some(R::Void),
            ),
            (
                R::DissolvedJudgment,
                Some("2017-01-01"),
                DivorceJudgment,
                None,
            ),
            (R::RevokedFraud, Some("2023-01-01"), Voidness, None),
            (R::Void, Some("2016-01-01"), DivorceJudgment, None),
        ];
        for (state, ended, kind, becomes) in table {
            let expected = becomes.map_or(Effect::Noted, |state| Effect::Ends(state, day(judged)));
            assert_eq!(
                effect(state, ended.map(day), kind, day(judged)),
                expected,
                "{state:?} {kind:?}"
            );
        }
    }

    #[test]
    fn a_notice_names_court_and_number_and_is_of_an_effective_judgment() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (court, number, effective, codes) in [
            (true, true, "2026-11-22", vec![]),
            (false, true, "2026-11-01", vec!["JUDGMENT_NOT_NAMED"]),
            (
                true,
                false,
                "2026-11-23",
                vec!["JUDGMENT_NOT_NAMED", "JUDGMENT_NOT_EFFECTIVE"],
            ),
        ] {
            let found = not_received(court, number, day(effective), day("2026-11-22"));
            assert_eq!(found.iter().map(|r| r.code).collect::<Vec<_>>(), codes);
        }
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::from_text(kind.as_str()), Some(kind));
        }
    }
}
