//! What every answer tells browsers, errors included: to trust nothing about it that it does not say itself.
//!
//! An answer that says one of these things keeps its word; what it leaves out gets the strictest one.

use actix_web::Error;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// Nothing may be loaded, framed, sent or based elsewhere.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The part of a policy that old browsers know as a header of its own.
const NO_FRAMES: &[u8] = b"frame-ancestors 'none'";
/// For a year, browsers that have seen an answer over TLS ask this host for nothing without it.
const HSTS: &str = "max-age=31536000";

/// Headers by name and the value that stands where an answer says nothing else.
const DEFAULTS: [(HeaderName, &str); 3] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CONTENT_SECURITY_POLICY, POLICY),
];
/// The same for names that the library has no constants of.
const MORE: [(&str, &str); 2] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Answers a request, with everything above in the answer. `secure` says that the listener speaks TLS.
pub async fn with_headers<S, B>(answering: S, secure: bool) -> Result<ServiceResponse<B>, Error>
where
    S: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    let mut response = answering.await?;
    complete(response.headers_mut(), secure);
    Ok(response)
}

fn complete(headers: &mut HeaderMap, secure: bool) {
    let more = MORE.map(|(name, value)| (HeaderName::from_static(name), value));
    for (name, value) in DEFAULTS.into_iter().chain(more) {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    let policy = headers.get(CONTENT_SECURITY_POLICY);
    if policy.is_some_and(|policy| policy.as_bytes().windows(NO_FRAMES.len()).any(|part| part == NO_FRAMES)) {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    if secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_its_own_words_and_gets_the_strictest_for_the_rest() {
        let mut headers = HeaderMap::new();
        complete(&mut headers, false);
        assert_eq!(headers.len(), 6, "{headers:?}");
        assert_eq!(headers.get("x-frame-options"), Some(&HeaderValue::from_static("DENY")));
        assert!(!headers.contains_key("strict-transport-security"));

        let own = HeaderValue::from_static("default-src 'self'; frame-ancestors https://heat.example");
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_SECURITY_POLICY, own.clone());
        complete(&mut headers, true);
        assert_eq!(headers.get(CONTENT_SECURITY_POLICY), Some(&own));
        assert!(!headers.contains_key("x-frame-options"));
        assert_eq!(
            headers.get("strict-transport-security"),
            Some(&HeaderValue::from_static(HSTS))
        );
    }
}
