//! The figures of the five reports, asked for at the endpoint of the province that each report tells
//! of. They are sums over rows of the demonstration data; where a report prints more than the rows that
//! stand for it (the area of land put right, say), a row of that report's remainder is among them.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::fixtures::Fixtures;
use crate::{Outcome, case};

/// One figure: where it is in the answer, and what the report prints.
struct Figure {
    what: &'static str,
    pointer: &'static str,
    value: Value,
}

fn figure(what: &'static str, pointer: &'static str, value: Value) -> Figure {
    Figure {
        what,
        pointer,
        value,
    }
}

/// A province's report: the division it tells of, how it is asked, and its figures.
struct Report {
    province: &'static str,
    division: &'static str,
    query: &'static str,
    figures: Vec<Figure>,
}

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    let mut cases: Vec<Trial> = [fuzhou(), xinjin(), xuzhou(), guangfeng()]
        .into_iter()
        .map(|report| {
            let fixtures = Arc::clone(fixtures);
            Trial::test(
                format!(
                    "the_figures_of_the_report_on_{}_are_served",
                    report.division
                ),
                move || check(&fixtures, &report).map_err(Failed::from),
            )
        })
        .collect();
    cases.push(case(
        fixtures,
        "every_province_is_as_large_as_a_demonstration_should_be",
        sizes,
    ));
    cases
}

/// 福州, first half of 2023 (report 002).
fn fuzhou() -> Report {
    Report {
        province: "35",
        division: "350100",
        query: r#"query ($d: ID!) {
          division(id: $d) {
            facilityCounts { ruralCemeteries ruralColumbaria lifeParks }
            boundarySummary { countyLines townshipLines lengthKm rounds }
            namingSummary(from: "2023-01", to: "2023-06") { roadsNamedOrRenamed filingsReviewed }
            changes { before after }
            waiverSummary(from: "2021-01", to: "2023-06") { households waived settled perHousehold }
            counsellingSummary(from: "2023-01", to: "2023-06") { rooms sessions sessionsPerRoom }
            charities: orgCount(charity: true)
            feeReductionSummary(from: "2023-01", to: "2023-06") { associations enterprisesHelped feesCut }
          }
          registries(division: $d, siteKind: PARK) { nodes { name } }
          ecoBurialStats(division: $d, from: "2010-01", to: "2023-06") { seaRounds seaBurials }
          cleanupStats(division: $d, from: "2023-01", to: "2023-06") { zombieCleaned illegalBanned total }
          projectSummary(division: $d) { pilots amount organizationsGrown honoured peopleServed isPeopleServedApproximate }
          illegalGraves(division: $d) { restoredM2 }
        }"#,
        figures: vec![
            figure(
                "rural public cemeteries",
                "/division/facilityCounts/ruralCemeteries",
                json!(396),
            ),
            figure(
                "rural columbaria",
                "/division/facilityCounts/ruralColumbaria",
                json!(634),
            ),
            figure(
                "life parks",
                "/division/facilityCounts/lifeParks",
                json!(381),
            ),
            figure(
                "county lines",
                "/division/boundarySummary/countyLines",
                json!(72),
            ),
            figure(
                "township lines",
                "/division/boundarySummary/townshipLines",
                json!(458),
            ),
            figure(
                "length of lines",
                "/division/boundarySummary/lengthKm",
                json!(7651.97),
            ),
            figure(
                "rounds of joint inspection",
                "/division/boundarySummary/rounds",
                json!(2),
            ),
            figure(
                "roads named or renamed",
                "/division/namingSummary/roadsNamedOrRenamed",
                json!(155),
            ),
            figure(
                "filings reviewed",
                "/division/namingSummary/filingsReviewed",
                json!(239),
            ),
            figure(
                "the four towns that changed their kind",
                "/division/changes",
                json!([
                    { "before": "长乐区文武砂镇", "after": "长乐区文武砂街道" },
                    { "before": "连江县下宫乡", "after": "连江县下宫镇" },
                    { "before": "连江县江南乡", "after": "连江县江南镇" },
                    { "before": "连江县潘渡乡", "after": "连江县潘渡镇" },
                ]),
            ),
            figure(
                "households with fees waived",
                "/division/waiverSummary/households",
                json!(84_400),
            ),
            figure(
                "waived",
                "/division/waiverSummary/waived",
                json!("138000000.00"),
            ),
            figure(
                "waivers settle to the fen",
                "/division/waiverSummary/settled",
                json!("138000000.00"),
            ),
            figure(
                "waived for a household",
                "/division/waiverSummary/perHousehold",
                json!("1635.07"),
            ),
            figure(
                "counselling rooms",
                "/division/counsellingSummary/rooms",
                json!(13),
            ),
            figure(
                "counselling sessions",
                "/division/counsellingSummary/sessions",
                json!(7_472),
            ),
            figure(
                "sessions a room",
                "/division/counsellingSummary/sessionsPerRoom",
                json!(574.8),
            ),
            figure("charities", "/division/charities", json!(90)),
            figure(
                "associations that cut fees",
                "/division/feeReductionSummary/associations",
                json!(78),
            ),
            figure(
                "enterprises helped",
                "/division/feeReductionSummary/enterprisesHelped",
                json!(3_840),
            ),
            figure(
                "fees cut",
                "/division/feeReductionSummary/feesCut",
                json!("22356200.00"),
            ),
            figure(
                "the park registry",
                "/registries/nodes/0/name",
                json!("福州市台江区江心岛公园式婚姻登记处"),
            ),
            figure(
                "rounds of sea burial",
                "/ecoBurialStats/seaRounds",
                json!(19),
            ),
            figure("sea burials", "/ecoBurialStats/seaBurials", json!(1_226)),
            figure(
                "zombie organizations cleaned up",
                "/cleanupStats/zombieCleaned",
                json!(222),
            ),
            figure(
                "illegal organizations banned",
                "/cleanupStats/illegalBanned",
                json!(73),
            ),
            figure("both together", "/cleanupStats/total", json!(295)),
            figure("pilot projects", "/projectSummary/pilots", json!(96)),
            figure(
                "money for projects",
                "/projectSummary/amount",
                json!("18437500.00"),
            ),
            figure(
                "community organizations grown",
                "/projectSummary/organizationsGrown",
                json!(326),
            ),
            figure(
                "honoured by the province",
                "/projectSummary/honoured",
                json!(4),
            ),
            figure(
                "people served",
                "/projectSummary/peopleServed",
                json!(400_000),
            ),
            figure(
                "which is an approximate figure",
                "/projectSummary/isPeopleServedApproximate",
                json!(true),
            ),
            figure(
                "vegetation restored",
                "/illegalGraves/restoredM2",
                json!(1_260_000.0),
            ),
        ],
    }
}

