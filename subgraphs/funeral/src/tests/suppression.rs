//! Small cells, attacked: with everything that anyone is shown, no count under three can be solved for.

use std::collections::{BTreeMap, HashMap};

use minzheng_kit::divisions::dataset;
use minzheng_kit::testing::{equations, seeded};
use minzheng_kit::{Principal, Services};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Stage, dashboard, databases};
use crate::Funeral;
use crate::model::{eco_burial, sea_voyage, waiver_settlement};
use crate::rules::terms::{IntermentKind, SettlementSource, WaiverPayer};
use crate::service::{figures, scope};

const JANUARY: i32 = 2026 * 12;
const MONTHS: usize = 4;

/// Counties of two prefectures, with counts from January on.
const COUNTS: [(&str, [i64; MONTHS]); 6] = [
    ("510104", [9, 2, 8, 4]),
    ("510105", [0, 0, 6, 5]),
    ("510106", [7, 0, 1, 1]),
    ("510703", [12, 9, 8, 7]),
    ("510704", [5, 8, 0, 2]),
    ("510705", [0, 1, 9, 9]),
];

const EVERYONE: [&str; 9] = [
    "510000", "510100", "510700", "510104", "510105", "510106", "510703", "510704", "510705",
];

fn id(code: &str) -> Uuid {
    dataset().by_code(code).unwrap().id
}

