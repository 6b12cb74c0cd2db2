//! The embedded service over a socket.

use cti_bridge::sim::media::{MediaSim, Mishap, client::Client};
use serde_json::json;

use super::request;

#[tokio::test]
async fn the_embedded_service_is_served_and_told_what_happens() {
    let media = MediaSim::start().await.unwrap();
    let client = Client::new("admin", "secret");
    let added = client.call(media.address, "AddRequest", request(9)).await.unwrap();
    let id = added["OpenMediaID"].as_i64().unwrap();
    let heard = media.hear().await;
    assert_eq!((heard.operation.as_str(), heard.id, &heard.given["ServiceGroupID"]), ("AddRequest", id, &json!(9)));
    assert!(media.allocate(id, "anna") && media.handle(id) && media.complete(id));
    assert!(!media.fail(id), "it is over");
    let history =
        client.call(media.address, "GetOpenMediaRequestHistoryByID", json!({ "openMediaID": id })).await.unwrap();
    let status = |place: usize| history["OpenMediaRequests"][place]["Status"].as_str().unwrap();
    assert_eq!([status(0), status(1), status(2), status(3)], ["Queued", "Allocated", "Handling", "Completed"]);
    media.open_group(9, false);
    assert_eq!(
        client.call(media.address, "AddRequest", request(9)).await.unwrap()["RequestStatus"],
        "ServiceGroupClosed"
    );
    media.disconnect_router();
    let fault = client.call(media.address, "AddRequest", request(10)).await.unwrap_err();
    assert_eq!(fault.name, "RouterDisconnectedFault");
    assert_eq!(media.count("AddRequest"), 3);
    media.stop().await;
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_the_request_done_or_not() {
    let media = MediaSim::start().await.unwrap();
    let address = media.address;
    for (mishap, done) in [(Mishap::Done, 1), (Mishap::NotDone, 0)] {
        media.mishap("AddRequest", mishap);
        let client = Client::new("admin", "secret");
        let asked = tokio::spawn(async move { client.call(address, "AddRequest", request(9)).await });
        while media.count("AddRequest") == 0 {
            tokio::task::yield_now().await;
        }
        let before = media.office(|office, _| std::mem::take(&mut office.heard).len());
        assert_eq!(before, done);
        assert!(!asked.is_finished());
        asked.abort();
        media.office(|office, _| office.counts.clear());
    }
    media.stop().await;
}
