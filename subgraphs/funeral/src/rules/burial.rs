//! Where and how the dead may be laid to rest.

use chrono::{Months, NaiveDate};
use minzheng_kit::calendar::Deadline;
use minzheng_kit::error::UserError;

use super::settings::{Parameter, Settings};
use super::terms::{CustomGroup, FacilitySubKind, IntermentKind, PlotKind};
use super::{REGULATION, Verdict, period};

/// F-3, 殡葬管理条例（2012）第四至六条: in a cremation area a body is not buried, except by the
/// custom of a minority for which the province keeps a setting.
pub fn body_burial(kind: IntermentKind, custom_respected: bool, settings: &Settings) -> Verdict {
    if is_of_body(kind) && settings.is(Parameter::CremationArea) && !custom_respected {
        return Err(UserError::new(
            "CREMATION_AREA",
            "In a cremation area a body is not buried.",
            "火葬区内不得土葬遗体。",
        )
        .basis(settings.basis(Parameter::CremationArea)));
    }
    Ok(())
}

/// F-3 and F-12, 殡葬管理条例（2012）第四至六条: which interments lay a body to rest; every other one ashes. Deep burial
/// without a mound (深埋不留坟头) is an ecological burial of ashes.
pub const fn is_of_body(kind: IntermentKind) -> bool {
    matches!(kind, IntermentKind::BodyPlot)
}

/// F-5, 殡葬管理条例（2012）第九条: a rural public cemetery or columbarium serves its own
/// villagers only.
pub fn serves(sub_kind: FacilitySubKind, deceased_is_villager: bool) -> Verdict {
    if sub_kind == FacilitySubKind::RuralPublic && !deceased_is_villager {
        return Err(UserError::new(
            "VILLAGERS_ONLY",
            "A rural public facility serves its own villagers only.",
            "农村公益性安葬设施只为本村村民提供服务。",
        )
        .basis(REGULATION));
    }
    Ok(())
}

/// F-9, 殡葬管理条例（2012）第十一条: a grave for ashes is no larger than the province allows.
/// The area is in thousandths of a square metre.
pub fn plot_area(kind: PlotKind, milli_m2: i64, settings: &Settings) -> Verdict {
    let parameter = match kind {
        PlotKind::BodyPlot => Parameter::BodyPlotMilliM2,
        PlotKind::Niche | PlotKind::AshPlot => Parameter::AshPlotMilliM2,
    };
    if milli_m2 <= 0 || milli_m2 > settings.value(parameter) {
        return Err(UserError::new(
            "PLOT_AREA_EXCEEDED",
            "The grave is larger than the province allows.",
            "墓位面积超过规定标准。",
        )
        .field(&["area"])
        .basis(settings.basis(parameter)));
    }
    Ok(())
}

/// F-9, 殡葬管理条例（2012）第十一条: the first day after the term of a contract, when it is to
/// be renewed.
pub fn renewal_due(contract_from: NaiveDate, settings: &Settings) -> NaiveDate {
    contract_from
        .checked_add_months(Months::new(
            u32::try_from(settings.value(Parameter::RenewalYears))
                .unwrap_or(0)
                .saturating_mul(12),
        ))
        .unwrap_or(NaiveDate::MAX)
}

/// F-9 with 民法典 203: the last day on which a family may still renew, after the term of a contract.
pub fn grace_ends(contract_to: NaiveDate, settings: &Settings) -> Deadline {
    period::days_after(contract_to, settings.value(Parameter::PlotGraceDays))
}

/// The parameter that says whether the custom of a group is respected; its date, article and source stand there.
const fn custom_of(group: CustomGroup) -> Parameter {
    match group {
        CustomGroup::Hui => Parameter::CustomHui,
        CustomGroup::Uygur => Parameter::CustomUygur,
        CustomGroup::Kazak => Parameter::CustomKazak,
        CustomGroup::Kirgiz => Parameter::CustomKirgiz,
        CustomGroup::Uzbek => Parameter::CustomUzbek,
        CustomGroup::Tajik => Parameter::CustomTajik,
        CustomGroup::Tatar => Parameter::CustomTatar,
        CustomGroup::Salar => Parameter::CustomSalar,
        CustomGroup::Dongxiang => Parameter::CustomDongxiang,
        CustomGroup::Bonan => Parameter::CustomBonan,
        CustomGroup::Tibetan => Parameter::CustomTibetan,
    }
}

