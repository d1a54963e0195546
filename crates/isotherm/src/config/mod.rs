//! The configuration: one TOML file, a file per section here. Unknown keys are refused, every mistake is told with its
//! line, and `ISOTHERM_SECTION__KEY` variables override the file by the same rules.

mod aggregate;
mod clickhouse;
mod data;
mod geo;
mod ingest;
mod kafka;
mod log;
mod ops;
mod public;
mod query;
mod tls;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use isotherm_service::tls::{Certificate, TlsError, TlsFiles};
use isotherm_store_clickhouse::Finding;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(crate) use self::aggregate::AggregateConfig;
pub(crate) use self::clickhouse::ClickHouseConfig;
pub(crate) use self::data::DataConfig;
pub(crate) use self::geo::GeoConfig;
pub(crate) use self::ingest::{Ack, IngestConfig};
pub(crate) use self::kafka::KafkaConfig;
pub(crate) use self::log::LogConfig;
pub(crate) use self::ops::OpsConfig;
pub(crate) use self::public::PublicConfig;
pub(crate) use self::query::QueryConfig;
pub(crate) use self::tls::TlsConfig;
use self::value::Value;

/// Everything that can be configured, validated.
#[derive(Clone, Default, Debug)]
pub(crate) struct Config {
    pub(crate) data: DataConfig,
    pub(crate) ingest: IngestConfig,
    pub(crate) log: LogConfig,
    pub(crate) aggregate: AggregateConfig,
    pub(crate) query: QueryConfig,
    pub(crate) geo: GeoConfig,
    pub(crate) ops: OpsConfig,
    pub(crate) public: PublicConfig,
    pub(crate) kafka: KafkaConfig,
    pub(crate) clickhouse: ClickHouseConfig,
    pub(crate) tls: TlsConfig,
    /// Where each key was set, `section.key`: a line of the file, or a variable.
    places: BTreeMap<String, String>,
}

/// A section of the file: knows its keys.
trait Section {
    /// Sets a key. `Err(None)` says that there is no such key, `Err(Some(…))` what the value must be.
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Option<String>>;
    /// The keys, for the text about an unknown one.
    fn keys(&self) -> &'static [&'static str];
}

/// All mistakes of a configuration.
#[derive(Debug)]
pub(crate) struct Mistakes(pub(crate) Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.join("\n"))
    }
}

impl std::error::Error for Mistakes {}

