//! Open Media applications: clients of the bridge's service, in front of the embedded one.

use std::net::SocketAddr;

use cti_bridge::{
    net::Running,
    sim::media::{MediaSim, Mishap, client::Client},
};
use serde_json::{Value, json};

use crate::world::{get, run, soon};

/// A bridge in front of a service, with three users; what is further said of the platform, and of the application.
async fn tickets(media: &MediaSim, of_platform: &str, more: &str) -> Running {
    let text = format!(
        "[platform.media]\ndialect = 'open-media'\nurl = '{}'\nuser = 'admin'\npassword = 'secret'\npoll = '10ms'\n\
         reconnect_min = '10ms'\nreconnect_max = '10ms'\n{of_platform}\n\
         [application.tickets]\ndialect = 'open-media'\nlisten = '127.0.0.1:0'\nplatforms = ['media']\n\
         users = {{ web = 'web-pass', mail = 'mail-pass', wall = 'wall-pass' }}\nread_only = ['wall']\n{more}\n\
         [admin]\nlisten = '127.0.0.1:0'\n",
        media.url()
    );
    let running = run(&text).await;
    let admin = running.admin.unwrap();
    until("the service is there", async || get(admin, "/readyz").await.starts_with("HTTP/1.1 200")).await;
    running
}

/// Asks again until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    soon(what, async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn request(group: i64) -> Value {
    json!({ "ServiceGroupID": group, "IVRInfo": [{ "Label": "ticket", "Data": "4711" }], "PrivateData": "p" })
}

async fn add(client: &Client, service: SocketAddr) -> i64 {
    let added = soon("an answer", client.call(service, "AddRequest", request(9))).await.unwrap();
    assert_eq!(added["RequestStatus"], "Success");
    added["OpenMediaID"].as_i64().unwrap()
}

