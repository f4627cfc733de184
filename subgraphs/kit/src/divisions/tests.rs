#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{HashMap, HashSet};

use super::*;

fn id(code: &str) -> Uuid {
    dataset()
        .by_code(code)
        .unwrap_or_else(|| panic!("{code}"))
        .id
}

#[test]
fn the_embedded_tables_are_whole() {
    let set = load().unwrap();
    let counts = Counts {
        provinces: 31,
        prefectures: 342,
        counties: 2978,
        townships: 41352,
        historic: 6823,
    };
    assert_eq!(set.counts(), counts);
    let of = |level| set.current().iter().filter(|d| d.level == level).count();
    assert_eq!(of(Level::Province), 34, "31 and 香港, 澳门, 台湾");
    assert_eq!(of(Level::Prefecture), 342 - 9, "nine rows are structure");
    assert_eq!(
        of(Level::County),
        2978 - 4 + 4,
        "four cities without counties; four districts newer than the table"
    );
    assert_eq!(of(Level::Township), 41352);
    assert!(outside_mainland().unwrap()["香港特别行政区"]["九龙"].is_array());
}

#[test]
fn sichuan_has_183_counties() {
    assert_eq!(dataset().counties_of("51").count(), 183);
}

#[test]
fn xinjin_is_one_division_under_two_codes() {
    let set = dataset();
    let xinjin = set.by_code("510118").unwrap();
    assert_eq!(
        (xinjin.name.as_str(), xinjin.kind),
        ("新津区", Kind::District)
    );
    assert_eq!(
        xinjin.id,
        division_id("512732"),
        "made from its first code, of 温江地区"
    );
    assert_eq!(set.historic_at("510132", 2010).unwrap().id, xinjin.id);
    assert!(set.historic_at("510132", 2020).is_none());
    assert_eq!(set.children(&xinjin.id).count(), 8);
    let above: Vec<&str> = set
        .ancestors(&xinjin.id)
        .iter()
        .map(|d| d.name.as_str())
        .collect();
    assert_eq!(above, ["成都市", "四川省"]);
    let step = set
        .lineage()
        .iter()
        .find(|l| l.to_code.as_deref() == Some("510118"))
        .unwrap();
    assert_eq!(
        (step.relation, step.year, step.from),
        (Relation::Retype, 2020, step.to)
    );
}

#[test]
fn the_reports_places_keep_their_identity() {
    for (codes, name) in [
        (["362322", "361122", "361103"], "广丰区"),
        (["350126", "350182", "350112"], "长乐区"),
    ] {
        let today = dataset().by_code(codes[2]).unwrap();
        assert_eq!(today.name, name);
        for row in dataset()
            .historic()
            .iter()
            .filter(|h| codes.contains(&h.code.as_str()))
        {
            assert_eq!(row.id, today.id, "{}", row.code);
        }
    }
}

#[test]
fn counties_moved_to_chongqing_in_1997() {
    let set = dataset();
    let moved: HashSet<&str> = set
        .lineage()
        .iter()
        .filter(|l| l.year == 1997)
        .filter_map(|l| Some((l.from_code.as_deref()?, l.to_code.as_deref()?)))
        .filter(|(from, to)| {
            from.starts_with("51") && to.starts_with("50") && !from.ends_with("00")
        })
        .map(|(from, _)| from)
        .collect();
    assert_eq!(moved.len(), 43);
    let yubei = set.historic_at("510223", 1990);
    assert!(yubei.is_some());
}

#[test]
fn townships_hang_under_cities_without_counties() {
    for (code, name) in [
        ("441900", "东莞市"),
        ("442000", "中山市"),
        ("460400", "儋州市"),
        ("620200", "嘉峪关市"),
    ] {
        let city = dataset().by_code(code).unwrap();
        assert_eq!((city.name.as_str(), city.level), (name, Level::Prefecture));
        assert!(
            dataset()
                .children(&city.id)
                .all(|d| d.level == Level::Township),
            "{name}"
        );
        assert!(dataset().children(&city.id).count() > 0, "{name}");
    }
    assert!(dataset().by_code("620201").is_none());
    assert_eq!(
        dataset().by_code("429004").unwrap().parent,
        Some(id("420000")),
        "省直辖"
    );
    assert_eq!(
        dataset().by_code("500101").unwrap().parent,
        Some(id("500000"))
    );
    assert!(!dataset().current().iter().any(|d| d.name == "市辖区"));
}

/// D-1: versions of one division do not overlap and leave no gap.
#[test]
fn versions_follow_each_other() {
    for pair in dataset()
        .versions()
        .windows(2)
        .filter(|p| p[0].division == p[1].division)
    {
        assert_eq!(pair[0].to_year, Some(pair[1].from_year), "{}", pair[0].code);
        assert_eq!(pair[0].level, pair[1].level, "{}", pair[0].code);
    }
}

