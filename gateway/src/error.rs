//! The closed list of errors that a client can see.
//!
//! Invariants: a message is a fixed sentence or built from names in the schema, never from a value the
//! client sent; every code has an English and a Chinese sentence and one HTTP status; internals (hosts,
//! SQL, stack) never enter. Codes of subgraphs pass through as strings in [`GraphQlError::code`], which is why that
//! field is not the enum; their sentences do so with codes of these lists only.

use std::borrow::Cow;
use std::sync::Arc;

macro_rules! codes {
    ($($variant:ident $text:literal $status:literal $en:literal $zh:literal;)*) => {
        /// One reason why a request, or a part of it, got no answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            $(#[doc = $en] $variant,)*
        }

        impl ErrorCode {
            /// Every code there is, for documentation and tests.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant,)*];

            /// The code as it stands in `extensions.code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$variant => $text,)* }
            }

            /// The HTTP status when this error stops the whole request. Errors of single fields leave
            /// the status at 200.
            pub const fn http_status(self) -> u16 {
                match self { $(ErrorCode::$variant => $status,)* }
            }

            /// The sentence for people who read English.
            pub const fn message_en(self) -> &'static str {
                match self { $(ErrorCode::$variant => $en,)* }
            }

            /// The sentence for people who read Chinese.
            pub const fn message_zh(self) -> &'static str {
                match self { $(ErrorCode::$variant => $zh,)* }
            }
        }
    };
}

