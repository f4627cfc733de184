//! The story: a marriage of three provinces; one of the couple again, elsewhere, in the same second; a person who is
//! wanted twice at one instant; and a province that dies in the middle, after it has promised.
//!
//! The persons are invented, and their numbers begin with a county code that was never issued (3299…, 3599…): they
//! stand for the 徐州 and 福州 of the reports, whose province and no more their numbers name.

use std::time::{Duration, Instant};

use minzheng_gateway::identity::Role;
use minzheng_kit::demo::{self, person};
use minzheng_kit::id::derived;
use minzheng_marriage::interop::client::Client;
use serde_json::{Value, json};

use super::name_of;
use super::province::Province;
use crate::failure::Failure;

/// How long provinces may take to agree, a restart included.
const AGREED: Duration = Duration::from_secs(120);

const FIELDS: &str = "application { id version state refusalCode record { certificateNumber registeredOn } } userErrors { code messageZh messageEn }";

/// A couple at a counter.
struct Couple<'a> {
    /// Which province's registry accepts it.
    at: usize,
    /// The registry's code.
    registry: &'a str,
    /// Province and number of the man and of the woman.
    man: (&'a str, usize),
    woman: (&'a str, usize),
}

/// Tells it; fails at the first thing that does not come out right.
pub(super) async fn tell(client: &Client, provinces: &mut [Province]) -> Result<(), Failure> {
    let men = |code: &str| free(code, 0, 22);
    let women = |code: &str| free(code, 1, 20);
    let (jiangsu, fujian, jiangxi) = (men("32"), women("35"), women("36"));
    let at = |code: &str| {
        provinces
            .iter()
            .position(|one| one.code == code)
            .unwrap_or(0)
    };
    let (sichuan, xuzhou, fuzhou, guangfeng) = (at("51"), at("32"), at("35"), at("36"));
    serving(client, provinces).await?;
    show(provinces).await?;

    title(
        "I",
        "A person of 徐州 (江苏) and one of 福州 (福建) marry at the park registry of 新津 (四川).",
    );
    let couple = Couple {
        at: sichuan,
        registry: "510118-2",
        man: ("32", pick(&jiangsu, 0)?),
        woman: ("35", pick(&fujian, 0)?),
    };
    let again = Couple {
        at: guangfeng,
        registry: "361103-1",
        man: couple.man,
        woman: ("36", pick(&jiangxi, 0)?),
    };
    let ready = prepare(client, provinces, &couple).await?;
    // The second counter has checked him, too, while he was still free.
    let ready_again = prepare(client, provinces, &again).await?;
    let began = Instant::now();
    press(client, provinces, &couple, &ready).await?;
    let done = outcome(client, provinces, &couple, &ready, AGREED).await?;
    let agreed = began.elapsed();

    // Before anything else: the same second counts.
    press(client, provinces, &again, &ready_again).await?;
    let pressed = began.elapsed();
    let refused = outcome(client, provinces, &again, &ready_again, AGREED).await?;
    println!("  agreed after {:.2} s", agreed.as_secs_f64());
    show(provinces).await?;
    expect("REGISTERED", &done)?;
    certificate(&done);
    both_married(client, provinces, &couple).await?;

    title(
        "II",
        "He is to be married again at 广丰 (江西), in the same second: refused.",
    );
    println!(
        "  pressed {:.2} s after the first button: {} {}",
        pressed.as_secs_f64(),
        state(&refused),
        text(&refused, "refusalCode")
    );
    expect("ABORTED", &refused)?;
    if text(&refused, "refusalCode") != "SPOUSE_ON_RECORD" {
        return Err(Failure::new(
            "He was refused for another reason than the marriage.",
        ));
    }

    title(
        "III",
        "Another man of 江苏 is wanted twice at one instant: at 新津 with a woman of 福建, at 广丰 with one of 江西.",
    );
    let one = Couple {
        at: sichuan,
        registry: "510118-2",
        man: ("32", pick(&jiangsu, 1)?),
        woman: ("35", pick(&fujian, 1)?),
    };
    let other = Couple {
        at: guangfeng,
        registry: "361103-1",
        man: ("32", pick(&jiangsu, 1)?),
        woman: ("36", pick(&jiangxi, 1)?),
    };
    wanted_twice(client, provinces, [&one, &other]).await?;

    title(
        "IV",
        "A province dies in the middle: after it has promised, and before it hears of the decision.",
    );
    let couple = Couple {
        at: sichuan,
        registry: "510118-2",
        man: ("32", pick(&jiangsu, 2)?),
        woman: ("35", pick(&fujian, 2)?),
    };
    dies_in_the_middle(client, provinces, &couple, (sichuan, fuzhou, xuzhou)).await?;

    println!("\nThe story ended right: nobody was married twice, nothing was lost or half-done.");
    Ok(())
}

/// Both buttons at once: one couple at the most, and whoever is still there presses again.
async fn wanted_twice(
    client: &Client,
    provinces: &mut [Province],
    [one, other]: [&Couple<'_>; 2],
) -> Result<(), Failure> {
    let (here, there) = (
        prepare(client, provinces, one).await?,
        prepare(client, provinces, other).await?,
    );
    let (pressed, pressed_too) = tokio::join!(
        press(client, provinces, one, &here),
        press(client, provinces, other, &there)
    );
    pressed?;
    pressed_too?;
    let (first, second) = tokio::join!(
        outcome(client, provinces, one, &here, AGREED),
        outcome(client, provinces, other, &there, AGREED)
    );
    let (first, second) = (first?, second?);
    show(provinces).await?;
    let states = [state(&first), state(&second)];
    println!(
        "  新津: {} {}   广丰: {} {}",
        states[0],
        text(&first, "refusalCode"),
        states[1],
        text(&second, "refusalCode")
    );
    let registered = states
        .iter()
        .filter(|state| **state == "REGISTERED")
        .count();
    if registered > 1 {
        return Err(Failure::new("One person was married twice."));
    }
    if registered == 0 {
        println!(
            "  Neither came through: each found the person held by the other. The couple at 新津 presses again."
        );
        let here = prepare(client, provinces, one).await?;
        press(client, provinces, one, &here).await?;
        let done = outcome(client, provinces, one, &here, AGREED).await?;
        show(provinces).await?;
        expect("REGISTERED", &done)?;
    }
    Ok(())
}

/// The holder is killed after its promise; the decision falls without it; it comes back and follows.
async fn dies_in_the_middle(
    client: &Client,
    provinces: &mut [Province],
    couple: &Couple<'_>,
    (accepting, one, other): (usize, usize, usize),
) -> Result<(), Failure> {
    let ready = prepare(client, provinces, couple).await?;
    // Who holds and who decides follows from the transaction. One of the two stands still; if it is the holder that
    // is waited for, the other one does instead.
    provinces[one].pause(true);
    press(client, provinces, couple, &ready).await?;
    let (mut silent, mut holder) = (one, other);
    let waits_for = promise(client, &provinces[accepting], &ready, &provinces[one].code).await?;
    if waits_for == Promise::Awaited {
        (silent, holder) = (other, one);
        provinces[silent].pause(true);
        provinces[holder].pause(false);
        let silent = &provinces[silent].code;
        if promise(client, &provinces[accepting], &ready, silent).await? == Promise::Awaited {
            return Err(Failure::new("Nobody has promised anything."));
        }
    }
    let dead = provinces[holder].code.clone();
    println!(
        "  {} has promised; {} does not answer yet. Now {} is killed.",
        name_of(&dead),
        name_of(&provinces[silent].code),
        name_of(&dead)
    );
    waiting(client, &provinces[accepting]).await?;
    provinces[holder].kill();
    provinces[silent].pause(false);
    let done = outcome(client, provinces, couple, &ready, AGREED).await?;
    show(provinces).await?;
    expect("REGISTERED", &done)?;
    println!("  decided without {}:", name_of(&dead));
    certificate(&done);
    waiting(client, &provinces[accepting]).await?;
    println!("  {} comes back", name_of(&dead));
    provinces[holder].start()?;
    provinces[holder]
        .ready(client, Duration::from_secs(120))
        .await?;
    both_married(client, provinces, couple).await?;
    show(provinces).await
}

/// What stands at the accepting province about the holder's promise.
#[derive(PartialEq, Eq)]
enum Promise {
    /// The holder has given it.
    OnFile,
    /// It is waited for, and the province that stands still is the one to give it.
    Awaited,
}

/// Waits until it is clear whether the holder has promised or is the province that stands still.
async fn promise(
    client: &Client,
    province: &Province,
    ready: &Value,
    silent: &str,
) -> Result<Promise, Failure> {
    let token = province.token(Role::Registrar, "registrar-1", Some("510118"), None)?;
    let began = Instant::now();
    while began.elapsed() < AGREED {
        let query = "{ interopTransactions { application state waitingFor } }";
        let answer = province.ask(client, &token, query, json!({})).await?;
        let rows = answer.get("interopTransactions").and_then(Value::as_array);
        let mut rows = rows.into_iter().flatten();
        let row = rows.find(|row| row.get("application") == ready.get("id"));
        match row.map(|row| (text(row, "state"), text(row, "waitingFor"))) {
            Some(("HA_HELD", _)) => return Ok(Promise::OnFile),
            Some(("STARTED", awaited)) if awaited == silent => return Ok(Promise::Awaited),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    Err(Failure::new("Nobody has promised anything."))
}

fn title(number: &str, sentence: &str) {
    println!("\n{number}. {sentence}");
}

/// Numbers of demonstration persons of one sex who are single and old enough.
fn free(code: &str, parity: usize, years: i32) -> Vec<usize> {
    (7_000..8_000)
        .filter(|n| n % 2 == parity)
        .filter(|n| {
            use chrono::Datelike as _;
            2026 - person(code, *n).birth_date.year() > years
        })
        .collect()
}

/// A person for one run: later runs in the same folder meet those of earlier ones married, so that each
/// hour of the day takes others.
fn pick(of: &[usize], nth: usize) -> Result<usize, Failure> {
    let run = usize::try_from(chrono::Utc::now().timestamp() / 60).unwrap_or(0);
    of.get((run * 3 + nth) % of.len().max(1))
        .copied()
        .ok_or_else(|| Failure::new("There is nobody to tell of."))
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn state(application: &Value) -> &str {
    text(application, "state")
}

fn expect(wanted: &str, application: &Value) -> Result<(), Failure> {
    if state(application) == wanted {
        return Ok(());
    }
    Err(Failure::new(format!(
        "The application came to {} {} where {wanted} was right.",
        state(application),
        text(application, "refusalCode")
    )))
}

fn certificate(application: &Value) {
    let record = application.get("record").cloned().unwrap_or_default();
    println!(
        "  registered on {}, certificate {}",
        text(&record, "registeredOn"),
        text(&record, "certificateNumber")
    );
}

/// Prints what the provinces have sent one another since the last time, in order of time.
async fn show(provinces: &mut [Province]) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for province in provinces {
        lines.extend(province.news().await?);
    }
    lines.sort();
    for line in lines {
        println!("    {line}");
    }
    Ok(())
}

/// Every province has heard of every other's start.
async fn serving(client: &Client, provinces: &[Province]) -> Result<(), Failure> {
    let began = Instant::now();
    for province in provinces {
        let token = province.token(Role::Operator, "operator-1", None, None)?;
        loop {
            let answer = province
                .ask(
                    client,
                    &token,
                    "{ interopStation { serving waitingFor epoch } }",
                    json!({}),
                )
                .await?;
            if answer.pointer("/interopStation/serving") == Some(&Value::Bool(true)) {
                break;
            }
            if began.elapsed() > AGREED {
                return Err(Failure::new(format!(
                    "Province {} still waits for others: {answer}",
                    province.code
                )));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    println!("Every province has asked the others what they hold, and serves.");
    Ok(())
}

fn officer(province: &Province, registry: &str) -> Result<String, Failure> {
    province.token(Role::Registrar, "registrar-1", registry.get(..6), None)
}

/// One change at a counter; what the law or the form refuses is a failure here.
async fn change(
    client: &Client,
    province: &Province,
    token: &str,
    field: &str,
    kind: &str,
    input: Value,
) -> Result<Value, Failure> {
    let query = format!("mutation ($input: {kind}!) {{ {field}(input: $input) {{ {FIELDS} }} }}");
    let mut answer = province
        .ask(client, token, &query, json!({ "input": input }))
        .await?;
    let payload = answer.get_mut(field).map(Value::take).unwrap_or_default();
    match payload.get("userErrors").and_then(Value::as_array) {
        Some(errors) if errors.is_empty() => {
            Ok(payload.get("application").cloned().unwrap_or_default())
        }
        _ => Err(Failure::new(format!("{field} was refused: {payload}"))),
    }
}

fn key(what: &str) -> String {
    format!(
        "demo {what} {}",
        derived("demo", &chrono::Utc::now().to_rfc3339())
    )
}

/// Takes a couple in, until only the button is left to be pressed.
async fn prepare(
    client: &Client,
    provinces: &[Province],
    couple: &Couple<'_>,
) -> Result<Value, Failure> {
    let province = &provinces[couple.at];
    let token = officer(province, couple.registry)?;
    let number = |(code, n): (&str, usize)| demo::person(code, n).id_number;
    let registrar = derived("marriage registrar", &format!("{} 0", couple.registry));
    let mut application = change(client, province, &token, "receiveApplication", "ReceiveApplicationInput", json!({
        "requestKey": key("receive"), "registry": derived("marriage registry", couple.registry), "registrar": registrar,
        "kind": "MARRIAGE", "man": number(couple.man), "woman": number(couple.woman) })).await?;
    for role in ["MAN", "WOMAN"] {
        application = change(client, province, &token, "recordDeclaration", "RecordDeclarationInput", json!({
            "requestKey": key(role), "application": application["id"], "version": application["version"], "role": role,
            "present": true, "questionedApart": true, "willing": true, "document": "ID_CARD",
            "declaredStatus": "NEVER_MARRIED", "noSpouse": true, "noKinship": true,
            "illnessDutyExplained": true, "faceMatch": "PASS" })).await?;
    }
    application = change(
        client,
        province,
        &token,
        "runOnlineChecks",
        "ApplicationStepInput",
        step(&application),
    )
    .await?;
    expect("ELIGIBLE", &application)?;
    println!(
        "  {}: received and checked, of {} and {}",
        name_of(&province.code),
        name_of(couple.man.0),
        name_of(couple.woman.0)
    );
    Ok(application)
}

fn step(application: &Value) -> Value {
    json!({ "requestKey": key("step"), "application": application["id"], "version": application["version"] })
}

/// Presses the button.
async fn press(
    client: &Client,
    provinces: &[Province],
    couple: &Couple<'_>,
    ready: &Value,
) -> Result<(), Failure> {
    let province = &provinces[couple.at];
    let token = officer(province, couple.registry)?;
    let pressed = change(
        client,
        province,
        &token,
        "registerMarriage",
        "ApplicationStepInput",
        step(ready),
    )
    .await?;
    println!(
        "  {}: the registrar registers; the application is {}",
        name_of(&province.code),
        state(&pressed)
    );
    Ok(())
}

/// What becomes of it.
async fn outcome(
    client: &Client,
    provinces: &[Province],
    couple: &Couple<'_>,
    ready: &Value,
    patience: Duration,
) -> Result<Value, Failure> {
    let province = &provinces[couple.at];
    let token = officer(province, couple.registry)?;
    let query = "query ($id: ID!) { registrationApplication(id: $id) { id version state refusalCode record { certificateNumber registeredOn } } }";
    let began = Instant::now();
    loop {
        let answer = province
            .ask(client, &token, query, json!({ "id": ready["id"] }))
            .await?;
        let application = answer
            .get("registrationApplication")
            .cloned()
            .unwrap_or_default();
        if !matches!(state(&application), "HOLDING" | "COMMITTING") {
            return Ok(application);
        }
        if began.elapsed() > patience {
            waiting(client, province).await?;
            return Err(Failure::new(
                "The provinces did not come to an end in time.",
            ));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the registrar sees meanwhile.
async fn waiting(client: &Client, province: &Province) -> Result<(), Failure> {
    let token = province.token(Role::Registrar, "registrar-1", Some("510118"), None)?;
    let answer = province
        .ask(
            client,
            &token,
            "{ interopTransactions { state waitingFor explanation explanationZh } }",
            json!({}),
        )
        .await?;
    for one in answer
        .get("interopTransactions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        println!(
            "  the registrar reads: {} {}",
            text(one, "explanation"),
            text(one, "explanationZh")
        );
    }
    Ok(())
}

/// Both find the marriage on the ledger of the own province, and who has looked at it.
async fn both_married(
    client: &Client,
    provinces: &[Province],
    couple: &Couple<'_>,
) -> Result<(), Failure> {
    for (code, n) in [couple.man, couple.woman] {
        let Some(province) = provinces.iter().find(|province| province.code == code) else {
            continue;
        };
        let token = province.token(Role::Citizen, &format!("citizen-{n}"), None, Some(n))?;
        let query = "{ myMarriage { status } myMaritalEvents(first: 3) { entry { event } } myLedgerAccess(first: 5) { wrote authority } }";
        let began = Instant::now();
        loop {
            let answer = province.ask(client, &token, query, json!({})).await?;
            let married =
                answer.pointer("/myMarriage/status").and_then(Value::as_str) == Some("MARRIED");
            if married {
                println!(
                    "  {}: on the ledger MARRIED; events {}; read by {}",
                    name_of(code),
                    answer["myMaritalEvents"],
                    answer["myLedgerAccess"]
                );
                break;
            }
            // The holder enters it when the decision has reached it.
            if began.elapsed() > AGREED {
                return Err(Failure::new(format!(
                    "The ledger of {code} does not have the marriage: {answer}"
                )));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}
