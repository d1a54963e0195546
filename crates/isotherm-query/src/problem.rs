//! What goes wrong, as RFC 9457 problem documents. No text of the request is repeated but the name of a parameter.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use isotherm_core::reading::ReadError;
use schemars::JsonSchema;
use serde::Serialize;

/// How long a client is asked to wait when the store is away.
const RETRY_AFTER_S: &str = "5";
/// Longest part of an unknown parameter's name that is repeated, in characters; the rest is cut.
const NAME_CHARS_MAX: usize = 40;

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Problem {
    /// No token, or none that is known.
    Unauthorized,
    /// A token, but not for this.
    Forbidden,
    /// The token may read, not administer.
    ReadOnly,
    /// No share link, or none that is known; it may have ended.
    NoLink,
    /// The link asks for a password.
    Password {
        /// Whether one was given; then it is not the link's.
        given: bool,
    },
    /// A link, but it does not show this.
    NotShared,
    /// No such resource.
    NotFound,
    /// Only GET and HEAD are answered.
    Method,
    /// None of the media types that the client takes is offered here.
    NotAcceptable,
    /// A parameter is unknown, missing, doubled or out of range.
    Parameter {
        /// Its name.
        name: String,
        /// Of a list, which entry, from 0.
        entry: Option<usize>,
        /// What is wrong and what would be right.
        fault: String,
    },
    /// Too many attempts to log in.
    TooMany {
        /// Seconds until the next may be made.
        seconds: u64,
    },
    /// The store is away or too slow; it may work later.
    Unavailable,
    /// A fault of the service.
    Internal,
}

/// RFC 9457, section 3; `parameter` and `entry` are extensions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Document<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
    /// Where the parameter is a list, which of its entries is meant, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<usize>,
}

impl Problem {
    /// A bad parameter.
    pub(crate) fn parameter(name: &str, fault: impl Into<String>) -> Problem {
        Problem::Parameter {
            name: name.chars().take(NAME_CHARS_MAX).collect(),
            entry: None,
            fault: fault.into(),
        }
    }

    /// A bad entry of a list, from 0. Its place is told, not its text.
    pub(crate) fn entry(name: &str, entry: usize, fault: impl Into<String>) -> Problem {
        Problem::Parameter {
            name: name.to_owned(),
            entry: Some(entry),
            fault: fault.into(),
        }
    }

    /// The problem document as an answer.
    pub(crate) fn response(&self) -> HttpResponse {
        let status = self.status();
        let document = Document {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: &self.detail(),
            parameter: match self {
                Problem::Parameter { name, .. } => Some(name),
                Problem::Password { .. } => Some("password"),
                _ => None,
            },
            entry: match self {
                Problem::Parameter { entry, .. } => *entry,
                _ => None,
            },
        };
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        response.insert_header((CACHE_CONTROL, "private, no-store"));
        match self {
            Problem::Unauthorized | Problem::NoLink | Problem::Password { .. } => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"isotherm\""))
            }
            Problem::Method => response.insert_header((ALLOW, "GET, HEAD")),
            Problem::Unavailable => response.insert_header((RETRY_AFTER, RETRY_AFTER_S)),
            Problem::TooMany { seconds } => response.insert_header((RETRY_AFTER, *seconds)),
            _ => &mut response,
        };
        response.body(serde_json::to_vec(&document).unwrap_or_default())
    }

    fn status(&self) -> StatusCode {
        match self {
            Problem::Unauthorized | Problem::NoLink | Problem::Password { .. } => StatusCode::UNAUTHORIZED,
            Problem::Forbidden | Problem::ReadOnly | Problem::NotShared => StatusCode::FORBIDDEN,
            Problem::NotFound => StatusCode::NOT_FOUND,
            Problem::Method => StatusCode::METHOD_NOT_ALLOWED,
            Problem::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Problem::Parameter { .. } => StatusCode::BAD_REQUEST,
            Problem::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Problem::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Problem::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn detail(&self) -> String {
        let fixed = match self {
            Problem::Unauthorized => "Send the site's read token as `Authorization: Bearer TOKEN`.",
            Problem::Forbidden => "This token does not open this site.",
            Problem::ReadOnly => "This token may read; changing something takes one that may administer.",
            Problem::NoLink => "This link opens nothing. It may have ended, or its owner has revoked it.",
            Problem::Password { given: false } => "This link asks for a password.",
            Problem::Password { given: true } => "This is not the link's password.",
            Problem::NotShared => "This link does not show that.",
            Problem::NotFound => {
                "There is no such answer. A site has pages, heatmap, scroll, elements, compare, countries, viewports, timeseries and status."
            }
            Problem::Method => "Answers are read with GET.",
            Problem::NotAcceptable => {
                "Ask for application/json, text/csv or application/vnd.apache.arrow.stream; heatmap also answers image/png and \
                 application/vnd.isotherm.cells."
            }
            Problem::Parameter { name, entry, fault } => {
                let at = entry.map_or_else(String::new, |entry| format!(", entry {}", entry + 1));
                return format!("`{name}`{at}: {fault}");
            }
            Problem::TooMany { .. } => {
                "Too many attempts from this address or on this link; wait as long as Retry-After says."
            }
            Problem::Unavailable => "The counts cannot be read at the moment; try again in a few seconds.",
            Problem::Internal => "The service could not answer; its log says why.",
        };
        fixed.to_owned()
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        match error {
            ReadError::Unavailable(reason) => {
                tracing::warn!(reason, "the store of counts is not available to a question");
                Problem::Unavailable
            }
            ReadError::Refused(reason) => {
                tracing::error!(reason, "the store of counts cannot answer a question");
                Problem::Internal
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}
