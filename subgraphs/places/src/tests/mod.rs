//! The subsystem over a real database: SQLite, and PostgreSQL when `MINZHENG_TEST_POSTGRES` gives an address.

use minzheng_kit::{
    Clock, Graph, Principal, Role, Services, Subsystem, database,
    divisions::{DemoPlace, dataset, demo_place_id},
    testing,
};
use sea_orm::{ActiveModelTrait, EntityTrait};
use serde_json::{Value, json};

use crate::Places;

mod boundaries;
mod changes;
mod decisions;
mod due_days;
mod history;
mod live;
mod names;
mod points;
mod race;
mod rows;
mod shapes;
mod sides;

struct Running {
    graph: Graph,
    services: Services,
}

/// The subsystem with all divisions and the demonstration data of a province.
async fn running(province: &str) -> Running {
    let services = match std::env::var("MINZHENG_TEST_POSTGRES") {
        Ok(url) => {
            let schema = format!("places_{}", uuid::Uuid::new_v4().simple());
            let db = database::open_in_schema(&url, &schema).await.unwrap();
            testing::over(db, &Places, province).await
        }
        Err(_) => testing::memory(&Places, province).await,
    };
    Places.seed(&services, &|_, _, _| ()).await.unwrap();
    Running {
        graph: Places.schema(services.clone()),
        services,
    }
}

impl Running {
    /// The same at another time.
    fn at(&self, now: &str) -> Self {
        let mut services = self.services.clone();
        services.clock = Clock::fixed(now.parse().unwrap());
        Self {
            graph: Places.schema(services.clone()),
            services,
        }
    }

    async fn ask(&self, who: Principal, query: &str, variables: Value) -> Value {
        testing::execute(&self.graph, who, query, variables).await
    }

    /// What a change answers for a form: the payload of the mutation.
    async fn change(&self, who: &Principal, mutation: &str, shown: &str, input: Value) -> Value {
        let name = mutation[..1].to_uppercase() + &mutation[1..];
        let form = match mutation {
            "acceptNaming"
            | "judgeNamingConflicts"
            | "reviewNaming"
            | "rejectNaming"
            | "returnNaming"
            | "chaseFiling" => "NamingStep",
            "closeInspection" | "fileInspection" => "JointInspectionStep",
            "layDownHeritageMeasures" => "LayDownMeasures",
            _ => &name,
        };
        let query = format!(
            "mutation($input: {form}Input!) {{ {mutation}(input: $input) {{
                {shown} userErrors {{ code messageZh messageEn field legalBasis }} }} }}"
        );
        let answer = self
            .ask(who.clone(), &query, json!({ "input": input }))
            .await;
        match answer.get("errors").filter(|errors| !errors.is_null()) {
            Some(errors) => json!({ "refused": errors[0]["extensions"]["code"], "errors": errors }),
            None => answer["data"][mutation].clone(),
        }
    }

    /// What an officer is shown.
    async fn shown(&self, who: &Principal, query: &str, variables: Value) -> Value {
        let answer = self.ask(who.clone(), query, variables).await;
        assert!(
            answer.get("errors").is_none_or(Value::is_null),
            "{answer:#}"
        );
        answer["data"].clone()
    }

    /// The data of a public query that must not fail.
    async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.ask(Principal::public("51"), query, variables).await;
        assert!(
            answer.get("errors").is_none_or(Value::is_null),
            "{answer:#}"
        );
        answer["data"].clone()
    }
}

fn supervisor(division: &str) -> Principal {
    Principal {
        division: Some(division.to_owned()),
        subject: Some(format!("supervisor of {division}")),
        ..Principal::of(Role::Supervisor, &division[..2])
    }
}

/// The same officer, whose account the token says whose it is.
fn as_person(who: &Principal, person: &str) -> Principal {
    Principal {
        person: Some(person.to_owned()),
        ..who.clone()
    }
}

/// Another account of the same office.
fn colleague(who: &Principal, subject: &str) -> Principal {
    Principal {
        subject: Some(subject.to_owned()),
        ..who.clone()
    }
}

