//! Boards over a service in memory, in paused time: which requests come of what many want to know at once.

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::{sleep, sleep_until};

use super::fake::{Addresses, LATENCY, Machines, Mood, Service};
use super::*;
use crate::api::Kind;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// The ids of so many machines.
fn ids(machines: usize) -> Vec<String> {
    (0..machines).map(|number| format!("m{number}")).collect()
}

/// Reads a machine as a resource does: what the board does not tell is asked for.
async fn read(service: &Service, board: &Board<Machines>, id: &str) -> bool {
    match board.read(id, &service.client()).await {
        Read::Told(seen) => {
            assert_eq!(seen.0.id, id);
            true
        }
        Read::Missing | Read::AskSingly => service.machine(id).await.is_some(),
    }
}

/// Reads so many machines, ten at a time as Terraform does, and returns how many were there.
async fn refresh(service: &Arc<Service>, board: &Board<Machines>, machines: usize) -> usize {
    let ids = ids(machines);
    let reads = stream::iter(&ids)
        .map(|id| read(service, board, id))
        .buffer_unordered(10);
    reads.filter(|&is_there| std::future::ready(is_there)).count().await
}

fn board(service: &Arc<Service>) -> (Board<Machines>, Client) {
    let (boards, client) = Service::boards(true);
    (boards.of(Machines(Arc::clone(service))), client)
}

/// A board in the middle of a burst: two reads have asked by themselves.
async fn busy(service: &Arc<Service>) -> (Board<Machines>, Client) {
    let (board, client) = board(service);
    assert_eq!(refresh(service, &board, 2).await, 2);
    assert_eq!(service.asked(), ["GET /machines/m0", "GET /machines/m1"]);
    (board, client)
}

/// The requests after those of [`busy`].
fn further(service: &Service) -> Vec<String> {
    service.asked().split_off(2)
}

#[tokio::test(start_paused = true)]
async fn a_thousand_machines_are_read_by_eleven_requests_and_three_hundred_by_five() {
    for (machines, requests) in [(1000, 11), (300, 5), (1, 1), (2, 2), (3, 3)] {
        let service = Service::with(machines);
        let (board, _) = board(&service);
        assert_eq!(refresh(&service, &board, machines).await, machines);
        assert_eq!(service.asked().len(), requests, "{:?}", service.asked());
    }
}

#[tokio::test(start_paused = true)]
async fn however_many_there_are_besides_reads_cost_at_most_twice_as_much_as_one_by_one() {
    let service = Service::with(5000);
    let (board, _) = board(&service);
    assert_eq!(refresh(&service, &board, 10).await, 10);
    assert!(service.asked().len() <= 20, "{:?}", service.asked());
}