impl Config {
    /// The file, if one is named, with the environment over it.
    pub(crate) fn load(path: Option<&Path>) -> anyhow::Result<Config> {
        let text = match path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| anyhow::anyhow!("cannot read the configuration {}: {error}", path.display()))?,
        };
        let name = path.map_or("environment".into(), |path| path.display().to_string());
        Ok(Config::parse(&name, &text, std::env::vars())?)
    }

    /// The same from text and variables.
    fn parse(name: &str, text: &str, vars: impl Iterator<Item = (String, String)>) -> Result<Config, Mistakes> {
        let mut config = Config::default();
        let mut mistakes = Vec::new();
        config.read_file(name, text, &mut mistakes);
        config.read_environment(vars, &mut mistakes);
        config.check_together(&mut mistakes);
        if mistakes.is_empty() {
            Ok(config)
        } else {
            Err(Mistakes(mistakes))
        }
    }

    fn section(&mut self, name: &str) -> Option<&mut dyn Section> {
        Some(match name {
            "data" => &mut self.data,
            "ingest" => &mut self.ingest,
            "log" => &mut self.log,
            "aggregate" => &mut self.aggregate,
            "query" => &mut self.query,
            "geo" => &mut self.geo,
            "ops" => &mut self.ops,
            "public" => &mut self.public,
            "kafka" => &mut self.kafka,
            "clickhouse" => &mut self.clickhouse,
            "tls" => &mut self.tls,
            _ => return None,
        })
    }

    fn read_file(&mut self, name: &str, text: &str, mistakes: &mut Vec<String>) {
        let line = |at: usize| {
            1 + text.as_bytes()[..at.min(text.len())]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
        };
        let mut found: Vec<(usize, String)> = Vec::new();
        let mut places = Vec::new();
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            found.push((
                line(error.span().map_or(0, |span| span.start)),
                error.message().to_owned(),
            ));
        }
        for (section, value) in table.get_ref() {
            let at = line(section.span().start);
            match (self.section(section.get_ref()), value.get_ref()) {
                (None, _) => found.push((at, format!("there is no section [{}]; {SECTIONS}", section.get_ref()))),
                (Some(known), DeValue::Table(keys)) => {
                    for (key, value) in keys {
                        let result = set(known, section.get_ref(), key.get_ref(), &Value::of_toml(value));
                        let at = line(key.span().start);
                        places.push((
                            format!("{}.{}", section.get_ref(), key.get_ref()),
                            format!("{name}:{at}"),
                        ));
                        found.extend(result.err().map(|mistake| (at, mistake)));
                    }
                }
                (Some(_), _) => found.push((at, format!("`{}` is a section: write [{0}]", section.get_ref()))),
            }
        }
        self.places.extend(places);
        // The parser hands tables out by name; people read files from the top.
        found.sort();
        mistakes.extend(
            found
                .into_iter()
                .map(|(line, mistake)| format!("{name}:{line}: {mistake}")),
        );
    }

    fn read_environment(&mut self, vars: impl Iterator<Item = (String, String)>, mistakes: &mut Vec<String>) {
        for (variable, text) in vars {
            let Some((section, key)) = variable
                .strip_prefix("ISOTHERM_")
                .and_then(|rest| rest.split_once("__"))
            else {
                continue;
            };
            let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
            match self.section(&section) {
                None => mistakes.push(format!("{variable}: there is no section [{section}]; {SECTIONS}")),
                Some(known) => {
                    let result = set(known, &section, &key, &Value::of_text(&text));
                    self.places.insert(format!("{section}.{key}"), variable.clone());
                    mistakes.extend(result.err().map(|mistake| format!("{variable}: {mistake}")));
                }
            }
        }
    }

    /// The certificate of the operations listener, where it speaks TLS.
    pub(crate) fn ops_tls(&self) -> Option<TlsFiles> {
        self.ops.own_tls.or(&self.tls).filter(|_| self.ops.tls)
    }

    /// Whether any public listener of this configuration speaks TLS.
    pub(crate) fn serves_https(&self) -> bool {
        self.ingest_tls().is_some()
    }

    /// The certificate of `isotherm ingest` and of `up`.
    pub(crate) fn ingest_tls(&self) -> Option<TlsFiles> {
        self.ingest.own_tls.or(&self.tls)
    }

    /// The certificate of `isotherm query`.
    pub(crate) fn query_tls(&self) -> Option<TlsFiles> {
        self.query.own_tls.or(&self.tls)
    }

    /// Every certificate that is named, with its section and what its keys begin with.
    pub(crate) fn all_tls(&self) -> [(&'static str, &'static str, &TlsConfig); 4] {
        [
            ("tls", "", &self.tls),
            ("ingest", "tls_", &self.ingest.own_tls),
            ("query", "tls_", &self.query.own_tls),
            ("ops", "tls_", &self.ops.own_tls),
        ]
    }

    /// What is wrong with the files that the configuration names. Only where they must be there: a copy of the
    /// configuration on another machine is none the worse without them.
    pub(crate) fn file_mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        for (section, prefix, tls) in self.all_tls() {
            let Some(Err(error)) = tls.files().map(|files| Certificate::read(&files)) else {
                continue;
            };
            let of_key = matches!(&error, TlsError::NoKey(_) | TlsError::Key { .. })
                || matches!(&error, TlsError::Unreadable { path, .. } if Some(Path::new(path)) == tls.key_path.as_deref());
            let key = if of_key { "key_path" } else { "cert_path" };
            let at = self.place(section, &format!("{prefix}{key}"));
            mistakes.push(format!("{at}[{section}] {prefix}{key}: {error}"));
        }
        mistakes
    }

    /// Where a key was set, as it stands before a mistake.
    fn place(&self, section: &str, key: &str) -> String {
        let place = self.places.get(&format!("{section}.{key}"));
        place.map(|place| format!("{place}: ")).unwrap_or_default()
    }

    /// What is no mistake and could be safer, in words.
    pub(crate) fn advice(&self) -> Vec<String> {
        let mut advice = Vec::new();
        if self.clickhouse.owner_reads() {
            let at = self.place("clickhouse", "url");
            advice.push(format!("{at}[clickhouse] {}", Finding::OwnerReads));
        }
        advice
    }

    /// What no single key can tell.
    fn check_together(&self, mistakes: &mut Vec<String>) {
        if self.ingest.ack == Ack::Kafka && self.kafka.brokers.is_empty() {
            mistakes.push("[ingest] ack = \"kafka\" needs [kafka] brokers".into());
        }
        for (section, prefix, tls) in self.all_tls() {
            if tls.is_half() {
                let (there, missing) = match tls.cert_path {
                    Some(_) => ("cert_path", "key_path"),
                    None => ("key_path", "cert_path"),
                };
                let at = self.place(section, &format!("{prefix}{there}"));
                mistakes.push(format!(
                    "{at}[{section}] {prefix}{there} needs {prefix}{missing} beside it"
                ));
            }
        }
        for (key, sentence) in self.kafka.contradictions() {
            mistakes.push(format!("{}[kafka] {key} {sentence}", self.place("kafka", key)));
        }
        if self.clickhouse.has_needless_ca() {
            let at = self.place("clickhouse", "ca_path");
            mistakes.push(format!(
                "{at}[clickhouse] ca_path needs a url that begins with https://"
            ));
        }
        if self.ops.tls && self.ops_tls().is_none() {
            let at = self.place("ops", "tls");
            mistakes.push(format!(
                "{at}[ops] tls = true needs a certificate: set [tls] cert_path and key_path"
            ));
        }
    }
}

