//! Writes the seeds of all targets to `corpus/`, and the dictionary:
//! `cargo run -p stytch-session-fuzz --example seeds`

use std::path::Path;

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::write(here.join("words.dict"), stytch_session_fuzz::words())?;
    for target in stytch_session_fuzz::TARGETS {
        let folder = here.join("corpus").join(target.name);
        std::fs::create_dir_all(&folder)?;
        for (name, input) in (target.seeds)() {
            std::fs::write(folder.join(name), input)?;
        }
    }
    Ok(())
}
