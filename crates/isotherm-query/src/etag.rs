//! Answers that a client has already are not sent again: a tag of what an answer says, and 304 where it is the one that the
//! client names (RFC 9110, section 13.1.2).
//!
//! The tag is made of nothing but the answer, so that answers that look alike are tagged alike: a page that nobody may see
//! yet and one without data. It is a weak one, for the answer may go out compressed.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Bytes of the hash that make a tag. 96 bits never meet by chance among the answers of one address.
const TAG_BYTES: usize = 12;

/// An answer before it is sent: its head and its body.
pub(crate) type Whole = (HttpResponseBuilder, Vec<u8>);

/// The answer, or 304 where the client has it.
pub(crate) fn answer(request: &HttpRequest, (mut head, body): Whole) -> HttpResponse {
    let mut response = head.finish();
    let tag = tag(&response, &body);
    // A tag is quotation marks and base64url: always a header value.
    let value = tag.parse().expect("a header value");
    response.headers_mut().insert(ETAG, value);
    if is_known(request, &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(CONTENT_TYPE);
        return response;
    }
    response.set_body(actix_web::body::BoxBody::new(body))
}

/// Of the body and of the fields that say something about it.
fn tag(response: &HttpResponse, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    for name in ["content-type", "x-isotherm-covers", "x-isotherm-withheld"] {
        let value = response.headers().get(name).map_or(&[][..], |value| value.as_bytes());
        hash.update(value);
        hash.update([0]);
    }
    hash.update(body);
    format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&hash.finalize()[..TAG_BYTES]))
}

/// Whether the client names this tag, compared weakly, or any.
fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let opaque = tag.trim_start_matches("W/");
    let fields = request.headers().get_all(IF_NONE_MATCH);
    let texts = fields.filter_map(|field| field.to_str().ok());
    // Our tags have no comma inside.
    texts
        .flat_map(|text| text.split(','))
        .map(|named| named.trim().trim_start_matches("W/"))
        .any(|named| named == opaque || named == "*")
}