#[tokio::test(start_paused = true)]
async fn addresses_are_read_by_their_listing_alone() {
    let service = Service::with(300);
    let (boards, _) = Service::boards(true);
    let board = boards.of(Addresses(Arc::clone(&service)));
    let (ids, client) = (ids(301), service.client());
    let reads = stream::iter(&ids).map(|id| board.read(id, &client)).buffered(10);
    let told: Vec<_> = reads.collect().await;
    assert_eq!(told.iter().filter(|read| matches!(read, Read::Told(_))).count(), 300);
    assert_eq!(told[300], Read::Missing);
    assert_eq!(service.asked().len(), 3);
    // It is gone when a second listing lacks it too.
    assert_eq!(board.read("m300", &client).await, Read::Missing);
    assert_eq!(service.asked().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn where_looks_are_not_shared_the_board_is_silent() {
    let service = Service::with(9);
    let (boards, _) = Service::boards(false);
    let board = boards.of(Machines(Arc::clone(&service)));
    assert_eq!(refresh(&service, &board, 9).await, 9);
    assert_eq!(board.all(Since::Now, &service.client(), |_| true).await, None);
    assert!(service.asked().iter().all(|line| line.starts_with("GET /machines/")));
}

#[tokio::test(start_paused = true)]
async fn what_a_listing_lacks_or_calls_deleted_is_asked_for() {
    let service = Service::with(5);
    let (board, _) = busy(&service).await;
    service.hide("m2", HOUR);
    service.call_deleted("m3");
    assert_eq!(refresh(&service, &board, 6).await, 5);
    let mut asked = further(&service);
    asked.sort();
    // The first two were read before, so the listing tells of them once more.
    assert_eq!(
        asked,
        [
            "GET /machines",
            "GET /machines/m2",
            "GET /machines/m3",
            "GET /machines/m5"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_makes_the_looks_at_that_object_old() {
    let service = Service::with(5);
    let (board, client) = busy(&service).await;
    assert!(read(&service, &board, "m2").await);
    client.writes().note("m3");
    assert!(read(&service, &board, "m3").await && read(&service, &board, "m4").await);
    assert_eq!(further(&service), ["GET /machines", "GET /machines/m3"]);
}

#[tokio::test(start_paused = true)]
async fn a_look_of_ten_seconds_answers_no_read() {
    let service = Service::with(5);
    let (board, _) = busy(&service).await;
    assert!(read(&service, &board, "m2").await);
    sleep(FRESH - SECOND).await;
    assert!(read(&service, &board, "m3").await);
    sleep(SECOND).await;
    assert!(read(&service, &board, "m4").await);
    assert_eq!(further(&service), ["GET /machines", "GET /machines"]);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_dropped_or_interrupted_takes_nothing_from_the_others() {
    let service = Service::with(5);
    let (board, _) = busy(&service).await;
    let (client, other) = (service.client(), service.client());
    let mut first = Box::pin(board.read("m2", &other));
    let second = board.read("m3", &client);
    let third = board.read("m4", &other);
    let interrupt = async {
        // All of them wait for the page by now.
        sleep(LATENCY / 2).await;
        assert!(first.as_mut().now_or_never().is_none());
        drop(first);
        client.cancel().cancel();
    };
    let (second, third, ()) = tokio::join!(second, third, interrupt);
    assert_eq!(second, Read::AskSingly);
    assert!(matches!(third, Read::Told(_)));
    assert_eq!(further(&service), ["GET /machines"]);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_fails_in_any_way_fails_no_read() {
    for mood in [
        Mood::Fails(Kind::Server),
        Mood::Fails(Kind::RateLimited),
        Mood::Panics,
        Mood::Hangs,
    ] {
        let service = Service::with(40);
        let (board, _) = busy(&service).await;
        service.set_mood(mood);
        for id in &ids(40)[2..] {
            assert!(read(&service, &board, id).await, "{mood:?}");
        }
        // The second failure in a row is believed.
        assert_eq!(
            service.times("GET /machines", Instant::now() - HOUR).len(),
            42,
            "{mood:?}"
        );
        service.set_mood(Mood::Well);
        sleep(trust::LEFT_ALONE).await;
        assert_eq!(refresh(&service, &board, 40).await, 40);
        assert_eq!(service.asked().len(), 42 + 3, "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn sixty_who_ask_for_a_name_at_once_cost_two_requests_and_two_listings() {
    let service = Service::with(60);
    let (board, client) = (board(&service).0, service.client());
    let ask = |id: String| {
        let (board, client, service) = (&board, &client, &service);
        async move {
            let found = match board.all(Since::Now, client, |(thing, _)| thing.name == id).await {
                Some(found) => found.len(),
                None => service.named(&id).await.len(),
            };
            assert_eq!(found, 1, "{id}");
        }
    };
    join_all(ids(60).into_iter().map(ask)).await;
    assert_eq!(service.times("GET /machines?name", Instant::now() - HOUR).len(), 2);
    // The first of the listings answers only who asked before it began.
    assert_eq!(service.asked().len(), 4, "{:?}", service.asked());
}

#[tokio::test(start_paused = true)]
async fn names_are_not_sought_on_more_pages_than_half_as_many_as_are_sought() {
    let service = Service::with(5000);
    let (board, client) = (board(&service).0, service.client());
    let asks = (0..60).map(|_| board.all(Since::Now, &client, |_| true));
    assert!(join_all(asks).await.iter().all(Option::is_none));
    assert!(service.asked().len() <= 60, "{:?}", service.asked());
}

#[tokio::test(start_paused = true)]
async fn a_recent_listing_of_all_answers_many() {
    let service = Service::with(9);
    service.call_deleted("m3");
    let (board, client) = board(&service);
    for expected in [None, None, Some(8), Some(8)] {
        let all = board.all(Since::Recently, &client, |_| true).await;
        assert_eq!(all.map(|all| all.len()), expected);
    }
    assert_eq!(service.asked(), ["GET /machines"]);
    client.writes().note("anything");
    assert!(board.all(Since::Recently, &client, |_| true).await.is_some());
    sleep(FRESH).await;
    for _ in 0..2 {
        assert!(board.all(Since::Recently, &client, |_| true).await.is_none());
    }
    assert!(board.all(Since::Recently, &client, |_| true).await.is_some());
    assert_eq!(service.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn who_runs_out_of_time_waits_for_no_listing() {
    let service = Service::with(9);
    let (boards, _) = Service::boards(true);
    let board = boards.of(Addresses(Arc::clone(&service)));
    service.set_mood(Mood::Hangs);
    let start = Instant::now();
    let client = service.client().with_deadline(start + SECOND);
    assert_eq!(board.all(Since::Now, &client, |_| true).await, None);
    assert_eq!(board.read("m1", &client).await, Read::AskSingly);
    assert_eq!(start.elapsed(), SECOND);
    let client = service.client();
    client.cancel().cancel();
    assert_eq!(board.all(Since::Now, &client, |_| true).await, None);
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_listing_of_all_that_fails_leaves_each_to_ask() {
    let service = Service::with(9);
    let (boards, _) = Service::boards(true);
    let (board, client) = (boards.of(Addresses(Arc::clone(&service))), service.client());
    service.set_mood(Mood::Panics);
    for requests in [1, 2, 2] {
        assert_eq!(board.all(Since::Now, &client, |_| true).await, None);
        assert_eq!(service.asked().len(), requests);
    }
}

/// Seats for so many machines of the service, taken now.
fn seats(board: &Board<Machines>, machines: usize) -> Vec<Seat<Machines>> {
    let mark = board.mark();
    ids(machines).iter().map(|id| board.seat(id, mark)).collect()
}

/// What the seats are told next, as `told` or `ask`.
async fn next(seats: &mut [Seat<Machines>]) -> Vec<&'static str> {
    let next = seats.iter_mut().map(|seat| async move {
        match seat.next().await {
            Next::Told(_) => "told",
            Next::AskSingly => "ask",
        }
    });
    join_all(next).await
}

#[tokio::test(start_paused = true)]
async fn one_look_tells_all_that_wait() {
    let service = Service::with(60);
    let (board, start) = (board(&service).0, Instant::now());
    let mut seats = seats(&board, 60);
    for looks in 1..=3 {
        assert_eq!(next(&mut seats).await, ["told"; 60]);
        assert_eq!(service.asked().len(), looks);
    }
    assert_eq!(
        service.times("GET /machines", start),
        [2 * SECOND, 4 * SECOND, 6 * SECOND]
    );
}

#[tokio::test(start_paused = true)]
async fn two_that_wait_are_told_when_to_ask() {
    let service = Service::with(2);
    let (board, start) = (board(&service).0, Instant::now());
    let mut seats = seats(&board, 2);
    for looks in 1..=3 {
        assert_eq!(next(&mut seats).await, ["ask"; 2]);
        assert_eq!(start.elapsed(), looks * 2 * SECOND);
    }
    assert!(service.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_that_is_dropped_in_a_look_stops_nothing() {
    let service = Service::with(4);
    let board = board(&service).0;
    let mut seats = seats(&board, 4);
    let mut first = seats.remove(0);
    let mut look = Box::pin(first.next());
    // It has begun the look, and is the one that polled it last.
    assert!(look.as_mut().now_or_never().is_none());
    sleep(2 * SECOND + LATENCY / 2).await;
    assert!(look.as_mut().now_or_never().is_none());
    assert_eq!(service.asked().len(), 1);
    let others = next(&mut seats);
    tokio::pin!(others);
    assert!(others.as_mut().now_or_never().is_none());
    drop(look);
    assert_eq!(others.await, ["told"; 3]);
    assert_eq!(service.asked().len(), 1);
    drop(first);
}

#[tokio::test(start_paused = true)]
async fn a_write_during_a_look_is_seen_by_the_next() {
    let service = Service::with(4);
    let (board, start) = (board(&service).0, Instant::now());
    let mut seats = seats(&board, 3);
    let waiting = async {
        next(&mut seats).await;
        next(&mut seats).await
    };
    let writing = async {
        sleep(2 * SECOND + LATENCY / 2).await;
        assert_eq!(service.asked().len(), 1);
        let mut seat = board.seat("m3", board.mark());
        assert!(matches!(seat.next().await, Next::Told(_)));
        assert_eq!(start.elapsed(), 4 * SECOND + LATENCY);
    };
    tokio::join!(waiting, writing);
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_ends_a_long_sleep() {
    let service = Service::with(4);
    let (board, start) = (board(&service).0, Instant::now());
    let mut seats = seats(&board, 3);
    let old = async {
        loop {
            next(&mut seats).await;
        }
    };
    let newcomer = async {
        // The old ones are looked at every fourteen seconds by now.
        sleep(HOUR).await;
        let mut newcomer = board.seat("m3", board.mark());
        assert!(matches!(newcomer.next().await, Next::Told(_)));
        let late = start.elapsed() - HOUR;
        assert!(late >= 2 * SECOND && late < 3 * SECOND, "{late:?}");
    };
    tokio::select! {
        () = old => {}
        () = newcomer => {}
    }
    let looks = service.times("GET /machines", start);
    let last: Vec<_> = looks
        .windows(2)
        .map(|two| two[1] - two[0])
        .rev()
        .skip(1)
        .take(9)
        .collect();
    assert!(last.iter().all(|distance| distance.as_secs() == 14), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_listing_that_lags_lacks_is_asked_for_until_it_is_there() {
    let service = Service::with(6);
    let board = board(&service).0;
    service.hide("m2", 5 * SECOND);
    let mut seats = seats(&board, 6);
    let mut expected = ["told"; 6];
    expected[2] = "ask";
    // The one that asks may do so a little after the others were told.
    for _ in 0..2 {
        assert_eq!(next(&mut seats).await, expected);
    }
    assert_eq!(next(&mut seats).await, ["told"; 6]);
    assert_eq!(service.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_in_any_way_leaves_each_to_ask() {
    for mood in [Mood::Fails(Kind::Server), Mood::Panics] {
        let service = Service::with(4);
        let board = board(&service).0;
        let mut seats = seats(&board, 4);
        service.set_mood(mood);
        assert_eq!(next(&mut seats).await, ["ask"; 4], "{mood:?}");
        service.set_mood(Mood::Well);
        assert_eq!(next(&mut seats).await, ["told"; 4], "{mood:?}");
        assert_eq!(service.asked().len(), 2, "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_wants_fewer_requests_is_asked_half_as_often() {
    let service = Service::with(4);
    let (board, start) = (board(&service).0, Instant::now());
    let mut seats = seats(&board, 4);
    service.set_mood(Mood::Fails(Kind::RateLimited));
    let later = async {
        sleep(3 * SECOND).await;
        service.set_mood(Mood::Well);
    };
    let (told, ()) = tokio::join!(next(&mut seats), later);
    assert_eq!(told, ["told"; 4]);
    assert_eq!(service.times("GET /machines", start), [2 * SECOND, 6 * SECOND]);
}

#[tokio::test(start_paused = true)]
async fn one_old_machine_among_five_thousand_costs_the_others_little() {
    let service = Service::with(5000);
    let (board, start) = (board(&service).0, Instant::now());
    let mark = board.mark();
    let mut seats: Vec<_> = (0..9)
        .map(|number| board.seat(&format!("m{}", 4999 - number), mark))
        .collect();
    seats.push(board.seat("m0", mark));
    let mut expected = ["told"; 10];
    expected[9] = "ask";
    // Once as many pages are read as ten are worth, and then only the first.
    for (looks, requests) in [(1, 5), (2, 6), (3, 7)] {
        assert_eq!(next(&mut seats).await, expected);
        assert_eq!(service.times("GET /machines", start).len(), requests, "{looks}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_waits_nothing_is_asked() {
    let service = Service::with(60);
    let board = board(&service).0;
    let mut seats = seats(&board, 60);
    next(&mut seats).await;
    // In the middle of the next look.
    let waiting = next(&mut seats);
    tokio::select! {
        _ = waiting => panic!("the look takes until later"),
        () = sleep(2 * SECOND - LATENCY / 2) => {}
    }
    assert_eq!(service.asked().len(), 2);
    sleep(HOUR).await;
    assert_eq!(service.asked().len(), 2);
    // And who has a seat and does not wait, is like nobody.
    drop(seats.split_off(10));
    sleep_until(Instant::now() + HOUR).await;
    assert_eq!(service.asked().len(), 2);
    assert_eq!(next(&mut seats).await, ["told"; 10]);
}

/// Callers hand their futures to a runtime with several threads; this need only compile.
#[test]
fn what_waits_at_a_board_can_move_between_threads() {
    fn sendable<T>(future: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
        future
    }
    let _ = |board: Board<Machines>| {
        sendable(async move {
            let client = Service::new().client();
            board.read("m1", &client).await;
            board.all(Since::Now, &client, |_| true).await;
            let mut seat = board.seat("m1", board.mark());
            seat.next().await
        })
    };
}

#[tokio::test]
async fn there_is_one_board_a_kind() {
    let service = Service::with(1);
    let (boards, _) = Service::boards(true);
    let first = boards.of(Machines(Arc::clone(&service)));
    let again = boards.of(Machines(Arc::clone(&service)));
    let other = boards.of(Addresses(service));
    assert!(Arc::ptr_eq(&first.desk, &again.desk) && !Arc::ptr_eq(&first.desk, &other.desk));
}