/// The code of the first refusal of a payload.
fn refusal(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("none")
}

fn id(code: &str) -> String {
    dataset().by_code(code).unwrap().id.to_string()
}

#[tokio::test]
async fn an_old_certificates_code_leads_to_todays_division() {
    let run = running("51").await;
    history::every_code_is_its_bearers_of_the_day(&run).await;
    history::nothing_is_served_before_its_day(&run).await;
    let query =
        "query($code: DivisionCode!, $asOf: Date) { divisionByCode(code: $code, asOf: $asOf) {
        id current { code name roman kind codeSystem }
        then: version(asOf: \"2010-01-01\") { code name validFrom validTo datePrecision }
        versions { code } parent { current { name } }
        lineage { relation fromCode toCode effective from { id } }
        today { current { name } } isDemo
        children(first: 3) { nodes { current { level } } pageInfo { hasNextPage } } } }";
    let data = run
        .data(query, json!({ "code": "510132", "asOf": "2010-01-01" }))
        .await;
    let xinjin = &data["divisionByCode"];
    assert_eq!(xinjin["id"], id("510118"));
    assert_eq!(
        xinjin["current"],
        json!({ "code": "510118", "name": "新津区", "roman": "Xinjin Qu", "kind": "DISTRICT", "codeSystem": "MCA" })
    );
    assert_eq!(
        xinjin["then"],
        json!({ "code": "510132", "name": "新津县", "validFrom": "1983-01-01", "validTo": "2020-01-01", "datePrecision": "YEAR" })
    );
    assert_eq!(
        xinjin["versions"].as_array().unwrap().len(),
        3,
        "512732, 510132, 510118"
    );
    assert_eq!(xinjin["parent"]["current"]["name"], "成都市");
    assert_eq!(xinjin["lineage"][1]["relation"], "RETYPE");
    assert_eq!(xinjin["children"]["pageInfo"]["hasNextPage"], true);
    let none = run
        .data(query, json!({ "code": "510132", "asOf": null }))
        .await;
    assert!(
        none["divisionByCode"].is_null(),
        "today the code means nothing"
    );

    // A prefecture that was split and joined to a new province: its heirs, not itself.
    let chongqing = run
        .data(query, json!({ "code": "510200", "asOf": "1990-06-01" }))
        .await;
    assert!(chongqing["divisionByCode"]["current"].is_null());
    assert_eq!(
        chongqing["divisionByCode"]["today"][0]["current"]["name"],
        "重庆市"
    );

    counts_and_month(&run).await;
    entities(&run).await;
    places(&run).await;
}

