//! From rows and descent to the finished [`Dataset`].

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::{
    CodeSystem, Counts, Dataset, Division, HistoricCode, Kind, Level, Lineage, Precision, Relation,
    SNAPSHOT_YEAR, Version, division_id,
    kind::stem,
    lineage::{ByCode, Descent, descend},
    source::{Listed, Row, Source},
};

/// Prefecture rows of the bureau's table that only group counties under the province.
fn is_structure(city: &Listed) -> bool {
    city.name == "县" || city.name == "市辖区" || city.name.contains("直辖县级")
}

pub(super) fn build(source: Source) -> Dataset {
    let counts = Counts {
        provinces: source.provinces.len(),
        prefectures: source.cities.len(),
        counties: source.areas.len(),
        townships: source.streets.len(),
        historic: source.history.len(),
    };
    let rows = &source.history;
    let by_code = ByCode::new(rows);
    let descent = descend(rows);
    let row_ids = identities(rows, &descent);

    let mut versions = historic_versions(rows, &by_code, &row_ids);
    listed_versions(&source, &mut versions);
    versions.sort_by_key(|v| (v.division, v.from_year));

    let mut current: Vec<Division> = versions
        .iter()
        .filter(|v| v.to_year.is_none())
        .map(division)
        .collect();
    current.sort_by(|a, b| a.code.cmp(&b.code));

    let mut dataset = Dataset {
        lineage: steps(rows, &descent, &row_ids),
        counts,
        versions,
        ..Dataset::default()
    };
    for (i, division) in current.iter().enumerate() {
        dataset.by_code.insert(division.code.clone(), i);
        dataset.by_id.insert(division.id, i);
        if let Some(parent) = division.parent {
            dataset.children.entry(parent).or_default().push(i);
        }
    }
    dataset.current = current;
    dataset.today = heirs_today(rows, &descent, &row_ids);
    for (i, (row, id)) in source.history.into_iter().zip(row_ids).enumerate() {
        dataset
            .historic_by_code
            .entry(row.code.clone())
            .or_default()
            .push(i);
        dataset.historic.push(HistoricCode {
            code: row.code,
            name: row.name,
            level: row.level,
            from_year: row.from,
            to_year: row.to,
            successors: row.successors,
            id,
        });
    }
    dataset
}

fn division(version: &Version) -> Division {
    Division {
        id: version.division,
        code: version.code.clone(),
        name: version.name.clone(),
        level: version.level,
        kind: version.kind,
        system: version.system,
        parent: version.parent,
    }
}

/// The id of each row's division: from its first code, and from code and year where an earlier division
/// began with the same code.
fn identities(rows: &[Row], descent: &Descent) -> Vec<Uuid> {
    let mut heads: Vec<usize> = (0..rows.len()).filter(|&i| descent.head[i] == i).collect();
    heads.sort_by_key(|&i| rows[i].from);
    let mut taken = HashSet::with_capacity(heads.len());
    let mut ids = vec![Uuid::nil(); rows.len()];
    for head in heads {
        let row = &rows[head];
        ids[head] = if taken.insert(row.code.as_str()) {
            division_id(&row.code)
        } else {
            division_id(&format!("{}@{}", row.code, row.from))
        };
    }
    (0..rows.len()).map(|i| ids[descent.head[i]]).collect()
}

/// The versions of counties, prefectures and provinces; a row is cut where the division above it changes.
fn historic_versions(rows: &[Row], by_code: &ByCode<'_>, ids: &[Uuid]) -> Vec<Version> {
    let mut versions = Vec::with_capacity(rows.len() + 50_000);
    for (i, row) in rows.iter().enumerate() {
        let above = |year: u32| -> Option<Uuid> {
            let parent = match row.level {
                Level::County => by_code
                    .prefecture(&row.code, year)
                    .or_else(|| by_code.province(&row.code, year)),
                Level::Prefecture => by_code.province(&row.code, year),
                Level::Province | Level::Township => None,
            };
            parent.map(|p| ids[p])
        };
        let mut from = row.from;
        let mut push = |from: u32, to: Option<u32>| {
            versions.push(Version {
                division: ids[i],
                code: row.code.clone(),
                name: row.name.clone(),
                level: row.level,
                kind: Kind::of(row.level, &row.code, &row.name),
                system: CodeSystem::Mca,
                parent: above(from),
                from_year: from,
                to_year: to,
                precision: Precision::Year,
            });
        };
        for year in turning_points(rows, by_code, row) {
            if above(year) != above(from) {
                push(from, Some(year));
                from = year;
            }
        }
        push(from, row.to);
    }
    versions
}

/// The years, inside a row's life, in which something above it begins or ends.
fn turning_points(rows: &[Row], by_code: &ByCode<'_>, row: &Row) -> BTreeSet<u32> {
    let above = [
        format!("{}00", &row.code[..4]),
        format!("{}0000", &row.code[..2]),
    ];
    above
        .iter()
        .flat_map(|code| by_code.all(code))
        .flat_map(|&i| [Some(rows[i].from), rows[i].to])
        .flatten()
        .filter(|&year| year > row.from && row.to.is_none_or(|to| year < to))
        .collect()
}

