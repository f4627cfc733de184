//! D-1 to D-9 over the real history since 1981, and over changes of it that nobody has thought of.

use std::sync::OnceLock;

use minzheng_kit::{
    UserError,
    divisions::{Relation, dataset},
};
use proptest::prelude::*;
use sea_orm::Iterable;

use super::*;

mod any_change;
mod several;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn first_day(year: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(i32::try_from(year).unwrap(), 1, 1).unwrap()
}

/// Every version of every division since 1981.
fn history() -> Vec<Span> {
    dataset()
        .versions()
        .iter()
        .map(|version| Span {
            division: version.division,
            code: version.code.clone(),
            level: version.level.into(),
            parent: version.parent,
            from: first_day(version.from_year),
            to: version.to_year.map(first_day),
        })
        .collect()
}

/// The whole country as it stands today.
fn country() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let set = dataset();
        let mut begun = HashMap::new();
        for version in set.versions() {
            begun.insert(version.division, first_day(version.from_year));
        }
        let states = set.current().iter().map(|one| {
            let above = set.ancestors(&one.id);
            let at = |level: DivisionLevel| {
                std::iter::once(one)
                    .chain(above.iter().copied())
                    .find(|d| DivisionLevel::from(d.level) == level)
                    .map(|d| d.id)
            };
            let state = State {
                division: one.id,
                code: one.code.clone(),
                name: one.name.clone(),
                level: one.level.into(),
                kind: one.kind.into(),
                parent: one.parent,
                prefecture: at(DivisionLevel::Prefecture),
                province: at(DivisionLevel::Province).unwrap(),
                from: begun[&one.id],
            };
            (one.id, state)
        });
        World {
            states: states.collect(),
            used: set.versions().iter().map(|v| v.division).collect(),
            codes: set.current().iter().map(|d| d.code.clone()).collect(),
        }
    })
}

fn change(relation: LineageRelation, sources: Vec<Uuid>, targets: Vec<Target>) -> Change {
    Change {
        relation,
        sources,
        targets,
        effective: day("2027-03-01"),
        approved_on: day("2026-10-01"),
        authority: NamingAuthority::ProvinceGovernment,
        is_extended: false,
        papers: Paper::iter().collect(),
    }
}

fn target(division: Option<Uuid>, code: &str, name: &str, kind: DivisionKind) -> Target {
    Target {
        division,
        code: code.to_owned(),
        name: name.to_owned(),
        kind,
        parent: None,
        takes: Vec::new(),
        share: None,
    }
}

fn codes(faults: &[UserError]) -> Vec<&str> {
    faults.iter().map(|fault| fault.code.as_str()).collect()
}

#[test]
fn the_real_history_keeps_d1_to_d4() {
    assert_eq!(broken(&history()), Vec::<String>::new());
}

#[test]
fn every_division_of_the_real_history_leads_to_life() {
    let set = dataset();
    let live: HashSet<Uuid> = set.current().iter().map(|one| one.id).collect();
    let mut heirs: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for step in set.lineage() {
        if let (Some(from), Some(to)) = (step.from, step.to)
            && step.relation != Relation::Transfer
        {
            heirs.entry(from).or_default().push(to);
        }
    }
    for version in set.versions() {
        assert!(
            leads_to_life(version.division, &live, &heirs),
            "{}",
            version.code
        );
    }
    assert!(!leads_to_life(Uuid::nil(), &live, &heirs));
}

