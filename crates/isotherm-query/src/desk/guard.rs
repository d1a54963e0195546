//! Requests that change something come from our own pages, or from programs with a token; never from another site's page.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HOST, HeaderMap, ORIGIN};

/// Whether a page of another site cannot have sent it.
///
/// Three signs, each enough for browsers of its time: a method or a body type that no form has (so that a browser asks
/// first, and nobody answers), what Fetch Metadata says, and the origin. `SameSite=Strict` of the cookie is the fourth.
pub(crate) fn is_our_own(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let bare = request.method() == Method::DELETE && !headers.contains_key(CONTENT_TYPE);
    (bare || is_json(headers)) && is_same_site(headers) && is_same_origin(headers)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).map(str::trim);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

/// Fetch Metadata (W3C): absent where the client is no browser or an old one.
fn is_same_site(headers: &HeaderMap) -> bool {
    headers
        .get_all("sec-fetch-site")
        .all(|value| value == "same-origin" || value == "none")
}

/// The origin names the host that was asked. Scheme and port of a service behind a proxy are the proxy's, so the host
/// alone is compared; absent where the client is no browser.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    headers.get_all(ORIGIN).all(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        origin.is_some_and(|(_, authority)| host.is_some_and(|host| authority.eq_ignore_ascii_case(host)))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check(fields: &[(&str, &str)]) -> bool {
        let request = TestRequest::post().insert_header(("host", "heat.example"));
        let request = fields
            .iter()
            .fold(request, |request, field| request.append_header(*field));
        is_our_own(&request.to_http_request())
    }

    #[test]
    fn only_our_own_pages_and_programs_may_change_something() {
        let json = ("content-type", "application/json; charset=utf-8");
        assert!(check(&[json]), "a program");
        let bare = TestRequest::delete().insert_header(("host", "heat.example"));
        assert!(
            is_our_own(&bare.to_http_request()),
            "a method that no form has, and no body"
        );
        let elsewhere = TestRequest::delete().insert_header(("host", "heat.example"));
        let elsewhere = elsewhere.insert_header(("origin", "https://elsewhere.example"));
        assert!(!is_our_own(&elsewhere.to_http_request()));
        assert!(check(&[
            json,
            ("origin", "https://heat.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        for refused in [
            &[] as &[(&str, &str)],
            &[("content-type", "text/plain")],
            &[("content-type", "application/x-www-form-urlencoded")],
            &[json, ("origin", "https://elsewhere.example")],
            &[json, ("origin", "null")],
            &[json, ("sec-fetch-site", "cross-site")],
            &[json, ("sec-fetch-site", "same-site")],
            &[
                json,
                ("origin", "https://heat.example"),
                ("origin", "https://elsewhere.example"),
            ],
        ] {
            assert!(!check(refused), "{refused:?}");
        }
    }
}