/// 新津, about 2021 and the plan for 2022 (reports 000 and 003).
fn xinjin() -> Report {
    Report {
        province: "51",
        division: "510118",
        query: r#"query ($d: ID!) {
          division(id: $d) { orgCount changes { sources } }
          microFunds(division: $d) { funds amount isAmountApproximate }
          hubs(division: $d) { hubs hubTargets { year value } }
          registries(division: $d, siteKind: PARK) { nodes { name } }
        }"#,
        figures: vec![
            figure("social organizations", "/division/orgCount", json!(174)),
            figure(
                "townships merged into one",
                "/division/changes/0/sources",
                json!(4),
            ),
            figure("community micro funds", "/microFunds/funds", json!(35)),
            figure("money in them", "/microFunds/amount", json!("1100000.00")),
            figure(
                "which is an approximate figure",
                "/microFunds/isAmountApproximate",
                json!(true),
            ),
            figure(
                "the target of hubs, apart from results",
                "/hubs/hubTargets/0/value",
                json!(2),
            ),
            figure(
                "the year of the target",
                "/hubs/hubTargets/0/year",
                json!(2022),
            ),
            figure(
                "the registry in a park",
                "/registries/nodes/0/name",
                json!("成都市新津区天府农博园公园式婚姻登记中心"),
            ),
        ],
    }
}