#[test]
fn sides_terms_papers_and_codes_are_judged_by_table() {
    use LineageRelation as R;
    for (relation, sources, targets, fits) in [
        (R::Merge, 1, 1, false),
        (R::Merge, 2, 1, true),
        (R::Merge, 4, 2, false),
        (R::Split, 1, 1, false),
        (R::Split, 1, 2, true),
        (R::Retype, 1, 1, true),
        (R::Retype, 2, 1, false),
        (R::Abolish, 1, 0, true),
        (R::Create, 0, 1, true),
        (R::Create, 1, 1, false),
    ] {
        assert_eq!(
            sides_fit(relation, sources, targets).is_none(),
            fits,
            "{relation:?}"
        );
    }
    for (effective, extended, fits) in [
        ("2026-09-30", false, false),
        ("2026-10-01", false, true),
        ("2027-10-01", false, true),
        ("2027-10-02", false, false),
        // 民法典 203: 1 April 2028 is a Saturday.
        ("2028-04-03", true, true),
        ("2028-04-04", true, false),
    ] {
        let wanted = Change {
            effective: day(effective),
            is_extended: extended,
            ..change(R::Rename, vec![], vec![])
        };
        assert_eq!(term_fits(&wanted).is_none(), fits, "{effective}");
    }
    assert!(papers_are_whole(R::Merge, &[Paper::Reasons]).is_some());
    assert!(papers_are_whole(R::Recode, &[]).is_none());
    use DivisionKind as K;
    for (level, kind, code, fits) in [
        (DivisionLevel::Township, K::Subdistrict, "350112005", true),
        (DivisionLevel::Township, K::Subdistrict, "350112105", false),
        (DivisionLevel::Township, K::Town, "350112105", true),
        (DivisionLevel::Township, K::Township, "350112205", true),
        (
            DivisionLevel::Township,
            K::EthnicTownship,
            "350112305",
            true,
        ),
        (DivisionLevel::Township, K::Town, "350112", false),
        (DivisionLevel::County, K::District, "510118", true),
        (DivisionLevel::County, K::District, "510100", false),
        (DivisionLevel::County, K::Town, "510118", false),
        (DivisionLevel::Prefecture, K::Prefecture, "510100", true),
        (DivisionLevel::Province, K::Province, "510000", true),
        (DivisionLevel::Township, K::Town, "三五", false),
    ] {
        assert_eq!(code_fits(level, kind, code).is_none(), fits, "{code}");
    }
    use NamingAuthority as A;
    for (relation, level, kinds, authority, fits) in [
        // 宪法 62(13): 批准省、自治区和直辖市的建置.
        (
            R::Rename,
            DivisionLevel::Province,
            vec![K::Province],
            A::NationalPeoplesCongress,
            true,
        ),
        (
            R::Merge,
            DivisionLevel::Province,
            vec![K::Province],
            A::StateCouncil,
            false,
        ),
        (
            R::Retype,
            DivisionLevel::County,
            vec![K::County],
            A::NationalPeoplesCongress,
            false,
        ),
        (
            R::Retype,
            DivisionLevel::County,
            vec![K::County],
            A::StateCouncil,
            true,
        ),
        (
            R::Retype,
            DivisionLevel::County,
            vec![K::County],
            A::ProvinceGovernment,
            false,
        ),
        (
            R::Retype,
            DivisionLevel::Township,
            vec![K::Town, K::Subdistrict],
            A::ProvinceGovernment,
            true,
        ),
        (
            R::Retype,
            DivisionLevel::Township,
            vec![K::Town, K::Subdistrict],
            A::PrefectureGovernment,
            false,
        ),
        (
            R::Split,
            DivisionLevel::Township,
            vec![K::Subdistrict, K::Subdistrict],
            A::PrefectureGovernment,
            true,
        ),
        (
            R::Recode,
            DivisionLevel::County,
            vec![K::County],
            A::Ministry,
            true,
        ),
    ] {
        let found = authority_fits(relation, level, &kinds, authority);
        assert_eq!(found.is_none(), fits, "{relation:?} {authority:?}");
    }
}

#[test]
fn a_town_becomes_a_subdistrict_and_stays_itself() {
    let town = dataset().by_code("510118").unwrap();
    let town = dataset()
        .children(&town.id)
        .find(|one| one.code.as_bytes()[6] == b'1')
        .unwrap();
    let taken = target(None, "510118001", "某街道", DivisionKind::Subdistrict);
    let free = target(None, "510118090", "某街道", DivisionKind::Subdistrict);
    if country().codes.contains("510118001") {
        let faults = check(
            &change(LineageRelation::Retype, vec![town.id], vec![taken]),
            country(),
        );
        assert_eq!(codes(&faults), ["CODE_TAKEN"]);
    }
    let made = plan(
        &change(LineageRelation::Retype, vec![town.id], vec![free]),
        country(),
    )
    .unwrap();
    assert_eq!(made.opened[0].division, town.id);
    assert_eq!(made.opened[0].parent, town.parent);
    assert!(made.founded.is_empty() && made.below.is_empty());
    assert_eq!(made.steps.len(), 1);
    assert_eq!(made.steps[0].from_code.as_deref(), Some(town.code.as_str()));
}