/// Statuses of all updates that a client may see, with the requests' ids.
async fn updates(client: &Client, service: SocketAddr) -> Vec<(i64, String)> {
    let answer = client.call(service, "GetOpenMediaRequestsByTime", json!({})).await.unwrap();
    let list = answer["OpenMediaRequests"].as_array().unwrap().iter();
    list.map(|update| (update["ID"].as_i64().unwrap(), update["Status"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test]
async fn many_clients_share_one_account_and_one_poll() {
    let media = MediaSim::start().await.unwrap();
    let running = tickets(&media, "", "").await;
    let service = running.applications[0];
    let (web, mail) = (Client::new("web", "web-pass"), Client::new("mail", "mail-pass"));
    let (first, second) = (add(&web, service).await, add(&mail, service).await);
    let heard = media.hear().await;
    assert_eq!(
        (heard.id, &heard.given["PrivateData"], &heard.given["IVRInfo"][0]["Data"]),
        (first, &json!("p"), &json!("4711"))
    );

    assert!(media.allocate(first, "anna") && media.handle(first) && media.allocate(second, "bert"));
    let said = |id: i64, status: &str| (id, status.to_owned());
    until("the poll brings it", async || updates(&web, service).await.contains(&said(first, "Handling"))).await;
    until("and the other's", async || updates(&mail, service).await.contains(&said(second, "Allocated"))).await;
    assert!(updates(&web, service).await.iter().all(|(id, _)| *id == first), "each sees its own");
    let status = web.call(service, "GetOpenMediaRequestStatusByID", json!({ "openMediaID": first })).await.unwrap();
    assert_eq!(status["OpenMediaRequests"][0]["LogonID"], "anna");
    let fault = mail.call(service, "CancelRequest", json!({ "OpenMediaID": first })).await.unwrap_err();
    assert_eq!(fault.name, "InvalidOpenMediaIDFault");

    assert!(media.complete(first) && media.complete(second));
    until("the end is heard", async || updates(&mail, service).await.contains(&said(second, "Completed"))).await;
    until("the end is heard", async || updates(&web, service).await.contains(&said(first, "Completed"))).await;
    // Nothing is open any more: nobody polls. What clients ask is answered from here.
    let polls = media.count("GetOpenMediaRequestsByTime");
    for _ in 0..50 {
        updates(&web, service).await;
        updates(&mail, service).await;
    }
    assert!(media.count("GetOpenMediaRequestsByTime") <= polls + 1, "one may have been on its way");
    assert_eq!((media.count("AddRequest"), media.count("CancelRequest")), (2, 0));
    running.stop().await;
}

#[tokio::test]
async fn every_operation_reaches_the_service() {
    let media = MediaSim::start().await.unwrap();
    let running = tickets(&media, "", "").await;
    let service = running.applications[0];
    let web = Client::new("web", "web-pass");
    let call = |operation: &'static str, members: Value| {
        let web = web.clone();
        async move { soon(operation, web.call(service, operation, members)).await }
    };
    let id = add(&web, service).await;
    let more = json!({ "OpenMediaID": id, "IVRInfo": [{ "Label": "ticket", "Data": "4712" }] });
    assert_eq!(call("ModifyRequest", more).await.unwrap(), true);
    assert_eq!(media.office(|office, _| office.router.requests[&id].given["IVRInfo"][0]["Data"].clone()), "4712");
    let diverted = call("DivertRequest", json!({ "OpenMediaID": id, "ServiceGroupID": 10 })).await.unwrap();
    assert_eq!(diverted, json!({ "RequestStatus": "Success", "OpenMediaID": id }));
    assert_eq!(call("SetOptions", json!({ "TypeOfSession": 1, "CloseTabOptions": 4 })).await.unwrap(), true);
    media.open_group(9, false);
    let group = call("GetServiceGroupStatus", json!({ "serviceGroupID": 9 })).await.unwrap();
    assert_eq!(group, json!({ "ServiceGroupID": 9, "Open": false }));
    let groups = call("GetAllOpenMediaServiceGroupStatus", json!({ "tenantID": 1 })).await.unwrap();
    assert_eq!(groups["Status"].as_array().unwrap().len(), 2);
    assert_eq!(call("AddRequest", request(9)).await.unwrap()["RequestStatus"], "ServiceGroupClosed");
    let all = call("GetAllOpenMediaRequestStatus", json!({})).await.unwrap();
    assert_eq!(all["OpenMediaRequests"][0]["ID"], id);
    let history = json!({ "openMediaID": id, "retrieveLaterThan": "0001-01-01T00:00:00" });
    let history = call("GetOpenMediaRequestHistoryByID", history).await.unwrap();
    assert_eq!(history["OpenMediaRequests"][0]["Status"], "Queued");
    assert_eq!(call("CancelRequest", json!({ "OpenMediaID": id })).await.unwrap(), true);
    until("the cancelling is heard", async || updates(&web, service).await.contains(&(id, "Cancelled".to_owned())))
        .await;
    assert_eq!(
        call("CancelRequest", json!({ "OpenMediaID": id })).await.unwrap_err().name,
        "OpenMediaRequestTerminatedFault"
    );
    running.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_refused_before_anything_is_sent() {
    let media = MediaSim::start().await.unwrap();
    let running = tickets(&media, "", "max_body = '4KiB'").await;
    let service = running.applications[0];
    let web = Client::new("web", "web-pass");
    let mut long = request(9);
    long["PrivateData"] = "x".repeat(256).into();
    for (client, members, fault) in [
        (&web, long, "InvalidDataException"),
        (&web, json!({ "IVRInfo": [{ "Label": "x" }] }), "InvalidDataException"),
        (&Client::new("web", "mail-pass"), request(9), "InvalidUserFault"),
        // The account that the bridge itself has is nobody's here.
        (&Client::new("admin", "secret"), request(9), "InvalidUserFault"),
        (&Client::new("wall", "wall-pass"), request(9), "InvalidUserFault"),
    ] {
        assert_eq!(client.call(service, "AddRequest", members).await.unwrap_err().name, fault);
    }
    let mut huge = request(9);
    huge["PrivateData"] = "x".repeat(5000).into();
    let fault = web.call(service, "AddRequest", huge).await.unwrap_err();
    assert!(fault.message.contains("longer than 4096 bytes"), "{}", fault.message);
    assert_eq!(media.count("AddRequest"), 0);
    let metrics = get(running.admin.unwrap(), "/metrics").await;
    assert!(
        metrics.contains("cti_bridge_application_refused_total{application=\"tickets\",reason=\"fault\"} 5"),
        "{metrics}"
    );
    assert!(!metrics.contains("pass") && !metrics.contains("secret"), "{metrics}");
    running.stop().await;
}

#[tokio::test]
async fn an_answer_that_never_comes_is_no_invitation_to_ask_again() {
    let media = MediaSim::start().await.unwrap();
    let running = tickets(&media, "reply_timeout = '1s'", "").await;
    let service = running.applications[0];
    let web = Client::new("web", "web-pass");
    media.mishap("AddRequest", Mishap::Done);
    let fault = soon("an answer", web.call(service, "AddRequest", request(9))).await.unwrap_err();
    assert_eq!(fault.name, "", "{}", fault.message);
    assert!(fault.message.contains("is not known"), "{}", fault.message);
    assert_eq!(media.count("AddRequest"), 1, "nobody asked twice");
    running.stop().await;
}

#[tokio::test]
async fn a_service_that_goes_away_or_forgets_shows_in_what_clients_are_told() {
    let media = MediaSim::start().await.unwrap();
    let running = tickets(&media, "", "").await;
    let service = running.applications[0];
    let web = Client::new("web", "web-pass");
    let first = add(&web, service).await;
    media.disconnect_router();
    until("the failure is heard", async || updates(&web, service).await.contains(&(first, "Failed".to_owned()))).await;
    let fault = soon("an answer", web.call(service, "AddRequest", request(9))).await.unwrap_err();
    assert_eq!(fault.name, "RouterDisconnectedFault");
    media.connect_router();
    let second = add(&web, service).await;
    media.restart();
    until("the loss is seen", async || {
        // Whoever asks about it finds out.
        let _ = web.call(service, "GetOpenMediaRequestStatusByID", json!({ "openMediaID": second })).await;
        updates(&web, service).await.contains(&(second, "Failed".to_owned()))
    })
    .await;
    media.stop().await;
    until("the service is missed", async || {
        let fault = web.call(service, "AddRequest", request(9)).await.unwrap_err();
        fault.name == "RouterDisconnectedFault" && fault.message.contains("not connected")
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn with_nothing_behind_every_request_is_refused_and_the_wsdl_is_there() {
    let text = "[platform.mitel]\ndialect = 'event-feed'\naddress = '127.0.0.1:1'\nuser = 'u'\npassword = 'p'\n\
                [application.tickets]\ndialect = 'open-media'\nlisten = '127.0.0.1:0'\nusers = { web = 'web-pass' }\n";
    let running = run(text).await;
    let service = running.applications[0];
    let web = Client::new("web", "web-pass");
    for _ in 0..2 {
        let fault = web.call(service, "AddRequest", request(9)).await.unwrap_err();
        assert_eq!(fault.name, "RouterDisconnectedFault");
    }
    assert_eq!(updates(&web, service).await, []);
    let wsdl = get(service, "/OpenMediaService?wsdl").await;
    assert!(wsdl.contains("<soap:address location=\"http://localhost/OpenMediaService\"/>"), "{wsdl}");
    assert!(get(service, "/OpenMediaService?xsd=xsd1").await.contains("name=\"AddOpenMediaRequest\""));
    assert!(get(service, "/").await.starts_with("HTTP/1.1 404"));
    running.stop().await;
}
