//! What the gateway and the subgraphs agree on: names of headers, claims, roles, scopes and schema
//! directives, and the sizes and times that both must hold to; how a request between them is signed
//! ([`signature`]); and what may be kept in no record of either ([`number`]).
//!
//! Both sides depend on this crate and it on neither, so that neither side depends on the other. It is
//! small and pure for that reason. A change here is a change of the protocol: old and new programs run
//! side by side during a roll-out, so names are added, never altered.

pub mod number;
pub mod signature;

/// Names of HTTP headers between gateway and subgraph, in lower case.
pub mod header {
    /// The principal token: a JWT signed with EdDSA, living at most [`super::PRINCIPAL_TOKEN_SECONDS`].
    pub const PRINCIPAL: &str = "minzheng-principal";
    /// The purpose the caller states for reading personal data; also sent by clients.
    pub const PURPOSE: &str = "minzheng-purpose";
    /// The case the purpose belongs to; also sent by clients.
    pub const CASE: &str = "minzheng-case";
    /// RFC 9530: `sha-256=:base64:` over the body.
    pub const CONTENT_DIGEST: &str = "content-digest";
    /// RFC 9421: what is signed, under the label [`super::SIGNATURE_LABEL`].
    pub const SIGNATURE_INPUT: &str = "signature-input";
    /// RFC 9421: the signature, under the label [`super::SIGNATURE_LABEL`].
    pub const SIGNATURE: &str = "signature";
    /// W3C Trace Context: the parent span.
    pub const TRACEPARENT: &str = "traceparent";
    /// W3C Trace Context: vendors' state.
    pub const TRACESTATE: &str = "tracestate";
    /// Milliseconds left until the request's deadline, as a decimal number.
    pub const DEADLINE: &str = "minzheng-deadline";
}

/// In the answer to an event (`extensions`), the place behind it; in a request for a subscription (beside
/// `query`), the place behind which it goes on. Opaque to the gateway.
pub const RESUME: &str = "resume";

/// In the answer to a mutation whose field has [`directive::TOLD_SUBJECT`] (`extensions`): of whom it tells, by
/// person tokens, and for what, `{ "persons": […], "purpose": …, "case": … }`. The gateway records it before
/// it shows the answer, and shows it to nobody.
pub const TOLD: &str = "told";

/// The path every subgraph answers GraphQL on (`POST`, JSON in, JSON out).
pub const SUBGRAPH_PATH: &str = "/graphql";

/// The label of the request signature in `signature-input` and `signature`.
pub const SIGNATURE_LABEL: &str = "mz";

/// The signature algorithm's registered name (RFC 9421, section 6.2.2).
pub const SIGNATURE_ALGORITHM: &str = "hmac-sha256";

/// The components that a request signature covers, in this order. A request without purpose or case
/// sends those headers with an empty value, so that nobody can add one on the way.
pub const SIGNATURE_COMPONENTS: [&str; 6] = [
    "@method",
    "@path",
    header::CONTENT_DIGEST,
    header::PRINCIPAL,
    header::PURPOSE,
    header::CASE,
];

/// How far a signature's `created` may lie from the receiver's clock, in seconds. A nonce must be
/// remembered for this long on both sides of now.
pub const SIGNATURE_WINDOW_SECONDS: u64 = 60;

/// The longest life of a principal token, in seconds.
pub const PRINCIPAL_TOKEN_SECONDS: u64 = 60;

/// Who issues principal tokens (`iss`).
pub const PRINCIPAL_ISSUER: &str = "minzheng-gateway";

/// The audience of the bearer tokens that clients bring to the gateway (`aud`).
pub const CLIENT_AUDIENCE: &str = "minzheng";

