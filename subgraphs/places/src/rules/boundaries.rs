//! The law of boundary lines, their markers and inspections (行政区域界线管理条例, 2002).

use chrono::NaiveDate;
use minzheng_kit::{UserError, calendar::WorkCalendar};

use super::clocks::{self, Deadline};
use crate::model::vocabulary::{
    BoundaryLevel, GeometrySource, JointInspectionCause, JointInspectionState, MarkerCondition,
};

const ACT: &str = "行政区域界线管理条例";

fn refusal(code: &str, en: &str, zh: &str, field: &str, article: &str) -> UserError {
    UserError::new(code, en, zh)
        .field(&["input", field])
        .basis(&format!("{ACT}{article}"))
}

/// B-1, 行政区域界线管理条例 12: a line is inspected every five years; one that never was, on its first day.
pub fn regular_due(
    calendar: &WorkCalendar,
    last_periodic: Option<NaiveDate>,
    first: NaiveDate,
) -> Deadline {
    let first = Deadline {
        day: first,
        is_provisional: false,
    };
    last_periodic.map_or(first, |last| clocks::inspection_due_by(calendar, last))
}

/// B-1, 行政区域界线管理条例 12: a line is due on its regular day, and for the stretch that a disaster, a river or a road
/// has changed at once: on the day of the first event whose inspection is open.
pub fn next_due(regular: Deadline, open_events: &[NaiveDate]) -> Deadline {
    match open_events.iter().copied().min() {
        Some(event) if event < regular.day => Deadline {
            day: event,
            is_provisional: false,
        },
        _ => regular,
    }
}

/// B-3, 行政区域界线管理条例 12: the days of an inspection follow one another: the event or the round before, the signatures,
/// the closing, the filing. A day is refused that lies before one of those that come first.
pub fn in_order(earlier: &[Option<NaiveDate>], day: NaiveDate, field: &str) -> Option<UserError> {
    let fits = earlier.iter().flatten().all(|before| *before <= day);
    (!fits).then(|| {
        refusal(
            "DAY_OUT_OF_ORDER",
            "This day is before one of the steps that come first.",
            "日期不得早于前一环节的日期。",
            field,
            "第十二条",
        )
    })
}

/// B-1, 行政区域界线管理条例 12: only the round of five years counts as one and starts the five years anew; the
/// look at a stretch does not.
pub fn counts_as_round(cause: JointInspectionCause) -> bool {
    cause == JointInspectionCause::Periodic
}

/// B-1, 行政区域界线管理条例 12: an inspection that was called for by an event says which stretch it is about.
pub fn stretch_is_named(cause: JointInspectionCause, stretch: Option<&str>) -> Option<UserError> {
    let is_named = stretch.is_some_and(|text| !text.trim().is_empty());
    (cause != JointInspectionCause::Periodic && !is_named).then(|| {
        refusal(
            "STRETCH_MISSING",
            "Say which stretch of the line was changed.",
            "应当说明发生变化的界线地段。",
            "stretch",
            "第十二条",
        )
    })
}

/// B-2, 行政区域界线管理条例 12: the result is filed jointly, after the inspection was closed.
pub fn may_file(state: JointInspectionState) -> Option<UserError> {
    (state != JointInspectionState::Closed).then(|| {
        refusal(
            "INSPECTION_NOT_CLOSED",
            "Only a closed inspection is filed, and only once.",
            "联合检查完成后方可共同报送备案，且只备案一次。",
            "inspectionId",
            "第十二条",
        )
    })
}

/// B-3, 行政区域界线管理条例 12: both sides sign what was found, so that it must be recorded before.
pub fn may_sign(is_recorded: bool) -> Option<UserError> {
    (!is_recorded).then(|| {
        refusal(
            "FINDINGS_MISSING",
            "Record what was found before the sides sign it.",
            "应当先记录检查情况，再行签字。",
            "inspectionId",
            "第十二条",
        )
    })
}

/// B-3, 行政区域界线管理条例 12: an inspection is complete when both sides have signed, on the later day.
pub fn completed(left: Option<NaiveDate>, right: Option<NaiveDate>) -> Option<NaiveDate> {
    Some(left?.max(right?))
}

