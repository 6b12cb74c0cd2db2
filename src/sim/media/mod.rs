//! An Open Media Service to connect to: the dialect's application side on a socket, with a router behind it that its user
//! controls (`office` and `router`), and a client for it. Only the demo and the tests use it.

pub mod client;
mod office;
pub mod router;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::{net::TcpListener, sync::Notify};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use office::{Heard, Mishap, Office, Plan};
use router::State;

use crate::{
    net::{
        http, input,
        service::{Asked, Reads, Service},
    },
    port::Reply,
    settings::{Limits, Strangers},
    time::Time,
};

/// The office. It answers at once, so no lock is held across an await.
struct Shared {
    office: Mutex<Office>,
    start: Instant,
    /// Signals a new request.
    told: Notify,
}

impl Shared {
    fn office(&self) -> MutexGuard<'_, Office> {
        self.office.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

struct ToOffice {
    shared: Arc<Shared>,
    stop: CancellationToken,
}

impl Asked for ToOffice {
    async fn ask(&self, request: input::Request) -> Option<Reply> {
        let now = self.shared.now();
        let reply = self.shared.office().post(now, &request.body, request.charset.as_deref());
        self.shared.told.notify_one();
        if reply.is_none() {
            // The client gets no answer.
            self.stop.cancelled().await;
        }
        reply
    }
}

/// A service that waits for clients.
pub struct MediaSim {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Drop for MediaSim {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl MediaSim {
    /// A service with the default plan.
    pub async fn start() -> std::io::Result<MediaSim> {
        MediaSim::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), &Plan::default()).await
    }

    pub async fn start_at(address: SocketAddr, plan: &Plan) -> std::io::Result<MediaSim> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch = u64::try_from(epoch.as_millis()).unwrap_or_default();
        let office = Office::new(plan, epoch);
        let (vocabulary, profile) = (office.vocabulary().clone(), office.server.profile().clone());
        let shared = Arc::new(Shared { office: Mutex::new(office), start: Instant::now(), told: Notify::new() });
        let seconds = Duration::from_secs;
        let limits =
            Limits { connections: 100, body: 256 << 10, header_timeout: seconds(10), body_timeout: seconds(10) };
        let of_http = http::Limits::of(&limits, "media".into(), "connections", Strangers::default());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let asked = ToOffice { shared: shared.clone(), stop: stop.clone() };
        let service = Service {
            path: "/OpenMediaService",
            asked,
            vocabulary,
            profile,
            secure: false,
            reads: Reads { limits, headers: &[] },
        };
        tasks.spawn(http::serve(listener, None, of_http, Arc::new(service), None, stop.clone(), tasks.clone()));
        Ok(MediaSim { address, shared, stop, tasks })
    }

    pub fn url(&self) -> String {
        format!("http://{}/OpenMediaService", self.address)
    }

    /// The next request that changed something, or tried to. Queries are only counted.
    pub async fn hear(&self) -> Heard {
        loop {
            let told = self.shared.told.notified();
            if let Some(heard) = self.shared.office().heard.pop_front() {
                return heard;
            }
            told.await;
        }
    }

    /// The number of requests of an operation.
    pub fn count(&self, operation: &str) -> usize {
        self.shared.office().counts.get(operation).copied().unwrap_or(0)
    }

    /// Reads or changes the office.
    pub fn office<R>(&self, act: impl FnOnce(&mut Office, Time) -> R) -> R {
        let now = self.shared.now();
        act(&mut self.shared.office(), now)
    }

    /// Offers a request to an agent. Returns false if there is no such open request.
    pub fn allocate(&self, id: i64, logon: &str) -> bool {
        self.office(|office, now| office.set(now, id, State::Allocated, Some(logon)))
    }

    /// The agent answers the request.
    pub fn handle(&self, id: i64) -> bool {
        self.office(|office, now| office.set(now, id, State::Handling, None))
    }

    pub fn complete(&self, id: i64) -> bool {
        self.office(|office, now| office.set(now, id, State::Completed, None))
    }

    pub fn fail(&self, id: i64) -> bool {
        self.office(|office, now| office.set(now, id, State::Failed, None))
    }

    pub fn open_group(&self, group: i64, open: bool) {
        self.office(|office, _| office.router.groups.get_mut(&group).map(|group| group.open = open));
    }

    pub fn disable_tenant(&self, tenant: i64) {
        self.office(|office, _| office.router.disabled_tenants.push(tenant));
    }

    pub fn log_on(&self, logon: &str, logged_on: bool) {
        self.office(|office, _| {
            let mut agents = office.router.agents.iter_mut();
            agents.find(|agent| agent.logon == logon).map(|agent| agent.logged_on = logged_on)
        });
    }

    /// The next request of this operation fails in this way.
    pub fn mishap(&self, operation: &str, mishap: Mishap) {
        self.office(|office, _| office.mishaps.push((operation.to_owned(), mishap)));
    }

    /// Removes every request, as a restart of the service does.
    pub fn restart(&self) {
        self.office(|office, _| office.restart());
    }

    pub fn disconnect_router(&self) {
        self.office(|office, now| office.disconnect_router(now));
    }

    pub fn connect_router(&self) {
        self.office(|office, _| office.connect_router());
    }

    /// Stops serving: no client can connect any more.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