const SECTIONS: &str =
    "the sections are data, ingest, log, aggregate, query, geo, ops, public, tls, kafka and clickhouse";

/// Sets a key; `Err` is the mistake in words.
fn set(section: &mut dyn Section, name: &str, key: &str, value: &Value) -> Result<(), String> {
    section.set(key, value).map_err(|must| match must {
        Some(must) => format!("[{name}] {key} must be {must}"),
        None => format!(
            "[{name}] has no key `{key}`; its keys are {}",
            section.keys().join(", ")
        ),
    })
}

/// The line of a spanned value is taken from its key; this only names the type for readers.
type TomlValue<'i> = Spanned<DeValue<'i>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str, vars: &[(&str, &str)]) -> Vec<String> {
        let vars = vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::parse("c.toml", text, vars)
            .err()
            .map(|m| m.0)
            .unwrap_or_default()
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "[ingest]\nack = \"never\"\nrate = 3\n\n[query]\nk = 4\n[colour]\na = 1\n";
        assert_eq!(
            mistakes(text, &[("ISOTHERM_LOG__PARTITIONS", "0"), ("ISOTHERM_ASSETS", "/x")]),
            [
                "c.toml:2: [ingest] ack must be \"disk\" or \"kafka\"",
                "c.toml:3: [ingest] has no key `rate`; its keys are listen, ack, expose_outcome, trusted_proxies, \
                 rate_per_address_per_s, rate_per_address_burst, rate_per_site_per_s, tls_cert_path, tls_key_path",
                "c.toml:6: [query] k must be a whole number from 5 to 1000000: fewer page views would stand behind a place",
                &format!("c.toml:7: there is no section [colour]; {SECTIONS}"),
                "ISOTHERM_LOG__PARTITIONS: [log] partitions must be a whole number from 1 to 1024",
            ]
        );
        assert_eq!(mistakes("[ingest\n", &[]).len(), 1);
    }

    #[test]
    fn variables_override_the_file() {
        let vars = [(
            "ISOTHERM_INGEST__TRUSTED_PROXIES".to_owned(),
            "127.0.0.1, 10.0.0.0/8".to_owned(),
        )];
        let config = Config::parse("c.toml", "[log]\npartitions = 8\n", vars.into_iter()).expect("no mistakes");
        assert_eq!(config.log.partitions, 8);
        assert_eq!(config.ingest.trusted_proxies, ["127.0.0.1", "10.0.0.0/8"]);
    }

    #[test]
    fn an_owner_that_reads_answers_is_advised_against_and_no_mistake() {
        let url = "[clickhouse]\nurl = \"https://store.example:8443\"\nuser = \"isotherm\"\n";
        for (more, advised) in [
            ("", true),
            ("read_user = \"isotherm\"\n", true),
            ("read_user = \"isotherm_read\"\n", false),
        ] {
            let config = Config::parse("c.toml", &format!("{url}{more}"), std::iter::empty()).expect("no mistakes");
            let advice = config.advice();
            assert_eq!(advice.len(), usize::from(advised), "{more}");
            let says = |text: &String| text.starts_with("c.toml:2: [clickhouse] ") && text.contains("read_user");
            assert!(advice.iter().all(says), "{advice:?}");
        }
        // The embedded engine has its own.
        let config = Config::parse("c.toml", "", std::iter::empty()).expect("no mistakes");
        assert_eq!(config.advice(), [""; 0]);
    }

    #[test]
    fn the_sample_configurations_have_no_mistakes() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy");
        let samples: Vec<_> = std::fs::read_dir(folder)
            .expect("deploy is in the repository")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| path.extension().is_some_and(|e| e == "toml"))
            .collect();
        assert!(samples.len() >= 2, "{samples:?}");
        for path in samples {
            let text = std::fs::read_to_string(&path).expect("readable");
            match Config::parse(&path.display().to_string(), &text, std::iter::empty()) {
                Ok(config) => assert_eq!(config.advice(), [""; 0]),
                Err(mistakes) => panic!("{mistakes}"),
            }
        }
    }
}
