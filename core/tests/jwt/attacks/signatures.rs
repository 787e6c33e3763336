//! Signatures (RFC 8017, section 8.2.2).

use ring::signature::RSA_PKCS1_SHA256;
use stytch_session::jwt::JwtErrorKind::{Malformed, Signature};

use super::super::forge::{A, LARGE, X, claims, encoded, finish, header, signature, signed, token};
use super::{Row, accepted, refused};

pub(crate) fn rows() -> Vec<Row> {
    let good = token(&header(), &claims());
    let (message, _) = good.rsplit_once('.').unwrap();
    let right = signature(message, &A, &RSA_PKCS1_SHA256);
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = right.clone();
        change(&mut bytes);
        bytes
    };
    let other = token(&header(), &claims().with("sub", "\"member-test-other\""));
    let (other_message, other_signature) = other.rsplit_once('.').unwrap();
    let mut rows = vec![accepted("the right signature", format!("{message}.{}", encoded(&right)))];
    for (name, bytes) in [
        ("none", Vec::new()),
        ("one zero", vec![0]),
        ("zeros", vec![0; 256]),
        ("ones", vec![0xff; 256]),
        (
            "the number one",
            changed(&|all| {
                all.fill(0);
                all[255] = 1;
            }),
        ),
        ("a zero before it", changed(&|all| all.insert(0, 0))),
        ("a zero after it", changed(&|all| all.push(0))),
        ("without its first byte", right[1..].to_vec()),
        ("without its last byte", right[..255].to_vec()),
        ("its first bit", changed(&|all| all[0] ^= 0x80)),
        ("its last bit", changed(&|all| all[255] ^= 1)),
        ("backwards", changed(&|all| all.reverse())),
        ("twice", changed(&|all| all.extend_from_within(..))),
        ("of 1024 bytes", vec![1; 1024]),
        ("of 8192 bytes", vec![1; 8192]),
        ("of another message", signature("another", &A, &RSA_PKCS1_SHA256)),
        (
            "of the payload only",
            signature(message.split_once('.').unwrap().1, &A, &RSA_PKCS1_SHA256),
        ),
        ("of the message and a dot", signature(&format!("{message}."), &A, &RSA_PKCS1_SHA256)),
        ("of a stranger", signature(message, &X, &RSA_PKCS1_SHA256)),
        ("of a larger key", signature(message, &LARGE, &RSA_PKCS1_SHA256)),
    ] {
        let token = format!("{message}.{}", encoded(bytes));
        rows.push(refused(format!("signature: {name}"), token, Signature));
    }
    // The signature plus the modulus is the same number, if it is reduced first.
    let modulus: Vec<u8> = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(A.public()).n;
    let mut sum = vec![0; 257];
    let mut carry = 0;
    for place in (0..256).rev() {
        let total = u16::from(right[place]) + u16::from(modulus[place]) + carry;
        sum[place + 1] = total as u8;
        carry = total >> 8;
    }
    sum[0] = carry as u8;
    let sum = if sum[0] == 0 { sum[1..].to_vec() } else { sum };
    let token = format!("{message}.{}", encoded(sum));
    rows.push(refused("signature: plus the modulus", token, Signature));
    for (name, token) in [
        ("of another token", format!("{message}.{other_signature}")),
        ("with another payload", {
            let (head, _) = message.split_once('.').unwrap();
            let (_, payload) = other_message.split_once('.').unwrap();
            format!("{head}.{payload}.{}", encoded(&right))
        }),
        ("with another header", {
            let head = encoded(header().without("typ").text());
            let (_, payload) = message.split_once('.').unwrap();
            format!("{head}.{payload}.{}", encoded(&right))
        }),
        ("of the decoded parts", {
            let decoded = format!("{}.{}", header().text(), claims().text());
            format!("{message}.{}", encoded(signature(&decoded, &A, &RSA_PKCS1_SHA256)))
        }),
        // Signed by a stranger, and by A something else.
        ("of both", {
            let stranger = signed(header().text(), claims().text(), &X);
            let (_, last) = finish("e30.e30", &A)
                .rsplit_once('.')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
                .unwrap();
            format!("{}.{last}", stranger.rsplit_once('.').unwrap().0)
        }),
    ] {
        rows.push(refused(format!("signature {name}"), token, Signature));
    }
    for (name, end) in [("in hexadecimal", "zz!"), ("with a percent sign", "%3D"), ("=", "=")] {
        let token = format!("{good}{end}");
        rows.push(refused(format!("signature: {name}"), token, Malformed));
    }
    rows
}