/// B-3, 行政区域界线管理条例 12: without both signatures, and without findings, an inspection is not closed.
pub fn may_close(
    left: Option<NaiveDate>,
    right: Option<NaiveDate>,
    findings: Option<&str>,
) -> Option<UserError> {
    if completed(left, right).is_none() {
        return Some(refusal(
            "SIGNATURE_MISSING",
            "Both sides must sign before the inspection is closed.",
            "联合检查结果应当由双方共同签字，一方未签字的不得办结。",
            "inspectionId",
            "第十二条",
        ));
    }
    findings.is_none_or(|text| text.trim().is_empty()).then(|| {
        refusal(
            "FINDINGS_MISSING",
            "Record what was found before the inspection is closed.",
            "应当先记录检查情况。",
            "inspectionId",
            "第十二条",
        )
    })
}

/// B-4, 行政区域界线管理条例 6: moving a marker without authority has no effect: it takes both sides' agreement
/// and a survey. `None` when the move takes effect.
pub fn move_takes_effect(
    left: Option<NaiveDate>,
    right: Option<NaiveDate>,
    survey: Option<&str>,
) -> Option<UserError> {
    if survey.is_none_or(|text| text.trim().is_empty()) {
        return Some(refusal(
            "SURVEY_MISSING",
            "A marker is moved on the ground of a survey only.",
            "移动界桩应当有测绘成果。",
            "surveyDoc",
            "第六条",
        ));
    }
    completed(left, right).is_none().then(|| {
        refusal(
            "AGREEMENT_MISSING",
            "Both sides must agree before a marker is moved.",
            "未经双方同意，不得移动界桩；擅自移动的无效。",
            "markerId",
            "第六条",
        )
    })
}

/// B-5, 行政区域界线管理条例 10: a damaged marker is mended by its keeper, with the other side present.
pub fn may_mend(by_keeper: bool, other_side_confirmed: bool) -> Option<UserError> {
    if !by_keeper {
        return Some(refusal(
            "NOT_THE_KEEPER",
            "A marker is mended by the side that keeps it.",
            "界桩由负责管理的一方修复。",
            "markerId",
            "第十条",
        ));
    }
    (!other_side_confirmed).then(|| {
        refusal(
            "OTHER_SIDE_ABSENT",
            "The other side must be present when a marker is mended.",
            "修复界桩应当有毗邻一方在场。",
            "markerId",
            "第十条",
        )
    })
}

/// B-5, 行政区域界线管理条例 10: one side records what it found, which is as it was or worse; good it becomes by its keeper
/// with the other side present, or by a move that both agreed to.
pub fn may_record(known: MarkerCondition, found: MarkerCondition) -> Option<UserError> {
    const fn harm(condition: MarkerCondition) -> u8 {
        match condition {
            MarkerCondition::Good => 0,
            MarkerCondition::Damaged => 1,
            MarkerCondition::Moved => 2,
            MarkerCondition::Missing => 3,
        }
    }
    (harm(found) < harm(known)).then(|| {
        refusal(
            "MARKER_NOT_MENDED",
            "A marker is mended by its keeper with the other side present, and not by recording it as better.",
            "界桩应当由负责管理的一方在毗邻一方在场时修复，不得以登记方式改为较好状况。",
            "condition",
            "第十条",
        )
    })
}

/// B-5, 行政区域界线管理条例 10: which side keeps a marker both have agreed on, and one alone does not change it.
pub fn keeper_stays(is_another: bool) -> Option<UserError> {
    is_another.then(|| {
        refusal(
            "KEEPER_BY_BOTH",
            "Both sides must agree before another side keeps a marker.",
            "变更界桩管理方应当经双方同意。",
            "keeper",
            "第十条",
        )
    })
}

/// B-5, 行政区域界线管理条例 10: a change of keeper says who is to keep it, and that is not who does.
pub fn keeper_changes(is_named: bool, is_another: bool) -> Option<UserError> {
    (!is_named || !is_another).then(|| {
        refusal(
            "KEEPER_UNFIT",
            "Say which other side is to keep the marker.",
            "应当填写变更后的管理方，且不得与现管理方相同。",
            "keeper",
            "第十条",
        )
    })
}

