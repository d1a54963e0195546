//! URLs with something personal in them, and URLs without, made from the standards and from what sites are known to do.
//! Nothing here knows a rule of the scrubber: a class says what a thing is, not how it would be found.

pub(crate) mod clean;
mod contacts;
pub(crate) mod encodings;
mod frames;
mod identifiers;
mod numbers;
pub(crate) mod random;
mod secrets;

use encodings::ENCODINGS;
use frames::Frame;
use random::Random;

/// Something personal, and where sites put it.
pub(crate) struct Secret {
    /// As it is written down by itself.
    pub(crate) text: String,
    /// The path around it.
    frame: Frame,
}

/// One kind of personal thing.
pub(crate) struct Class {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// The definition it is made from.
    pub(crate) source: &'static str,
    make: fn(&mut Random) -> Secret,
}

/// A labelled URL path.
pub(crate) struct Labelled {
    /// As a browser sends it.
    pub(crate) url: String,
    /// What stands in it, as it is written down by itself.
    pub(crate) secret: String,
    /// What stands in it, as the encoding writes it after one percent-decoding.
    pub(crate) placed: String,
    /// The path around it.
    pub(crate) around: String,
}

impl Class {
    /// All classes.
    pub(crate) fn all() -> Vec<Class> {
        [
            contacts::CLASSES,
            numbers::CLASSES,
            identifiers::CLASSES,
            secrets::CLASSES,
        ]
        .into_iter()
        .flat_map(|classes| {
            classes.iter().map(|(name, source, make)| Class {
                name,
                source,
                make: *make,
            })
        })
        .collect()
    }

    /// One URL of this class in one of [`ENCODINGS`].
    pub(crate) fn url(&self, encoding: usize, random: &mut Random) -> Labelled {
        let secret = (self.make)(random);
        let written = (ENCODINGS[encoding].write)(&secret.text);
        Labelled {
            url: secret.frame.around(&written),
            placed: encodings::percent_decoded(&written),
            around: secret.frame.around(""),
            secret: secret.text,
        }
    }
}

/// A class in a table: name, source, generator.
type Entry = (&'static str, &'static str, fn(&mut Random) -> Secret);

/// A secret that stands anywhere.
fn anywhere(random: &mut Random, text: String) -> Secret {
    Secret {
        text,
        frame: Frame::anywhere(random),
    }
}
