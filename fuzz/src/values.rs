//! Types and values made of arbitrary bytes, so that whatever engine chooses the bytes chooses the value.

use terraform_provider_paperspace::value::{Number, Type, Value, msgpack};

/// Texts that the provider looks at more closely than at others.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "trainer",
    "ps1a2b3c",
    "C5",
    "a4000",
    "ny2",
    "East Coast (NY2)",
    "30m",
    "40000000000y",
    "on",
    "off",
    "none",
    "static",
    "daily",
    "shutdown",
    "(?:(?:a{9}){9}){9}",
    "[",
    "ann@example.com",
    "..",
    "\t\u{202e}\u{1b}[31m",
    "\u{e9}\u{1f600}",
];

/// Numbers at which something changes.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "9",
    "10",
    "50",
    "100",
    "0.1",
    "2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1e400",
    "123456789012345678901234567890.5",
];

/// Unknown values that something is known about.
const REFINED: &[&[u8]] = &[
    &[0xd4, 0x00, 0x00],
    &[0xc7, 0x03, 0x0c, 0x81, 0x01, 0xc2],
    &[0xc7, 0x07, 0x0c, 0x82, 0x01, 0xc2, 0x02, 0xa2, b'p', b'-'],
    &[0xc7, 0x03, 0x0c, 0x81, 0x05, 0x02],
];

/// Choices, one a byte. Where none are left they begin anew, each with the next in the place of what was chosen.
pub struct Choices<'a> {
    bytes: &'a [u8],
    taken: usize,
}

impl<'a> Choices<'a> {
    /// The choices that these bytes are.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, taken: 0 }
    }

    /// One of so many.
    pub fn of(&mut self, many: usize) -> usize {
        let length = self.bytes.len().max(1);
        let byte = self.bytes.get(self.taken % length).copied().unwrap_or_default();
        let choice = usize::from(byte) + self.taken / length;
        self.taken += 1;
        choice % many.max(1)
    }

    fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.of(of.len())]
    }

    /// A type, not too deep.
    pub fn ty(&mut self, depth: usize) -> Type {
        let kinds = if depth == 0 { 4 } else { 9 };
        match self.of(kinds) {
            0 => Type::String,
            1 => Type::Bool,
            2 => Type::Number,
            3 => Type::Dynamic,
            4 => Type::List(Box::new(self.ty(depth - 1))),
            5 => Type::Set(Box::new(self.ty(depth - 1))),
            6 => Type::Map(Box::new(self.ty(depth - 1))),
            7 => Type::Tuple((0..self.of(4)).map(|_| self.ty(depth - 1)).collect()),
            _ => Type::Object((0..self.of(4)).map(|n| (format!("a{n}"), self.ty(depth - 1))).collect()),
        }
    }

    /// A value of the type, of which any part may be null, and unknown too where that is allowed.
    pub fn value(&mut self, ty: &Type, unknown: bool) -> Value {
        match self.of(8) {
            0..=2 => Value::Null,
            3 if unknown => {
                let bytes = self.one(REFINED);
                msgpack::decode(bytes, ty).expect("an unknown value is of every type")
            }
            _ => self.known(ty, unknown),
        }
    }

    /// A value of the type that is neither null nor unknown, though its parts may be.
    pub fn known(&mut self, ty: &Type, unknown: bool) -> Value {
        match ty {
            Type::Bool => Value::Bool(self.of(2) == 1),
            Type::Number => Value::Number(self.number()),
            Type::String => Value::string(self.one(TEXTS)),
            Type::Dynamic => {
                let ty = self.concrete();
                let value = self.known(&ty, unknown);
                Value::Dynamic(Box::new((ty, value)))
            }
            Type::List(ty) => Value::List(self.values(ty, unknown)),
            Type::Set(ty) => Value::Set(self.values(ty, unknown)),
            Type::Map(ty) => {
                let values = self.values(ty, unknown);
                Value::Map(
                    values
                        .into_iter()
                        .enumerate()
                        .map(|(n, value)| (format!("k{n}"), value))
                        .collect(),
                )
            }
            Type::Tuple(types) => Value::Tuple(types.iter().map(|ty| self.value(ty, unknown)).collect()),
            Type::Object(types) => {
                Value::object(types.iter().map(|(name, ty)| (name.as_str(), self.value(ty, unknown))))
            }
        }
    }

    /// The elements of a collection, which all are of one type, even where the schema leaves that open.
    fn values(&mut self, ty: &Type, unknown: bool) -> Vec<Value> {
        let length = self.of(4);
        if *ty != Type::Dynamic {
            return (0..length).map(|_| self.value(ty, unknown)).collect();
        }
        let ty = self.concrete();
        let values = (0..length).map(|_| match self.value(&ty, unknown) {
            Value::Null => Value::Null,
            value => Value::Dynamic(Box::new((ty.clone(), value))),
        });
        values.collect()
    }

    /// A type that is not itself open.
    fn concrete(&mut self) -> Type {
        match self.ty(1) {
            Type::Dynamic => Type::String,
            ty => ty,
        }
    }

    fn number(&mut self) -> Number {
        self.one(NUMBERS).parse().expect("the numbers above are numbers")
    }
}
