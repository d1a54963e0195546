//! Small numbers in few bytes: seven bits of a number in each, the lowest first; and the five numbers of a place, of which
//! most are 0, 1 or the first.

/// Interactions, and page views at four levels.
pub(super) type Numbers = [u64; 5];

/// What a number beside the first is: one of these, or written out.
const ZERO: u8 = 0;
const ONE: u8 = 1;
const AS_FIRST: u8 = 2;
const WRITTEN: u8 = 3;

/// Bytes that grow.
#[derive(Default)]
pub(super) struct Packed(Vec<u8>);

/// Bytes that are read. Behind the end all numbers are 0.
pub(super) struct Unpacking<'a>(&'a [u8]);

impl Packed {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn into_bytes(self) -> Box<[u8]> {
        self.0.into()
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub(super) fn numbers(&mut self, [first, others @ ..]: Numbers) {
        let how = |number: u64| match number {
            0 => ZERO,
            1 => ONE,
            _ if number == first => AS_FIRST,
            _ => WRITTEN,
        };
        self.number(first);
        self.0
            .push(others.iter().rev().fold(0, |all, number| all << 2 | how(*number)));
        for number in others.into_iter().filter(|number| how(*number) == WRITTEN) {
            self.number(number);
        }
    }
}

impl Unpacking<'_> {
    pub(super) const fn new(bytes: &[u8]) -> Unpacking<'_> {
        Unpacking(bytes)
    }

    #[inline]
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((byte, rest)) => {
                self.0 = rest;
                *byte
            }
            None => 0,
        }
    }

    #[inline]
    pub(super) fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 || shift > 56 {
                return number;
            }
            shift += 7;
        }
    }

    /// How many places further, and what was counted there.
    #[inline]
    pub(super) fn step(&mut self) -> (usize, Numbers) {
        // Most take three bytes.
        if let [step, first, how, rest @ ..] = self.0
            && (step | first) < 0x80
            && how & how >> 1 & 0x55 == 0
        {
            self.0 = rest;
            let first = u64::from(*first);
            let number = |shift: u8| match how >> shift & 3 {
                AS_FIRST => first,
                zero_or_one => u64::from(zero_or_one),
            };
            return (usize::from(*step), [first, number(0), number(2), number(4), number(6)]);
        }
        (self.number() as usize, self.numbers())
    }

    #[inline]
    fn numbers(&mut self) -> Numbers {
        let first = self.number();
        let mut how = self.byte();
        let mut next = || {
            let number = match how & 3 {
                ZERO => 0,
                ONE => 1,
                AS_FIRST => first,
                _ => self.number(),
            };
            how >>= 2;
            number
        };
        [first, next(), next(), next(), next()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were() {
        let some = [0, 1, 2, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX >> 1];
        let mut packed = Packed::default();
        for first in some {
            packed.number(first);
            packed.numbers([first, 0, 1, first, 300]);
            packed.numbers([first, first, 7, 1, 0]);
        }
        let bytes = packed.into_bytes();
        let mut reading = Unpacking::new(&bytes);
        for first in some {
            assert_eq!(reading.number(), first);
            assert_eq!(reading.numbers(), [first, 0, 1, first, 300]);
            assert_eq!(reading.numbers(), [first, first, 7, 1, 0]);
        }
        assert_eq!((reading.0.len(), reading.number()), (0, 0));
    }

    #[test]
    fn steps_with_their_numbers_come_back_however_they_are_written() {
        let some = [0, 1, 2, 127, 128, 20_000];
        let all = || {
            let pairs = some.into_iter().flat_map(|step| some.map(|first| (step, first)));
            pairs.flat_map(|(step, first)| [0, 1, first, 90].map(|other| (step, [first, other, first, 0, other])))
        };
        let mut packed = Packed::default();
        for (step, numbers) in all() {
            packed.number(step);
            packed.numbers(numbers);
        }
        let bytes = packed.into_bytes();
        let mut reading = Unpacking::new(&bytes);
        for (step, numbers) in all() {
            assert_eq!(reading.step(), (step as usize, numbers));
        }
        assert_eq!((reading.0.len(), reading.step()), (0, (0, [0; 5])));
    }

    #[test]
    fn a_click_takes_three_bytes() {
        let mut packed = Packed::default();
        packed.number(3);
        packed.numbers([1, 1, 1, 0, 0]);
        assert_eq!(packed.len(), 3);
    }
}