/// The counts of the source, and operation 15 of the domain page in a bounded number of statements.
async fn counts_and_month(run: &Running) {
    let query = "query($id: ID!, $from: YearMonth!, $to: YearMonth!, $asOf: Date!, $first: Int!) { division(id: $id) {
        descendants(level: COUNTY, asOf: $asOf, first: $first) {
            nodes { current { code name } placeStats(from: $from, to: $to) { month named renamed filedLate boundariesDue asOf } }
            pageInfo { hasNextPage endCursor } } } }";
    let ask = async |first: i32| {
        let before = run.services.db.statements();
        let variables = json!({ "id": id("510000"), "from": "2026-01", "to": "2026-10", "asOf": "2026-11-22", "first": first });
        let answer = run
            .ask(Principal::of(Role::Dashboard, "51"), query, variables)
            .await;
        assert!(
            answer.get("errors").is_none_or(Value::is_null),
            "{answer:#}"
        );
        let page = answer["data"]["division"]["descendants"].clone();
        (page, run.services.db.statements() - before)
    };
    let (one, of_one) = ask(1).await;
    let (all, of_all) = ask(500).await;
    assert_eq!(
        of_one, of_all,
        "the number of statements does not depend on the number of counties"
    );
    assert!(of_all <= 7, "{of_all}");
    assert_eq!(one["nodes"].as_array().unwrap().len(), 1);
    let nodes = all["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 183);
    assert!(
        nodes
            .iter()
            .all(|n| n["placeStats"].as_array().unwrap().len() == 10)
    );
    let sum = |field: &str| -> i64 {
        nodes
            .iter()
            .flat_map(|n| n["placeStats"].as_array().unwrap())
            .map(|m| m[field].as_i64().unwrap())
            .sum()
    };
    for field in ["named", "renamed", "filedLate", "boundariesDue"] {
        assert!(sum(field) > 0, "{field}");
    }

    // What the counties add up to is what the province has.
    let whole = "query($id: ID!) { division(id: $id) { placeStats(from: \"2026-01\", to: \"2026-10\") { named } } }";
    let answer = run
        .ask(
            Principal::of(Role::Dashboard, "51"),
            whole,
            json!({ "id": id("510000") }),
        )
        .await;
    let months = answer["data"]["division"]["placeStats"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(
        months
            .iter()
            .map(|m| m["named"].as_i64().unwrap())
            .sum::<i64>(),
        sum("named")
    );

    let refused = run
        .ask(
            Principal::public("51"),
            whole,
            json!({ "id": id("510000") }),
        )
        .await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert!(refused["data"]["division"]["placeStats"].is_null());
}

/// Entities keep the places of their representations; what is unknown is null and disturbs nobody.
async fn entities(run: &Running) {
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { __typename
        ... on Division { current { name } } ... on Place { standardName { text roman } point { longitude } datum division { current { code } } } } }";
    let centre = demo_place_id("510118", DemoPlace::CivilAffairs).to_string();
    let representations = json!([
        { "__typename": "Division", "id": id("510118") },
        { "__typename": "Place", "id": centre },
        { "__typename": "Division", "id": "nonsense" },
        { "__typename": "Division", "id": id("510000") },
        { "__typename": "Place", "id": id("510000") },
    ]);
    let data = run.data(query, json!({ "r": representations })).await;
    let found = &data["_entities"];
    assert_eq!(found[0]["current"]["name"], "新津区");
    assert_eq!(found[1]["standardName"]["text"], "新津政务服务中心");
    assert_eq!(found[1]["datum"], "CGCS2000");
    assert!(
        found[1]["division"]["current"]["code"]
            .as_str()
            .unwrap()
            .starts_with("510118")
    );
    assert!(found[2].is_null() && found[4].is_null());
    assert_eq!(found[3]["current"]["name"], "四川省");
    let sdl = run.graph.sdl();
    assert!(
        sdl.contains("type Division @key(fields: \"id\")"),
        "{}",
        &sdl[..400]
    );
    assert!(!sdl.contains("_entities"));
}

