//! What arrived lately, by outcome: whether an installation works, and if not, why.

use std::collections::BTreeMap;

use isotherm_core::{Hour, Outcome, SiteKey};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::access::SiteStatus;
use crate::date;

/// The answer of `status`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct Status {
    pub(crate) site: String,
    /// Every outcome, in the order of decisions.
    #[serde(serialize_with = "as_object")]
    #[schemars(with = "BTreeMap<String, u64>")]
    pub(crate) outcomes: Vec<(&'static str, u64)>,
    /// The hour from which on they are counted.
    pub(crate) since: Option<String>,
    pub(crate) last_admitted_hour: Option<String>,
}

impl Status {
    /// Every outcome with its number, 0 where nothing was said of it.
    pub(crate) fn new(site: &SiteKey, status: &SiteStatus) -> Status {
        let number = |outcome: Outcome| {
            let counted = status.outcomes.iter().filter(|(listed, _)| *listed == outcome);
            (outcome.label(), counted.map(|(_, n)| n).sum())
        };
        let hour = |hour: Option<Hour>| hour.map(date::hour_text);
        Status {
            site: site.as_str().to_owned(),
            outcomes: Outcome::ALL.into_iter().map(number).collect(),
            since: hour(status.since),
            last_admitted_hour: hour(status.last_admitted),
        }
    }
}

fn as_object<S: Serializer>(outcomes: &[(&'static str, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(outcomes.iter().copied())
}
