use std::time::Duration;

use proptest::prelude::*;

use super::{Confirmed, Schedule, after_failure};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The length of a duration in another.
fn ratio(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() / whole.as_secs_f64()
}

#[test]
fn it_is_every_three_minutes_unless_something_ends_sooner() {
    let pause = |jwt_life, extensible| {
        let confirmed = Confirmed { jwt_life, extensible, failures: 0 };
        Schedule::default().after_success(confirmed, 7).as_secs_f64()
    };
    let some = |s| Some(seconds(s));
    assert_eq!(pause(None, None), 180.0);
    assert_eq!(pause(some(300), some(3600)), 180.0, "what Stytch gives by default");
    assert_eq!(pause(some(100), None), 60.0);
    assert_eq!(pause(None, some(200)), 120.0);
    assert_eq!(pause(some(100), some(50)), 30.0);
    assert_eq!(pause(some(3), some(300)), 5.0);
    assert_eq!(pause(some(0), some(0)), 5.0);
    assert_eq!(pause(Some(Duration::MAX), Some(Duration::MAX)), 180.0);
}

#[test]
fn an_interval_is_at_least_five_seconds() {
    for failures in 0..3 {
        let confirmed = Confirmed { failures, ..Confirmed::default() };
        let schedule = Schedule::new(Duration::from_millis(1));
        assert_eq!(schedule.after_success(confirmed, 7), seconds(5));
    }
}

proptest! {
    #[test]
    fn the_first_interval_after_a_failure_is_35_to_100_percent(
        interval in 20..u64::MAX,
        failures in 1..u32::MAX,
        seed: u64,
    ) {
        let interval = seconds(interval);
        let confirmed = Confirmed { failures, ..Confirmed::default() };
        let pause = Schedule::new(interval).after_success(confirmed, seed);
        prop_assert!((0.349_999..=1.0).contains(&ratio(pause, interval)));
    }

    #[test]
    fn failures_double_the_pause_up_to_256_seconds(failures: u32, seed: u64) {
        let base = seconds(2_u64.saturating_pow(failures.max(1)).min(256));
        let jitter = (ratio(after_failure(failures, None, seed), base) - 1.0).abs();
        prop_assert!((0.099_999..=0.250_001).contains(&jitter), "{jitter}");
    }

    #[test]
    fn the_server_is_not_asked_before_it_says(
        failures: u32,
        asked in 0..10_000_000_u64,
        seed: u64,
    ) {
        let asked = Duration::from_millis(asked);
        let pause = after_failure(failures, Some(asked), seed);
        let unasked = after_failure(failures, None, seed);
        let bounded = asked.min(HOUR);
        prop_assert!(pause >= bounded && pause >= unasked);
        if pause != unasked {
            prop_assert!((1.099_999..=1.250_001).contains(&ratio(pause, bounded)));
        }
    }

    #[test]
    fn a_server_that_is_down_for_a_day_costs_400_requests(seed: u64) {
        let (mut now, mut requests) = (Duration::ZERO, 0);
        while now < DAY {
            requests += 1;
            now += after_failure(requests, None, seed.wrapping_add(requests.into()));
        }
        prop_assert!((300..=400).contains(&requests), "{requests}");
    }
}

#[test]
fn pauses_differ_and_go_both_ways() {
    let pauses = (0..1000).map(|seed| after_failure(8, None, seed).as_secs_f64());
    let (sooner, later): (Vec<f64>, Vec<f64>) = pauses.partition(|pause| *pause < 256.0);
    assert!((400..600).contains(&sooner.len()), "{}", sooner.len());
    for (pauses, least, most) in [(sooner, 192.0, 230.4), (later, 281.6, 320.0)] {
        let smallest = pauses.iter().copied().fold(f64::MAX, f64::min);
        let greatest = pauses.iter().copied().fold(0.0, f64::max);
        assert!((least..least + 1.0).contains(&smallest), "{smallest}");
        assert!((most - 1.0..=most).contains(&greatest), "{greatest}");
    }
}

#[test]
fn an_hour_is_waited_for_and_a_day_is_an_hour() {
    for seed in 0..1000 {
        let pause = after_failure(1, Some(HOUR), seed);
        assert!((HOUR + seconds(360)..=HOUR + seconds(900)).contains(&pause), "{pause:?}");
        assert_eq!(after_failure(1, Some(DAY), seed), pause);
        assert_eq!(after_failure(1, Some(Duration::MAX), seed), pause);
        // Those who were told the same do not come together.
        assert_ne!(after_failure(1, Some(HOUR), seed + 1), pause);
    }
    assert_eq!(after_failure(8, Some(seconds(1)), 7), after_failure(8, None, 7));
}

/// A client that loses its server at 0, together with others.
struct Client {
    now: Duration,
    failures: u32,
    seeds: u64,
}

impl Client {
    fn seed(&mut self) -> u64 {
        self.seeds = self.seeds.wrapping_add(1);
        self.seeds
    }

    /// Until the server answers again.
    fn recover(&mut self, outage: Duration, retry_after: Option<Duration>) {
        while self.now < outage {
            self.failures += 1;
            let seed = self.seed();
            self.now += after_failure(self.failures, retry_after, seed);
        }
    }

    fn refresh(&mut self, jwt_life: Option<Duration>) {
        let confirmed = Confirmed { jwt_life, failures: self.failures, ..Confirmed::default() };
        let seed = self.seed();
        self.now += Schedule::default().after_success(confirmed, seed);
        self.failures = 0;
    }
}

/// How much of the interval there is between the first and the last of them, on the shortest way
/// around the circle that the interval is.
fn spread(clients: &[Client], interval: Duration) -> f64 {
    let place = |client: &Client| ratio(client.now, interval).fract();
    let mut places: Vec<f64> = clients.iter().map(place).collect();
    places.sort_by(f64::total_cmp);
    let around = places[0] + 1.0 - places[places.len() - 1];
    1.0 - places.windows(2).map(|pair| pair[1] - pair[0]).fold(around, f64::max)
}

proptest! {
    #[test]
    fn clients_that_failed_together_spread_over_half_the_interval(
        outage in prop_oneof![1..1000_u64, 1000..3_600_000_u64, 3_600_000..=86_400_000_u64],
        retry_after in proptest::option::of(0..7200_u64),
        jwt_life in proptest::option::of(60..300_u64),
        seed: u64,
    ) {
        let outage = Duration::from_millis(outage);
        let jwt_life = jwt_life.map(seconds);
        let interval = jwt_life.map_or(seconds(180), |life| life / 5 * 3);
        let mut clients: Vec<Client> = (0..100)
            .map(|number: u64| Client {
                now: Duration::ZERO,
                failures: 0,
                seeds: seed.wrapping_add(number << 32),
            })
            .collect();
        for client in &mut clients {
            client.recover(outage, retry_after.map(seconds));
        }
        for _ in 0..3 {
            clients.iter_mut().for_each(|client| client.refresh(jwt_life));
        }
        let spread = spread(&clients, interval);
        prop_assert!(spread >= 0.5, "{spread}");
    }
}
