//! The data section's encoding: as much of it as a country file needs.
//!
//! A value is a control byte (type in the upper three bits, length in the lower five), for types
//! above 7 a second byte with the type less 7, then the content; integers are big-endian without
//! leading zeros. (MaxMind DB file format specification 2.0, "Data Field Format".)

/// A value of the data section.
pub(crate) enum Value<'a> {
    Text(&'a str),
    U16(u16),
    U32(u32),
    U64(u64),
    Map(Vec<(&'a str, Value<'a>)>),
    Array(Vec<Value<'a>>),
}

const TYPE_TEXT: u8 = 2;
const TYPE_U16: u8 = 5;
const TYPE_U32: u8 = 6;
const TYPE_MAP: u8 = 7;
const TYPE_U64: u8 = 9;
const TYPE_ARRAY: u8 = 11;

/// The largest length that fits the control byte; all that a country file holds is shorter.
const LENGTH_MAX: usize = 28;

pub(crate) fn encode(value: &Value<'_>, to: &mut Vec<u8>) {
    match value {
        Value::Text(text) => {
            control(TYPE_TEXT, text.len(), to);
            to.extend(text.as_bytes());
        }
        Value::U16(number) => integer(TYPE_U16, u64::from(*number), to),
        Value::U32(number) => integer(TYPE_U32, u64::from(*number), to),
        Value::U64(number) => integer(TYPE_U64, *number, to),
        Value::Map(pairs) => {
            control(TYPE_MAP, pairs.len(), to);
            for (key, value) in pairs {
                encode(&Value::Text(key), to);
                encode(value, to);
            }
        }
        Value::Array(values) => {
            control(TYPE_ARRAY, values.len(), to);
            values.iter().for_each(|value| encode(value, to));
        }
    }
}

fn integer(kind: u8, number: u64, to: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    control(kind, bytes.len() - zeros, to);
    to.extend(&bytes[zeros..]);
}

fn control(kind: u8, length: usize, to: &mut Vec<u8>) {
    assert!(length <= LENGTH_MAX, "a country file holds no value of length {length}");
    // The assertion above: the length fits five bits.
    let length = length as u8;
    if kind > 7 {
        to.extend([length, kind - 7]);
    } else {
        to.push(kind << 5 | length);
    }
}
