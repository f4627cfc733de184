//! What a province sets for itself and what the law may change, as dated parameters.
//!
//! The numbers are data and no constants, because most of them rest on local rules or on the
//! regulation's text from before 2026 (domain.md B.2.1). Each row says what it rests on, how far that
//! was checked, and from when to when it holds. A province's own row goes before the general one; a new
//! value is a new row with its first day, never a changed one.

use chrono::NaiveDate;

use super::terms::{LegalStanding, Parameter};

/// One parameter with where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What it sets.
    pub parameter: Parameter,
    /// The province whose rule it is, two digits; none where it holds generally.
    pub province: Option<&'static str>,
    /// The value, in the parameter's unit; 1 and 0 stand for yes and no.
    pub value: i64,
    /// The article or notice it rests on.
    pub legal_basis: &'static str,
    /// Where the value was read.
    pub source: &'static str,
    /// How far it was checked.
    pub standing: LegalStanding,
    /// The day someone compared it with its source; none where nobody did.
    pub verified_on: Option<NaiveDate>,
    /// First day on which it holds.
    pub valid_from: NaiveDate,
    /// First day on which it no longer holds; none while in force.
    pub valid_to: Option<NaiveDate>,
}

/// The parameters in force in a province on a day.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'p> {
    province: &'p str,
    on: NaiveDate,
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

/// The day the revised regulation came into force.
pub const REVISION_IN_FORCE: NaiveDate = day(2026, 3, 30);

/// The day the regulation of 1997 came into force: as far back as any case here reaches.
pub const FIRST_REGULATION: NaiveDate = day(1997, 7, 21);

const fn general(
    parameter: Parameter,
    value: i64,
    legal_basis: &'static str,
    source: &'static str,
    standing: LegalStanding,
) -> Setting {
    Setting {
        parameter,
        province: None,
        value,
        legal_basis,
        source,
        standing,
        verified_on: None,
        valid_from: FIRST_REGULATION,
        valid_to: None,
    }
}

const fn from_revision(setting: Setting) -> Setting {
    Setting {
        valid_from: REVISION_IN_FORCE,
        verified_on: Some(day(2026, 11, 1)),
        ..setting
    }
}

const OLD_TEXT: &str = "1997/2012年条例文本；2026年修订后是否沿用未核实";
const SUMMARY: &str = "2026年修订的官方解读";
const LOCAL: &str = "地方规定，各地不一";
const OWN: &str = "本系统设定";
const HOTLINE: &str = "96444殡葬服务热线服务承诺";

use LegalStanding::{Knowledge, LocalRule, OldText, OfficialSummary, Proposal};
use Parameter::*;

/// Every parameter, the general row of each; rows of a province stand behind it.
pub const TABLE: &[Setting] = &[
    general(CremationArea, 1, "殡葬管理条例（2012）第四至六条", OLD_TEXT, OldText),
    general(AshPlotMilliM2, 1_000, "殡葬管理条例（2012）第十一条；省设定", LOCAL, LocalRule),
    general(BodyPlotMilliM2, 4_000, "殡葬管理条例（2012）第十一条；省设定", LOCAL, Knowledge),
    general(RenewalYears, 20, "殡葬管理条例（2012）第十一条；省设定", OLD_TEXT, Knowledge),
    general(PlotGraceDays, 365, "骨灰堂、公墓服务规则（设定）", OWN, Proposal),
    general(StorageDays, 7, "省殡葬管理规定", LOCAL, LocalRule),
    general(StorageMaxDays, 30, "省殡葬管理规定", LOCAL, LocalRule),
    general(UnclaimedNoticeDays, 60, "无人认领遗体公告规定（设定）", OWN, Knowledge),
    general(HoldHours, 72, "骨灰堂服务规则（设定）", OWN, Proposal),
    general(DispatchMinutes, 15, HOTLINE, OWN, Proposal),
    general(EscalateMinutes, 30, HOTLINE, OWN, Proposal),
    general(ArrivalMinutesTo10Km, 60, HOTLINE, OWN, Proposal),
    general(ArrivalMinutesTo30Km, 90, HOTLINE, OWN, Proposal),
    general(ArrivalMinutesTo60Km, 150, HOTLINE, OWN, Proposal),
    general(ArrivalMinutesBeyond, 240, HOTLINE, OWN, Proposal),
    general(RectifyDays, 30, "违建坟墓专项整治方案（设定）", OWN, Proposal),
    general(KinAnswerDays, 15, "个人信息保护法第四十九、五十条（期限为设定）", OWN, Proposal),
    general(WorshipPartyMost, 20, "祭扫服务保障方案（设定）", OWN, Proposal),
    general(SeaRelativesMost, 6, "海葬服务规则（设定）", OWN, Proposal),
    general(CrowdModeratePercent, 50, "祭扫服务保障方案（设定）", OWN, Proposal),
    general(CrowdHighPercent, 80, "祭扫服务保障方案（设定）", OWN, Proposal),
    general(PlanPercentPerYear, 20, "殡葬设施布局规划（设定）", OWN, Proposal),
    from_revision(general(
        PublicFoundersOnly,
        1,
        "殡葬管理条例（2026年修订）",
        SUMMARY,
        OfficialSummary,
    )),
    from_revision(general(
        ChargesOnListOnly,
        1,
        "殡葬管理条例（2026年修订）",
        SUMMARY,
        OfficialSummary,
    )),
    from_revision(general(
        EcoSubsidyFen,
        100_000,
        "殡葬管理条例（2026年修订）；惠民殡葬政策",
        SUMMARY,
        OfficialSummary,
    )),
];

