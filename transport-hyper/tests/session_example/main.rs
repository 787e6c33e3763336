//! The example `session` as a process, and two of them that share a store.

mod network;
mod process;
mod world;

use serde_json::Value;
use stytch_session_mock::Example;
use world::World;

const HARBOR_LIGHTS: &[&str] = &["login", "--organization", "harbor-lights", "--email", ADA];
const BLUE_KILN: &[&str] = &["login", "--organization", "blue-kiln", "--email", ADA];
const ADA: &str = Example::EMAIL_ADDRESS;

fn password() -> String {
    format!("{}\n", Example::PASSWORD)
}

/// When the session of a sentence ends.
fn until(sentence: &str) -> &str {
    let (_, rest) = sentence.split_once(" until ").expect("a session");
    rest.trim_end()
}

#[test]
fn a_login_with_a_password_and_a_code_by_sms() {
    let world = World::new("sms");
    let mut login = world.start(BLUE_KILN);
    login.write(&password());
    login.error_line("a code was sent by SMS");
    login.write(&format!("{}\n", world.code()));
    let login = world.end(login);
    assert_eq!(login.status, Some(0), "{login:?}");
    assert!(login.output.starts_with("Ada Reyes in Blue Kiln until "), "{login:?}");

    let status = world.run(&["status", "--json"], "");
    assert_eq!(status.status, Some(0), "{status:?}");
    let json: Value = serde_json::from_str(&status.output).expect("JSON");
    let active = &json["active"];
    assert_eq!(active["organization"]["organization_slug"], "blue-kiln");
    assert_eq!(active["organization"]["organization_name"], "Blue Kiln");
    assert_eq!(active["member"]["email_address"], ADA);
    assert_eq!(active["roles"], serde_json::json!(["stytch_member"]));
    assert_eq!(active["expires_at"], until(&login.output));
    assert_eq!(active["confirmed"], true);
    assert_eq!((&json["unfinished"], &json["problem"]), (&Value::Null, &Value::Null));

    let status = world.run(&["status"], "");
    for told in ["Ada Reyes <ada@example.com>", "Blue Kiln (blue-kiln)", "yes, by the server"] {
        assert!(status.output.contains(told), "{told} in {status:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_store_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new("permissions");
    world.run(HARBOR_LIGHTS, &password());
    let mode = |path: &std::path::Path| {
        let found = std::fs::metadata(path).expect("it is there");
        found.permissions().mode() & 0o777
    };
    assert_eq!(mode(&world.store), 0o600);
    assert_eq!(mode(world.store.parent().expect("a directory")), 0o700);
}

#[test]
fn two_processes_see_each_others_changes() {
    let world = World::new("two");
    let mut watch = world.start(&["watch"]);
    watch.line("nobody is logged in");

    let login = world.run(HARBOR_LIGHTS, &password());
    assert_eq!(watch.line("another process: Ada Reyes in Harbor Lights").1, until(&login.output));

    let refresh = world.run(&["refresh", "--minutes", "120"], "");
    assert_eq!(refresh.status, Some(0), "{refresh:?}");
    let (_, end) = watch.line(until(&refresh.output));
    assert!(until(&login.output) < end.as_str());

    let exchange = world.run(&["exchange", "north-pier"], "");
    assert!(exchange.output.starts_with("Ada Reyes in North Pier"), "{exchange:?}");
    watch.line("Ada Reyes in North Pier");

    // A second factor is wanted: the session stays beside.
    let exchange = world.run(&["exchange", "blue-kiln"], "");
    assert_eq!(exchange.status, Some(9), "{exchange:?}");
    watch.line("unfinished: Blue Kiln requires a second factor");
    let abandon = world.run(&["abandon"], "");
    assert!(abandon.output.starts_with("Ada Reyes in North Pier"), "{abandon:?}");

    let sessions = world.stytch.active_sessions().len();
    let logout = world.run(&["logout"], "");
    assert_eq!((logout.status, &*logout.output), (Some(0), "logged out\n"));
    watch.line("another process: nobody is logged in");
    // The one before the exchange lives on there.
    assert_eq!(world.stytch.active_sessions().len(), sessions - 1);
    assert_eq!(world.run(&["status"], "").status, Some(3));

    // It ends with its input.
    let watch = world.end(watch);
    assert_eq!(watch.status, Some(0), "{watch:?}");
}

#[test]
fn a_watch_of_so_many_changes() {
    let world = World::new("count");
    let mut watch = world.start(&["watch", "--count", "1"]);
    watch.line("nobody is logged in");
    world.run(HARBOR_LIGHTS, &password());
    let watch = watch.wait();
    assert_eq!(watch.status, Some(0), "{watch:?}");
    assert_eq!(watch.output.lines().count(), 2, "{watch:?}");
}

#[test]
fn what_the_server_refuses() {
    let world = World::new("refused");
    let login = world.run(HARBOR_LIGHTS, "an unlit lamp\n");
    assert_eq!(login.status, Some(4), "{login:?}");
    assert!(login.errors.contains("nothing was lost"), "{login:?}");
    assert!(!login.errors.contains("an unlit lamp"), "{login:?}");
    assert_eq!(world.run(&["status"], "").status, Some(3));

    // A wrong code, and then no other: the login waits.
    let mut login = world.start(BLUE_KILN);
    login.write(&password());
    login.error_line("a code was sent by SMS");
    login.write("999999\n");
    assert_eq!(world.end(login).status, Some(4));
    let status = world.run(&["status"], "");
    assert_eq!(status.status, Some(3));
    assert!(status.output.contains("Blue Kiln requires a second factor"), "{status:?}");

    // It goes on with an app's code, and there a wrong one is no end either.
    let member = world.stytch.member_id("blue-kiln", ADA).expect("Ada");
    let code = world.stytch.totp_code(&member).expect("an app");
    let wrong = if code == "000000" { "111111" } else { "000000" };
    let finish = world.run(&["finish", "--factor", "totp"], &format!("{wrong}\n{code}\n"));
    assert_eq!(finish.status, Some(0), "{finish:?}");
    assert!(finish.output.starts_with("Ada Reyes in Blue Kiln until "), "{finish:?}");
    assert_eq!(world.run(&["finish"], "").status, Some(3), "nothing is unfinished");
}

#[test]
fn a_recovery_code_for_a_lost_phone() {
    let world = World::new("recovery");
    let member = world.stytch.member_id("blue-kiln", ADA).expect("Ada");
    let code = world.stytch.recovery_codes(&member).remove(0);
    let arguments = [BLUE_KILN, &["--factor", "recovery"]].concat();
    let login = world.run(&arguments, &format!("{}{code}\n", password()));
    assert_eq!(login.status, Some(0), "{login:?}");
    assert!(!format!("{login:?}").contains(&code));
}

#[test]
fn what_this_program_cannot_give() {
    let world = World::new("cannot");
    assert_eq!(world.run(HARBOR_LIGHTS, "").status, Some(9), "no password");
    world.run(HARBOR_LIGHTS, &password());
    let exchange = world.run(&["exchange", "slate-quarry"], "");
    assert_eq!(exchange.status, Some(9), "{exchange:?}");
    assert!(exchange.errors.contains("another first factor: sso, magic_link"), "{exchange:?}");
    let status = world.run(&["status"], "");
    assert_eq!(status.status, Some(0), "{status:?}");
    assert!(status.output.contains("Harbor Lights") && status.output.contains("unfinished"));
    // A login begins anew.
    let login = world.run(HARBOR_LIGHTS, &password());
    assert!(!login.output.contains("unfinished"), "{login:?}");
}

#[test]
fn an_outage_logs_nobody_out() {
    let world = World::new("outage");
    world.run(HARBOR_LIGHTS, &password());
    let session = world.stytch.active_sessions();
    let mut watch = world.start(&["watch"]);
    watch.line("Ada Reyes in Harbor Lights");

    world.network.cut();
    let status = world.run(&["status", "--json"], "");
    assert_eq!(status.status, Some(0), "{status:?}");
    let json: Value = serde_json::from_str(&status.output).expect("JSON");
    assert_eq!(json["active"]["confirmed"], false);
    assert_eq!(json["active"]["organization"]["organization_slug"], "harbor-lights");
    assert!(json["problem"].as_str().is_some_and(|problem| problem.contains("nothing was lost")));
    let status = world.run(&["status"], "");
    assert!(status.output.contains("this is from the cache"), "{status:?}");
    for command in ["refresh", "logout"] {
        assert_eq!(world.run(&[command], "").status, Some(5));
    }
    assert_eq!(world.run(&["exchange", "north-pier"], "").status, Some(5));

    world.network.mend();
    let status = world.run(&["status"], "");
    assert_eq!(status.status, Some(0), "{status:?}");
    assert!(status.output.contains("yes, by the server"), "{status:?}");
    assert_eq!(world.stytch.active_sessions(), session, "the same one");
    let watch = world.end(watch);
    assert!(!watch.output.contains("nobody"), "{watch:?}");
}

#[test]
fn a_server_that_starts_again_logs_nobody_out() {
    let mut world = World::new("restart");
    let login = world.run(HARBOR_LIGHTS, &password());
    let session = world.stytch.active_sessions();
    let mut watch = world.start(&["watch"]);
    watch.line("Ada Reyes in Harbor Lights");

    world.stop();
    let status = world.run(&["status"], "");
    assert_eq!(status.status, Some(0), "{status:?}");
    assert!(status.output.contains("this is from the cache"), "{status:?}");
    assert_eq!(world.run(&["refresh"], "").status, Some(5));

    world.start_again();
    let refresh = world.run(&["refresh", "--minutes", "120"], "");
    assert_eq!(refresh.status, Some(0), "{refresh:?}");
    assert!(until(&login.output) < until(&refresh.output));
    assert_eq!(world.stytch.active_sessions(), session, "the same one");
    watch.line(until(&refresh.output));
    let watch = world.end(watch);
    assert!(!watch.output.contains("nobody"), "{watch:?}");
}

#[test]
fn a_forced_logout_in_an_outage() {
    let world = World::new("force");
    world.run(HARBOR_LIGHTS, &password());
    world.network.cut();
    let logout = world.run(&["logout", "--force"], "");
    assert_eq!(logout.status, Some(0), "{logout:?}");
    assert!(logout.output.starts_with("logged out here; the server could not be asked"));
    assert_eq!(world.run(&["status"], "").status, Some(3));
    world.network.mend();
    assert_eq!(world.run(&["status"], "").status, Some(3));
    assert_eq!(world.stytch.active_sessions().len(), 1, "the server was not told");
}

#[test]
fn a_session_that_the_server_has_ended() {
    let world = World::new("ended");
    for command in [&["status"] as &[&str], &["refresh"], HARBOR_LIGHTS] {
        world.run(HARBOR_LIGHTS, &password());
        for session in world.stytch.active_sessions() {
            world.stytch.revoke_session(&session);
        }
        let ran = world.run(command, &password());
        let expected = match command[0] {
            "status" => 3,
            "refresh" => 8,
            _ => 0,
        };
        assert_eq!(ran.status, Some(expected), "{ran:?}");
        assert!(expected == 0 || ran.errors.contains("the session has ended"), "{ran:?}");
    }
    assert!(world.run(&["status"], "").output.contains("Harbor Lights"));
}

#[test]
fn a_store_that_cannot_be_read() {
    let world = World::new("damaged");
    world.run(HARBOR_LIGHTS, &password());
    std::fs::write(&world.store, "a shopping list").expect("a file");
    let status = world.run(&["status"], "");
    assert_eq!(status.status, Some(6), "{status:?}");
    assert!(status.errors.contains("move it away to begin anew"), "{status:?}");
    assert_eq!(std::fs::read(&world.store).expect("a file"), b"a shopping list");
}

#[test]
fn help_and_mistakes_in_the_command_line() {
    let world = World::new("usage");
    let help = world.run(&["--help"], "");
    assert_eq!(help.status, Some(0));
    for told in ["STYTCH_PUBLIC_TOKEN", "Exit status:", "watch", "logout"] {
        assert!(help.output.contains(told), "{told} in {help:?}");
    }
    assert_eq!(world.run(&["fly"], "").status, Some(2));
    assert_eq!(world.run(&["login", "--password", "hunter2"], "").status, Some(2));
    world.run(HARBOR_LIGHTS, &password());
    assert_eq!(world.run(&["refresh", "--minutes", "1"], "").status, Some(2));
}
