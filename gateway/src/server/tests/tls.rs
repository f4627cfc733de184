//! TLS on both hops, with certificates made for the test: who may come, whom we call.

use std::path::PathBuf;
use std::time::Instant;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::*;
use crate::config::{Limits, OutgoingTls, Tls};
use crate::identity::Principal;
use crate::tls;
use crate::transport::{FetchRequest, SharedKey, Transport, TransportError, Upstream};

/// An authority with a server's and a caller's certificate, as files.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = authority.self_signed(&key).unwrap();
        files.write("ca.pem", &own.pem());
        let issuer = Issuer::from_params(&authority, &key);
        for (name, host) in [("server", "127.0.0.1"), ("caller", "caller.example")] {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            files.write(&format!("{name}.pem"), &certificate.pem());
            files.write(&format!("{name}.key"), &key.serialize_pem());
        }
        files
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self, client_ca: Option<&str>, optional: bool) -> String {
        let path = |name: &str| self.path(name).display().to_string();
        let mut text = format!(
            "[tls]\ncertificate = \"{}\"\nkey = \"{}\"\nclient_optional = {optional}\n",
            path("server.pem"),
            path("server.key")
        );
        if let Some(ca) = client_ca {
            text.push_str(&format!("client_ca = \"{}\"\n", path(ca)));
        }
        text
    }

    fn server(&self, client_ca: bool) -> Tls {
        Tls {
            certificate: self.path("server.pem"),
            key: self.path("server.key"),
            client_ca: client_ca.then(|| self.path("ca.pem")),
            client_optional: false,
        }
    }

    fn caller(&self, presents: bool) -> OutgoingTls {
        OutgoingTls {
            ca: Some(self.path("ca.pem")),
            certificate: presents.then(|| self.path("caller.pem")),
            key: presents.then(|| self.path("caller.key")),
        }
    }
}

/// Asks `/health` over TLS; `None` when there is no answer.
async fn health(url: &str, caller: &OutgoingTls) -> Option<u16> {
    let tls = tls::calling(caller).unwrap().unwrap();
    let https = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config((*tls).clone())
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(https);
    let url = format!("{}/health", url.replace("http:", "https:"));
    let answer = client.get(url.parse().unwrap()).await.ok()?;
    Some(answer.status().as_u16())
}

#[actix_web::test]
async fn clients_come_over_tls_and_with_a_certificate_where_one_is_asked_for() {
    let (files, strangers) = (Files::new(), Files::new());
    let (bare, presenting) = (files.caller(false), files.caller(true));
    // The stranger believes our server but presents a certificate of its own authority.
    let stranger = OutgoingTls {
        ca: Some(files.path("ca.pem")),
        ..strangers.caller(true)
    };
    for (client_ca, optional, expected) in [
        (None, false, [Some(200), Some(200), Some(200)]),
        (Some("ca.pem"), false, [None, Some(200), None]),
        (Some("ca.pem"), true, [Some(200), Some(200), None]),
    ] {
        let server = Running::start(&files.config(client_ca, optional)).await;
        let got = [
            health(&server.url, &bare).await,
            health(&server.url, &presenting).await,
            health(&server.url, &stranger).await,
        ];
        assert_eq!(got, expected, "{client_ca:?} {optional}");
        let wrong_server = health(&server.url, &strangers.caller(false)).await;
        assert_eq!(wrong_server, None, "an authority that is not believed");
        let plain: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let plain = plain.get(server.url.parse().unwrap()).await;
        assert!(plain.is_err(), "no plain HTTP where TLS is spoken");
        server.stop().await;
    }
}

#[actix_web::test]
async fn subgraphs_are_called_with_the_gateways_certificate_and_only_if_they_are_believed() {
    let (files, strangers) = (Files::new(), Files::new());
    let listener = bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let accepting = tls::accepting(&files.server(true)).unwrap();
    let subgraph = HttpServer::new(|| {
        let answer = || async { HttpResponse::Ok().body("{\"data\":{\"hello\":\"hi\"}}") };
        App::new().route("/graphql", web::post().to(answer))
    })
    .workers(1)
    .disable_signals()
    .listen_rustls_0_23(listener, accepting)
    .unwrap()
    .run();
    let handle = subgraph.handle();
    tokio::spawn(subgraph);
    for (caller, expected) in [
        (files.caller(true), true),
        (files.caller(false), false),
        (strangers.caller(true), false),
        (OutgoingTls::default(), false),
    ] {
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
        let shared = SharedKey::new("k", vec![2; 32]).unwrap();
        let signer = Signer::new(key, BTreeMap::from([("greeter".to_owned(), shared)]))
            .with_tls(tls::calling(&caller).unwrap());
        let url = format!("https://{address}/graphql").parse().unwrap();
        let transport = Transport::new(
            &Limits::default(),
            Arc::from([(Arc::from("greeter"), Upstream::Http { url })]),
            Arc::new(signer),
            Metrics::new(),
        );
        let caller = Caller {
            principal: Arc::new(Principal::public("51")),
            purpose: None,
            case: None,
            trace: opentelemetry::Context::new(),
        };
        let got = transport
            .fetch(FetchRequest {
                subgraph: 0,
                body: Bytes::from_static(b"{\"query\":\"{ hello }\"}"),
                caller: &caller,
                public: false,
                mutation: false,
                generation: 0,
                deadline: Instant::now() + PATIENCE,
                expected: 0,
            })
            .await;
        match expected {
            true => assert_eq!(got.unwrap(), "{\"data\":{\"hello\":\"hi\"}}"),
            false => assert_eq!(got.unwrap_err(), TransportError::Unavailable),
        }
    }
    handle.stop(true).await;
}