/// The parameters of a province (its two digits) on a day.
pub const fn on(province: &str, day: NaiveDate) -> Settings<'_> {
    Settings { province, on: day }
}

impl Settings<'_> {
    /// The row of a parameter that holds: the province's own before the general one. None where the
    /// law did not have it yet.
    pub fn row(&self, parameter: Parameter) -> Option<&'static Setting> {
        let holds = |row: &&Setting| {
            row.parameter == parameter
                && row.valid_from <= self.on
                && row.valid_to.is_none_or(|end| self.on < end)
        };
        let own = |row: &&Setting| row.province == Some(self.province);
        TABLE
            .iter()
            .filter(holds)
            .find(own)
            .or_else(|| TABLE.iter().filter(holds).find(|row| row.province.is_none()))
    }

    /// All rows that hold, one for each parameter, in the order of the table.
    pub fn rows(&self) -> Vec<&'static Setting> {
        let mut seen = std::collections::HashSet::new();
        TABLE
            .iter()
            .filter(|row| seen.insert(row.parameter))
            .filter_map(|row| self.row(row.parameter))
            .collect()
    }

    /// The value; nought where the law did not have the parameter yet.
    pub fn value(&self, parameter: Parameter) -> i64 {
        self.row(parameter).map_or(0, |row| row.value)
    }

    /// Whether a yes-or-no parameter is set.
    pub fn is(&self, parameter: Parameter) -> bool {
        self.value(parameter) != 0
    }

    /// What the parameter rests on, for a refusal.
    pub fn basis(&self, parameter: Parameter) -> &'static str {
        self.row(parameter).map_or(super::REGULATION, |row| row.legal_basis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn every_parameter_holds_today_and_no_two_rows_of_it_overlap() {
        for parameter in Parameter::iter() {
            assert!(on("51", day(2026, 11, 22)).row(parameter).is_some(), "{parameter:?}");
            let rows: Vec<&Setting> = TABLE.iter().filter(|r| r.parameter == parameter).collect();
            for (i, a) in rows.iter().enumerate() {
                for b in &rows[i + 1..] {
                    let apart = a.province != b.province
                        || a.valid_to.is_some_and(|end| end <= b.valid_from)
                        || b.valid_to.is_some_and(|end| end <= a.valid_from);
                    assert!(apart, "{parameter:?}");
                }
            }
        }
    }

    #[test]
    fn what_the_revision_brought_does_not_hold_before_it() {
        let before = on("51", day(2026, 3, 29));
        assert!(!before.is(PublicFoundersOnly));
        assert!(on("51", REVISION_IN_FORCE).is(PublicFoundersOnly));
        assert_eq!(before.value(StorageDays), 7);
    }

    #[test]
    fn every_row_names_its_basis_and_nothing_unverified_claims_a_day() {
        for row in TABLE {
            assert!(!row.legal_basis.is_empty() && !row.source.is_empty());
            let checked = matches!(row.standing, OfficialSummary);
            assert_eq!(row.verified_on.is_some(), checked, "{:?}", row.parameter);
        }
    }
}