/// D-2: at any instant a live code belongs to at most one division.
#[test]
fn a_code_is_borne_by_one_division_at_a_time() {
    let mut by_code: HashMap<&str, Vec<&Version>> = HashMap::new();
    for version in dataset().versions() {
        by_code.entry(&version.code).or_default().push(version);
    }
    for versions in by_code.values_mut() {
        versions.sort_by_key(|v| v.from_year);
        for pair in versions.windows(2) {
            assert!(
                pair[0].to_year.is_some_and(|to| to <= pair[1].from_year),
                "{}",
                pair[0].code
            );
        }
    }
}

/// D-7: whatever has changed since, a code of a year means who bore it then, under the name of then; and it means nobody
/// in a year in which nobody bore it.
#[test]
fn a_code_of_a_year_is_its_bearers_of_that_year() {
    let set = dataset();
    let mut years: HashMap<&str, Vec<(u32, Uuid)>> = HashMap::new();
    for row in set.historic() {
        for year in row.from_year..row.to_year.unwrap_or(2027) {
            let then = set.historic_at(&row.code, year).unwrap();
            assert_eq!(
                (then.id, &then.name),
                (row.id, &row.name),
                "{} in {year}",
                row.code
            );
            years.entry(&row.code).or_default().push((year, row.id));
        }
    }
    for (code, borne) in years {
        for year in 1981..2027 {
            let expected = borne.iter().find(|(in_year, _)| *in_year == year);
            let found = set.historic_at(code, year).map(|then| then.id);
            assert_eq!(found, expected.map(|(_, id)| *id), "{code} in {year}");
        }
    }
}

/// D-3 and D-4: the parent is alive whenever the child is, and is of a higher level.
#[test]
fn parents_are_alive_and_above() {
    let mut spans: HashMap<Uuid, (u32, Option<u32>, Level)> = HashMap::new();
    for v in dataset().versions() {
        let span = spans
            .entry(v.division)
            .or_insert((v.from_year, v.to_year, v.level));
        span.0 = span.0.min(v.from_year);
        span.1 = v.to_year;
    }
    for v in dataset().versions() {
        let Some(parent) = v.parent else {
            assert_eq!(v.level, Level::Province, "{}", v.code);
            continue;
        };
        let (from, to, level) = spans[&parent];
        assert!(level < v.level, "{}", v.code);
        assert!(from <= v.from_year, "{}", v.code);
        assert!(
            to.is_none_or(|to| v.to_year.is_some_and(|end| end <= to)),
            "{} {:?}",
            v.code,
            v.name
        );
    }
}

/// D-5: a merger has two sources or more (the absorbing one counts), a split two targets or more.
#[test]
fn mergers_and_splits_have_sides() {
    let mut into: HashMap<(Uuid, u32), HashSet<Uuid>> = HashMap::new();
    let mut out: HashMap<(Uuid, u32), HashSet<Uuid>> = HashMap::new();
    let begun: HashMap<Uuid, u32> = dataset()
        .versions()
        .iter()
        .rev()
        .map(|v| (v.division, v.from_year))
        .collect();
    for step in dataset().lineage() {
        let (Some(from), Some(to)) = (step.from, step.to) else {
            continue;
        };
        if !matches!(step.relation, Relation::Transfer) {
            into.entry((to, step.year)).or_default().insert(from);
            out.entry((from, step.year)).or_default().insert(to);
        }
        if begun[&to] < step.year {
            into.entry((to, step.year)).or_default().insert(to);
        }
    }
    for step in dataset().lineage() {
        match (step.relation, step.from, step.to) {
            (Relation::Merge, Some(_), Some(to)) => {
                assert!(into[&(to, step.year)].len() >= 2, "{step:?}")
            }
            (Relation::Split, Some(from), Some(_)) => {
                assert!(out[&(from, step.year)].len() >= 2, "{step:?}")
            }
            _ => {}
        }
    }
}

/// D-6: lineage from any historic code ends at a live division.
#[test]
fn every_historic_code_leads_to_today() {
    for row in dataset().historic() {
        assert!(
            !dataset().today(&row.id).is_empty(),
            "{} {}",
            row.code,
            row.name
        );
        assert!(dataset().known_code_ever(&row.code));
    }
    assert!(
        !dataset()
            .lineage()
            .iter()
            .any(|l| l.relation == Relation::Abolish)
    );
    assert!(!dataset().known_code_ever("990101"));
}

#[test]
fn a_prefecture_made_a_city_goes_on() {
    // 上饶地区 362300 became 上饶市 361100 in 2000; the source does not say so, its counties do.
    let shangrao = dataset().by_code("361100").unwrap();
    assert_eq!(
        shangrao.id,
        dataset().historic_at("362300", 1990).unwrap().id
    );
    let chongqing = dataset().historic_at("510200", 1990).unwrap();
    assert_eq!(dataset().today(&chongqing.id)[0].code, "500000");
}

#[test]
fn ids_do_not_collide() {
    let mut names: HashMap<Uuid, Level> = HashMap::new();
    for v in dataset().versions() {
        assert_eq!(
            *names.entry(v.division).or_insert(v.level),
            v.level,
            "{}",
            v.code
        );
    }
    let ids: HashSet<Uuid> = dataset().current().iter().map(|d| d.id).collect();
    assert_eq!(ids.len(), dataset().current().len());
}