/// Searching, conflicts and the submission of a name.
async fn places(run: &Running) {
    let search = "query($text: String, $kind: PlaceKind, $division: ID, $after: String) {
        searchPlaces(text: $text, kind: $kind, divisionId: $division, first: 5, after: $after) {
            nodes { id kind standardName { text } } pageInfo { endCursor hasNextPage } } }";
    let data = run.data(search, json!({ "text": "新津公园" })).await;
    assert_eq!(
        data["searchPlaces"]["nodes"][0]["standardName"]["text"],
        "新津公园"
    );
    let data = run.data(search, json!({ "text": "xinjin gongy" })).await;
    assert_eq!(data["searchPlaces"]["nodes"][0]["kind"], "PARK");
    let data = run.data(search, json!({ "text": "100%" })).await;
    assert!(
        data["searchPlaces"]["nodes"].as_array().unwrap().is_empty(),
        "no wildcards"
    );
    let data = run
        .data(search, json!({ "kind": "ROAD", "division": id("510118") }))
        .await;
    let road = data["searchPlaces"]["nodes"][0]["standardName"]["text"]
        .as_str()
        .unwrap()
        .to_owned();

    let submit = "mutation($input: SubmitNamingInput!) { submitNaming(input: $input) {
        application { id state name roman conflicts { name kind scope } division { current { code } } }
        userErrors { code field legalBasis } } }";
    let officer = || Principal::registrar("51", "510118", None);
    let input = |key: &str, specific: &str| {
        json!({ "input": { "requestKey": key, "kind": "NAME", "placeKind": "ROAD", "divisionId": id("510118"),
            "specific": specific, "generic": "路", "reasons": "新建城市道路命名", "point": { "longitude": 103.8, "latitude": 30.4 } } })
    };
    let fresh = run.ask(officer(), submit, input("k1", "梨花溪畔")).await;
    let application = &fresh["data"]["submitNaming"]["application"];
    assert_eq!(application["state"], "EVALUATION", "{fresh:#}");
    assert_eq!(application["roman"], "Lihuaxipan Lu");
    assert_eq!(application["division"]["current"]["code"], "510118");
    let again = run.ask(officer(), submit, input("k1", "梨花溪畔")).await;
    assert_eq!(again, fresh, "the same key gives the same answer");
    let reused = run.ask(officer(), submit, input("k1", "梨花溪岸")).await;
    assert_eq!(
        reused["data"]["submitNaming"]["userErrors"][0]["code"],
        "REQUEST_KEY_REUSED"
    );

    // The same name as a road of the county, whatever its generic part.
    let generic = ["大道", "路", "街", "巷"]
        .into_iter()
        .find(|g| road.ends_with(g))
        .unwrap();
    let mut same = input("k2", road.strip_suffix(generic).unwrap());
    same["input"]["generic"] = generic.into();
    let clash = run.ask(officer(), submit, same).await;
    let application = &clash["data"]["submitNaming"]["application"];
    assert_eq!(application["state"], "CONFLICT_CHECK", "{clash:#}");
    assert_eq!(
        application["conflicts"][0],
        json!({ "name": road, "kind": "SAME", "scope": "BUILT_UP_AREA" })
    );

    let foreign = run.ask(officer(), submit, input("k3", "巴黎春天")).await;
    assert_eq!(
        foreign["data"]["submitNaming"]["userErrors"][0]["code"],
        "NAME_FOREIGN"
    );
    assert!(!foreign.to_string().contains("巴黎"), "no value is echoed");
    let other = Principal::registrar("51", "510104", None);
    let elsewhere = run.ask(other, submit, input("k4", "花溪")).await;
    assert_eq!(elsewhere["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let nobody = run
        .ask(Principal::public("51"), submit, input("k5", "花溪"))
        .await;
    assert_eq!(nobody["errors"][0]["extensions"]["code"], "FORBIDDEN");

    let events = "{ _events(after: 0, first: 10) { kind } }";
    let feed = run
        .ask(Principal::service("51", "marriage"), events, json!({}))
        .await;
    assert_eq!(
        feed["data"]["_events"].as_array().unwrap().len(),
        2,
        "{feed:#}"
    );

    let conflicts = "query($d: ID!) { nameConflicts(draft: { specific: \"青羊\", generic: \"区\", placeKind: DIVISION, divisionId: $d }) {
        kind scope division { current { code } } } }";
    let data = run.data(conflicts, json!({ "d": id("510118") })).await;
    assert_eq!(
        data["nameConflicts"][0]["division"]["current"]["code"],
        "510105"
    );
}

#[tokio::test]
async fn the_figures_of_fuzhou_are_sums_of_rows() {
    let run = running("35").await;
    let query = "query($id: ID!) { division(id: $id) {
        boundarySummary { countyLines townshipLines lengthKm rounds }
        namingSummary(from: \"2023-01\", to: \"2023-06\") { roadsNamedOrRenamed filingsReviewed }
        changes { relation after division { current { name kind } } } } }";
    let data = run.data(query, json!({ "id": id("350100") })).await;
    let fuzhou = &data["division"];
    assert_eq!(
        fuzhou["boundarySummary"],
        json!({ "countyLines": 72, "townshipLines": 458, "lengthKm": 7651.97, "rounds": 2 })
    );
    assert_eq!(
        fuzhou["namingSummary"],
        json!({ "roadsNamedOrRenamed": 155, "filingsReviewed": 239 })
    );
    let changes = fuzhou["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 4);
    assert_eq!(
        changes[0]["division"]["current"],
        json!({ "name": "文武砂街道", "kind": "SUBDISTRICT" })
    );

    let due = "query($id: ID, $after: String) { boundariesDue(by: \"2026-12-31\", divisionId: $id, first: 3, after: $after) {
        nodes { dueOn level lengthKm left { current { name } } right { current { name } } markerCount
                inspections { round completedOn } } pageInfo { hasNextPage endCursor } } }";
    let data = run.data(due, json!({ "id": id("350100") })).await;
    let page = &data["boundariesDue"];
    assert_eq!(page["nodes"].as_array().unwrap().len(), 3, "{page:#}");
    assert_eq!(page["nodes"][0]["inspections"].as_array().unwrap().len(), 2);
    let next = run
        .data(
            due,
            json!({ "id": id("350100"), "after": page["pageInfo"]["endCursor"] }),
        )
        .await;
    assert!(
        next["boundariesDue"]["nodes"][0]["dueOn"].as_str() >= page["nodes"][2]["dueOn"].as_str()
    );
}

