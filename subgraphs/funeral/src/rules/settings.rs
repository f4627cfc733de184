//! What a province sets for itself and what the law may change, as dated parameters
//! ([`minzheng_kit::legal`]).
//!
//! The numbers are data and no constants, because most of them rest on local rules or on the
//! regulation's text from before 2026 (domain.md B.2.1); the source says which. A province's own value
//! goes before the general one; a new value is a new row with its first day, never a changed one. Nobody
//! has compared any of them with a published text yet, and no row claims so.

use chrono::NaiveDate;
use minzheng_kit::legal::{self, Dated, Register, day};

/// The day the revised regulation came into force.
pub const REVISION_IN_FORCE: NaiveDate = day(2026, 3, 30);

/// The day the regulation of 1997 came into force: as far back as any case here reaches.
pub const FIRST_REGULATION: NaiveDate = day(1997, 7, 21);

const OLD_TEXT: &str = "1997/2012年条例文本；2026年修订后是否沿用未核实";
const SUMMARY: &str = "2026年修订的官方解读；未见全文";
const LOCAL: &str = "地方规定，各地不一；未核实";
const OWN: &str = "本系统设定（示例）";

macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident($code:literal, $en:literal, $zh:literal, $unit:literal): [$($dated:expr),+],)+) => {
        /// What the law or a province sets as a number; 1 and 0 stand for yes and no.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Parameter {
            $($(#[$doc])* $name,)+
        }

        /// The tables, one of each parameter.
        #[expect(non_upper_case_globals, reason = "named as the parameters are")]
        mod tables {
            use super::*;
            $(pub(super) static $name: legal::Parameter<i64> = legal::Parameter::new($code, $en, $zh, $unit, &[$($dated),+]);)+
        }

        /// All parameters, in the order in which they are shown.
        pub static REGISTER: Register = Register(&[$(&tables::$name),+]);

        impl Parameter {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its values through time.
            pub fn table(self) -> &'static legal::Parameter<i64> {
                match self {
                    $(Self::$name => &tables::$name,)+
                }
            }
        }
    };
}

