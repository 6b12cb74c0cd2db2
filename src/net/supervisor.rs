//! The supervisor of the process (systemd, or another that sets `NOTIFY_SOCKET`): it is told when the bridge is ready, loads its
//! configuration again, stops, and that it is alive. When any of this is so is known by `cli` and by the engine.
//! On systems other than Unix there is no such supervisor.

use std::time::{Duration, Instant};

/// What the supervisor is told of the whole process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All listeners are open; or the configuration was loaded again, and is in force or refused.
    Ready,
    Reloading,
    Stopping,
}

impl State {
    #[cfg(unix)]
    fn words(self) -> &'static [u8] {
        match self {
            State::Ready => b"READY=1",
            State::Reloading => b"RELOADING=1",
            State::Stopping => b"STOPPING=1",
        }
    }
}

/// The variables of the environment that name the supervisor.
#[derive(Debug, Default)]
pub struct Named {
    /// `NOTIFY_SOCKET`: the path of its socket; an abstract one begins with `@`.
    pub socket: Option<std::ffi::OsString>,
    /// `WATCHDOG_USEC`: the most time between two signs of life, in microseconds.
    pub watchdog: Option<String>,
    /// `WATCHDOG_PID`: the process that is watched.
    pub watched: Option<String>,
}

impl Named {
    pub fn by_environment() -> Named {
        Named {
            socket: std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()),
            watchdog: std::env::var("WATCHDOG_USEC").ok(),
            watched: std::env::var("WATCHDOG_PID").ok(),
        }
    }

    /// The time between two signs of life: half of what the supervisor allows. None if it does not watch this process.
    #[cfg(unix)]
    fn pace(&self) -> Option<Duration> {
        let is_other = |watched: &String| watched.parse() != Ok(std::process::id());
        if self.watched.as_ref().is_some_and(is_other) {
            return None;
        }
        let most = self.watchdog.as_ref()?.parse().ok().filter(|most| *most > 0)?;
        Some(Duration::from_micros(most) / 2)
    }
}

/// Whoever supervises the process, if anybody does.
pub struct Supervisor {
    tell: Box<dyn Fn(State) + Send + Sync>,
    /// Until the engine has it.
    pulse: Option<Pulse>,
}

impl Supervisor {
    /// The supervisor that these variables name, or nobody. A socket that cannot be reached is an error.
    pub fn find(named: &Named) -> Result<Supervisor, String> {
        Way::open(named).map_err(|error| format!("NOTIFY_SOCKET: {error}"))
    }

    pub fn nobody() -> Supervisor {
        Supervisor::told_by(|_| {})
    }

    /// A supervisor that is told in another way, and needs no signs of life.
    pub fn told_by(tell: impl Fn(State) + Send + Sync + 'static) -> Supervisor {
        Supervisor { tell: Box::new(tell), pulse: None }
    }

    /// Tells the supervisor. One that is gone is no concern of the bridge's.
    pub fn tell(&self, state: State) {
        (self.tell)(state);
    }

    pub(super) fn pulse(&mut self) -> Option<Pulse> {
        self.pulse.take()
    }
}

/// The sign of life that the engine gives as long as its loop turns.
#[derive(Debug)]
pub struct Pulse {
    way: Way,
    pace: Duration,
    next: Instant,
}

impl Pulse {
    /// When the next one is due.
    pub fn due(&self) -> Instant {
        self.next
    }

    /// Gives the sign if it is due.
    pub fn beat(&mut self, now: Instant) {
        if self.next <= now {
            self.way.beat();
            self.next = now + self.pace;
        }
    }
}

#[cfg(unix)]
#[derive(Debug)]
struct Way(std::os::unix::net::UnixDatagram);

#[cfg(unix)]
impl Way {
    fn open(named: &Named) -> std::io::Result<Supervisor> {
        let Some(name) = &named.socket else { return Ok(Supervisor::nobody()) };
        let way = Way::to(name)?;
        let pulse = match named.pace() {
            Some(pace) => {
                let way = Way::to(name)?;
                // The engine waits for nobody: a sign of life that finds no room is left out.
                way.0.set_nonblocking(true)?;
                Some(Pulse { way, pace, next: Instant::now() })
            }
            None => None,
        };
        Ok(Supervisor { pulse, ..Supervisor::told_by(move |state| way.tell(state)) })
    }