/// Names of claims, in client tokens and in principal tokens.
pub mod claim {
    /// Who issued the token.
    pub const ISSUER: &str = "iss";
    /// Whom the token is for: [`super::CLIENT_AUDIENCE`], or a subgraph's name.
    pub const AUDIENCE: &str = "aud";
    /// The caller's opaque id; absent from a principal token of a public fetch.
    pub const SUBJECT: &str = "sub";
    /// When the token was issued, in seconds since 1970.
    pub const ISSUED_AT: &str = "iat";
    /// From when on the token counts, in seconds since 1970.
    pub const NOT_BEFORE: &str = "nbf";
    /// When the token ends, in seconds since 1970.
    pub const EXPIRES: &str = "exp";
    /// The token's own id.
    pub const ID: &str = "jti";
    /// One of [`super::ROLES`].
    pub const ROLE: &str = "role";
    /// Principal tokens: the scopes held, an array of strings.
    pub const SCOPES: &str = "scopes";
    /// Client tokens: scopes asked for, a string with spaces or an array; only narrows the role's.
    pub const SCOPE: &str = "scope";
    /// The caller's person token, if the caller is a known natural person.
    pub const PERSON: &str = "person";
    /// The current six-digit code of the division an officer works for.
    pub const DIVISION: &str = "division";
    /// The opaque id of the registry an officer works at.
    pub const REGISTRY: &str = "registry";
    /// The two-digit code of the province.
    pub const PROVINCE: &str = "province";
    /// Client tokens: the purposes the caller may state, an array of strings.
    pub const PURPOSES: &str = "purposes";
}

/// Names of roles as they stand in tokens.
pub mod role {
    /// Nobody in particular: no token was sent.
    pub const PUBLIC: &str = "public";
    /// A natural person asking for themselves.
    pub const CITIZEN: &str = "citizen";
    /// An officer who handles cases.
    pub const REGISTRAR: &str = "registrar";
    /// An officer who oversees registrars.
    pub const SUPERVISOR: &str = "supervisor";
    /// A display of figures.
    pub const DASHBOARD: &str = "dashboard";
    /// Another province's Minzheng.
    pub const PEER: &str = "peer";
    /// Who checks how others used their powers.
    pub const AUDITOR: &str = "auditor";
    /// Who keeps the installation running.
    pub const OPERATOR: &str = "operator";
    /// A subgraph asking another one.
    pub const SERVICE: &str = "service";
}

/// The one document that another province's Minzheng sends. The role of a peer runs this text, what the manifest of
/// trusted documents holds, and nothing else.
pub const PEER_DOCUMENT: &str =
    "mutation InteropExchange($jws: String!) { interopExchange(jws: $jws) }";

/// The roles that client tokens may carry.
pub const ROLES: [&str; 8] = [
    role::PUBLIC,
    role::CITIZEN,
    role::REGISTRAR,
    role::SUPERVISOR,
    role::DASHBOARD,
    role::PEER,
    role::AUDITOR,
    role::OPERATOR,
];

/// Names of scopes, as `@requiresScopes` demands them.
pub mod scope {
    /// One's own data.
    pub const SELF: &str = "self";
    /// Handle marriage cases.
    pub const MARRIAGE_CASE: &str = "marriage.case";
    /// Handle funeral cases.
    pub const FUNERAL_CASE: &str = "funeral.case";
    /// Work the hotline's tickets.
    pub const HOTLINE: &str = "hotline";
    /// Propose and decide names of places.
    pub const PLACES_WRITE: &str = "places.write";
    /// Act for social organizations.
    pub const SOCIETIES_WRITE: &str = "societies.write";
    /// See persons in masked form.
    pub const PERSON_MASKED: &str = "person.masked";
    /// See a person's number and name in full, for a stated reason.
    pub const PERSON_REVEAL: &str = "person.reveal";
    /// Judge identities: join and part persons, say how far an identity is known to be right.
    pub const PERSON_JUDGE: &str = "person.judge";
    /// See and decide what is for the officers of a division, whatever their subsystem.
    pub const OFFICER: &str = "officer";
    /// Read statistics that are not published.
    pub const STATISTICS_READ: &str = "statistics.read";
    /// Read the access log.
    pub const AUDIT_READ: &str = "audit.read";
    /// Read, without the persons, what the access log has of one's own office: own acts, those of the own division, what
    /// another province asked for.
    pub const AUDIT_OWN: &str = "audit.own";
    /// Read a subgraph's event feed (subgraph to subgraph).
    pub const EVENTS_READ: &str = "events.read";
}