/// First digits of the divisions where the custom of a group holds; an empty one for everywhere.
const fn areas_of(group: CustomGroup) -> &'static [&'static str] {
    match group {
        // 阿坝, 甘孜 and 凉山's 木里: where the group lives, and not in the lowlands of the same province.
        CustomGroup::Tibetan => &["5132", "5133", "513422"],
        _ => &[""],
    }
}

/// F-3, 殡葬管理条例（2012）第六条: whether the custom of a group is respected in a division on the day of the settings.
pub fn custom_respected(
    group: Option<CustomGroup>,
    division_code: &str,
    settings: &Settings<'_>,
) -> bool {
    group.is_some_and(|group| {
        settings.is(custom_of(group))
            && areas_of(group)
                .iter()
                .any(|area| division_code.starts_with(area))
    })
}

/// F-12, 殡葬管理条例（2026）: which interments give everything back to nature; they may carry a
/// subsidy. A wall keeps the ashes and is counted with them for the land it saves.
pub const fn is_ecological(kind: IntermentKind) -> bool {
    matches!(
        kind,
        IntermentKind::Sea
            | IntermentKind::Tree
            | IntermentKind::Flower
            | IntermentKind::Lawn
            | IntermentKind::Wall
            | IntermentKind::DeepBurial
    )
}

/// F-12, 殡葬管理条例（2026）: burial at sea keeps no ashes, whoever says so.
pub fn keeps_ashes(kind: IntermentKind, said: bool) -> Verdict {
    if kind == IntermentKind::Sea && said {
        return Err(UserError::new(
            "SEA_KEEPS_NO_ASHES",
            "A burial at sea keeps no ashes.",
            "海葬不保留骨灰。",
        )
        .field(&["keepsAshes"])
        .basis(REGULATION));
    }
    Ok(())
}

/// For whom a niche or grave is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotBuyer {
    /// For someone whose death or cremation paper is there.
    Deceased,
    /// For the living husband or wife of someone who lies, or will lie, in the same double plot.
    LivingSpouseOfOccupant,
    /// For another living person.
    Living,
    /// For resale or transfer against money.
    Resale,
}

/// F-10, 殡葬管理条例（2012）第十条: a niche or grave is given only against a death or cremation
/// paper; a living spouse may share a double one; nobody buys for later, and nobody resells.
pub fn plot_sale(buyer: PlotBuyer, occupant_limit: i32) -> Verdict {
    match buyer {
        PlotBuyer::Deceased => Ok(()),
        PlotBuyer::LivingSpouseOfOccupant if occupant_limit >= 2 => Ok(()),
        PlotBuyer::LivingSpouseOfOccupant | PlotBuyer::Living => Err(UserError::new(
            "PLOT_NEEDS_DEATH_PAPER",
            "A niche or grave is given only against a death or cremation paper.",
            "须凭死亡证明或火化证明取得格位、墓位。",
        )
        .basis(REGULATION)),
        PlotBuyer::Resale => Err(UserError::new(
            "PLOT_RESALE_FORBIDDEN",
            "A niche or grave is not resold or transferred for gain.",
            "不得转让、炒买炒卖格位、墓位。",
        )
        .basis(REGULATION)),
    }
}