codes! {
    // The HTTP request.
    RequestMalformed "REQUEST_MALFORMED" 400
        "The request is not a well-formed GraphQL request." "请求格式不正确。";
    RequestTooLarge "REQUEST_TOO_LARGE" 413
        "The request body is larger than this endpoint accepts." "请求体超过允许的大小。";
    BatchingDisabled "BATCHING_DISABLED" 400
        "Send one operation per request: batches are not accepted." "不接受批量请求，请逐个发送。";
    BatchTooLarge "BATCH_TOO_LARGE" 400
        "The batch is empty or holds more operations than this endpoint accepts." "批量请求为空或操作数量超过允许的上限。";
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415
        "Send the request as application/json in UTF-8." "请以 UTF-8 编码的 application/json 发送请求。";
    NotAcceptable "NOT_ACCEPTABLE" 406
        "This endpoint answers application/graphql-response+json or application/json only."
        "本端点仅返回 application/graphql-response+json 或 application/json。";
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405
        "Use POST, or GET for queries." "请使用 POST 方法；查询也可使用 GET 方法。";
    PreflightRequired "PREFLIGHT_REQUIRED" 403
        "A GET request needs a GraphQL media type in Accept or the header minzheng-preflight."
        "GET 请求须在 Accept 中声明 GraphQL 媒体类型，或携带 minzheng-preflight 请求头。";
    MutationOverGet "MUTATION_OVER_GET" 405
        "Only queries may be sent by GET; send this operation by POST." "GET 方法仅限查询操作，请改用 POST 方法。";
    OriginNotAllowed "ORIGIN_NOT_ALLOWED" 403
        "Pages of this origin may not open a connection here." "不允许该来源的页面建立连接。";
    NotFound "NOT_FOUND" 404
        "There is nothing at this address." "此地址不存在。";
    NotReady "NOT_READY" 503
        "The gateway has not loaded a schema yet; try again shortly." "网关尚未就绪，请稍后重试。";
    Overloaded "OVERLOADED" 503
        "The gateway is busy; try again shortly." "网关繁忙，请稍后重试。";
    DeadlineExceeded "DEADLINE_EXCEEDED" 504
        "The answer was not ready in time." "处理超时。";

    // The bearer token.
    TokenMalformed "TOKEN_MALFORMED" 401
        "The bearer token is not a well-formed token with all required claims." "令牌格式不正确或缺少必要声明。";
    TokenUnsigned "TOKEN_UNSIGNED" 401
        "The bearer token is not signed." "令牌未签名。";
    TokenAlgorithm "TOKEN_ALGORITHM" 401
        "The bearer token is signed with an algorithm its issuer may not use." "令牌使用了不允许的签名算法。";
    TokenSignature "TOKEN_SIGNATURE" 401
        "The bearer token's signature is not valid." "令牌签名无效。";
    TokenExpired "TOKEN_EXPIRED" 401
        "The bearer token has expired." "令牌已过期。";
    TokenNotYetValid "TOKEN_NOT_YET_VALID" 401
        "The bearer token is not valid yet." "令牌尚未生效。";
    TokenIssuerUnknown "TOKEN_ISSUER_UNKNOWN" 401
        "The bearer token comes from an unknown issuer." "令牌签发方未知。";
    TokenAudience "TOKEN_AUDIENCE" 401
        "The bearer token is meant for another audience." "令牌不是签发给本端点的。";
    TokenRole "TOKEN_ROLE" 401
        "The bearer token claims a role its issuer may not grant." "令牌声明了签发方无权授予的角色。";
    TokenScope "TOKEN_SCOPE" 401
        "The bearer token claims a scope its issuer may not grant." "令牌声明了签发方无权授予的权限。";
    TokenProvince "TOKEN_PROVINCE" 401
        "The bearer token is for a province its issuer or this endpoint does not serve, or for a division of another."
        "令牌所属省份或区划不在签发方或本端点的服务范围内。";
    TokenLifetime "TOKEN_LIFETIME" 401
        "The bearer token lives longer than its issuer may grant." "令牌有效期超过签发方允许的上限。";
    TokenPerson "TOKEN_PERSON" 401
        "The bearer token says which person the caller is, which its issuer may not say." "令牌声明了持有人的身份标识，其签发方无权作此声明。";
    TokenIdentifier "TOKEN_IDENTIFIER" 401
        "An identifier in the bearer token could be a person's number; its issuer must give identifiers that say nothing."
        "令牌中的标识疑似身份号码，签发方须使用不含个人信息的标识。";
    TokenRevoked "TOKEN_REVOKED" 401
        "The bearer token was revoked; sign in again." "令牌已被吊销，请重新登录。";
    IdentityUnavailable "IDENTITY_UNAVAILABLE" 503
        "The issuer's keys cannot be read now; try again shortly." "暂时无法获取签发方公钥，请稍后重试。";
    PurposeMalformed "PURPOSE_MALFORMED" 400
        "The purpose or case header is not a short plain text, or holds what could be a person's number: state the id of the case." "用途或案件请求头格式不正确，或含有疑似身份号码：请填写案件编号。";
    PurposeNotAllowed "PURPOSE_NOT_ALLOWED" 403
        "The bearer token does not permit the stated purpose." "令牌不允许所声明的用途。";

    // The document.
    PersistedQueryNotFound "PERSISTED_QUERY_NOT_FOUND" 400
        "No document is known under this hash; send it once with its text." "未找到该哈希对应的文档，请携带全文重新发送。";
    DocumentHashMismatch "DOCUMENT_HASH_MISMATCH" 400
        "The hash is not the SHA-256 of the document's text." "哈希与文档全文不符。";
    DocumentNotTrusted "DOCUMENT_NOT_TRUSTED" 403
        "Your role may run trusted documents only, and this is none of them." "当前角色只能执行受信任的文档。";
    IntrospectionForbidden "INTROSPECTION_FORBIDDEN" 403
        "Your role may not ask for the schema itself." "当前角色不得查询模式定义。";
    ConsoleForbidden "CONSOLE_FORBIDDEN" 403
        "Your role may not use the console; show the token of a role that may." "当前角色不得使用控制台，请出示有权角色的令牌。";

    // The operation.
    GraphqlParseFailed "GRAPHQL_PARSE_FAILED" 400
        "The GraphQL document cannot be parsed." "GraphQL 文档无法解析。";
    GraphqlValidationFailed "GRAPHQL_VALIDATION_FAILED" 400
        "The GraphQL document does not fit the schema." "GraphQL 文档不符合模式定义。";
    OperationNameRequired "OPERATION_NAME_REQUIRED" 400
        "The document holds several operations: say which by operationName."
        "文档包含多个操作，请用 operationName 指定。";
    OperationNotFound "OPERATION_NOT_FOUND" 400
        "The document holds no operation of that name." "文档中没有该名称的操作。";
    BadUserInput "BAD_USER_INPUT" 400
        "A variable or argument has the wrong type." "变量或参数类型不正确。";
    DocumentTooLarge "DOCUMENT_TOO_LARGE" 400
        "The GraphQL document is too large." "GraphQL 文档过大。";
    TooManyTokens "TOO_MANY_TOKENS" 400
        "The GraphQL document has too many tokens." "GraphQL 文档词元过多。";
    TooDeep "TOO_DEEP" 400
        "The operation is nested too deeply." "操作嵌套过深。";
    TooManyAliases "TOO_MANY_ALIASES" 400
        "The operation has too many aliases." "操作中的别名过多。";
    TooManyFields "TOO_MANY_FIELDS" 400
        "The operation selects too many fields." "操作选择的字段过多。";
    TooManyRootFields "TOO_MANY_ROOT_FIELDS" 400
        "The operation has too many root fields." "操作的根字段过多。";
    TooManyDirectives "TOO_MANY_DIRECTIVES" 400
        "The operation has too many directives." "操作中的指令过多。";
    SubscriptionsUnsupported "SUBSCRIPTIONS_UNSUPPORTED" 400
        "This way of asking does not serve subscriptions." "此请求方式不支持订阅。";
    TooManySubscriptions "TOO_MANY_SUBSCRIPTIONS" 429
        "There are too many subscriptions; end some, or try again later." "订阅数量过多，请结束部分订阅或稍后重试。";
    SubscriptionLagged "SUBSCRIPTION_LAGGED" 503
        "Events came faster than they were taken; subscribe again." "事件接收过慢，订阅已结束，请重新订阅。";
    SubscriptionOutdated "SUBSCRIPTION_OUTDATED" 503
        "The schema has changed and no longer answers this subscription as it stands; subscribe again."
        "模式已变更，订阅已结束，请重新订阅。";
    PlanningFailed "PLANNING_FAILED" 500
        "No plan could be made for this operation." "无法为该操作制定执行计划。";

    // Single fields.
    Unauthenticated "UNAUTHENTICATED" 401
        "Sign in to read this field." "请先登录。";
    Forbidden "FORBIDDEN" 403
        "You may not read this field." "无权访问该字段。";
    AccessLogUnavailable "ACCESS_LOG_UNAVAILABLE" 503
        "Personal data is not given while the access log cannot be written; try again shortly."
        "访问日志暂时无法写入，个人信息暂不提供，请稍后重试。";
    SubgraphUnavailable "SUBGRAPH_UNAVAILABLE" 502
        "The subsystem behind this field is not available." "该字段所属子系统暂不可用。";
    SubgraphTimeout "SUBGRAPH_TIMEOUT" 504
        "The subsystem behind this field did not answer in time." "该字段所属子系统响应超时。";
    SubgraphMalformed "SUBGRAPH_MALFORMED" 502
        "The subsystem behind this field gave an unusable answer." "该字段所属子系统返回的数据无法使用。";
    AnswerTooLarge "ANSWER_TOO_LARGE" 422
        "The answer would be too large; ask for less at a time." "结果过大，请分批查询。";
    Internal "INTERNAL" 500
        "Something went wrong inside the gateway." "网关内部错误。";
}