parameters! {
    /// Whether an area is one of cremation; where it is not, bodies may be buried (火葬区).
    CremationArea("F-3.cremationArea", "Whether the area is one of cremation", "火葬区", "NONE"): [
        Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第四至六条", OLD_TEXT),
        // Areas are drawn by the province: 阿坝, 甘孜, and 木里 of 凉山 are areas of burial (土葬改革区).
        Dated::new(0, FIRST_REGULATION, "殡葬管理条例（2012）第四条", LOCAL).only_in("5132"),
        Dated::new(0, FIRST_REGULATION, "殡葬管理条例（2012）第四条", LOCAL).only_in("5133"),
        Dated::new(0, FIRST_REGULATION, "殡葬管理条例（2012）第四条", LOCAL).only_in("513422")
    ],
    /// Metres around reservoirs, dikes and sources of water in which nobody is buried (水库、堤坝、水源地周边距离).
    ZoneWaterMetres("F-4.nearWater", "Metres around reservoirs, dikes and sources of water in which nobody is buried", "水库、河流堤坝、水源保护区周边禁葬距离", "METRES"): [Dated::new(500, FIRST_REGULATION, "殡葬管理条例（2012）第十条（距离为设定）", LOCAL)],
    /// Metres to both sides of main railways and roads in which nobody is buried (铁路、公路干线两侧距离).
    ZoneRoadMetres("F-4.alongRoads", "Metres to both sides of main railways and roads in which nobody is buried", "铁路、公路主干线两侧禁葬距离", "METRES"): [Dated::new(500, FIRST_REGULATION, "殡葬管理条例（2012）第十条（距离为设定）", LOCAL)],
    /// Whether the burial custom of the Hui is respected (回族丧葬习俗).
    CustomHui("F-3.customHui", "Whether the burial custom of the Hui is respected", "尊重回族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Uygur is respected (维吾尔族丧葬习俗).
    CustomUygur("F-3.customUygur", "Whether the burial custom of the Uygur is respected", "尊重维吾尔族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Kazak is respected (哈萨克族丧葬习俗).
    CustomKazak("F-3.customKazak", "Whether the burial custom of the Kazak is respected", "尊重哈萨克族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Kirgiz is respected (柯尔克孜族丧葬习俗).
    CustomKirgiz("F-3.customKirgiz", "Whether the burial custom of the Kirgiz is respected", "尊重柯尔克孜族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Uzbek is respected (乌孜别克族丧葬习俗).
    CustomUzbek("F-3.customUzbek", "Whether the burial custom of the Uzbek is respected", "尊重乌孜别克族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Tajik is respected (塔吉克族丧葬习俗).
    CustomTajik("F-3.customTajik", "Whether the burial custom of the Tajik is respected", "尊重塔吉克族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Tatar is respected (塔塔尔族丧葬习俗).
    CustomTatar("F-3.customTatar", "Whether the burial custom of the Tatar is respected", "尊重塔塔尔族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Salar is respected (撒拉族丧葬习俗).
    CustomSalar("F-3.customSalar", "Whether the burial custom of the Salar is respected", "尊重撒拉族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Dongxiang is respected (东乡族丧葬习俗).
    CustomDongxiang("F-3.customDongxiang", "Whether the burial custom of the Dongxiang is respected", "尊重东乡族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Bonan is respected (保安族丧葬习俗).
    CustomBonan("F-3.customBonan", "Whether the burial custom of the Bonan is respected", "尊重保安族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Whether the burial custom of the Tibetans is respected (藏族丧葬习俗).
    CustomTibetan("F-3.customTibetan", "Whether the burial custom of the Tibetans is respected, where they live", "尊重藏族丧葬习俗", "NONE"): [Dated::new(1, FIRST_REGULATION, "殡葬管理条例（2012）第六条", OLD_TEXT)],
    /// Largest grave for ashes, in thousandths of a square metre (骨灰墓位面积上限).
    AshPlotMilliM2("F-9.ashPlotArea", "Largest grave for ashes, in thousandths of a square metre", "骨灰墓位面积上限", "MILLI_M2"): [Dated::new(1_000, FIRST_REGULATION, "殡葬管理条例（2012）第十一条；省设定", LOCAL)],
    /// Largest grave for a body, in thousandths of a square metre (遗体墓位面积上限).
    BodyPlotMilliM2("F-9.bodyPlotArea", "Largest grave for a body, in thousandths of a square metre", "遗体墓位面积上限", "MILLI_M2"): [Dated::new(4_000, FIRST_REGULATION, "殡葬管理条例（2012）第十一条；省设定", LOCAL)],
    /// Years after which a contract is renewed (墓位、格位续期年限).
    RenewalYears("F-9.renewalYears", "Years after which a contract is renewed", "墓位、格位续期年限", "YEARS"): [Dated::new(20, FIRST_REGULATION, "殡葬管理条例（2012）第十一条；省设定", OLD_TEXT)],
    /// Days after the term in which a family may still renew (续期宽限天数).
    PlotGraceDays("F-9.graceDays", "Days after the term in which a family may still renew", "续期宽限天数", "DAYS"): [Dated::new(365, FIRST_REGULATION, "骨灰堂、公墓服务规则（设定）", OWN)],
    /// Subsidy of an ecological burial, in fen (生态安葬补贴).
    EcoSubsidyFen("F-12.subsidy", "Subsidy of an ecological burial, in fen", "生态安葬补贴", "FEN"): [Dated::new(100_000, REVISION_IN_FORCE, "殡葬管理条例（2026年修订）；惠民殡葬政策", SUMMARY)],
    /// Days of storage without an extension (遗体存放天数).
    StorageDays("F-14.storageDays", "Days of storage without an extension", "遗体存放天数", "DAYS"): [Dated::new(7, FIRST_REGULATION, "省殡葬管理规定", LOCAL)],
    /// Days of storage with an ordinary extension (延期后存放天数).
    StorageMaxDays("F-14.storageMaxDays", "Days of storage with an ordinary extension", "延期后存放天数", "DAYS"): [Dated::new(30, FIRST_REGULATION, "省殡葬管理规定", LOCAL)],
    /// Days of the public notice for an unclaimed body (无主遗体公告天数).
    UnclaimedNoticeDays("F-16.noticeDays", "Days of the public notice for an unclaimed body", "无主遗体公告天数", "DAYS"): [Dated::new(60, FIRST_REGULATION, "无人认领遗体处理规定（设定）", OWN)],
    /// Whether only public bodies found a facility (新建设施仅限公办).
    PublicFoundersOnly("F-17.publicFoundersOnly", "Whether only public bodies found a facility", "新建设施仅限公办", "NONE"): [Dated::new(1, REVISION_IN_FORCE, "殡葬管理条例（2026年修订）", SUMMARY)],
    /// Minutes until a ticket is dispatched (派单分钟数).
    DispatchMinutes("F-18.dispatchMinutes", "Minutes until a ticket is dispatched", "派单分钟数", "MINUTES"): [Dated::new(15, FIRST_REGULATION, "96444殡葬服务热线服务承诺", OWN)],
    /// Minutes after which an undispatched ticket is raised (升级分钟数).
    EscalateMinutes("F-18.escalateMinutes", "Minutes after which an undispatched ticket is raised", "升级分钟数", "MINUTES"): [Dated::new(30, FIRST_REGULATION, "96444殡葬服务热线服务承诺", OWN)],
    /// Promised minutes to arrive within 10 km (10公里内到达分钟数).
    ArrivalMinutesTo10Km("F-18.arrivalTo10Km", "Promised minutes to arrive within 10 km", "10公里内到达分钟数", "MINUTES"): [Dated::new(60, FIRST_REGULATION, "96444殡葬服务热线服务承诺", OWN)],
    /// Promised minutes to arrive within 30 km (30公里内到达分钟数).
    ArrivalMinutesTo30Km("F-18.arrivalTo30Km", "Promised minutes to arrive within 30 km", "30公里内到达分钟数", "MINUTES"): [Dated::new(90, FIRST_REGULATION, "96444殡葬服务热线服务承诺", OWN)],
    /// Promised minutes to arrive within 60 km (60公里内到达分钟数).
    ArrivalMinutesTo60Km("F-18.arrivalTo60Km", "Promised minutes to arrive within 60 km", "60公里内到达分钟数", "MINUTES"): [Dated::new(150, FIRST_REGULATION, "96444殡葬服务热线服务承诺", OWN)],
    /// Promised minutes to arrive farther out (60公里外到达分钟数).
    ArrivalMinutesBeyond("F-18.arrivalBeyond", "Promised minutes to arrive farther out", "60公里外到达分钟数", "MINUTES"): [Dated::new(240, FIRST_REGULATION, "96444殡葬服务热线服务承诺", OWN)],
    /// Days to answer near kin (近亲属请求答复天数).
    KinAnswerDays("F-20.answerDays", "Days to answer near kin", "近亲属请求答复天数", "DAYS"): [Dated::new(15, FIRST_REGULATION, "个人信息保护法第四十九、五十条（期限为设定）", OWN)],
    /// Days for which what one officer asked for waits for the second (双人复核期限).
    ProposalDays("F-15.proposalDays", "Days for which what one officer asked for waits for the second", "双人复核期限", "DAYS"): [Dated::new(7, FIRST_REGULATION, "双人复核制度（设定）", OWN)],
    /// Days for which ashes are kept where nobody names the last one (骨灰寄存默认期限).
    CustodyTermDays("F-15.custodyTerm", "Days for which ashes are kept where nobody names the last one", "骨灰寄存默认期限", "DAYS"): [Dated::new(365, FIRST_REGULATION, "骨灰寄存服务规则（设定）", OWN)],
    /// Hours for which a niche is held (格位预留小时数).
    HoldHours("plots.holdHours", "Hours for which a niche is held", "格位预留小时数", "HOURS"): [Dated::new(72, FIRST_REGULATION, "骨灰堂服务规则（设定）", OWN)],
    /// Days to put an illegal grave right (违建坟墓整改天数).
    RectifyDays("graves.rectifyDays", "Days to put an illegal grave right", "违建坟墓整改天数", "DAYS"): [Dated::new(30, FIRST_REGULATION, "违建坟墓专项整治方案（设定）", OWN)],
    /// Most people in one booking for worship (祭扫预约人数上限).
    WorshipPartyMost("worship.partyMost", "Most people in one booking for worship", "祭扫预约人数上限", "PERSONS"): [Dated::new(20, FIRST_REGULATION, "祭扫服务保障方案（设定）", OWN)],
    /// Filling from which a span is moderately crowded (较多客流阈值).
    CrowdModeratePercent("worship.crowdModerate", "Filling from which a span is moderately crowded", "较多客流阈值", "PERCENT"): [Dated::new(50, FIRST_REGULATION, "祭扫服务保障方案（设定）", OWN)],
    /// Filling from which a span is crowded (拥挤客流阈值).
    CrowdHighPercent("worship.crowdHigh", "Filling from which a span is crowded", "拥挤客流阈值", "PERCENT"): [Dated::new(80, FIRST_REGULATION, "祭扫服务保障方案（设定）", OWN)],
    /// Most relatives aboard for one set of ashes (海葬随行亲属上限).
    SeaRelativesMost("sea.relativesMost", "Most relatives aboard for one set of ashes", "海葬随行亲属上限", "PERSONS"): [Dated::new(6, FIRST_REGULATION, "海葬服务规则（设定）", OWN)],
    /// Reserve of places above what the deaths need (规划冗余百分比).
    PlanReservePercent("plans.reserve", "Reserve of places above what the deaths need", "规划冗余百分比", "PERCENT"): [Dated::new(20, FIRST_REGULATION, "殡葬设施布局规划（设定）", OWN)],
}

/// The parameters in force in a province on a day.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'p> {
    province: &'p str,
    on: NaiveDate,
}

/// The parameters of a province (its two digits) on a day; of a division by its code, where the province has drawn
/// areas (F-3).
pub const fn on(province: &str, day: NaiveDate) -> Settings<'_> {
    Settings { province, on: day }
}

impl Settings<'_> {
    /// The value that holds with where it comes from; none where the law did not have it yet.
    pub fn row(&self, parameter: Parameter) -> Option<&'static Dated<i64>> {
        parameter.table().on_in(self.province, self.on)
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
        self.row(parameter)
            .map_or(super::REGULATION, |row| row.legal_basis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_no_gap_no_overlap_and_no_empty_word() {
        assert_eq!(REGISTER.faults(), []);
    }

    #[test]
    fn every_parameter_holds_today() {
        for parameter in Parameter::ALL {
            assert!(
                on("51", day(2026, 11, 22)).row(*parameter).is_some(),
                "{parameter:?}"
            );
        }
    }

    /// 殡葬管理条例（2012）第四条: 实行火葬和允许土葬的地区, by the province.
    #[test]
    fn areas_of_cremation_are_drawn_within_a_province() {
        for (code, cremation) in [
            ("51", true),
            ("510118", true),
            ("513201", false),
            ("513301", false),
            ("513422", false),
            ("513401", true),
            ("350112", true),
        ] {
            let settings = on(code, day(2026, 11, 22));
            assert_eq!(settings.is(Parameter::CremationArea), cremation, "{code}");
            // What the province has not drawn by areas is the same everywhere.
            assert_eq!(settings.value(Parameter::StorageDays), 7);
        }
    }

    #[test]
    fn what_the_revision_brought_does_not_hold_before_it() {
        let before = on("51", day(2026, 3, 29));
        assert!(!before.is(Parameter::PublicFoundersOnly));
        assert!(on("51", REVISION_IN_FORCE).is(Parameter::PublicFoundersOnly));
        assert_eq!(before.value(Parameter::StorageDays), 7);
    }
}
