//! Names from the application to the day they are in force, through GraphQL.

use super::*;

pub(super) const SHOWN: &str =
    "application { id state version name filingDueOn deadlineProvisional effectiveOn
    place { id version } filing { dueOn isLate receiver reminder chasedOn } notice { body publishedOn isLate }
    reportsNeeded approvers steps { act state } reports { kind outcome } }";

pub(super) fn submission(key: &str, specific: &str) -> Value {
    json!({ "requestKey": key, "kind": "NAME", "placeKind": "ROAD", "divisionId": id("510118"),
        "specific": specific, "generic": "路", "reasons": "新建城市道路命名" })
}

pub(super) fn step(key: &str, application: &Value) -> Value {
    json!({ "requestKey": key, "applicationId": application["id"], "version": application["version"] })
}

pub(super) fn with(mut input: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

/// Leads an application to the state REVIEW and answers it.
pub(super) async fn reviewed(run: &Running, specific: &str, more: Value) -> Value {
    let clerk = Principal::registrar("51", "510118", None);
    let key = |step: &str| format!("{step} {specific}");
    let input = with(submission(&key("submit"), specific), more);
    let is_change = input["kind"] != "NAME";
    let done = run.change(&clerk, "submitNaming", SHOWN, input).await;
    let mut application = done["application"].clone();
    assert_eq!(application["state"], "EVALUATION", "{done:#}");
    let kinds: &[&str] = if is_change {
        &["EVALUATION", "OPINIONS", "EXPERT"]
    } else {
        &["EVALUATION"]
    };
    for kind in kinds {
        let report = json!({ "kind": kind, "outcome": "IN_FAVOUR", "document": "评〔2026〕1号", "summary": "同意",
            "madeOn": "2026-11-18" });
        let input = with(step(&key(kind), &application), report);
        let done = run.change(&clerk, "recordNamingReport", SHOWN, input).await;
        application = done["application"].clone();
    }
    let done = run
        .change(
            &clerk,
            "reviewNaming",
            SHOWN,
            step(&key("review"), &application),
        )
        .await;
    assert_eq!(done["application"]["state"], "REVIEW", "{done:#}");
    done["application"].clone()
}

/// What an approval says beside the application.
pub(super) fn approval(key: &str, application: &Value) -> Value {
    let approval = json!({ "authority": "COUNTY_GOVERNMENT", "approvedBy": "新津区人民政府",
        "approvalDoc": "新津府〔2026〕8号", "approvedOn": "2026-11-20" });
    with(step(key, application), approval)
}

/// Leads an application to the state APPROVED and answers it.
pub(super) async fn approved(run: &Running, specific: &str, more: Value) -> Value {
    let application = reviewed(run, specific, more).await;
    let input = approval(&format!("approve {specific}"), &application);
    let done = run
        .change(&supervisor("510118"), "approveNaming", SHOWN, input)
        .await;
    assert_eq!(done["application"]["state"], "APPROVED", "{done:#}");
    done["application"].clone()
}

#[tokio::test]
async fn a_name_goes_from_the_application_to_the_day_it_is_in_force() {
    let run = running("51").await;
    let (clerk, chief) = (
        Principal::registrar("51", "510118", None),
        supervisor("510118"),
    );

    // Submitted only, then accepted: nothing stands in its way.
    let input = with(submission("a1", "青丝溪"), json!({ "saveAs": "SUBMITTED" }));
    let done = run.change(&clerk, "submitNaming", SHOWN, input).await;
    let first = done["application"].clone();
    assert_eq!(first["state"], "SUBMITTED");
    let early = run
        .change(&clerk, "reviewNaming", SHOWN, step("a2", &first))
        .await;
    assert_eq!(refusal(&early), "STATE_UNFIT");
    assert!(early["userErrors"][0]["legalBasis"].is_string());
    let accepted = run
        .change(&clerk, "acceptNaming", SHOWN, step("a3", &first))
        .await;
    assert_eq!(
        accepted["application"]["state"], "EVALUATION",
        "{accepted:#}"
    );
    let stale = run
        .change(&clerk, "reviewNaming", SHOWN, step("a4", &first))
        .await;
    assert_eq!(refusal(&stale), "VERSION_CONFLICT");
    let bare = run
        .change(
            &clerk,
            "reviewNaming",
            SHOWN,
            step("a5", &accepted["application"]),
        )
        .await;
    assert_eq!(refusal(&bare), "REPORTS_MISSING");
    let stranger = Principal::registrar("51", "510104", None);
    let elsewhere = run
        .change(
            &stranger,
            "acceptNaming",
            SHOWN,
            step("a6", &accepted["application"]),
        )
        .await;
    assert_eq!(elsewhere["refused"], "FORBIDDEN");

    // Returned without a word is refused; with one it may be sent in again.
    let wordless = run
        .change(
            &clerk,
            "returnNaming",
            SHOWN,
            step("a7", &accepted["application"]),
        )
        .await;
    assert_eq!(refusal(&wordless), "TEXT_LENGTH");
    // Remarks stand in plain: nobody's number does.
    for (key, number) in [("n1", "519901199003030032"), ("n2", "139 8765 0912")] {
        let input = with(
            step(key, &accepted["application"]),
            json!({ "remark": format!("联系人{number}") }),
        );
        let told = run.change(&clerk, "returnNaming", SHOWN, input).await;
        assert_eq!(refusal(&told), "NUMBER_IN_TEXT", "{number}");
    }
    let input = with(
        step("a8", &accepted["application"]),
        json!({ "remark": "请补充位置" }),
    );
    let back = run.change(&clerk, "returnNaming", SHOWN, input).await;
    assert_eq!(back["application"]["state"], "RETURNED");
    let again = json!({ "specific": "青丝溪畔", "generic": "路", "reasons": "补充位置后重报", "position": "南起兴园路" });
    let input = with(step("a9", &back["application"]), again);
    let sent = run.change(&clerk, "resubmitNaming", SHOWN, input).await;
    assert_eq!(sent["application"]["state"], "SUBMITTED", "{sent:#}");
    assert_eq!(sent["application"]["name"], "青丝溪畔路");
    let input = with(
        step("a10", &sent["application"]),
        json!({ "remark": "不予命名" }),
    );
    let clerks = run
        .change(&clerk, "rejectNaming", SHOWN, input.clone())
        .await;
    assert_eq!(clerks["refused"], "FORBIDDEN", "a clerk does not decide");
    let gone = run.change(&chief, "rejectNaming", SHOWN, input).await;
    assert_eq!(gone["application"]["state"], "REJECTED");

    // Approval, its clocks, and the notice for a later day.
    let named = approved(&run, "清波溪", json!({})).await;
    assert_eq!(
        named["filingDueOn"], "2026-12-07",
        "the fifth is a Saturday"
    );
    assert_eq!(named["deadlineProvisional"], false);
    assert_eq!(named["filing"]["receiver"], "HIGHER_GOVERNMENT");
    let notice = json!({ "channel": "政府门户网站", "effectiveOn": "2026-12-01" });
    let input = with(step("n1", &named), notice.clone());
    let bare = run
        .change(&clerk, "publishNamingNotice", SHOWN, input)
        .await;
    assert_eq!(refusal(&bare), "NOTICE_INCOMPLETE");
    let input = with(
        with(step("n2", &named), notice),
        json!({ "position": "东起兴园路，西至江边" }),
    );
    let noticed = run
        .change(&clerk, "publishNamingNotice", SHOWN, input)
        .await;
    let application = &noticed["application"];
    assert_eq!(application["state"], "NOTICED", "{noticed:#}");
    let body = application["notice"]["body"].as_str().unwrap();
    assert!(
        body.contains("清波溪路")
            && body.contains("Qingboxi Lu")
            && body.contains("四川省成都市新津区")
    );
    let filed = run
        .change(&clerk, "fileNaming", SHOWN, step("n3", application))
        .await;
    assert_eq!(filed["application"]["state"], "NOTICED");
    assert_eq!(filed["application"]["filing"]["isLate"], false);
    let place = &application["place"]["id"];
    let on = "query($id: ID!, $asOf: Date) { place(id: $id) { standardName(asOf: $asOf) { text roman } } }";
    let today = run.data(on, json!({ "id": place })).await;
    assert!(
        today["place"]["standardName"].is_null(),
        "not before its day"
    );
    let later = run
        .data(on, json!({ "id": place, "asOf": "2026-12-01" }))
        .await;
    assert_eq!(later["place"]["standardName"]["text"], "清波溪路");

    // The timer brings the row to what is read on that day.
    let settled = run
        .services
        .db
        .write(|tx| {
            Box::pin(async move {
                let today = "2026-12-02".parse().unwrap();
                crate::service::timers::settle(tx, "2026-12-02T01:00:00Z".parse().unwrap(), today)
                    .await
            })
        })
        .await
        .unwrap();
    assert_eq!(settled, 1);
    let state = "query($id: ID!) { namingApplication(id: $id) { state } }";
    let shown = run
        .shown(&clerk, state, json!({ "id": application["id"] }))
        .await;
    assert_eq!(shown["namingApplication"]["state"], "IN_FORCE");

    renaming(&run, place).await;
    overdue(&run).await;
    parameters_and_feed(&run).await;
}

/// A renaming, a protected name, and the addresses that print the old one.
async fn renaming(run: &Running, place: &Value) {
    let (clerk, chief) = (
        Principal::registrar("51", "510118", None),
        supervisor("510118"),
    );
    let shown = "place { id version heritage { category measures version } isHeritage address oldNamesInAddress { oldName newName } }";
    let version = "query($id: ID!) { place(id: $id) { version } }";
    let at = run.data(version, json!({ "id": place })).await["place"]["version"].clone();
    let listing = json!({ "requestKey": "h1", "placeId": place, "version": at,
        "category": "OLD_STREET", "document": "川民发〔2026〕1号" });
    let listed = run.change(&chief, "listHeritageName", shown, listing).await;
    assert_eq!(
        listed["place"]["heritage"]["category"], "OLD_STREET",
        "{listed:#}"
    );
    let more = json!({ "kind": "RENAME", "placeId": place });
    let input = with(submission("h2", "清泉溪"), more.clone());
    let kept = run.change(&clerk, "submitNaming", SHOWN, input).await;
    assert_eq!(refusal(&kept), "NAME_HERITAGE");
    let measures =
        json!({ "requestKey": "h3", "placeId": place, "version": 1, "measures": "原地立碑" });
    let laid = run
        .change(&chief, "layDownHeritageMeasures", shown, measures)
        .await;
    assert_eq!(
        laid["place"]["heritage"]["measures"], "原地立碑",
        "{laid:#}"
    );

    // A place whose address prints the name that goes.
    let other = demo_place_id("510118", DemoPlace::Offices).to_string();
    let before = run.data(version, json!({ "id": other })).await["place"]["version"].clone();
    let address = json!({ "requestKey": "h4", "placeId": other, "version": before, "address": "新津区清波溪路8号" });
    run.change(&clerk, "updateStandardAddress", shown, address)
        .await;
    let who = "query($id: ID!) { place(id: $id) { addressedPlaces { nodes { id address } } } }";
    let concerned = run.data(who, json!({ "id": place })).await;
    assert_eq!(
        concerned["place"]["addressedPlaces"]["nodes"][0]["id"],
        other.as_str()
    );

    let named = approved(run, "清泉溪", more).await;
    let notice = json!({ "channel": "政府门户网站", "position": "东起兴园路" });
    let input = with(step("h5", &named), notice);
    let noticed = run
        .change(&clerk, "publishNamingNotice", SHOWN, input)
        .await;
    assert_eq!(noticed["application"]["state"], "IN_FORCE", "{noticed:#}");
    let names = "query($id: ID!) { place(id: $id) { names { text status validTo } } }";
    let data = run.data(names, json!({ "id": place })).await;
    let statuses: Vec<&str> = data["place"]["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name["status"].as_str().unwrap())
        .collect();
    assert!(
        statuses.contains(&"FORMER") && statuses.contains(&"STANDARD"),
        "{data:#}"
    );
    let outdated = "query($d: ID!) { outdatedAddresses(divisionId: $d) { nodes { id oldNamesInAddress { oldName newName } } } }";
    let data = run.data(outdated, json!({ "d": id("510118") })).await;
    let row = data["outdatedAddresses"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["id"] == other.as_str())
        .unwrap();
    assert_eq!(
        row["oldNamesInAddress"][0],
        json!({ "oldName": "清波溪路", "newName": "清泉溪路" })
    );
    let at = run.data(version, json!({ "id": other })).await["place"]["version"].clone();
    let same = json!({ "requestKey": "h6", "placeId": other, "version": at, "address": "新津区清波溪路9号" });
    let still = run
        .change(&clerk, "updateStandardAddress", shown, same)
        .await;
    assert_eq!(refusal(&still), "ADDRESS_OLD_NAME");
    let new = json!({ "requestKey": "h7", "placeId": other, "version": at, "address": "新津区清泉溪路8号" });
    let renewed = run
        .change(&clerk, "updateStandardAddress", shown, new)
        .await;
    assert_eq!(
        renewed["place"]["oldNamesInAddress"],
        json!([]),
        "{renewed:#}"
    );
}

/// Late filings of the demonstration: found, chased, and not chased twice.
async fn overdue(run: &Running) {
    let chief = supervisor("510000");
    let query = "{ filingsOverdue(first: 5) { nodes { daysLate dueOn application { id version filing { reminder } } } } }";
    let late = run.shown(&chief, query, json!({})).await;
    let first = &late["filingsOverdue"]["nodes"][0];
    assert!(first["daysLate"].as_i64().unwrap() > 0, "{late:#}");
    assert_eq!(first["application"]["filing"]["reminder"], "CHASE");
    let chased = run
        .change(
            &chief,
            "chaseFiling",
            SHOWN,
            step("c1", &first["application"]),
        )
        .await;
    assert_eq!(
        chased["application"]["filing"]["reminder"], "WAIT",
        "{chased:#}"
    );
    let twice = run
        .change(
            &chief,
            "chaseFiling",
            SHOWN,
            step("c2", &chased["application"]),
        )
        .await;
    assert_eq!(refusal(&twice), "NOTHING_TO_CHASE");
    let nobody = Principal::of(Role::Supervisor, "51");
    let refused = run.ask(nobody, query, json!({})).await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "FORBIDDEN",
        "an officer without a division has no area"
    );
}

/// The numbers of the law say where they come from; the feed goes on behind its cursor.
async fn parameters_and_feed(run: &Running) {
    let data = run
        .data(
            "{ placeParameters { key value legalBasis source verifiedOn validFrom validTo } }",
            json!({}),
        )
        .await;
    let filing = data["placeParameters"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["key"] == "FILING_DAYS")
        .unwrap();
    assert_eq!(filing["value"], 15);
    assert_eq!(filing["legalBasis"], "地名管理条例第十三条");

    let query = "query($cursor: String) { changesSince(cursor: $cursor, first: 150) {
        nodes { seq kind place { id } division { id } } pageInfo { endCursor hasNextPage } } }";
    let (mut cursor, mut seen) = (Value::Null, Vec::new());
    loop {
        let page = run.data(query, json!({ "cursor": cursor })).await["changesSince"].clone();
        seen.extend(
            page["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|node| node["seq"].as_i64().unwrap()),
        );
        if page["pageInfo"]["endCursor"].is_string() {
            cursor = page["pageInfo"]["endCursor"].clone();
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert!(
        seen.len() > 200 && seen.windows(2).all(|pair| pair[0] < pair[1]),
        "rising"
    );
    let empty = run.data(query, json!({ "cursor": cursor })).await;
    assert_eq!(empty["changesSince"]["nodes"], json!([]));

    let heritage =
        "{ heritageNames(first: 3) { nodes { isHeritage heritage { category listedOn } } }
        namingNotices(first: 3) { nodes { notice { body publishedOn } place { id } } } }";
    let data = run.data(heritage, json!({})).await;
    assert_eq!(data["heritageNames"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(data["namingNotices"]["nodes"].as_array().unwrap().len(), 3);
}

/// 地名管理条例 9(10), 10: what refuses a first form refuses a second one too.
#[tokio::test]
async fn a_returned_application_is_judged_anew_when_it_comes_again() {
    let run = running("51").await;
    let clerk = Principal::registrar("51", "510118", None);
    let bridge = |key: &str| {
        json!({ "requestKey": key, "kind": "NAME", "placeKind": "FACILITY", "divisionId": id("510118"),
            "specific": "青丝溪", "generic": "大桥", "reasons": "新建跨溪大桥命名", "saveAs": "DRAFT" })
    };
    let done = run
        .change(&clerk, "submitNaming", SHOWN, bridge("b1"))
        .await;
    let draft = done["application"].clone();
    assert_eq!(draft["state"], "DRAFT", "{done:#}");
    for (key, specific, expected) in [
        ("b2", "双流青丝溪", "NAME_OF_ELSEWHERE"),
        ("b3", "龘溪", "NAME_SCRIPT"),
        ("b4", "新津青丝溪", "none"),
    ] {
        let form =
            json!({ "specific": specific, "generic": "大桥", "reasons": "新建跨溪大桥命名" });
        let input = with(step(key, &draft), form);
        let sent = run.change(&clerk, "resubmitNaming", SHOWN, input).await;
        assert_eq!(refusal(&sent), expected, "{specific}: {sent:#}");
    }
}

/// 地名管理条例 9(7): 同一个建成区内的街路巷名称: the districts of one city are one.
#[tokio::test]
async fn a_road_is_alone_in_all_districts_of_its_city_and_a_park_nowhere() {
    let run = running("51").await;
    let (one, other) = (
        Principal::registrar("51", "510118", None),
        Principal::registrar("51", "510104", None),
    );
    let asked = |key: &str, division: &str, kind: &str, generic: &str| {
        json!({ "requestKey": key, "kind": "NAME", "placeKind": kind, "divisionId": id(division),
            "specific": "青丝溪畔", "generic": generic, "reasons": "新建项目命名" })
    };
    // Decided in one district …
    approved(&run, "青丝溪畔", json!({})).await;
    // … it stands in the way in another one of the city, and not in a county of it or in another city.
    for (key, clerk, division, found) in [
        ("c1", &other, "510104", 1),
        ("c2", &one, "510118", 1),
        (
            "c3",
            &Principal::registrar("51", "510129", None),
            "510129",
            0,
        ),
        (
            "c4",
            &Principal::registrar("51", "510302", None),
            "510302",
            0,
        ),
    ] {
        let shown = "application { state conflicts { kind scope } }";
        let done = run
            .change(
                clerk,
                "submitNaming",
                shown,
                asked(key, division, "ROAD", "路"),
            )
            .await;
        let conflicts = done["application"]["conflicts"].as_array().unwrap().clone();
        assert_eq!(conflicts.len(), found, "{division}: {done:#}");
        if found > 0 {
            assert_eq!(
                conflicts[0],
                json!({ "kind": "SAME", "scope": "BUILT_UP_AREA" })
            );
        }
    }
    let shown = "application { conflicts { kind scope } }";
    for (key, specific, found) in [
        ("m1", "泰", json!([{ "kind": "SAME", "scope": "NATION" }])),
        ("m2", "青丝", json!([])),
    ] {
        let mountain = json!({ "requestKey": key, "kind": "NAME", "placeKind": "NATURAL_FEATURE",
            "divisionId": id("510118"), "specific": specific, "generic": "山", "reasons": "自然地理实体命名" });
        let done = run.change(&one, "submitNaming", shown, mountain).await;
        assert_eq!(done["application"]["conflicts"], found, "{done:#}");
    }
}

/// 地名管理条例 37, 38: signs are kept, and who damages them is fined within the range.
#[tokio::test]
async fn a_sign_is_recorded_and_an_offence_fined_within_its_range() {
    let run = running("51").await;
    let clerk = Principal::registrar("51", "510118", None);
    let found = "query($d: ID!) { searchPlaces(divisionId: $d, first: 1) { nodes { id } } }";
    let data = run.data(found, json!({ "d": id("510118") })).await;
    let place = data["searchPlaces"]["nodes"][0]["id"].clone();
    let shown = "signpost { id condition shown version }";
    let sign = json!({ "requestKey": "s1", "placeId": place, "position": "路口东侧", "condition": "GOOD",
        "shown": "兴园路", "keeper": "新津区民政局" });
    let done = run
        .change(&clerk, "recordSignpost", shown, sign.clone())
        .await;
    let sign_id = done["signpost"]["id"].clone();
    assert_eq!(done["signpost"]["version"], 1, "{done:#}");
    let foreign = run
        .change(
            &Principal::registrar("51", "510104", None),
            "recordSignpost",
            shown,
            with(sign.clone(), json!({ "requestKey": "s2" })),
        )
        .await;
    assert_eq!(foreign["refused"], "FORBIDDEN");
    let stale = with(
        sign,
        json!({ "requestKey": "s3", "signpostId": sign_id, "version": 7 }),
    );
    let stale = run.change(&clerk, "recordSignpost", shown, stale).await;
    assert_eq!(refusal(&stale), "VERSION_CONFLICT", "{stale:#}");

    let offence = |key: &str, fine: &str| {
        json!({ "requestKey": key, "kind": "SIGN_DAMAGED", "divisionId": id("510118"), "placeId": place,
            "signpostId": sign_id, "fine": fine, "document": "新津民罚〔2026〕1号" })
    };
    let told = "offence { id kind fine decidedOn place { id } }";
    let low = run
        .change(&clerk, "recordNameOffence", told, offence("o1", "999.99"))
        .await;
    assert_eq!(refusal(&low), "FINE_OUT_OF_RANGE");
    assert_eq!(low["userErrors"][0]["legalBasis"], "地名管理条例第三十八条");
    let done = run
        .change(&clerk, "recordNameOffence", told, offence("o2", "1000.00"))
        .await;
    assert_eq!(done["offence"]["fine"], "1000.00", "{done:#}");
    assert_eq!(done["offence"]["decidedOn"], "2026-11-22");
    let signs = "query($id: ID!) { place(id: $id) { signposts { condition version } } }";
    let data = run.data(signs, json!({ "id": place })).await;
    assert_eq!(
        data["place"]["signposts"],
        json!([{ "condition": "DAMAGED", "version": 2 }])
    );
    let list = "{ nameOffences(first: 5) { nodes { kind document } } }";
    let mine = run.shown(&clerk, list, json!({})).await;
    assert_eq!(mine["nameOffences"]["nodes"].as_array().unwrap().len(), 1);
    let above = run.shown(&supervisor("510000"), list, json!({})).await;
    assert_eq!(above, mine);
    let beside = run
        .shown(&Principal::registrar("51", "510104", None), list, json!({}))
        .await;
    assert_eq!(beside["nameOffences"]["nodes"], json!([]));
}