/// B-6, 行政区域界线管理条例 7: when a river or ridge that a line follows changes by nature, the line stays where
/// it is, unless the approving body decides otherwise by a new agreement.
pub fn line_may_change(natural_change: bool, new_agreement: Option<&str>) -> Option<UserError> {
    let is_agreed = new_agreement.is_some_and(|text| !text.trim().is_empty());
    (natural_change && !is_agreed).then(|| {
        refusal(
            "LINE_STAYS",
            "A natural change of a landmark does not move the line.",
            "界线标志物发生自然变化的，界线走向不变。",
            "naturalChange",
            "第七条",
        )
    })
}

/// B-7, 行政区域界线管理条例 14: boundaries are drawn from the official detailed map only.
pub fn source_is_official(source: GeometrySource) -> Option<UserError> {
    (source != GeometrySource::OfficialMap).then(|| {
        refusal(
            "SOURCE_NOT_OFFICIAL",
            "Boundaries are drawn from the official detailed map only.",
            "绘制行政区域界线应当以行政区域界线详图为准。",
            "source",
            "第十四条",
        )
    })
}

/// B-7, 行政区域界线管理条例 14 and 地图管理条例: the public is shown a boundary only from a map with a review
/// number (审图号); invented shapes of the demonstration are no map.
pub fn may_be_published(map_review_no: Option<&str>, is_demo: bool) -> bool {
    is_demo || map_review_no.is_some_and(|no| !no.trim().is_empty())
}

