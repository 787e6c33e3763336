//! QR codes of one size: version 5 (37 modules), the lowest error correction, mask 0.
//!
//! Up to 106 bytes fit, which is enough for the address of an authenticator app's secret. One size
//! and one mask keep this short; every reader must know them all.

/// Modules on each side.
pub(super) const SIDE: usize = 37;

/// Codewords with data, and those that correct errors.
const DATA: usize = 108;
const CORRECTION: usize = 26;

/// Error correction L and mask 0, with their own error correction: ISO/IEC 18004, annex C.
const FORMAT: u32 = 0b111_0111_1100_0100;

/// The modules, row by row; `true` is dark.
pub(super) type Code = [[bool; SIDE]; SIDE];

/// The code of a text, or none if it is too long.
pub(super) fn encode(text: &[u8]) -> Option<Code> {
    let mut words = data_words(text)?;
    words.extend(correction_words(&words));
    let (mut code, fixed) = frame();
    place(&mut code, &fixed, &words);
    Some(code)
}

/// Mode (bytes), length, text, end and padding.
fn data_words(text: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(text.len()).ok().filter(|length| usize::from(*length) <= DATA - 2)?;
    // The mode has four bits, so that everything after it straddles two words.
    let nibbles = [4, length >> 4, length & 15].into_iter();
    let text = text.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let nibbles: Vec<u8> = nibbles.chain(text).chain([0]).collect();
    let words = nibbles.chunks(2).map(|pair| pair[0] << 4 | pair[1]);
    Some(words.chain([0xec, 0x11].into_iter().cycle()).take(DATA).collect())
}

/// The remainder of the Reed-Solomon division.
fn correction_words(data: &[u8]) -> Vec<u8> {
    let mut generator = vec![0; CORRECTION];
    generator[CORRECTION - 1] = 1;
    let mut root = 1;
    for _ in 0..CORRECTION {
        for index in 0..CORRECTION {
            let next = generator.get(index + 1).copied().unwrap_or_default();
            generator[index] = product(generator[index], root) ^ next;
        }
        root = product(root, 2);
    }
    let mut rest = vec![0; CORRECTION];
    for word in data {
        let factor = word ^ rest.remove(0);
        rest.push(0);
        for (rest, coefficient) in rest.iter_mut().zip(&generator) {
            *rest ^= product(*coefficient, factor);
        }
    }
    rest
}

/// The product in the field of 256 elements modulo x⁸ + x⁴ + x³ + x² + 1.
fn product(one: u8, other: u8) -> u8 {
    (0..8).rev().fold(0, |sum: u8, bit| {
        let doubled = (sum << 1) ^ ((sum >> 7) * 0x1d);
        doubled ^ (((other >> bit) & 1) * one)
    })
}

/// The patterns that are the same in every code, and which modules they take.
fn frame() -> (Code, Code) {
    let mut code = [[false; SIDE]; SIDE];
    let mut fixed = [[false; SIDE]; SIDE];
    let mut set = |row: usize, column: usize, dark: bool| {
        code[row][column] = dark;
        fixed[row][column] = true;
    };
    for index in 0..SIDE {
        set(6, index, index % 2 == 0);
        set(index, 6, index % 2 == 0);
    }
    // Three corners, each with a light border where there is room for one.
    for (top, left) in [(0, 0), (0, SIDE - 7), (SIDE - 7, 0)] {
        for row in top.saturating_sub(1)..(top + 8).min(SIDE) {
            for column in left.saturating_sub(1)..(left + 8).min(SIDE) {
                let distance = row.abs_diff(top + 3).max(column.abs_diff(left + 3));
                set(row, column, distance != 2 && distance != 4);
            }
        }
    }
    for row in 28..33 {
        for column in 28..33 {
            set(row, column, row.abs_diff(30).max(column.abs_diff(30)) != 1);
        }
    }
    for bit in 0..15 {
        let dark = FORMAT >> bit & 1 == 1;
        let around_corner = match bit {
            0..=5 => (bit, 8),
            6 | 7 => (bit + 1, 8),
            8 => (8, 7),
            _ => (8, 14 - bit),
        };
        set(around_corner.0, around_corner.1, dark);
        let elsewhere = if bit < 8 { (8, SIDE - 1 - bit) } else { (SIDE - 15 + bit, 8) };
        set(elsewhere.0, elsewhere.1, dark);
    }
    set(SIDE - 8, 8, true);
    (code, fixed)
}

/// Writes the words in pairs of columns, from the lower right, up and down in turn, masked.
fn place(code: &mut Code, fixed: &Code, words: &[u8]) {
    let mut bits = words.iter().flat_map(|word| (0..8).rev().map(move |bit| word >> bit & 1 == 1));
    // The column of the timing pattern is left out of the count.
    let rights = (0..SIDE / 2).map(|pair| SIDE - 1 - 2 * pair);
    let rights = rights.map(|right| if right <= 6 { right - 1 } else { right });
    for (pair, right) in rights.enumerate() {
        for step in 0..SIDE {
            let row = if pair % 2 == 0 { SIDE - 1 - step } else { step };
            for column in [right, right - 1] {
                if !fixed[row][column] {
                    code[row][column] = bits.next().unwrap_or_default() ^ ((row + column) % 2 == 0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_no_code() {
        assert!(encode(&[b'x'; 106]).is_some());
        assert!(encode(&[b'x'; 107]).is_none());
    }

    #[test]
    fn the_modules_are_those_that_an_independent_encoder_writes() {
        let text =
            "otpauth://totp/Emulator?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Emulator";
        let code = encode(text.as_bytes()).expect("it fits");
        let rows = code.map(|row| row.map(|dark| if dark { '1' } else { '0' }).iter().collect());
        let rows: Vec<String> = rows.into();
        let hash = ring::digest::digest(&ring::digest::SHA256, rows.join("\n").as_bytes());
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "29d896916c153119a101cbb91954231640286fa851d2d1aa64e8cf850ee1db7f");
    }
}
