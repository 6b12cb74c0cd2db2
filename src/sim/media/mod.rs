//! An Open Media Service to connect to: the service's side of the dialect over a socket, with a router behind it that does
//! what it is told.

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
    settings::Limits,
    time::Time,
};

/// The office, which answers at once whatever it is asked: nobody waits while holding it.
struct Shared {
    office: Mutex<Office>,
    start: Instant,
    /// Something was heard.
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
            // Whoever asked waits in vain.
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
    /// A service with what a plan usually has.
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
        let of_http = http::Limits { connections: limits.connections, header_timeout: limits.header_timeout };
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

    /// The next request that changed something, or tried to; queries are only counted.
    pub async fn hear(&self) -> Heard {
        loop {
            let told = self.shared.told.notified();
            if let Some(heard) = self.shared.office().heard.pop_front() {
                return heard;
            }
            told.await;
        }
    }

    /// How often an operation was asked.
    pub fn count(&self, operation: &str) -> usize {
        self.shared.office().counts.get(operation).copied().unwrap_or(0)
    }

    /// Looks at the office, or changes it.
    pub fn office<R>(&self, act: impl FnOnce(&mut Office, Time) -> R) -> R {
        let now = self.shared.now();
        act(&mut self.shared.office(), now)
    }

    /// An agent is offered a request. Whether there is such a request that is not over.
    pub fn allocate(&self, id: i64, logon: &str) -> bool {
        self.office(|office, now| office.set(now, id, State::Allocated, Some(logon)))
    }

    /// The agent answers it.
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

    /// The next request of this operation fares badly.
    pub fn mishap(&self, operation: &str, mishap: Mishap) {
        self.office(|office, _| office.mishaps.push((operation.to_owned(), mishap)));
    }

    /// Every request is gone, as when the service was started anew.
    pub fn restart(&self) {
        self.office(|office, _| office.restart());
    }

    pub fn disconnect_router(&self) {
        self.office(|office, now| office.disconnect_router(now));
    }

    pub fn connect_router(&self) {
        self.office(|office, _| office.connect_router());
    }

    /// Stops serving: nobody can connect any more.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
