//! The primitives of msgpack, read from a slice: this module checks lengths, and knows nothing of types and paths.

use rmp::Marker;
use rmp::decode::{self, NumValueReadError, RmpReadErr, ValueReadError};

use crate::value::Number;
use crate::value::error::Failure;

/// What is left of the bytes.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

/// A msgpack extension.
pub(super) struct Extension<'a> {
    pub(super) code: i8,
    pub(super) payload: &'a [u8],
    /// The payload with the header before it.
    pub(super) whole: &'a [u8],
}

impl<'a> Reader<'a> {
    /// What comes next; nothing is consumed.
    pub(super) fn peek(&self) -> Result<Marker, Failure> {
        self.0.first().map(|byte| Marker::from_u8(*byte)).ok_or_else(cut_short)
    }

    /// Consumes a nil if that is what comes next.
    pub(super) fn nil(&mut self) -> Result<bool, Failure> {
        let nil = self.peek()? == Marker::Null;
        if nil {
            self.0 = &self.0[1..];
        }
        Ok(nil)
    }

    pub(super) fn bool(&mut self) -> Result<bool, Failure> {
        let value = match self.peek()? {
            Marker::True => true,
            Marker::False => false,
            other => return Err(Failure::required("a bool", kind(other))),
        };
        self.0 = &self.0[1..];
        Ok(value)
    }

    pub(super) fn str(&mut self, wanted: &str) -> Result<&'a str, Failure> {
        let length = length(decode::read_str_len(&mut self.0), wanted)?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| Failure::new("the string is not UTF-8"))
    }

    /// Bytes, written either as such or as a string.
    pub(super) fn bytes(&mut self, wanted: &str) -> Result<&'a [u8], Failure> {
        let length = match self.peek()? {
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                length(decode::read_str_len(&mut self.0), wanted)?
            }
            _ => length(decode::read_bin_len(&mut self.0), wanted)?,
        };
        self.take(length)
    }

    /// The length of an array. There are at least as many bytes left.
    pub(super) fn array(&mut self, wanted: &str) -> Result<usize, Failure> {
        let length = length(decode::read_array_len(&mut self.0), wanted)?;
        if length > self.0.len() {
            Err(cut_short())
        } else {
            Ok(length)
        }
    }

    /// The number of entries of a map. There are at least twice as many bytes left.
    pub(super) fn map(&mut self, wanted: &str) -> Result<usize, Failure> {
        let length = length(decode::read_map_len(&mut self.0), wanted)?;
        if length > self.0.len() / 2 {
            Err(cut_short())
        } else {
            Ok(length)
        }
    }

    /// A number in any of its forms.
    pub(super) fn number(&mut self) -> Result<Number, Failure> {
        let number = match self.peek()? {
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => self.str("a number")?.parse(),
            Marker::F32 => Number::from_f64_exact(decode::read_f32(&mut self.0).map_err(|_| cut_short())?.into()),
            Marker::F64 => Number::from_f64_exact(decode::read_f64(&mut self.0).map_err(|_| cut_short())?),
            Marker::U64 => Ok(decode::read_u64(&mut self.0).map_err(|_| cut_short())?.into()),
            marker if is_integer(marker) => Ok(self.integer()?.into()),
            other => return Err(Failure::required("a number", kind(other))),
        };
        number.map_err(Failure::number)
    }

    /// An integer that fits an `i64`.
    pub(super) fn integer(&mut self) -> Result<i64, Failure> {
        match self.peek()? {
            marker if is_integer(marker) => decode::read_int(&mut self.0).map_err(|error| match error {
                NumValueReadError::OutOfRange => Failure::new("the integer is too large"),
                _ => cut_short(),
            }),
            other => Err(Failure::required("an integer", kind(other))),
        }
    }

    /// Consumes an extension if that is what comes next.
    pub(super) fn extension(&mut self) -> Result<Option<Extension<'a>>, Failure> {
        if !is_extension(self.peek()?) {
            return Ok(None);
        }
        let whole = self.0;
        let meta = decode::read_ext_meta(&mut self.0).map_err(|_| cut_short())?;
        let payload = self.take(meta.size as usize)?;
        Ok(Some(Extension {
            code: meta.typeid,
            payload,
            whole: &whole[..whole.len() - self.0.len()],
        }))
    }

    /// Passes over a value of any kind.
    pub(super) fn skip(&mut self, depth: usize) -> Result<(), Failure> {
        let depth = depth.checked_sub(1).ok_or_else(Failure::too_deep)?;
        let inner = match self.peek()? {
            Marker::Null | Marker::True | Marker::False => {
                self.0 = &self.0[1..];
                0
            }
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => self.array("an array")?,
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => 2 * self.map("a map")?,
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                self.bytes("a string")?;
                0
            }
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
                self.bytes("bytes")?;
                0
            }
            Marker::F32 => self.take(5).map(|_| 0)?,
            Marker::F64 | Marker::U64 => self.take(9).map(|_| 0)?,
            marker if is_integer(marker) => self.integer().map(|_| 0)?,
            marker if is_extension(marker) => self.extension().map(|_| 0)?,
            other => return Err(Failure::required("a value", kind(other))),
        };
        (0..inner).try_for_each(|_| self.skip(depth))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Failure> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(cut_short)?;
        self.0 = rest;
        Ok(taken)
    }
}

fn cut_short() -> Failure {
    Failure::new("the bytes end in the middle of a value")
}

/// A length as `rmp` read it.
fn length<E: RmpReadErr>(read: Result<u32, ValueReadError<E>>, wanted: &str) -> Result<usize, Failure> {
    match read {
        Ok(length) => Ok(length as usize),
        Err(ValueReadError::TypeMismatch(found)) => Err(Failure::required(wanted, kind(found))),
        Err(_) => Err(cut_short()),
    }
}

fn is_integer(marker: Marker) -> bool {
    use Marker::{FixNeg, FixPos, I8, I16, I32, I64, U8, U16, U32, U64};
    matches!(
        marker,
        FixPos(_) | FixNeg(_) | U8 | U16 | U32 | U64 | I8 | I16 | I32 | I64
    )
}

fn is_extension(marker: Marker) -> bool {
    use Marker::{Ext8, Ext16, Ext32, FixExt1, FixExt2, FixExt4, FixExt8, FixExt16};
    matches!(
        marker,
        FixExt1 | FixExt2 | FixExt4 | FixExt8 | FixExt16 | Ext8 | Ext16 | Ext32
    )
}

/// What begins with the marker, for error messages.
fn kind(marker: Marker) -> &'static str {
    match marker {
        marker if is_integer(marker) => "an integer",
        marker if is_extension(marker) => "an unknown value",
        Marker::Null => "null",
        Marker::True | Marker::False => "a bool",
        Marker::F32 | Marker::F64 => "a float",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "an array",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        _ => "a reserved marker",
    }
}
