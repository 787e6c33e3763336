//! A small image where the API sends a QR code.
//!
//! It is a pattern that follows from the text, and no QR code: no app can read it. Whoever tests
//! with the emulator has the secret itself, in the field beside the image.

use ring::digest;

/// Squares on each side of the pattern; a square is one pixel.
const SIDE: usize = 32;

/// A PNG image, black and white, that follows from `text`.
pub(super) fn pattern(text: &[u8]) -> Vec<u8> {
    let mut rows = Vec::with_capacity(SIDE * (1 + SIDE / 8));
    for row in 0..SIDE {
        // No filter, then a bit for each pixel.
        rows.push(0);
        let mut input = text.to_vec();
        input.push(row as u8);
        rows.extend(&digest::digest(&digest::SHA256, &input).as_ref()[..SIDE / 8]);
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = (SIDE as u32).to_be_bytes();
    // One bit per pixel, grey scale, and the only methods there are.
    chunk(&mut png, b"IHDR", &[side.as_slice(), &side, &[1, 0, 0, 0, 0]].concat());
    chunk(&mut png, b"IDAT", &stored(&rows));
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    png.extend((data.len() as u32).to_be_bytes());
    let named = [name.as_slice(), data].concat();
    png.extend(&named);
    png.extend(crc32(&named).to_be_bytes());
}

/// A zlib stream of one block, not compressed. `data` is shorter than 64 KiB.
fn stored(data: &[u8]) -> Vec<u8> {
    let length = data.len() as u16;
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(data);
    stream.extend(adler32(data).to_be_bytes());
    stream
}

fn adler32(data: &[u8]) -> u32 {
    let step = |(one, two): (u32, u32), byte: &u8| {
        let one = (one + u32::from(*byte)) % 65_521;
        (one, (two + one) % 65_521)
    };
    let (one, two) = data.iter().fold((1, 0), step);
    two << 16 | one
}

fn crc32(data: &[u8]) -> u32 {
    let bit = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !data.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), bit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