    fn to(name: &std::ffi::OsStr) -> std::io::Result<Way> {
        use std::os::unix::net::UnixDatagram;
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(Duration::from_secs(1)))?;
        #[cfg(target_os = "linux")]
        if let Some(name) = std::os::unix::ffi::OsStrExt::as_bytes(name).strip_prefix(b"@") {
            use std::os::{linux::net::SocketAddrExt, unix::net::SocketAddr};
            socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?;
            return Ok(Way(socket));
        }
        socket.connect(name)?;
        Ok(Way(socket))
    }

    fn tell(&self, state: State) {
        let _ = self.0.send(state.words());
    }

    fn beat(&self) {
        let _ = self.0.send(b"WATCHDOG=1");
    }
}

/// There is none.
#[cfg(not(unix))]
#[derive(Debug)]
enum Way {}

#[cfg(not(unix))]
impl Way {
    fn open(_: &Named) -> std::io::Result<Supervisor> {
        Ok(Supervisor::nobody())
    }

    fn beat(&self) {
        match *self {}
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::*;

    fn named(socket: &std::path::Path, watchdog: &str, watched: Option<u32>) -> Named {
        let socket = Some(socket.as_os_str().to_owned());
        Named { socket, watchdog: Some(watchdog.to_owned()), watched: watched.map(|id| id.to_string()) }
    }

    #[test]
    fn a_supervisor_hears_each_state_and_signs_of_life_at_half_the_time_that_it_allows() {
        let path = std::env::temp_dir().join(format!("cti-bridge-notify-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let heard = UnixDatagram::bind(&path).unwrap();
        let next = || {
            let mut bytes = [0; 64];
            let count = heard.recv(&mut bytes).unwrap();
            String::from_utf8(bytes[..count].to_vec()).unwrap()
        };
        let named_here = named(&path, "2000000", Some(std::process::id()));
        let mut supervisor = Supervisor::find(&named_here).unwrap();
        for (state, words) in
            [(State::Ready, "READY=1"), (State::Reloading, "RELOADING=1"), (State::Stopping, "STOPPING=1")]
        {
            supervisor.tell(state);
            assert_eq!(next(), words);
        }
        let mut pulse = supervisor.pulse().unwrap();
        let begun = pulse.due();
        pulse.beat(begun);
        assert_eq!(next(), "WATCHDOG=1");
        assert_eq!(pulse.due(), begun + Duration::from_secs(1));
        pulse.beat(begun + Duration::from_millis(999));
        heard.set_nonblocking(true).unwrap();
        assert!(heard.recv(&mut [0; 64]).is_err(), "a sign of life that was not due");
        for not_watched in [named(&path, "2000000", Some(1)), named(&path, "0", None), named(&path, "soon", None)] {
            assert!(Supervisor::find(&not_watched).unwrap().pulse().is_none(), "{not_watched:?}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn without_a_supervisor_nobody_is_told_and_one_that_is_not_there_is_an_error() {
        Supervisor::find(&Named::default()).unwrap().tell(State::Ready);
        let nowhere = named(std::path::Path::new("/nonexistent/notify"), "1", None);
        assert!(Supervisor::find(&nowhere).err().unwrap().starts_with("NOTIFY_SOCKET: "));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_abstract_socket_begins_with_an_at_sign() {
        use std::os::{linux::net::SocketAddrExt, unix::net::SocketAddr};
        let name = format!("cti-bridge-{}", std::process::id());
        let heard = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let named = Named { socket: Some(format!("@{name}").into()), ..Named::default() };
        Supervisor::find(&named).unwrap().tell(State::Ready);
        let mut bytes = [0; 64];
        assert_eq!(heard.recv(&mut bytes).unwrap(), 7);
    }
}