#[test]
fn a_county_that_is_recoded_takes_its_townships_along() {
    // As 广丰县 362322 became 361122 in 2000.
    let county = dataset().by_code("510118").unwrap();
    let townships = dataset().children(&county.id).count();
    let wanted = Change {
        authority: NamingAuthority::StateCouncil,
        ..change(
            LineageRelation::Retype,
            vec![county.id],
            vec![target(None, "510199", "新津市", DivisionKind::CountyCity)],
        )
    };
    let made = plan(&wanted, country()).unwrap();
    assert_eq!(made.below.len(), townships);
    assert!(
        made.opened
            .iter()
            .all(|state| state.code.starts_with("510199"))
    );
    assert_eq!(made.closed.len(), townships + 1);
}

#[test]
fn what_cannot_be_is_refused_with_its_code() {
    let county = dataset().by_code("510118").unwrap();
    let towns: Vec<Uuid> = dataset().children(&county.id).map(|one| one.id).collect();
    let merged = || vec![target(None, "510118190", "合镇", DivisionKind::Town)];
    let refused = |wanted: &Change| codes(&check(wanted, country())).join(" ");
    let twice = change(LineageRelation::Merge, vec![towns[0], towns[0]], merged());
    assert_eq!(refused(&twice), "SOURCE_NOT_IN_FORCE");
    let unknown = change(
        LineageRelation::Merge,
        vec![towns[0], Uuid::nil()],
        merged(),
    );
    assert_eq!(refused(&unknown), "SOURCE_NOT_IN_FORCE");
    let mixed = change(LineageRelation::Merge, vec![towns[0], county.id], merged());
    assert!(refused(&mixed).contains("LEVELS_UNFIT"));
    let abolished = Change {
        authority: NamingAuthority::StateCouncil,
        ..change(LineageRelation::Abolish, vec![county.id], vec![])
    };
    assert_eq!(refused(&abolished), "BELOW_UNASSIGNED");
    let mut under_itself = merged();
    under_itself[0].parent = Some(towns[0]);
    let circle = change(
        LineageRelation::Merge,
        vec![towns[0], towns[1]],
        under_itself,
    );
    assert_eq!(refused(&circle), "CODE_UNFIT PARENT_UNFIT");
    let mut stranger = merged();
    stranger[0].division = Some(towns[2]);
    let absorbed = change(LineageRelation::Merge, vec![towns[0], towns[1]], stranger);
    assert_eq!(refused(&absorbed), "TARGET_UNFIT");
    let county_split = Change {
        authority: NamingAuthority::StateCouncil,
        ..change(
            LineageRelation::Split,
            vec![county.id],
            vec![
                target(Some(county.id), "510118", "新津区", DivisionKind::District),
                target(None, "510198", "新区", DivisionKind::District),
            ],
        )
    };
    assert_eq!(refused(&county_split), "BELOW_UNASSIGNED");
}

#[test]
fn figures_are_shared_without_loss() {
    assert_eq!(parts(&[Some(0.5), None]), None);
    assert_eq!(parts(&[]), None);
    let halves = parts(&[Some(0.5), Some(0.5)]).unwrap();
    assert_eq!(halves.iter().map(|p| rebased(3, *p)).sum::<i64>(), 3);
    // A half of a half is a quarter.
    assert_eq!(within((0.0, 0.5), (0.5, 1.0)), (0.5, 0.75));
}

/// GB/T 2260, GB/T 10114: the first digits of a code are those of the division above.
#[test]
fn a_code_begins_with_the_digits_of_the_division_above() {
    let state = |code: &str| {
        let id = dataset().by_code(code).unwrap().id;
        country().states.get(&id).cloned().unwrap()
    };
    for (code, above, fits) in [
        ("510118191", Some("510118"), true),
        ("510104191", Some("510118"), false),
        ("510199", Some("510100"), true),
        ("510399", Some("510100"), false),
        // A county directly under the province.
        ("429098", Some("420000"), true),
        ("439098", Some("420000"), false),
        ("510000", None, true),
    ] {
        let above = above.map(state);
        assert_eq!(code_under(code, above.as_ref()).is_none(), fits, "{code}");
    }
}
