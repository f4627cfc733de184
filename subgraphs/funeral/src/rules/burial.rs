//! Where and how the dead may be laid to rest.

use chrono::{Months, NaiveDate};
use minzheng_kit::error::UserError;

use super::settings::Settings;
use super::terms::{FacilitySubKind, IntermentKind, PlotKind};
use super::{REGULATION, Verdict};

/// F-3, 殡葬管理条例（2012）第四至六条: in a cremation area a body is not buried, except by the
/// custom of a minority for which the province keeps a setting.
pub fn body_burial(kind: IntermentKind, custom_respected: bool, settings: &Settings) -> Verdict {
    let of_body = matches!(kind, IntermentKind::BodyPlot | IntermentKind::DeepBurial);
    if of_body && settings.cremation_area.value && !custom_respected {
        return Err(UserError::new(
            "CREMATION_AREA",
            "In a cremation area a body is not buried.",
            "火葬区内不得土葬遗体。",
        )
        .basis(settings.cremation_area.legal_basis));
    }
    Ok(())
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
    if milli_m2 <= 0 || (kind == PlotKind::AshPlot && milli_m2 > settings.ash_plot_milli_m2.value) {
        return Err(UserError::new(
            "PLOT_AREA_EXCEEDED",
            "The grave is larger than the province allows.",
            "墓位面积超过规定标准。",
        )
        .field(&["area"])
        .basis(settings.ash_plot_milli_m2.legal_basis));
    }
    Ok(())
}

/// F-9, 殡葬管理条例（2012）第十一条: the first day after the term of a contract, when it is to
/// be renewed.
pub fn renewal_due(contract_from: NaiveDate, settings: &Settings) -> NaiveDate {
    contract_from
        .checked_add_months(Months::new(settings.renewal_years.value.saturating_mul(12)))
        .unwrap_or(NaiveDate::MAX)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::settings;
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn a_cremation_area_refuses_bodies_but_respects_custom() {
        let rules = settings::of_province("35");
        for kind in IntermentKind::iter() {
            let of_body = matches!(kind, IntermentKind::BodyPlot | IntermentKind::DeepBurial);
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
        let rules = settings::of_province("51");
        let table = [
            (PlotKind::AshPlot, 1_000, true),
            (PlotKind::AshPlot, 1_001, false),
            (PlotKind::AshPlot, 0, false),
            (PlotKind::BodyPlot, 4_000, true),
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
        let rules = settings::of_province("51");
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