/// The bureau's zones and all townships, which have no history in this set.
fn listed_versions(source: &Source, versions: &mut Vec<Version>) {
    let mut live: HashMap<String, Uuid> = versions
        .iter()
        .filter(|v| v.to_year.is_none())
        .map(|v| (v.code.clone(), v.division))
        .collect();
    let used: HashSet<&str> = source.history.iter().map(|r| r.code.as_str()).collect();
    let cities: HashMap<&str, &Listed> =
        source.cities.iter().map(|c| (c.code.as_str(), c)).collect();
    let listed = |id: Uuid, row: &Listed, level: Level, kind: Kind, parent: Option<Uuid>| Version {
        division: id,
        code: row.code.clone(),
        name: row.name.clone(),
        level,
        kind,
        system: CodeSystem::Nbs,
        parent,
        from_year: SNAPSHOT_YEAR,
        to_year: None,
        precision: Precision::Snapshot,
    };
    for area in source.areas.iter() {
        if live.contains_key(&area.code) {
            continue;
        }
        let city = cities.get(area.parent.as_str());
        let prefecture = live.get(&format!("{}00", area.parent)).copied();
        let parent =
            prefecture.or_else(|| live.get(&format!("{}0000", area.code.get(..2)?)).copied());
        if city.is_some_and(|c| !is_structure(c) && c.name == area.name) {
            // A city without counties: its townships stand under the city itself.
            live.extend(parent.map(|id| (area.code.clone(), id)));
            continue;
        }
        let id = if used.contains(area.code.as_str()) {
            division_id(&format!("{}@{SNAPSHOT_YEAR}", area.code))
        } else {
            division_id(&area.code)
        };
        live.insert(area.code.clone(), id);
        versions.push(listed(id, area, Level::County, Kind::Zone, parent));
    }
    for street in &source.streets {
        let kind = Kind::of(Level::Township, &street.code, &street.name);
        let mut version = listed(
            division_id(&street.code),
            street,
            Level::Township,
            kind,
            live.get(&street.parent).copied(),
        );
        if kind != Kind::Zone {
            version.system = CodeSystem::Mca;
        }
        versions.push(version);
    }
}

/// Every step of descent with what it is called.
fn steps(rows: &[Row], descent: &Descent, ids: &[Uuid]) -> Vec<Lineage> {
    let mut whole_from = vec![0_u32; rows.len()];
    let mut whole_to = vec![0_u32; rows.len()];
    for edge in descent.edges.iter().filter(|e| !e.partial) {
        whole_from[edge.from] += 1;
        whole_to[edge.to] += u32::from(rows[edge.to].from == edge.year);
    }
    let mut steps = Vec::with_capacity(descent.edges.len() + 1000);
    for edge in &descent.edges {
        let (from, to) = (&rows[edge.from], &rows[edge.to]);
        let relation = if edge.partial {
            Relation::Transfer
        } else if whole_from[edge.from] > 1 {
            Relation::Split
        } else if descent.next[edge.from] == Some(edge.to) {
            same_division(from, to)
        } else if to.from == edge.year && whole_to[edge.to] == 1 {
            Relation::Retype // one to one, on another level
        } else {
            Relation::Merge
        };
        steps.push(Lineage {
            from: Some(ids[edge.from]),
            to: Some(ids[edge.to]),
            from_code: Some(from.code.clone()),
            to_code: Some(to.code.clone()),
            relation,
            year: edge.year,
            inferred: edge.inferred,
        });
    }
    for (i, row) in rows.iter().enumerate() {
        if let Some(year) = row.to.filter(|_| whole_from[i] == 0) {
            steps.push(lone(Some(ids[i]), &row.code, Relation::Abolish, year));
        }
        // 1981 is where the record begins, not the divisions.
        if row.from > 1981 && whole_to[i] == 0 {
            steps.push(lone(Some(ids[i]), &row.code, Relation::Create, row.from));
        }
    }
    steps.sort_by(|a, b| {
        (a.year, &a.from_code, &a.to_code).cmp(&(b.year, &b.from_code, &b.to_code))
    });
    steps
}

fn lone(id: Option<Uuid>, code: &str, relation: Relation, year: u32) -> Lineage {
    let (before, after) = if relation == Relation::Abolish {
        (id, None)
    } else {
        (None, id)
    };
    Lineage {
        from: before,
        to: after,
        from_code: before.map(|_| code.to_owned()),
        to_code: after.map(|_| code.to_owned()),
        relation,
        year,
        inferred: false,
    }
}

fn same_division(from: &Row, to: &Row) -> Relation {
    let kinds = [from, to].map(|row| Kind::of(row.level, &row.code, &row.name));
    // A prefecture's kind is the same word for 地区 and 市, the end of its name tells them apart.
    let form = |row: &Row| row.name.strip_prefix(stem(&row.name)).map(str::to_owned);
    if kinds[0] != kinds[1] || from.level == Level::Prefecture && form(from) != form(to) {
        Relation::Retype
    } else if from.name != to.name {
        Relation::Rename
    } else {
        Relation::Recode
    }
}

/// For each ended division those of today that descend from it whole.
fn heirs_today(rows: &[Row], descent: &Descent, ids: &[Uuid]) -> HashMap<Uuid, Vec<Uuid>> {
    let mut targets: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    for edge in descent.edges.iter().filter(|e| !e.partial) {
        targets[edge.from].push(edge.to);
    }
    let mut today = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        if row.to.is_none() || descent.next[i].is_some() {
            continue;
        }
        let (mut seen, mut open, mut found) = (HashSet::new(), vec![i], BTreeSet::new());
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            if rows[at].to.is_none() {
                found.insert((rows[at].code.as_str(), ids[at]));
            }
            open.extend(&targets[at]);
        }
        today.insert(ids[i], found.into_iter().map(|(_, id)| id).collect());
    }
    today
}
