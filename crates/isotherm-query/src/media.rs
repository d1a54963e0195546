//! Which media type an answer has: the `Accept` field against what is offered (RFC 9110, section 12.5.1).

use actix_web::http::header::{ACCEPT, HeaderMap};

use crate::problem::Problem;

/// Longest `Accept` that is read, in media ranges; what stands behind is ignored. Browsers send about eight.
const RANGES_MAX: usize = 32;

/// A form of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Media {
    /// `application/json`
    Json,
    /// `text/csv`
    Csv,
    /// `image/png`
    Png,
    /// `application/vnd.apache.arrow.stream`
    Arrow,
    /// `application/vnd.isotherm.cells`
    Cells,
}

impl Media {
    /// What is written into `Content-Type`.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Media::Json => "application/json",
            Media::Csv => "text/csv; charset=utf-8; header=present",
            Media::Png => "image/png",
            Media::Arrow => "application/vnd.apache.arrow.stream",
            Media::Cells => "application/vnd.isotherm.cells",
        }
    }

    const fn kind(self) -> (&'static str, &'static str) {
        match self {
            Media::Json => ("application", "json"),
            Media::Csv => ("text", "csv"),
            Media::Png => ("image", "png"),
            Media::Arrow => ("application", "vnd.apache.arrow.stream"),
            Media::Cells => ("application", "vnd.isotherm.cells"),
        }
    }
}

/// The offered form that the client likes best; of several liked alike, the one that is offered first.
pub(crate) fn negotiate(headers: &HeaderMap, offered: &[Media]) -> Result<Media, Problem> {
    let mut accept = String::new();
    for field in headers.get_all(ACCEPT) {
        accept.push_str(field.to_str().map_err(|_| Problem::NotAcceptable)?);
        accept.push(',');
    }
    let ranges: Vec<Range<'_>> = accept.split(',').filter_map(Range::parse).take(RANGES_MAX).collect();
    if ranges.is_empty() && accept.trim_matches([',', ' ']).is_empty() {
        return offered.first().copied().ok_or(Problem::NotAcceptable);
    }
    let mut best: Option<(u16, Media)> = None;
    for media in offered {
        let liking = liking(&ranges, *media);
        if liking > best.map_or(0, |(most, _)| most) {
            best = Some((liking, *media));
        }
    }
    best.map(|(_, media)| media).ok_or(Problem::NotAcceptable)
}

/// `type/subtype` or a wildcard, with its weight in thousandths.
struct Range<'a> {
    kind: &'a str,
    subkind: &'a str,
    weight: u16,
}

impl Range<'_> {
    fn parse(text: &str) -> Option<Range<'_>> {
        let mut parts = text.split(';');
        let (kind, subkind) = parts.next()?.trim().split_once('/')?;
        let weight = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(Some(1.0), |(_, value)| value.trim().parse::<f32>().ok())?;
        let weight = (weight.clamp(0.0, 1.0) * 1_000.0) as u16;
        Some(Range { kind, subkind, weight })
    }

    /// 0 where it does not match, else the more the more closely it does.
    fn closeness(&self, (kind, subkind): (&str, &str)) -> u8 {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        match (self.kind, self.subkind) {
            ("*", "*") => 1,
            (own, "*") if same(own, kind) => 2,
            (own, own_sub) if same(own, kind) && same(own_sub, subkind) => 3,
            _ => 0,
        }
    }
}

/// The weight of the range that matches most closely; 0 where none does.
fn liking(ranges: &[Range<'_>], media: Media) -> u16 {
    let mut closest = (0, 0);
    for range in ranges {
        let closeness = range.closeness(media.kind());
        if closeness > closest.0 {
            closest = (closeness, range.weight);
        }
    }
    closest.1
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    const ALL: [Media; 3] = [Media::Json, Media::Csv, Media::Png];

    fn chosen(accept: &'static str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        negotiate(&headers, &ALL).ok()
    }

    #[test]
    fn json_is_what_nobody_asks_for_in_particular() {
        assert_eq!(negotiate(&HeaderMap::new(), &ALL), Ok(Media::Json));
        assert_eq!(chosen(""), Some(Media::Json));
        assert_eq!(chosen("*/*"), Some(Media::Json));
        assert_eq!(
            chosen("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            Some(Media::Json)
        );
    }

    #[test]
    fn the_most_liked_form_is_taken() {
        assert_eq!(chosen("text/csv"), Some(Media::Csv));
        assert_eq!(chosen("Text/*"), Some(Media::Csv));
        assert_eq!(chosen("application/json;q=0.1, text/csv; q=0.2"), Some(Media::Csv));
        assert_eq!(
            chosen("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"),
            Some(Media::Png)
        );
        assert_eq!(chosen("application/json;q=0, */*;q=0.5"), Some(Media::Csv));
    }

    #[test]
    fn what_is_not_offered_is_refused() {
        for accept in [
            "text/html",
            "application/xml",
            "image/webp",
            "*/*;q=0",
            "nonsense",
            "text/csv;q=x",
        ] {
            assert_eq!(chosen(accept), None, "{accept}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("image/png"));
        assert_eq!(negotiate(&headers, &ALL[..2]), Err(Problem::NotAcceptable));
    }
}
