//! Other algorithms (RFC 8725, sections 2.1 and 3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use stytch_session::jwt::JwtErrorKind::{Algorithm, Header, Signature};

use super::super::forge::{A, PEM_A, claims, encoded, header, quoted, signature, token};
use super::{Row, refused};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    // Signed as RS256 is, under another name.
    for alg in [
        "\"none\"",
        "\"None\"",
        "\"NONE\"",
        "\"nOnE\"",
        "\"\"",
        "\"rs256\"",
        "\"Rs256\"",
        "\"RS256 \"",
        "\" RS256\"",
        "\"RS256\\u0000\"",
        "\"RS-256\"",
        "\"RSA256\"",
        "\"RS1\"",
        "\"RS384\"",
        "\"RS512\"",
        "\"PS256\"",
        "\"HS256\"",
        "\"ES256\"",
        "\"EdDSA\"",
        "\"dir\"",
        "\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"",
        "[\"RS256\"]",
        "[\"none\",\"RS256\"]",
        "{\"RS256\":1}",
        "256",
        "true",
        "null",
    ] {
        let token = token(&header().with("alg", alg), &claims());
        rows.push(refused(format!("alg {alg}"), token, Algorithm));
    }
    let odd = |header| token(&header, &claims());
    rows.push(refused("no alg", odd(header().without("alg")), Algorithm));
    let capitals = header().without("alg").and("ALG", "\"RS256\"");
    rows.push(refused("ALG", odd(capitals), Algorithm));
    rows.push(refused("alg twice, none last", odd(header().and("alg", "\"none\"")), Header));
    let first = header().without("alg").and("alg", "\"none\"").and("alg", "\"RS256\"");
    rows.push(refused("alg twice, none first", odd(first), Header));
    for alg in ["none", "None"] {
        rows.push(refused(format!("{alg}, unsigned"), format!("{}.", message(alg)), Algorithm));
    }
    rows.push(refused("RS256, unsigned", format!("{}.", message("RS256")), Signature));
    rows.extend(symmetric());
    rows.extend(other_rsa());
    rows.extend(curves());
    rows
}

fn message(alg: &str) -> String {
    let header = header().with("alg", quoted(alg)).text();
    format!("{}.{}", encoded(header), encoded(claims().text()))
}

/// The public key, in each of its forms, as the secret of an HMAC.
fn symmetric() -> Vec<Row> {
    let numbers = PublicKeyComponents::<Vec<u8>>::from(A.public());
    let pkcs1 = A.public().as_ref().to_vec();
    let spki = spki(&pkcs1);
    let base64 = STANDARD.encode(&spki);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    let mut rows = Vec::new();
    for (name, secret) in [
        ("the PEM", pem.clone().into_bytes()),
        ("the PEM and a line end", format!("{pem}\n").into_bytes()),
        ("the private PEM", PEM_A.as_bytes().to_vec()),
        ("DER", spki),
        ("PKCS #1", pkcs1),
        ("the modulus", numbers.n.clone()),
        ("the modulus in base64url", encoded(&numbers.n).into_bytes()),
        ("nothing", Vec::new()),
    ] {
        for (alg, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS512", hmac::HMAC_SHA512)] {
            let message = message(alg);
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), message.as_bytes());
            let token = format!("{message}.{}", encoded(tag.as_ref()));
            rows.push(refused(format!("{alg} with {name}"), token, Algorithm));
        }
        let message = message("RS256");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
        let token = format!("{message}.{}", encoded(tag.as_ref()));
        rows.push(refused(format!("HMAC as RS256 with {name}"), token, Signature));
    }
    rows
}

/// `SubjectPublicKeyInfo` around the key of RFC 8017, for a modulus of 2048 bits.
fn spki(pkcs1: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\
        \x03\x82\x01\x0f\x00"
        .to_vec();
    bytes.extend_from_slice(pkcs1);
    bytes
}

/// The right key, in another way; under its own name, and as if it were RS256.
fn other_rsa() -> Vec<Row> {
    let ways: [(&str, &'static dyn RsaEncoding); 3] =
        [("RS384", &RSA_PKCS1_SHA384), ("RS512", &RSA_PKCS1_SHA512), ("PS256", &RSA_PSS_SHA256)];
    let mut rows = Vec::new();
    for (alg, encoding) in ways {
        for (named, kind) in [(alg, Algorithm), ("RS256", Signature)] {
            let message = message(named);
            let token = format!("{message}.{}", encoded(signature(&message, &A, encoding)));
            rows.push(refused(format!("{alg}, named {named}"), token, kind));
        }
    }
    rows
}

fn curves() -> Vec<Row> {
    let random = SystemRandom::new();
    let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let p256 =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256.as_ref(), &random).unwrap();
    let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let ed25519 = Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).unwrap();
    let mut rows = Vec::new();
    for (alg, kind) in [("ES256", Algorithm), ("RS256", Signature)] {
        let message = message(alg);
        let signature = p256.sign(&random, message.as_bytes()).unwrap();
        let token = format!("{message}.{}", encoded(signature.as_ref()));
        rows.push(refused(format!("ES256, named {alg}"), token, kind));
    }
    for (alg, kind) in [("EdDSA", Algorithm), ("RS256", Signature)] {
        let message = message(alg);
        let signature = ed25519.sign(message.as_bytes());
        let token = format!("{message}.{}", encoded(signature.as_ref()));
        rows.push(refused(format!("EdDSA, named {alg}"), token, kind));
    }
    // CVE-2022-21449: a signature of zeros.
    let zeros = format!("{}.{}", message("ES256"), encoded([0; 64]));
    rows.push(refused("ES256 of zeros", zeros, Algorithm));
    rows
}