/// The codes that our subgraphs have beside these.
pub const SUBGRAPH_CODES: [&str; 2] = ["CONFLICT", "BAD_REQUEST"];

impl ErrorCode {
    /// The code of that name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|known| known.as_str() == code)
            .copied()
    }

    /// Whether an error of this code is one that nobody expected, and so needs a reference: our own two, and
    /// whatever a subgraph says that is on no list.
    pub fn is_unexpected(code: &str) -> bool {
        match Self::parse(code) {
            Some(known) => matches!(known, Self::Internal | Self::PlanningFailed),
            None => !SUBGRAPH_CODES.contains(&code),
        }
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One step of a response path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathSegment {
    /// A response name.
    Key(Arc<str>),
    /// A place in a list.
    Index(usize),
}

/// One entry of the `errors` list of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphQlError {
    /// `extensions.code`: one of [`ErrorCode`], or a subgraph's own.
    pub code: Cow<'static, str>,
    /// The sentence in English.
    pub message: Cow<'static, str>,
    /// `extensions.messageZh`: the sentence in Chinese; not written when empty.
    pub message_zh: Cow<'static, str>,
    /// Where in the answer the error stands; `None` when it concerns the request.
    pub path: Option<Vec<PathSegment>>,
    /// Where in the document, as line and column counted from 1.
    pub locations: Vec<(u32, u32)>,
    /// `extensions.service`: the subgraph concerned.
    pub service: Option<Arc<str>>,
    /// `extensions.reference`: what support needs to find the request (the trace id).
    pub reference: Option<String>,
    /// `extensions.reason`: the class of a refusal, as the subgraph names it.
    pub reason: Option<String>,
}

