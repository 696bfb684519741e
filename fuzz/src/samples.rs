//! Samples, and changes that leave most of them as it was: pure noise is turned away at the door, and what is nearly right
//! gets further in.

use std::path::Path;

use bolero::TypeGenerator;

/// Something done to the bytes of a sample. Places are counted from the beginning, again and again where it is shorter.
#[derive(Clone, Debug, TypeGenerator)]
pub enum Change {
    /// Some bits of a byte are turned.
    Turn { at: u16, bits: u8 },
    /// A byte becomes another.
    Set { at: u16, byte: u8 },
    /// Some bytes are left out.
    Cut { at: u16, length: u8 },
    /// Everything from there on is left out.
    End { at: u16 },
    /// A piece is put in that is known to be odd.
    Put { at: u16, piece: u8 },
    /// A stretch is said again elsewhere.
    Repeat { from: u16, length: u8, at: u16 },
    /// A stretch is said very often.
    Stutter { from: u16, length: u8, times: u8 },
}

/// Which sample, and what is done to it.
#[derive(Clone, Debug, TypeGenerator)]
pub struct Spoilt {
    sample: u8,
    changes: Vec<Change>,
}

/// The samples of a folder below `seeds/`, and pieces to put into them.
pub struct Samples {
    samples: Vec<Vec<u8>>,
    pieces: &'static [&'static [u8]],
}

/// The most that a sample grows to.
const LARGEST: usize = 64 << 10;

impl Samples {
    /// Reads the samples.
    pub fn read(folder: &str, pieces: &'static [&'static [u8]]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(folder);
        let entries = std::fs::read_dir(&folder).expect("the folder can be read");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        let samples: Vec<_> = files.iter().map(|file| std::fs::read(file).expect("a file")).collect();
        assert!(
            !samples.is_empty() && samples.len() <= usize::from(u8::MAX),
            "{folder:?}"
        );
        Self { samples, pieces }
    }

    /// The samples as they are.
    pub fn whole(&self) -> impl Iterator<Item = &[u8]> {
        self.samples.iter().map(Vec::as_slice)
    }

    /// A sample with all changes made in order.
    pub fn spoil(&self, spoilt: &Spoilt) -> Vec<u8> {
        let mut bytes = self.samples[usize::from(spoilt.sample) % self.samples.len()].clone();
        self.change(&spoilt.changes, &mut bytes);
        bytes
    }

    /// Makes all changes in order.
    pub fn change(&self, changes: &[Change], bytes: &mut Vec<u8>) {
        for change in changes {
            self.apply(change, bytes);
            bytes.truncate(LARGEST);
        }
    }

    fn apply(&self, change: &Change, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let place = |at: u16| usize::from(at) % (length + 1);
        let stretch = |from: u16, long: u8| place(from)..(place(from) + usize::from(long)).min(length);
        match *change {
            Change::Turn { at, bits } => {
                if let Some(byte) = bytes.get_mut(place(at)) {
                    *byte ^= bits;
                }
            }
            Change::Set { at, byte } => {
                if let Some(place) = bytes.get_mut(place(at)) {
                    *place = byte;
                }
            }
            Change::Cut { at, length } => drop(bytes.drain(stretch(at, length))),
            Change::End { at } => bytes.truncate(place(at)),
            Change::Put { at, piece } => {
                let piece = self.pieces[usize::from(piece) % self.pieces.len()];
                bytes.splice(place(at)..place(at), piece.iter().copied());
            }
            Change::Repeat { from, length, at } => {
                let piece = bytes[stretch(from, length)].to_vec();
                bytes.splice(place(at)..place(at), piece);
            }
            Change::Stutter { from, length, times } => {
                let stretch = stretch(from, length);
                let (start, piece) = (stretch.start, bytes[stretch].repeat(usize::from(times)));
                bytes.splice(start..start, piece.into_iter().take(LARGEST));
            }
        }
    }
}