/// Writes the counts as households of reports, sets of ashes and burials under trees.
async fn write(services: &Services) {
    let mut batches = Vec::new();
    let mut voyages = Vec::new();
    let mut burials = Vec::new();
    for (code, counts) in COUNTS {
        for (month, n) in (JANUARY..).zip(counts).filter(|(_, n)| *n > 0) {
            let on = format!("2026-0{}-15", month - JANUARY + 1).parse().unwrap();
            batches.push(waiver_settlement::ActiveModel {
                id: Set(Uuid::new_v4()),
                division_id: Set(id(code)),
                month: Set(month),
                households: Set(n),
                amount: Set(n * 180_000),
                payer: Set(WaiverPayer::Fiscal),
                source: Set(SettlementSource::Report),
                settled_on: Set(on),
            });
            voyages.push(sea_voyage::ActiveModel {
                id: Set(Uuid::new_v4()),
                division_id: Set(id(code)),
                round: Set(month),
                port: Set("港".into()),
                sails_on: Set(on),
                sails_month: Set(month),
                quota: Set(80),
                enrolled: Set(n as i32),
                guests: Set(0),
                carried: Set(Some(n as i32)),
                cancelled_on: Set(None),
                version: Set(1),
            });
            burials.extend((0..n).map(|_| eco_burial::ActiveModel {
                id: Set(Uuid::new_v4()),
                case_id: Set(Uuid::new_v4()),
                kind: Set(IntermentKind::Tree),
                facility_id: Set(None),
                voyage_id: Set(None),
                division_id: Set(id(code)),
                buried_on: Set(on),
                buried_month: Set(month),
                keeps_ashes: Set(true),
                subsidy: Set(100_000),
                superseded: Set(false),
            }));
        }
    }
    services
        .db
        .write(|tx| {
            let (batches, voyages, burials) = (batches.clone(), voyages.clone(), burials.clone());
            Box::pin(async move {
                for (code, _) in COUNTS {
                    scope::ensure(tx, id(code)).await?;
                }
                waiver_settlement::Entity::insert_many(batches)
                    .exec_without_returning(tx)
                    .await?;
                sea_voyage::Entity::insert_many(voyages)
                    .exec_without_returning(tx)
                    .await?;
                eco_burial::Entity::insert_many(burials)
                    .exec_without_returning(tx)
                    .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
}

/// A cell: a county and a month.
type At = (usize, usize);

/// Published sums over cells, each an equation that the reader has.
struct Reader {
    heard: Vec<(Vec<At>, i64)>,
    /// Whether none is shown of what is told, so that what is withheld is at least one.
    none_is_shown: bool,
}

impl Reader {
    /// What a division is told to have counted in months from one to another; nothing where withheld.
    fn hears(&mut self, code: &str, months: std::ops::RangeInclusive<usize>, told: &Value) {
        let Some(sum) = told.as_i64() else {
            return;
        };
        let stem = code.trim_end_matches('0');
        let counties = (0..COUNTS.len()).filter(|at| COUNTS[*at].0.starts_with(stem));
        let cells: Vec<At> = counties
            .flat_map(|at| months.clone().map(move |month| (at, month)))
            .collect();
        let truth: i64 = cells.iter().map(|(at, month)| COUNTS[*at].1[*month]).sum();
        assert_eq!(sum, truth, "what is shown of {code} is true");
        self.heard.push((cells, sum));
    }

    /// The cells that have one value only in whole numbers from nought up that fit all that was heard: narrowed by
    /// bounds, and solved for as linear equations.
    fn solved(&self) -> Vec<(At, i64)> {
        let cells: Vec<At> = (0..COUNTS.len())
            .flat_map(|at| (0..MONTHS).map(move |month| (at, month)))
            .collect();
        let column = |cell: &At| cell.0 * MONTHS + cell.1;
        let mut rows: Vec<Vec<f64>> = self
            .heard
            .iter()
            .map(|(parts, sum)| {
                let mut row = vec![0.0; cells.len() + 1];
                parts.iter().for_each(|cell| row[column(cell)] = 1.0);
                row[cells.len()] = *sum as f64;
                row
            })
            .collect();
        // What is withheld is at least one: a sum of as many cells as it counts tells all.
        let shown: HashMap<At, i64> = self
            .heard
            .iter()
            .filter(|(parts, _)| parts.len() == 1)
            .map(|(parts, sum)| (parts[0], *sum))
            .collect();
        for (parts, sum) in self.heard.iter().filter(|_| self.none_is_shown) {
            let open: Vec<&At> = parts.iter().filter(|c| !shown.contains_key(c)).collect();
            let known: i64 = parts.iter().filter_map(|c| shown.get(c)).sum();
            if !open.is_empty() && sum - known == open.len() as i64 {
                for cell in open {
                    let mut row = vec![0.0; cells.len() + 1];
                    row[column(cell)] = 1.0;
                    row[cells.len()] = 1.0;
                    rows.push(row);
                }
            }
        }
        equations::determined(rows, cells.len())
            .into_iter()
            .map(|(at, sum)| (cells[at], sum.round() as i64))
            .collect()
    }

    fn finds_no_small_cell(&self, what: &str) {
        let found = self.solved();
        let small = found.iter().filter(|(_, n)| (1..=2).contains(n));
        assert_eq!(small.count(), 0, "{what}: {found:?}");
        assert!(!found.is_empty(), "{what}: something is shown");
    }
}

fn reader<'r>(
    readers: &'r mut BTreeMap<&'static str, Reader>,
    what: &'static str,
) -> &'r mut Reader {
    readers.entry(what).or_insert_with(|| Reader {
        heard: Vec::new(),
        none_is_shown: what != "households",
    })
}

#[test]
fn the_reader_is_no_fool() {
    // Each level judged apart: 成都's February is its county's 2 alone, and the province minus 绵阳 tells it.
    let mut reader = Reader {
        heard: Vec::new(),
        none_is_shown: true,
    };
    reader.hears("510000", 1..=1, &json!(20));
    reader.hears("510700", 1..=1, &json!(18));
    reader.hears("510105", 1..=1, &json!(0));
    reader.hears("510106", 1..=1, &json!(0));
    assert!(reader.solved().contains(&((0, 1), 2)));
}

#[tokio::test]
async fn nobody_solves_for_a_small_count_over_levels_months_and_fields() {
    for services in databases("suppression").await {
        write(&services).await;
        let stage = Stage::over(services);
        let mut readers: BTreeMap<&str, Reader> = BTreeMap::new();
        for code in EVERYONE {
            for from in 0..MONTHS {
                for to in from..MONTHS {
                    let period = format!("from: \"2026-0{}\", to: \"2026-0{}\"", from + 1, to + 1);
                    let query = format!(
                        "query ($d: ID!, $r: [_Any!]!) {{ waiverSummary(division: $d, {period}) {{ households waived settled perHousehold }} \
                         ecoBurialStats(division: $d, {period}) {{ seaRounds seaBurials onLand {{ kind count }} subsidies }} \
                         waiverSettlements(division: $d, {period}) {{ month households amount division {{ id }} }} \
                         seaBurialVoyages(division: $d, first: 50) {{ nodes {{ sailsOn carried division {{ id }} }} }} \
                         _entities(representations: $r) {{ ... on Division {{ waiverSummary({period}) {{ households }} \
                           funeralStats({period}) {{ waiverHouseholds waived seaBurials }} }} }} }}"
                    );
                    let vars = json!({ "d": id(code), "r": [{ "__typename": "Division", "id": id(code) }] });
                    let data = stage.data(dashboard("51"), &query, vars).await;
                    let summary = &data["waiverSummary"];
                    // Money goes with its count.
                    for money in ["waived", "settled"] {
                        assert_eq!(summary[money].is_null(), summary["households"].is_null());
                    }
                    let entity = &data["_entities"][0];
                    assert_eq!(summary["households"], entity["waiverSummary"]["households"]);
                    let mut hears = |what, months, told: &Value| {
                        reader(&mut readers, what).hears(code, months, told);
                    };
                    hears("households", from..=to, &summary["households"]);
                    let eco = &data["ecoBurialStats"];
                    hears("sea", from..=to, &eco["seaBurials"]);
                    let trees = eco["onLand"].as_array().unwrap();
                    let none = json!(0);
                    let count = trees.first().map_or(&none, |tree| &tree["count"]);
                    hears("trees", from..=to, count);
                    if !eco["subsidies"].is_null() {
                        assert!(!count.is_null() && !eco["seaBurials"].is_null(), "{eco}");
                        let yuan: f64 = eco["subsidies"].as_str().unwrap().parse().unwrap();
                        hears("trees", from..=to, &json!((yuan / 1000.0) as i64));
                    }
                    for (month, figures) in (from..).zip(entity["funeralStats"].as_array().unwrap())
                    {
                        hears("households", month..=month, &figures["waiverHouseholds"]);
                        hears("sea", month..=month, &figures["seaBurials"]);
                        assert_eq!(
                            figures["waived"].is_null(),
                            figures["waiverHouseholds"].is_null()
                        );
                    }
                    // Batches and voyages are those of a county in a month.
                    let code_of = |row: &Value| {
                        let own = row["division"]["id"].as_str().unwrap().to_owned();
                        COUNTS
                            .iter()
                            .find(|(code, _)| id(code).to_string() == own)
                            .unwrap()
                            .0
                    };
                    let month_of =
                        |text: &Value| text.as_str().unwrap()[5..7].parse::<usize>().unwrap() - 1;
                    for batch in data["waiverSettlements"].as_array().unwrap() {
                        let month = month_of(&batch["month"]);
                        reader(&mut readers, "households").hears(
                            code_of(batch),
                            month..=month,
                            &batch["households"],
                        );
                        assert_eq!(batch["amount"].is_null(), batch["households"].is_null());
                    }
                    for voyage in data["seaBurialVoyages"]["nodes"].as_array().unwrap() {
                        let month = month_of(&voyage["sailsOn"]);
                        reader(&mut readers, "sea").hears(
                            code_of(voyage),
                            month..=month,
                            &voyage["carried"],
                        );
                    }
                }
            }
        }
        for (what, reader) in &readers {
            reader.finds_no_small_cell(what);
        }
        // Whoever keeps the records sees them.
        let head = Principal::registrar("51", "510000", None);
        let query = "query ($d: ID!, $r: [_Any!]!) { waiverSettlements(division: $d, from: \"2026-02\", to: \"2026-02\") { households } \
             _entities(representations: $r) { ... on Division { funeralStats(from: \"2026-02\", to: \"2026-02\") { seaBurials waiverHouseholds } } } }";
        let vars =
            json!({ "d": id("510104"), "r": [{ "__typename": "Division", "id": id("510104") }] });
        let data = stage.data(head, query, vars).await;
        assert_eq!(data["waiverSettlements"][0]["households"], 2);
        assert_eq!(
            data["_entities"][0]["funeralStats"][0],
            json!({ "seaBurials": 2, "waiverHouseholds": 2 })
        );
    }
}

#[tokio::test]
async fn a_facility_with_one_household_is_not_shown_because_its_division_is() {
    let stage = Stage::over(seeded(&Funeral, "51").await);
    let query = "{ facilities(kind: FUNERAL_HOME, first: 500) { nodes { id waiversReceived(from: \"2026-01\", to: \"2026-10\") { households waived } \
         month: waiversReceived(from: \"2026-09\", to: \"2026-09\") { households waived } } } }";
    let data = stage.data(dashboard("51"), query, json!({})).await;
    let homes = data["facilities"]["nodes"].as_array().unwrap();
    let ids: Vec<Uuid> = homes
        .iter()
        .map(|home| home["id"].as_str().unwrap().parse().unwrap())
        .collect();
    let (mut shown, mut withheld, mut small) = (0, 0, 0);
    for (field, from, to) in [("waiversReceived", 0, 9), ("month", 8, 8)] {
        let db = stage.services.db.read();
        let truth = figures::waivers_of_facilities(db, &ids, JANUARY + from, JANUARY + to)
            .await
            .unwrap();
        for (id, home) in ids.iter().zip(homes) {
            let households = truth.get(id).map_or(0, |totals| totals.households);
            small += i32::from((1..=2).contains(&households));
            match home[field]["households"].as_i64() {
                Some(told) => {
                    assert_eq!(told, households);
                    assert!(!(1..=2).contains(&told), "{home}");
                    shown += i32::from(told > 0);
                }
                None => {
                    assert!(home[field]["waived"].is_null());
                    withheld += 1;
                }
            }
        }
    }
    assert!(small > 0 && withheld >= small, "{shown} {withheld} {small}");
}