impl GraphQlError {
    /// An error with the code's own sentences.
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code: Cow::Borrowed(code.as_str()),
            message: Cow::Borrowed(code.message_en()),
            message_zh: Cow::Borrowed(code.message_zh()),
            path: None,
            locations: Vec::new(),
            service: None,
            reference: None,
            reason: None,
        }
    }

    /// The same with a more precise English sentence, which must not hold a value the client sent.
    #[must_use]
    pub fn saying(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// The same at a place in the answer.
    #[must_use]
    pub fn at(mut self, path: Vec<PathSegment>) -> Self {
        self.path = Some(path);
        self
    }

    /// The same at a place in the document.
    #[must_use]
    pub fn located(mut self, line: u32, column: u32) -> Self {
        self.locations.push((line, column));
        self
    }

    /// The same naming the subgraph concerned.
    #[must_use]
    pub fn from_service(mut self, service: Arc<str>) -> Self {
        self.service = Some(service);
        self
    }

    /// The same with a reference for support.
    #[must_use]
    pub fn referring_to(mut self, reference: impl Into<String>) -> Self {
        self.reference = Some(reference.into());
        self
    }

    /// Appends the error as a JSON object.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"message\":");
        write_json_string(out, &self.message);
        if !self.locations.is_empty() {
            out.extend_from_slice(b",\"locations\":[");
            for (i, (line, column)) in self.locations.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(
                    format!("{{\"line\":{line},\"column\":{column}}}").as_bytes(),
                );
            }
            out.push(b']');
        }
        if let Some(path) = &self.path {
            out.extend_from_slice(b",\"path\":");
            write_json_path(out, path);
        }
        out.extend_from_slice(b",\"extensions\":{\"code\":");
        write_json_string(out, &self.code);
        if !self.message_zh.is_empty() {
            out.extend_from_slice(b",\"messageZh\":");
            write_json_string(out, &self.message_zh);
        }
        if let Some(service) = &self.service {
            out.extend_from_slice(b",\"service\":");
            write_json_string(out, service);
        }
        if let Some(reference) = &self.reference {
            out.extend_from_slice(b",\"reference\":");
            write_json_string(out, reference);
        }
        if let Some(reason) = &self.reason {
            out.extend_from_slice(b",\"reason\":");
            write_json_string(out, reason);
        }
        out.extend_from_slice(b"}}");
    }
}

impl From<ErrorCode> for GraphQlError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

/// The complete answer of a request that was refused before execution: `{"errors":[…]}`, no `data`.
pub fn errors_body(errors: &[GraphQlError]) -> Vec<u8> {
    let mut out = Vec::with_capacity(192 * errors.len().max(1));
    out.extend_from_slice(b"{\"errors\":[");
    for (i, error) in errors.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        error.write_json(&mut out);
    }
    out.extend_from_slice(b"]}");
    out
}

/// Appends `text` as a JSON string with its quotes.
pub fn write_json_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut clean = 0;
    for (i, &byte) in bytes.iter().enumerate() {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..=0x1f => 0,
            _ => continue,
        };
        out.extend_from_slice(&bytes[clean..i]);
        if short == 0 {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        } else {
            out.push(b'\\');
            out.push(short);
        }
        clean = i + 1;
    }
    out.extend_from_slice(&bytes[clean..]);
    out.push(b'"');
}

/// Appends a path as a JSON list.
pub fn write_json_path(out: &mut Vec<u8>, path: &[PathSegment]) {
    out.push(b'[');
    for (i, segment) in path.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        match segment {
            PathSegment::Key(key) => write_json_string(out, key),
            PathSegment::Index(index) => out.extend_from_slice(index.to_string().as_bytes()),
        }
    }
    out.push(b']');
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_has_both_sentences() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert(code.as_str()), "{code} twice");
            assert!(code.message_en().ends_with('.'), "{code}");
            assert!(code.message_zh().ends_with('。'), "{code}");
            assert!((400..600).contains(&code.http_status()), "{code}");
        }
    }

    #[test]
    fn an_error_is_written_as_json_whatever_its_texts_hold() {
        let error = GraphQlError::new(ErrorCode::SubgraphUnavailable)
            .saying("quote \" slash \\ line \n bell \u{7} 民")
            .at(vec![
                PathSegment::Key("people".into()),
                PathSegment::Index(3),
            ])
            .located(2, 7)
            .from_service("persons".into())
            .referring_to("4bf92f35");
        let mut out = Vec::new();
        error.write_json(&mut out);
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "message": "quote \" slash \\ line \n bell \u{7} 民",
                "locations": [{"line": 2, "column": 7}],
                "path": ["people", 3],
                "extensions": {
                    "code": "SUBGRAPH_UNAVAILABLE",
                    "messageZh": "该字段所属子系统暂不可用。",
                    "service": "persons",
                    "reference": "4bf92f35"
                }
            })
        );
    }
}
