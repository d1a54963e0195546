//! What became of a request: exactly one outcome, one counter, one status.

/// The outcome of a POST to the collecting endpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// The log holds it durably; it will be counted exactly once.
    Admitted,
    /// It was dropped for one named reason and left nothing but a counter.
    Dropped(DropReason),
}

/// Why a request was dropped, in the order in which the reasons are looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DropReason {
    /// `DNT` begins with `1`.
    Dnt,
    /// A `Sec-GPC` field is exactly `1`.
    Gpc,
    /// The opt-out cookie is set.
    OptedOut,
    /// Neither `text/plain` nor `application/json`.
    ContentType,
    /// A content encoding other than identity.
    Encoding,
    /// Declared or sent more than the body limit.
    TooLarge,
    /// Too many requests from one address or for one site.
    RateLimited,
    /// Not a beacon: no JSON, unknown fields, or out of bounds.
    Malformed,
    /// The site key names no site.
    UnknownSite,
    /// The page's origin is missing, `null`, or not one of the site's.
    Origin,
    /// A crawler or an automated browser.
    Bot,
    /// A page rule of the site says that this page is not measured.
    Rule,
    /// It cannot be stored now; the sender may try again.
    Unavailable,
}

impl Outcome {
    /// Every outcome once, in the order of decisions.
    pub const ALL: [Outcome; 14] = [
        Outcome::Dropped(DropReason::Dnt),
        Outcome::Dropped(DropReason::Gpc),
        Outcome::Dropped(DropReason::OptedOut),
        Outcome::Dropped(DropReason::ContentType),
        Outcome::Dropped(DropReason::Encoding),
        Outcome::Dropped(DropReason::TooLarge),
        Outcome::Dropped(DropReason::RateLimited),
        Outcome::Dropped(DropReason::Malformed),
        Outcome::Dropped(DropReason::UnknownSite),
        Outcome::Dropped(DropReason::Origin),
        Outcome::Dropped(DropReason::Bot),
        Outcome::Dropped(DropReason::Rule),
        Outcome::Dropped(DropReason::Unavailable),
        Outcome::Admitted,
    ];

    /// The word in metrics, in `X-Isotherm-Outcome` and in `status`.
    pub const fn label(self) -> &'static str {
        match self {
            Outcome::Admitted => "admitted",
            Outcome::Dropped(reason) => reason.label(),
        }
    }

    /// The outcome of this word; `None` for a word that stands for none.
    pub fn of_label(label: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.label() == label)
    }

    /// The HTTP status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Outcome::Admitted => 204,
            Outcome::Dropped(reason) => reason.status(),
        }
    }

    /// Its place in `ALL`: an index into counters.
    pub fn index(self) -> usize {
        // `ALL` lists every variant; the test below walks them.
        Outcome::ALL
            .iter()
            .position(|o| *o == self)
            .expect("every outcome is listed")
    }
}

impl DropReason {
    /// The word in metrics, in `X-Isotherm-Outcome` and in `status`.
    pub const fn label(self) -> &'static str {
        match self {
            DropReason::Dnt => "dnt",
            DropReason::Gpc => "gpc",
            DropReason::OptedOut => "opted_out",
            DropReason::ContentType => "content_type",
            DropReason::Encoding => "encoding",
            DropReason::TooLarge => "too_large",
            DropReason::RateLimited => "rate_limited",
            DropReason::Malformed => "malformed",
            DropReason::UnknownSite => "unknown_site",
            DropReason::Origin => "origin",
            DropReason::Bot => "bot",
            DropReason::Rule => "rule",
            DropReason::Unavailable => "unavailable",
        }
    }

    /// The HTTP status of the answer. Decisions about people and sites look alike from outside: 204.
    pub const fn status(self) -> u16 {
        match self {
            DropReason::Dnt
            | DropReason::Gpc
            | DropReason::OptedOut
            | DropReason::UnknownSite
            | DropReason::Origin
            | DropReason::Bot
            | DropReason::Rule => 204,
            DropReason::ContentType | DropReason::Encoding | DropReason::Malformed => 400,
            DropReason::TooLarge => 413,
            DropReason::RateLimited => 429,
            DropReason::Unavailable => 503,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_own_word_and_place() {
        let words: std::collections::BTreeSet<_> = Outcome::ALL.iter().map(|o| o.label()).collect();
        assert_eq!(words.len(), Outcome::ALL.len());
        assert_eq!(Outcome::of_label("Admitted"), None);
        for (at, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome.index(), at);
            assert_eq!(Outcome::of_label(outcome.label()), Some(outcome));
        }
    }
}
