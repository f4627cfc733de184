//! D.6 (49), (55) by what changes things: an officer without a matter, an officer of elsewhere and a citizen who try
//! on others what they may do for their own; and tokens that say too much.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::enumeration::{ABOVE, known_ids, number_of};
use crate::fixtures::{Fixtures, Province};
use crate::rights::{OFFICER, REGISTRY, SERVING, expect, shape};
use crate::steps::with_check;
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "d6_49_a_change_that_is_refused_tells_an_officer_without_a_matter_nothing_of_anybody",
            without_a_matter,
        ),
        case(
            fixtures,
            "d6_55_who_changes_what_is_not_theirs_learns_not_even_that_it_is_there",
            changes_by_id,
        ),
        case(
            fixtures,
            "d6_55_an_officer_of_another_division_tells_no_ids_apart",
            officer_of_elsewhere,
        ),
        case(
            fixtures,
            "a_token_whose_identifiers_could_be_a_number_is_refused",
            number_for_a_subject,
        ),
    ]
}

/// Somebody of whom no register knows anything.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";
const ELSEWHERE: &str = "registrar --division 510781";

/// A man and a woman of whom no other case tells anything: married to each other, to nobody, and unheard of.
fn couples() -> [(&'static str, String, String); 3] {
    [
        ("married", number_of(106), number_of(107)),
        ("single", number_of(6002), number_of(6003)),
        (
            "unheard",
            with_check("51990119500505011"),
            with_check("51990119500505012"),
        ),
    ]
}

/// The changes at a counter that look into the ledgers, each so that it is refused before it is written.
fn at_the_counter(
    who: &str,
    man: &str,
    woman: &str,
) -> [(&'static str, &'static str, Value, &'static str); 3] {
    [
        (
            "applyDivorce",
            "ApplyDivorceInput",
            json!({ "requestKey": format!("tr-d-{who}"), "registry": REGISTRY, "man": man, "woman": woman,
                "bothPresent": false, "agreementSigned": true, "fullCapacity": true }),
            "BOTH_MUST_BE_PRESENT",
        ),
        (
            "receiveApplication",
            "ReceiveApplicationInput",
            json!({ "requestKey": format!("tr-m-{who}"), "registry": REGISTRY, "registrar": NOBODY,
                "kind": "RETROACTIVE", "conditionsFirstMet": "2020-01-02", "man": man, "woman": woman }),
            "REGISTRAR_NOT_OF_THIS_REGISTRY",
        ),
        (
            "issueReplacement",
            "IssueReplacementInput",
            json!({ "requestKey": format!("tr-r-{who}"), "registry": REGISTRY, "registrar": NOBODY, "holder": man,
                "certificate": "MARRIAGE", "holderIdentified": false, "archiveChecked": true, "printNumber": "BJ1" }),
            "HOLDER_NOT_IDENTIFIED",
        ),
    ]
}

fn refused(
    province: &Province,
    role: &str,
    field: &str,
    kind: &str,
    input: &Value,
) -> Result<Value, String> {
    let query = format!(
        "mutation($input: {kind}!) {{ {field}(input: $input) {{ userErrors {{ code messageEn messageZh field }} }} }}"
    );
    province.ask(role, &query, &json!({ "input": input }))
}

fn without_a_matter(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let couples = couples();
    let all: Vec<_> = couples
        .iter()
        .map(|(who, man, woman)| at_the_counter(who, man, woman))
        .collect();
    for change in 0..all[0].len() {
        let mut told = Vec::new();
        for of_couple in &all {
            let (field, kind, input, code) = &of_couple[change];
            let answer = refused(&province, OFFICER, field, kind, input)?;
            let errors = answer["data"][field]["userErrors"].as_array();
            if !errors.is_some_and(|all| all.iter().any(|error| error["code"] == *code)) {
                return Err(format!("{field} {input}: {answer}"));
            }
            told.push(shape(&answer));
        }
        told.dedup();
        if told.len() != 1 {
            return Err(format!("couples are told apart: {told:?}"));
        }
    }
    // To who serves them the same change does tell: otherwise nothing was shown here.
    let mut told = Vec::new();
    for (_, man, woman) in &couples[..2] {
        let (field, kind, input, _) = &at_the_counter("served", man, woman)[0];
        told.push(shape(&refused(&province, SERVING, field, kind, input)?));
    }
    if told[0] == told[1] {
        return Err(format!("there is nothing to tell apart: {told:?}"));
    }
    Ok(())
}

fn changes_by_id(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let known = known_ids(&province)?;
    let id = |field: &str| {
        let of = known.iter().find(|(known, _)| *known == field);
        of.map(|(_, id)| id.clone()).ok_or(format!("no {field}"))
    };
    let (divorce, funeral) = (id("divorceApplication")?, id("funeralCase")?);
    let changes = |there: bool| {
        let or = |id: &Value| if there { id.clone() } else { json!(NOBODY) };
        [
            (
                "withdrawDivorce",
                "WithdrawDivorceInput",
                json!({ "requestKey": format!("tr-w-{there}"), "application": or(&divorce), "version": 1 }),
            ),
            (
                "cancelFuneralCase",
                "CancelFuneralCaseInput",
                json!({ "requestKey": format!("tr-c-{there}"), "case": or(&funeral), "version": 1, "reason": "OPENED_IN_ERROR" }),
            ),
        ]
    };
    for stranger in ["citizen --citizen 7", ELSEWHERE] {
        for ((field, kind, there), (_, _, not)) in changes(true).into_iter().zip(changes(false)) {
            let there = refused(&province, stranger, field, kind, &there)?;
            let not = refused(&province, stranger, field, kind, &not)?;
            if shape(&there) != shape(&not) {
                return Err(format!("{stranger}, {field}: {there} and {not}"));
            }
            let done = there["data"][field]["userErrors"].as_array();
            if done.is_some_and(Vec::is_empty) {
                return Err(format!("{stranger}, {field} was done: {there}"));
            }
        }
    }
    Ok(())
}

fn officer_of_elsewhere(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    for (field, id) in known_ids(&province)? {
        let query = &format!("query($id: ID!) {{ {field}(id: $id) {{ id }} }}");
        let there = province.ask(ELSEWHERE, query, &json!({ "id": id }))?;
        let not = province.ask(ELSEWHERE, query, &json!({ "id": NOBODY }))?;
        if shape(&there) != shape(&not) {
            return Err(format!("{query} tells ids apart: {there} and {not}"));
        }
        let seen = province.data(ABOVE, query, &json!({ "id": id }))?;
        if seen[field]["id"] != id {
            return Err(format!("{query}: there is none to look for: {seen}"));
        }
    }
    Ok(())
}

/// Some identity providers use the number of a person as `sub`. That nothing keeps it then is searched for in
/// `at_rest`.
fn number_for_a_subject(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    for (what, role) in [
        ("a subject", format!("{OFFICER} --subject {}", number_of(7))),
        (
            "a subject around a number",
            format!("{OFFICER} --subject id.{}.x", number_of(7)),
        ),
        (
            "a registry",
            format!("{OFFICER} --registry {}", number_of(7)),
        ),
    ] {
        let answer = province.ask(&role, "{ me { maskedName } }", &Value::Null)?;
        expect(what, &answer, "TOKEN_IDENTIFIER")?;
        if answer.to_string().contains(&number_of(7)) {
            return Err(format!("the number is repeated: {answer}"));
        }
    }
    // Nor is an officer one of another province.
    let answer = province.ask("registrar --division 320106", "{ me { id } }", &Value::Null)?;
    expect("a division of another province", &answer, "TOKEN_PROVINCE")
}