/// 徐州, 2023 (report 001).
fn xuzhou() -> Report {
    Report {
        province: "32",
        division: "320300",
        query: r#"query ($d: ID!) {
          division(id: $d) { feeReductionSummary(from: "2022-07", to: "2023-07") { feesCut } }
          adoptions(division: $d) { organizations households isApproximate }
          permitSla(division: $d, from: "2022-01", to: "2023-12") { statutoryDays committedDays unit }
        }"#,
        figures: vec![
            figure(
                "fees cut",
                "/division/feeReductionSummary/feesCut",
                json!("1700000.00"),
            ),
            figure(
                "organizations that adopt",
                "/adoptions/organizations",
                json!(50),
            ),
            figure("households adopted", "/adoptions/households", json!(800)),
            figure(
                "both are approximate",
                "/adoptions/isApproximate",
                json!(true),
            ),
            figure(
                "statutory days of a permit",
                "/permitSla/1/statutoryDays",
                json!(20),
            ),
            figure(
                "promised days of a permit",
                "/permitSla/1/committedDays",
                json!(10),
            ),
        ],
    }
}

/// 广丰, 2019 (report 004).
fn guangfeng() -> Report {
    Report {
        province: "36",
        division: "361103",
        query: r#"query ($d: ID!) {
          division(id: $d) {
            facilityCounts { ruralCemeteries urbanCemeteries underConstruction }
            facilities(subKind: URBAN_PUBLIC, kind: CEMETERY) { investment }
            versions { code name }
          }
          facilities(division: $d, state: UNDER_CONSTRUCTION) { nodes { name } }
        }"#,
        figures: vec![
            figure(
                "rural public cemeteries",
                "/division/facilityCounts/ruralCemeteries",
                json!(201),
            ),
            figure(
                "the urban public cemetery",
                "/division/facilityCounts/urbanCemeteries",
                json!(1),
            ),
            figure(
                "what it cost",
                "/division/facilities/0/investment",
                json!("6000000.00"),
            ),
            figure(
                "the columbarium under way",
                "/facilities/nodes/0/name",
                json!("洋口青桥骨灰堂"),
            ),
        ],
    }
}

fn check(fixtures: &Fixtures, report: &Report) -> Outcome {
    let province = fixtures.province(report.province)?;
    let find = "query ($code: DivisionCode!) { divisionByCode(code: $code) { id } }";
    let found = province.data("public", find, &json!({ "code": report.division }))?;
    let answer = province.data(
        "dashboard",
        report.query,
        &json!({ "d": found["divisionByCode"]["id"] }),
    )?;
    let wrong: Vec<String> = report
        .figures
        .iter()
        .filter_map(|figure| {
            let got = answer.pointer(figure.pointer).unwrap_or(&Value::Null);
            (*got != figure.value)
                .then(|| format!("{}: got {got}, expected {}", figure.what, figure.value))
        })
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// What the endpoint can count without seeing a person: organizations and places.
fn sizes(fixtures: &Fixtures) -> Outcome {
    // Persons are in no list, and marriages only in that of one registry or one person: they are counted where they
    // are made.
    let lists = [
        ("searchOrganizations", "", 2_000),
        ("searchPlaces", "", 5_000),
        ("funeralCases", "division: $division, ", 1_500),
    ];
    for code in ["51", "32", "35", "36"] {
        let province = fixtures.province(code)?;
        let find = "query ($code: DivisionCode!) { divisionByCode(code: $code) { id orgCount } }";
        let found = province.data("public", find, &json!({ "code": format!("{code}0000") }))?;
        let organizations = found["divisionByCode"]["orgCount"].as_u64().unwrap_or(0);
        // Those that ended since are not counted as live.
        if !(1_500..=2_000).contains(&organizations) {
            return Err(format!(
                "province {code} has {organizations} live organizations"
            ));
        }
        let officer = format!("supervisor --division {code}0000");
        for (list, of, least) in lists {
            let division = if of.is_empty() {
                ""
            } else {
                "$division: ID!, "
            };
            let query = format!(
                "query ({division}$after: String) {{ {list}({of}first: 500, after: $after) \
                 {{ nodes {{ __typename }} pageInfo {{ hasNextPage endCursor }} }} }}"
            );
            let (mut rows, mut after) = (0, Value::Null);
            loop {
                let id = &found["divisionByCode"]["id"];
                let page =
                    province.data(&officer, &query, &json!({ "division": id, "after": after }))?;
                rows += page[list]["nodes"].as_array().map_or(0, Vec::len);
                let info = &page[list]["pageInfo"];
                if info["hasNextPage"] != true {
                    break;
                }
                after = info["endCursor"].clone();
            }
            if rows < least {
                return Err(format!("province {code}: {list} has {rows} of {least}"));
            }
        }
    }
    Ok(())
}
