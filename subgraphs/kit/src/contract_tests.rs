//! The proof that kit's copies of the gateway's files are the gateway's.

#[test]
fn the_contract_is_the_gateways_to_the_letter() {
    let ours = include_str!("contract.rs");
    let theirs = include_str!("../../../gateway/src/contract.rs");
    assert!(
        ours == theirs,
        "copy gateway/src/contract.rs to subgraphs/kit/src/contract.rs"
    );
}

#[test]
fn what_a_number_is_both_know_to_the_letter() {
    let ours = include_str!("number.rs");
    let theirs = include_str!("../../../gateway/src/identity/number.rs");
    assert!(
        ours == theirs,
        "copy gateway/src/identity/number.rs to subgraphs/kit/src/number.rs"
    );
}