/// B-2, 行政区域界线管理条例 12, and B-8, 19: the result goes to the body that approved the line, from both sides
/// together: the State Council for lines of provinces, the province's government for lines of counties, and by analogy
/// the county's for those of townships.
pub fn filed_with(level: BoundaryLevel) -> &'static str {
    match level {
        BoundaryLevel::Province => "国务院",
        BoundaryLevel::County => "省级人民政府",
        BoundaryLevel::Township => "县级人民政府",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn code(refusal: Option<UserError>) -> Option<String> {
        assert!(refusal.iter().all(|r| r.legal_basis.is_some()));
        refusal.map(|r| r.code)
    }

    #[test]
    fn an_event_is_due_at_once_and_does_not_start_the_five_years_anew() {
        let china = WorkCalendar::china();
        let due = |text, is_provisional| Deadline {
            day: day(text),
            is_provisional,
        };
        let regular = regular_due(&china, Some(day("2022-05-01")), day("2020-01-01"));
        // 1 May 2027 is a Saturday of a year that is not announced.
        assert_eq!(regular, due("2027-05-03", true));
        let first = regular_due(&china, None, day("2020-01-01"));
        assert_eq!(first, due("2020-01-01", false));
        assert_eq!(next_due(regular, &[]), regular);
        let events = [day("2026-08-01"), day("2026-07-01")];
        assert_eq!(next_due(regular, &events), due("2026-07-01", false));
        assert_eq!(next_due(regular, &[day("2028-07-01")]), regular);
        assert!(counts_as_round(JointInspectionCause::Periodic));
        assert!(!counts_as_round(JointInspectionCause::Disaster));
        assert_eq!(stretch_is_named(JointInspectionCause::Periodic, None), None);
        let missing = code(stretch_is_named(
            JointInspectionCause::RiverShift,
            Some(" "),
        ));
        assert_eq!(missing.as_deref(), Some("STRETCH_MISSING"));
    }

    #[test]
    fn the_days_of_an_inspection_follow_one_another() {
        let (first, second) = (Some(day("2026-11-10")), Some(day("2026-11-12")));
        for (earlier, on, fits) in [
            ([first, second], "2026-11-12", true),
            ([first, second], "2026-11-11", false),
            ([first, None], "2026-11-09", false),
            ([None, None], "2020-01-01", true),
        ] {
            let refused = code(in_order(&earlier, day(on), "on"));
            let expected = (!fits).then_some("DAY_OUT_OF_ORDER");
            assert_eq!(refused.as_deref(), expected, "{earlier:?} {on}");
        }
    }

    #[test]
    fn both_sides_sign_before_closing_and_filing_comes_last() {
        let (a, b) = (Some(day("2026-03-01")), Some(day("2026-04-01")));
        assert_eq!(completed(a, None), None);
        assert_eq!(completed(b, a), b);
        for (left, right, findings, expected) in [
            (a, None, Some("界桩完好"), Some("SIGNATURE_MISSING")),
            (None, b, Some("界桩完好"), Some("SIGNATURE_MISSING")),
            (a, b, None, Some("FINDINGS_MISSING")),
            (a, b, Some("界桩完好"), None),
        ] {
            assert_eq!(code(may_close(left, right, findings)).as_deref(), expected);
        }
        for (state, allowed) in [
            (JointInspectionState::Scheduled, false),
            (JointInspectionState::Signed, false),
            (JointInspectionState::Closed, true),
            (JointInspectionState::Filed, false),
        ] {
            assert_eq!(may_file(state).is_none(), allowed, "{state:?}");
        }
    }

    #[test]
    fn a_marker_moves_with_survey_and_both_sides_and_is_mended_by_its_keeper() {
        let (a, b) = (Some(day("2026-03-01")), Some(day("2026-04-01")));
        for (left, right, survey, expected) in [
            (a, b, Some("测〔2026〕1号"), None),
            (a, None, Some("测〔2026〕1号"), Some("AGREEMENT_MISSING")),
            (a, b, None, Some("SURVEY_MISSING")),
        ] {
            let found = code(move_takes_effect(left, right, survey));
            assert_eq!(found.as_deref(), expected);
        }
        assert_eq!(
            code(may_mend(false, true)).as_deref(),
            Some("NOT_THE_KEEPER")
        );
        assert_eq!(
            code(may_mend(true, false)).as_deref(),
            Some("OTHER_SIDE_ABSENT")
        );
        assert_eq!(code(may_mend(true, true)), None);
    }

    #[test]
    fn one_side_alone_makes_a_marker_worse_only_and_keeps_its_keeper() {
        use MarkerCondition as C;
        let order = [C::Good, C::Damaged, C::Moved, C::Missing];
        for (known, one) in order.iter().enumerate() {
            for (found, other) in order.iter().enumerate() {
                let refused = code(may_record(*one, *other));
                let expected = (found < known).then_some("MARKER_NOT_MENDED");
                assert_eq!(refused.as_deref(), expected, "{one:?} {other:?}");
            }
        }
        assert_eq!(keeper_stays(false), None);
        assert_eq!(code(keeper_stays(true)).as_deref(), Some("KEEPER_BY_BOTH"));
        for (named, another, fits) in [
            (true, true, true),
            (true, false, false),
            (false, false, false),
        ] {
            assert_eq!(code(keeper_changes(named, another)).is_none(), fits);
        }
    }

    #[test]
    fn lines_stay_and_come_from_the_official_map() {
        assert_eq!(
            code(line_may_change(true, None)).as_deref(),
            Some("LINE_STAYS")
        );
        assert_eq!(line_may_change(true, Some("新协议")), None);
        assert_eq!(line_may_change(false, None), None);
        assert!(source_is_official(GeometrySource::UserDrawn).is_some());
        assert!(source_is_official(GeometrySource::Survey).is_some());
        assert!(source_is_official(GeometrySource::OfficialMap).is_none());
        assert!(may_be_published(Some("GS(2026)1号"), false) && may_be_published(None, true));
        assert!(!may_be_published(None, false) && !may_be_published(Some(""), false));
    }

    /// 行政区域界线管理条例 12: 联合检查的情况，由参加检查的地方人民政府共同报送该行政区域界线的批准机关备案.
    #[test]
    fn a_result_goes_to_the_body_that_approved_the_line() {
        for (level, body) in [
            (BoundaryLevel::Province, "国务院"),
            (BoundaryLevel::County, "省级人民政府"),
            (BoundaryLevel::Township, "县级人民政府"),
        ] {
            assert_eq!(filed_with(level), body);
        }
    }
}