/// Serves these texts by path, to whoever presents a certificate of the authority.
fn serve_texts(files: &Files, texts: Vec<(&'static str, String)>) -> (String, ServerHandle) {
    let listener = bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let accepting = tls::accepting(&files.server(true)).unwrap();
    let server = HttpServer::new(move || {
        texts.iter().fold(App::new(), |app, (path, text)| {
            let text = text.clone();
            app.route(
                path,
                web::get().to(move || std::future::ready(text.clone())),
            )
        })
    })
    .workers(1)
    .disable_signals()
    .listen_rustls_0_23(listener, accepting)
    .unwrap()
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    (url, handle)
}

#[actix_web::test]
async fn key_sets_and_the_list_of_revoked_tokens_are_read_over_mutual_tls() {
    let (files, strangers) = (Files::new(), Files::new());
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevIssuer::open(folder.path()).unwrap();
    let claims = DevClaims {
        subject: "u-1".to_owned(),
        role: Role::Citizen,
        province: "51".to_owned(),
        person: None,
        division: None,
        registry: None,
        purposes: vec![],
        scope: None,
        ttl: Duration::from_secs(60),
    };
    let token = format!(
        "Bearer {}",
        issuer.mint(&claims, std::time::SystemTime::now())
    );
    let revoked = json!({ "subjects": [{ "iss": issuer.config().issuer, "sub": "u-1" }] });
    let texts = vec![
        ("/jwks", issuer.jwks()),
        ("/none", "{}".to_owned()),
        ("/revoked", revoked.to_string()),
    ];
    let (url, handle) = serve_texts(&files, texts);
    let verifier = |tls: OutgoingTls, list: &str| {
        let config = crate::config::Identity {
            issuers: vec![crate::config::Issuer {
                jwks: format!("{url}/jwks"),
                ..issuer.config()
            }],
            revocation: crate::config::Revocation {
                list: Some(format!("{url}{list}")),
                ..Default::default()
            },
            tls,
            ..Default::default()
        };
        Verifier::new(&config, "51").unwrap()
    };
    let good = verifier(files.caller(true), "/none");
    assert_eq!(good.refresh().await, Vec::<String>::new());
    let caller = good.identify(Some(&token)).unwrap();
    assert_eq!(caller.role, Role::Citizen);
    let taken_back = verifier(files.caller(true), "/revoked");
    assert_eq!(taken_back.refresh().await, Vec::<String>::new());
    let refused = taken_back.identify(Some(&token)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TokenRevoked);
    // Without a certificate, with another authority's, or with an authority that is not believed: nothing is
    // read, and nobody is let in.
    let stranger = OutgoingTls {
        ca: Some(files.path("ca.pem")),
        ..strangers.caller(true)
    };
    for tls in [
        files.caller(false),
        stranger,
        strangers.caller(true),
        OutgoingTls::default(),
    ] {
        let verifier = verifier(tls, "/none");
        assert_eq!(verifier.refresh().await.len(), 2);
        let refused = verifier.identify(Some(&token)).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::IdentityUnavailable);
    }
    handle.stop(true).await;
}

#[test]
fn what_is_wrong_with_the_files_is_said_with_the_file() {
    let files = Files::new();
    files.write("empty.pem", "");
    for (name, tls) in [
        (
            "none.pem",
            Tls {
                certificate: files.path("none.pem"),
                ..files.server(false)
            },
        ),
        (
            "empty.pem",
            Tls {
                certificate: files.path("empty.pem"),
                ..files.server(false)
            },
        ),
        (
            "empty.pem",
            Tls {
                key: files.path("empty.pem"),
                ..files.server(false)
            },
        ),
        (
            "none.pem",
            Tls {
                client_ca: Some(files.path("none.pem")),
                ..files.server(true)
            },
        ),
    ] {
        let error = tls::accepting(&tls).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
    let another = Tls {
        key: files.path("caller.key"),
        ..files.server(false)
    };
    assert!(
        tls::accepting(&another).is_err(),
        "a key of another certificate"
    );
}
