//! The proof that kit's copy of the contract is the gateway's file.

#[test]
fn the_contract_is_the_gateways_to_the_letter() {
    let ours = include_str!("contract.rs");
    let theirs = include_str!("../../../gateway/src/contract.rs");
    assert!(
        ours == theirs,
        "copy gateway/src/contract.rs to subgraphs/kit/src/contract.rs"
    );
}
