//! Values of keys, from TOML or from a variable's text, and what sections ask of them.

use isotherm_geo::Networks;
use toml::de::DeValue;

use super::TomlValue;

/// A value before its key gives it a type.
pub(crate) enum Value {
    /// Text, or a variable, which may stand for any type.
    Text { text: String, is_variable: bool },
    /// A whole number.
    Number(i64),
    /// A truth value.
    Bool(bool),
    /// A list of texts.
    List(Vec<String>),
    /// Anything else, which no key takes.
    Other,
}

/// What a key says of a value that it does not take: the words behind "must be".
pub(crate) type Must = Option<String>;

impl Value {
    pub(crate) fn of_toml(value: &TomlValue) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::Text {
                text: text.to_string(),
                is_variable: false,
            },
            DeValue::Integer(number) => number
                .to_string()
                .replace('_', "")
                .parse()
                .map_or(Value::Other, Value::Number),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Array(items) => {
                let texts = items.iter().map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                });
                texts.collect::<Option<_>>().map_or(Value::Other, Value::List)
            }
            _ => Value::Other,
        }
    }

    pub(crate) fn of_text(text: &str) -> Value {
        Value::Text {
            text: text.to_owned(),
            is_variable: true,
        }
    }

    /// Any text.
    pub(crate) fn text(&self) -> Result<String, Must> {
        match self {
            Value::Text { text, .. } => Ok(text.clone()),
            _ => Err(Some("text in quotes".into())),
        }
    }

    /// A whole number within bounds, both included.
    pub(crate) fn whole(&self, from: u64, to: u64) -> Result<u64, Must> {
        let number = match self {
            Value::Number(number) => u64::try_from(*number).ok(),
            Value::Text {
                text,
                is_variable: true,
            } => text.trim().parse().ok(),
            _ => None,
        };
        number
            .filter(|number| (from..=to).contains(number))
            .ok_or_else(|| Some(format!("a whole number from {from} to {to}")))
    }

    /// `true` or `false`.
    pub(crate) fn truth(&self) -> Result<bool, Must> {
        match self {
            Value::Bool(value) => Ok(*value),
            Value::Text {
                text,
                is_variable: true,
            } if text == "true" => Ok(true),
            Value::Text {
                text,
                is_variable: true,
            } if text == "false" => Ok(false),
            _ => Err(Some("true or false".into())),
        }
    }

    /// A list of texts; a variable separates them by commas.
    pub(crate) fn list(&self) -> Result<Vec<String>, Must> {
        match self {
            Value::List(texts) => Ok(texts.clone()),
            Value::Text {
                text,
                is_variable: true,
            } => Ok(text
                .split(',')
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty())
                .collect()),
            _ => Err(Some("a list of texts in quotes".into())),
        }
    }

    /// A list of addresses and networks.
    pub(crate) fn networks(&self) -> Result<Vec<String>, Must> {
        let networks = self.list()?;
        match Networks::parse(&networks) {
            Ok(_) => Ok(networks),
            Err(error) => Err(Some(format!("a list of addresses and networks: {error}"))),
        }
    }

    /// `ADDRESS:PORT`.
    pub(crate) fn listen(&self) -> Result<String, Must> {
        let text = self.text()?;
        let fits = text
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if fits {
            Ok(text)
        } else {
            Err(Some("an address and a port, such as \"127.0.0.1:8080\"".into()))
        }
    }
}
