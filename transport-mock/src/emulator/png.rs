//! QR codes as PNG images, black on white.

use super::qr;

/// Light modules around the code.
const BORDER: usize = 4;

/// Pixels on each side of a module. With one bit a pixel, two modules are one byte.
const SCALE: usize = 4;

/// The image of a QR code.
pub(super) fn image(code: &qr::Code) -> Vec<u8> {
    let modules = qr::SIDE + 2 * BORDER;
    let light = |row: usize, column: usize| {
        let inside = |index: usize| index.checked_sub(BORDER).filter(|index| *index < qr::SIDE);
        let dark = inside(row).zip(inside(column)).is_some_and(|(row, column)| code[row][column]);
        if dark { 0x0 } else { 0xf }
    };
    let mut lines = Vec::new();
    for row in 0..modules {
        let pair = |left: usize| light(row, left) << 4 | light(row, left + 1);
        let pixels: Vec<u8> = (0..modules).step_by(2).map(pair).collect();
        for _ in 0..SCALE {
            // No filter, then the pixels.
            lines.push(0);
            lines.extend(&pixels);
        }
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = ((modules * SCALE) as u32).to_be_bytes();
    // One bit a pixel, grey scale, and the only methods there are.
    chunk(&mut png, b"IHDR", &[side.as_slice(), &side, &[1, 0, 0, 0, 0]].concat());
    chunk(&mut png, b"IDAT", &stored(&lines));
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