#[tokio::test]
async fn the_demonstration_data_is_whole_and_the_same_each_time() {
    use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};

    use crate::model::{division_version, place, place_name};

    let began = std::time::Instant::now();
    let (one, other) = tokio::join!(running("36"), running("36"));
    println!("two installations in {:?}", began.elapsed());
    let mut seen = Vec::new();
    for run in [&one, &other] {
        let db = run.services.db.read();
        assert_eq!(place::Entity::find().count(db).await.unwrap(), 5_000);
        let versions =
            usize::try_from(division_version::Entity::find().count(db).await.unwrap()).unwrap();
        assert_eq!(versions, dataset().versions().len());
        let names = place_name::Entity::find()
            .order_by_asc(place_name::Column::Id)
            .all(db)
            .await
            .unwrap();
        seen.push(names);
        // Seeding again does nothing.
        Places.seed(&run.services, &|_, _, _| ()).await.unwrap();
        assert_eq!(place::Entity::find().count(db).await.unwrap(), 5_000);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn the_whole_country_is_there_level_by_level() {
    let services = testing::memory(&Places, "51").await;
    crate::import::run(&services, &|_, _, _| ()).await.unwrap();
    let run = Running {
        graph: Places.schema(services.clone()),
        services,
    };
    let query = "query($level: DivisionLevel!, $asOf: Date, $after: String) {
        divisions(level: $level, asOf: $asOf, first: 500, after: $after) {
            nodes { id } pageInfo { hasNextPage endCursor } } }";
    for (level, as_of, expected) in [
        ("PROVINCE", "2026-11-22", 34),
        ("PREFECTURE", "2026-11-22", 333),
        ("COUNTY", "2026-11-22", 2978),
        ("PROVINCE", "1990-01-01", 31),
    ] {
        let (mut count, mut after) = (0, Value::Null);
        loop {
            let data = run
                .data(
                    query,
                    json!({ "level": level, "asOf": as_of, "after": after }),
                )
                .await;
            let page = &data["divisions"];
            count += page["nodes"].as_array().unwrap().len();
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(count, expected, "{level} {as_of}");
    }
    // 43 counties left 四川 for 重庆 in 1997.
    let below =
        "query($code: DivisionCode!, $asOf: Date!) { divisionByCode(code: $code, asOf: $asOf) {
        descendants(level: COUNTY, asOf: $asOf, first: 500) { nodes { current { name } } } } }";
    let data = run
        .data(below, json!({ "code": "500000", "asOf": "1997-06-01" }))
        .await;
    let counties = data["divisionByCode"]["descendants"]["nodes"]
        .as_array()
        .unwrap()
        .len();
    assert!((40..=46).contains(&counties), "{counties}");
}

/// Writes what a row says otherwise.
async fn save<A>(run: &Running, row: A)
where
    A: ActiveModelTrait + sea_orm::ActiveModelBehavior + Send + Sync + Clone + 'static,
    <A::Entity as EntityTrait>::Model: sea_orm::IntoActiveModel<A> + Send,
{
    run.services
        .db
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                row.update(tx).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
}
