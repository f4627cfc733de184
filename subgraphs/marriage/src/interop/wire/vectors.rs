//! Texts that another implementation must read, made by others: the JOSE ones with Python's `cryptography`, the
//! signature of SM2 with OpenSSL. Whoever writes a peer in another language starts here.
//!
//! Secrets are 32 equal bytes: 32 signs with `01`, 35 with `02` (Ed25519); the identity is sealed to X25519 `04`
//! from the ephemeral secret `06`; ES256 and SM2 sign the text `minzheng` with `07`. The person is invented.

/// The transaction of the examples.
pub const TXN: &str = "019aaa00-0000-7000-8000-000000000001";

/// The party of the sealed identity.
pub const PARTY: &str = "11111111-2222-4333-8444-555555555555";

/// When all of them were signed, in milliseconds since 1970.
pub const AT: i64 = 1_795_320_000_000;

/// An identity, sealed (JWE): `{"idNumber":"519901199003030032","name":"陈示例"}`.
pub const SEALED: &str = "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJjcnYiOiJYMjU1MTkiLCJrdHkiOiJPS1AiLCJ4Ijoi\
     OWJMVzVnLVVkLU1Rd3BndHFxYkpFMndRaWhkM3haUi1SSS1qZldnWFJWYyJ9LCJraWQiOiJTYWhjZHNZbGF0Vkg5ajBqb1lE\
     c3JoWVpBM3o2Um9Jak03U3BjemFBc0tZIiwicGFydHlSZWYiOiIxMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1\
     NTUiLCJ0eG5JZCI6IjAxOWFhYTAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSJ9..AAECAwQFBgcICQoL.Gjw5uLwc8\
     Xe_XzDfYx0QWk1wSgEOhWTbtbXOsWOttCNBecKXq_tdWr54kZShs-owO6deXw.WtvaE6ItoN3ynWL1uZ7DDA";

/// A verdict of 35 in its third epoch: ABORTED, class WALKED_OUT.
pub const STATEMENT: &str = "eyJhbGciOiJFZERTQSIsImZyb20iOiIzNSIsImtleUlkIjoiYVZCdGFwTGQxMVNVVktJTUdKZlB6T0VEdU4wc1hjbXpKUU5W\
     VC1fc0tFVSIsInRzIjoxNzk1MzIwMDAwMDAwLCJ0eXAiOiJtaW56aGVuZy1zdGF0ZW1lbnQrandzIiwidiI6MX0.eyJkZWNp\
     c2lvbiI6eyJjb29yZGluYXRvciI6IjMyIiwiaGEiOiI1MSIsIm91dGNvbWUiOnsiY2xhc3MiOiJXQUxLRURfT1VUIiwib3V0\
     Y29tZSI6IkFCT1JURUQifSwidHhuIjoiMDE5YWFhMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAxIn0sImVwb2NoIjoz\
     fQ.tYbo1X5sc2EXwq_Ij9mcEGp3xBceZVjkRIg5zeLSIql25UZx9C1fNhxqFyN5aMch7PBBFPbO72jZh6Kedh1xAA";

/// CANCEL from 32 to 51 with that verdict.
pub const MESSAGE: &str = "eyJhbGciOiJFZERTQSIsImZyb20iOiIzMiIsImtleUlkIjoiVUREUmVPWmwxaXBYQWZwOXdZc20xM3NEQk1LNW9nLS1RV2RC\
     anp1ZjZvNCIsIm5vbmNlIjoiQUFFQ0F3UUZCZ2NJQ1FvTERBME9EdyIsIm9mZmljZXIiOiIiLCJwaGFzZSI6IkNBTkNFTCIs\
     InByZXZIYXNoIjoiIiwicHVycG9zZSI6IklOVEVST1BfVVBLRUVQIiwic2VxIjoxLCJ0byI6IjUxIiwidHMiOjE3OTUzMjAw\
     MDAwMDAsInR4bklkIjoiMDE5YWFhMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAxIiwidHlwIjoibWluemhlbmctaW50\
     ZXJvcCtqd3MiLCJ2IjoxfQ.eyJtZXNzYWdlcyI6W3sicGhhc2UiOiJDQU5DRUwiLCJ0eG4iOiIwMTlhYWEwMC0wMDAwLTcwM\
     DAtODAwMC0wMDAwMDAwMDAwMDEiLCJ2ZXJkaWN0Ijp7ImJ5IjoiMzUiLCJqd3MiOiJleUpoYkdjaU9pSkZaRVJUUVNJc0ltW\
     nliMjBpT2lJek5TSXNJbXRsZVVsa0lqb2lZVlpDZEdGd1RHUXhNVk5WVmt0SlRVZEtabEI2VDBWRWRVNHdjMWhqYlhwS1VVN\
     VdWQzFmYzB0RlZTSXNJblJ6SWpveE56azFNekl3TURBd01EQXdMQ0owZVhBaU9pSnRhVzU2YUdWdVp5MXpkR0YwWlcxbGJuU\
     XJhbmR6SWl3aWRpSTZNWDAuZXlKa1pXTnBjMmx2YmlJNmV5SmpiMjl5WkdsdVlYUnZjaUk2SWpNeUlpd2lhR0VpT2lJMU1TS\
     XNJbTkxZEdOdmJXVWlPbnNpWTJ4aGMzTWlPaUpYUVV4TFJVUmZUMVZVSWl3aWIzVjBZMjl0WlNJNklrRkNUMUpVUlVRaWZTd\
     2lkSGh1SWpvaU1ERTVZV0ZoTURBdE1EQXdNQzAzTURBd0xUZ3dNREF0TURBd01EQXdNREF3TURBeEluMHNJbVZ3YjJOb0lqb\
     3pmUS50WWJvMVg1c2MyRVh3cV9JajltY0VHcDN4QmNlWlZqa1JJZzV6ZUxTSXFsMjVVWng5QzFmTmh4cUZ5TjVhTWNoN1BCQ\
     kZQYk83MmpaaDZLZWRoMXhBQSJ9fV19.LIMdECArDVN39UTHBboOA72yv7cgPPzm-GB4uSuztgo0dJJn514Wp6Qe1mEMslat\
     D4U74XVqSZznLkWu4ltpBQ";