/// F-12, F-15, 殡葬管理条例（1997）第十三条: the day of an interment: not in the future, not before the death, and of ashes not
/// before the cremation. For an interment as it is entered and as it is corrected.
pub fn interment_day(
    on: NaiveDate,
    died_on: Option<NaiveDate>,
    cremated_on: Option<NaiveDate>,
    today: NaiveDate,
) -> Verdict {
    if on > today {
        return Err(UserError::new(
            "INTERMENT_IN_FUTURE",
            "The interment lies after today.",
            "安葬日期晚于今日。",
        )
        .field(&["on"]));
    }
    if died_on.into_iter().chain(cremated_on).all(|day| day <= on) {
        return Ok(());
    }
    Err(UserError::new(
        "INTERMENT_DAY",
        "Nobody is laid to rest before the death or the cremation.",
        "安葬日期不得早于死亡日期或者火化日期。",
    )
    .field(&["on"]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::settings;
    use super::*;
    use sea_orm::Iterable;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    #[test]
    fn a_custom_is_respected_by_group_and_area() {
        let table = [
            (Some(CustomGroup::Hui), "320302", true),
            (Some(CustomGroup::Tibetan), "513201", true),
            (Some(CustomGroup::Tibetan), "510118", false),
            (Some(CustomGroup::Tibetan), "513422", true),
            (None, "513201", false),
        ];
        for (group, code, respected) in table {
            assert_eq!(
                custom_respected(group, code, &settings::on("51", today())),
                respected,
                "{group:?} {code}"
            );
        }
        let early = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();
        assert!(!custom_respected(
            Some(CustomGroup::Hui),
            "320302",
            &settings::on("32", early)
        ));
        // Each group stands in the register with its article and where it was read.
        for group in CustomGroup::iter() {
            let row = settings::on("51", today()).row(custom_of(group)).unwrap();
            assert!(!row.source.is_empty(), "{group:?}");
            assert_eq!(row.legal_basis, "殡葬管理条例（2012）第六条", "{group:?}");
        }
    }

    #[test]
    fn the_sea_keeps_nothing() {
        for kind in IntermentKind::iter() {
            assert_eq!(
                keeps_ashes(kind, true).is_ok(),
                kind != IntermentKind::Sea,
                "{kind:?}"
            );
            assert!(keeps_ashes(kind, false).is_ok());
        }
        assert!(is_ecological(IntermentKind::Sea) && !is_ecological(IntermentKind::AshPlot));
    }

    #[test]
    fn a_family_may_renew_for_a_year_after_the_term() {
        let rules = settings::on("51", today());
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let end = grace_ends(today(), &rules);
        assert_eq!((end.day, end.provisional), (day(2027, 11, 22), true));
        // 民法典 203: 2026-05-02 is a Saturday within 劳动节.
        assert_eq!(grace_ends(day(2025, 5, 2), &rules).day, day(2026, 5, 6));
    }

    #[test]
    fn a_cremation_area_refuses_bodies_but_respects_custom() {
        let rules = settings::on("35", today());
        for kind in IntermentKind::iter() {
            // 实行火葬的地区…遗体应当火化; 深埋不留坟头 is for the ashes.
            let of_body = kind == IntermentKind::BodyPlot;
            assert_eq!(is_of_body(kind), of_body);
            assert_eq!(
                body_burial(kind, false, &rules).is_err(),
                of_body,
                "{kind:?}"
            );
            assert!(body_burial(kind, true, &rules).is_ok(), "{kind:?}");
        }
    }

    #[test]
    fn a_village_cemetery_is_for_villagers() {
        assert!(serves(FacilitySubKind::RuralPublic, true).is_ok());
        assert!(serves(FacilitySubKind::RuralPublic, false).is_err());
        assert!(serves(FacilitySubKind::UrbanPublic, false).is_ok());
    }

    #[test]
    fn a_grave_for_ashes_is_at_most_one_square_metre() {
        let rules = settings::on("51", today());
        let table = [
            (PlotKind::AshPlot, 1_000, true),
            (PlotKind::AshPlot, 1_001, false),
            (PlotKind::AshPlot, 0, false),
            (PlotKind::BodyPlot, 4_000, true),
            (PlotKind::BodyPlot, 4_001, false),
            (PlotKind::Niche, 120, true),
        ];
        for (kind, area, allowed) in table {
            assert_eq!(
                plot_area(kind, area, &rules).is_ok(),
                allowed,
                "{kind:?} {area}"
            );
        }
    }

    #[test]
    fn a_contract_is_renewed_after_twenty_years() {
        let rules = settings::on("51", today());
        let leap = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        assert_eq!(
            renewal_due(leap, &rules),
            NaiveDate::from_ymd_opt(2044, 2, 29).unwrap()
        );
    }

    #[test]
    fn nobody_buys_a_grave_for_later() {
        let table = [
            (PlotBuyer::Deceased, 1, None),
            (PlotBuyer::LivingSpouseOfOccupant, 2, None),
            (
                PlotBuyer::LivingSpouseOfOccupant,
                1,
                Some("PLOT_NEEDS_DEATH_PAPER"),
            ),
            (PlotBuyer::Living, 2, Some("PLOT_NEEDS_DEATH_PAPER")),
            (PlotBuyer::Resale, 2, Some("PLOT_RESALE_FORBIDDEN")),
        ];
        for (buyer, limit, expected) in table {
            assert_eq!(
                plot_sale(buyer, limit).err().map(|e| e.code).as_deref(),
                expected,
                "{buyer:?}"
            );
        }
    }
}