/// The scopes each role has unless the configuration says otherwise.
pub const ROLE_SCOPES: [(&str, &[&str]); 9] = [
    (role::PUBLIC, &[]),
    (
        role::CITIZEN,
        &[
            scope::SELF,
            scope::SOCIETIES_WRITE,
            scope::PERSON_MASKED,
            scope::PERSON_REVEAL,
        ],
    ),
    (
        role::REGISTRAR,
        &[
            scope::MARRIAGE_CASE,
            scope::FUNERAL_CASE,
            scope::HOTLINE,
            scope::PLACES_WRITE,
            scope::SOCIETIES_WRITE,
            scope::PERSON_MASKED,
            scope::PERSON_REVEAL,
            scope::PERSON_JUDGE,
            scope::OFFICER,
            scope::STATISTICS_READ,
            scope::AUDIT_OWN,
        ],
    ),
    (
        role::SUPERVISOR,
        &[
            scope::FUNERAL_CASE,
            scope::HOTLINE,
            scope::PLACES_WRITE,
            scope::SOCIETIES_WRITE,
            scope::PERSON_MASKED,
            scope::PERSON_REVEAL,
            scope::PERSON_JUDGE,
            scope::OFFICER,
            scope::STATISTICS_READ,
            scope::AUDIT_OWN,
        ],
    ),
    (role::DASHBOARD, &[scope::STATISTICS_READ]),
    (role::PEER, &[scope::AUDIT_OWN]),
    (role::AUDITOR, &[scope::STATISTICS_READ, scope::AUDIT_READ]),
    (role::OPERATOR, &[]),
    (role::SERVICE, &[scope::EVENTS_READ]),
];

/// Names of schema directives of ours, without the `@`; federation's own are not repeated here.
pub mod directive {
    /// `@cacheControl(maxAge: Int, scope: CacheControlScope)` on OBJECT and FIELD_DEFINITION: what may
    /// be kept, for how many seconds, and by whom.
    pub const CACHE_CONTROL: &str = "cacheControl";
    /// `@cacheInvalidate(types: [String!]!)` on mutation fields: names of object types whose kept
    /// entries are stale afterwards.
    pub const CACHE_INVALIDATE: &str = "cacheInvalidate";
    /// `@personal(category: String!, subject: String!)`: the field carries personal data; `subject` is
    /// the path from its parent to the person.
    pub const PERSONAL: &str = "personal";
    /// The subject of `@personal` where no field leads from the answer to the persons: the subgraph tells them
    /// beside the answer ([`super::TOLD`]). On fields of `Mutation` only, whose answers are about nothing else.
    pub const TOLD_SUBJECT: &str = "@told";
    /// What the categories of `@personal` begin with where the field shows a full value for a stated
    /// reason; the record of such a reading is kept longest.
    pub const REVEAL_CATEGORY: &str = "REVEAL_";
    /// `@inputScopes(scopes: [[String!]!]!)` on input fields: what the caller must hold to use it.
    pub const INPUT_SCOPES: &str = "inputScopes";
    /// `@cost(weight: Int!)`: what one use costs.
    pub const COST: &str = "cost";
    /// `@listSize(assumedSize: Int, slicingArguments: [String!])`: how long a list is expected to be.
    pub const LIST_SIZE: &str = "listSize";
}

/// The enum of `@cacheControl(scope:)`.
pub const CACHE_CONTROL_SCOPE: &str = "CacheControlScope";
/// Whoever asks may have it.
pub const CACHE_SCOPE_PUBLIC: &str = "PUBLIC";
/// Only who asked may have it; the default.
pub const CACHE_SCOPE_PRIVATE: &str = "PRIVATE";
