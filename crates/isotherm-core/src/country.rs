//! A country as ISO 3166-1 alpha-2, the only place that is known of a visitor.

/// Two ASCII capital letters; `ZZ` where the country is not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Country([u8; 2]);

impl Country {
    /// The country of an address that no country file knows.
    pub const UNKNOWN: Country = Country(*b"ZZ");

    /// Two capital letters, else `None`.
    pub const fn new(code: [u8; 2]) -> Option<Country> {
        if code[0].is_ascii_uppercase() && code[1].is_ascii_uppercase() {
            Some(Country(code))
        } else {
            None
        }
    }

    /// The same from text, e.g. a query parameter or a country file.
    pub fn parse(text: &str) -> Option<Country> {
        Country::new(text.as_bytes().try_into().ok()?)
    }

    /// The two letters.
    pub const fn bytes(self) -> [u8; 2] {
        self.0
    }

    /// The two letters as text.
    pub fn as_str(&self) -> &str {
        // The constructor admits ASCII letters only, so this is always UTF-8.
        std::str::from_utf8(&self.0).expect("two ASCII letters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_capital_letters_are_a_country() {
        assert_eq!(Country::parse("DE").map(|c| c.as_str().to_owned()), Some("DE".into()));
        for bad in ["", "D", "de", "DEU", "D1", "Ä"] {
            assert!(Country::parse(bad).is_none(), "{bad:?} was taken for a country");
        }
    }
}