/// The hash of that message in its chain, of which it is the first.
pub const CHAINED: &str = "FctQf8M7vA7XplDolaiPMuGPIKMltx0lN879RJIhcU8";

/// The public key of the ES256 signature, canonical.
pub const ES256_KEY: &str = r#"{"crv":"P-256","kty":"EC","x":"HhhTL9R1TALzBB2cdc6zO4P_2BrHzk_ogsyxyYvFiW4","y":"pGwxHE4v9A3ZajZT5uRURdMt_khuztdcepDGoYiBwKM"}"#;

/// An ES256 signature of `minzheng`.
pub const ES256_SIGNATURE: &str =
    "V4lPURq78PkZHsNG_P_nXZa1mfZj03lfFUEilKEEb96hNQr5qT-UpIAveuJjaxzpTEBmvY-BbBIKnaBSUsYDJw";

/// The public key of the SM2 signature, canonical.
pub const SM2_KEY: &str = r#"{"crv":"SM2","kty":"EC","x":"3wfcCzFZHftj7IlVFuW7StBaCcL-um1JbOUj9zA__80","y":"St0n3gkmLcWbr2kMAobwXimUhRfMHgabmI4TnAD0Scg"}"#;

/// An SM2 signature of `minzheng` with SM3 and the signer id of GB/T 35276.
pub const SM2_SIGNATURE: &str =
    "matup4ZwCZegfsQamhZufLqk9e671T5AiV2312VODj4-zeAALUDHrZpjAxkH6qSNje73-ON3d_Bz0kpnu3Tq-g";

#[cfg(test)]
mod tests {
    use super::super::super::core::Message;
    use super::super::super::core::message::{Class, Outcome};
    use super::super::jwe::{Identity, Opener, Place};
    use super::super::jws::{self, Expected, KeyBook};
    use super::super::signature::{Algorithm, PublicKey, SigningKey};
    use super::super::{Fault, canonical, proofs};
    use super::*;
    use data_encoding::BASE64URL_NOPAD;
    use serde_json::Value;

    /// 32 and 35, each with its one key.
    struct Both;

    fn secret(code: &str) -> Option<SigningKey> {
        let seed = match code {
            "32" => 1,
            "35" => 2,
            _ => return None,
        };
        SigningKey::of(Algorithm::EdDsa, &[seed; 32])
    }

    impl KeyBook for Both {
        fn key(&self, authority: &str, id: &str, _: i64) -> Result<(Algorithm, PublicKey), Fault> {
            let public = secret(authority).ok_or(Fault::UnknownPeer)?.public();
            if public.id() == id {
                Ok((Algorithm::EdDsa, public))
            } else {
                Err(Fault::UnknownKey)
            }
        }
    }

    #[test]
    fn a_message_made_elsewhere_is_read_and_made_again_byte_for_byte() {
        let expected = Expected {
            from: Some("32"),
            to: "51",
            nonce: None,
            now: AT,
        };
        let read = jws::open::<Value>(MESSAGE, &Both, expected).unwrap();
        let key = secret("32").unwrap();
        assert_eq!(
            jws::sign(&key, read.header.clone(), &read.body).unwrap(),
            MESSAGE
        );
        assert_eq!(super::super::super::log::chained("", MESSAGE), CHAINED);
        let mut message = read.body["messages"][0].clone();
        proofs::unwrap(&mut message, &Both).unwrap();
        let message: Message = serde_json::from_value(message).unwrap();
        let Message::Cancel {
            txn,
            verdict: Some(verdict),
        } = message
        else {
            panic!("another message");
        };
        assert_eq!((txn.0.to_string().as_str(), verdict.by.0), (TXN, 35));
        assert_eq!(verdict.body.epoch, 3);
        let class = Class::WalkedOut;
        assert_eq!(verdict.body.decision.outcome, Outcome::Aborted { class });
        let again = jws::state(&secret("35").unwrap(), "35", AT, &verdict.body).unwrap();
        assert_eq!(again, STATEMENT);
    }

    #[test]
    fn an_identity_sealed_elsewhere_is_opened() {
        let place = Place {
            txn: TXN,
            party: PARTY,
        };
        let opened: Identity = Opener::new(&[[4; 32]]).open(SEALED, place).unwrap();
        assert_eq!(opened.id_number, "519901199003030032");
        assert_eq!(opened.name, "陈示例");
    }

    #[test]
    fn signatures_made_elsewhere_are_good_and_keys_come_out_the_same() {
        for (algorithm, key, signature) in [
            (Algorithm::Es256, ES256_KEY, ES256_SIGNATURE),
            (Algorithm::Sm2Sm3, SM2_KEY, SM2_SIGNATURE),
        ] {
            let public: PublicKey = canonical::from_text(key.as_bytes()).unwrap();
            assert_eq!(
                SigningKey::of(algorithm, &[7; 32]).unwrap().public(),
                public
            );
            let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
            public.verify(algorithm, b"minzheng", &signature).unwrap();
        }
    }
}
