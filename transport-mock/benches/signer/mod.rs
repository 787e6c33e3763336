//! The least that a refresh costs.

use std::hint::black_box;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};

use crate::program::{json, text};
use crate::rate::{Rate, Watch};

/// The emulator's cryptography, with its key and a message such as it signs.
pub(crate) struct Signer {
    key: KeyPair,
    message: String,
}

impl Signer {
    pub(crate) fn new(jwt: &str) -> Self {
        const PEM: &str = include_str!("../../src/emulator/test_key.pem");
        let base64: String = PEM.lines().filter(|line| !line.starts_with("-----")).collect();
        let key = KeyPair::from_pkcs8(&STANDARD.decode(base64).expect("the key is PEM"));
        let (message, _) = jwt.rsplit_once('.').expect("a JWT");
        Self { key: key.expect("the key is RSA's in PKCS#8"), message: message.to_owned() }
    }

    /// The rate of signatures.
    pub(crate) fn rate(&self, span: Duration) -> Rate {
        let random = SystemRandom::new();
        let mut signature = vec![0; self.key.public().modulus_len()];
        let mut count: u32 = 0;
        let watch = Watch::start(std::process::id());
        while watch.elapsed() < span {
            let message = black_box(self.message.as_bytes());
            let signed = self.key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature);
            signed.expect("a buffer of the signature's length");
            black_box(&signature);
            count += 1;
        }
        watch.rate(count)
    }

    /// The JWT of an answer, which the key must have signed.
    pub(crate) fn check(&self, answer: &[u8]) -> String {
        let answer = json(answer);
        let jwt = text(answer.get("data").unwrap_or(&answer), "session_jwt");
        let (message, signature) = jwt.rsplit_once('.').expect("a JWT");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key.public())
            .verify(message.as_bytes(), &signature)
            .expect("a signature by the key");
        jwt.to_owned()
    }
}
