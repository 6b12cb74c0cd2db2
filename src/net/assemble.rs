//! A section of a configuration that is right → a platform or an application, with the way to it, or the door for it, its listener
//! open. Nothing runs yet.

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    accepted::Streams,
    callback::Callbacks,
    called::CallbackService,
    describe::{self, Describer},
    dial::Dialler,
    engine::Way,
    eras,
    http::{self, Limits},
    input::Input,
    metrics::Places,
    peers::Peers,
    post,
    service::{Reads, Service, ToBridge},
    tls::Ends,
    web::Endpoint,
};
use crate::{
    bridge::{ApplicationParts, Owner, PlatformParts},
    config::{Application, Platform},
    dialect::registry::{ApplicationStart, ApplicationTransport, PlatformStart, PlatformTransport, Posted, Served},
    log,
    mapping::{Incoming, Mappings, Outgoing, Site},
    model::Model,
    port::Notice,
    settings::{self, Listen, Queue, WsdlSource},
    time::{Time, Zone},
    vocabulary::{Profile, Vocabulary, wsdl::Fitted},
};

/// Connections of an application that may be open beyond those that are served, only to be told so.
const REFUSALS: usize = 8;
/// How many messages may wait to be written to a platform; one that does not read is given up.
const WRITES: usize = 1024;
/// How much is read of a platform's connection at a time, in bytes.
const READ: usize = 16 << 10;

/// What sections of a configuration are made with.
pub struct Workshop<'w> {
    pub mappings: &'w Mappings,
    pub ends: &'w Ends,
    pub inputs: &'w mpsc::Sender<Input>,
    /// Ends everything.
    pub shutdown: &'w CancellationToken,
    pub tasks: &'w TaskTracker,
    pub now: Time,
    /// Listeners whose sections end, to be taken over.
    pub free: Vec<Listening>,
}

/// A listener of a section, such as `platform.mitel`.
#[derive(Clone)]
pub struct Listening {
    pub section: String,
    /// The address that the configuration has for it.
    pub wanted: SocketAddr,
    pub listener: Arc<TcpListener>,
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The I/O of a section. Nothing of it runs yet.
pub struct Work {
    /// What accepts connections.
    pub accepts: Option<Task>,
    /// What posts.
    pub carries: Option<Task>,
    /// Ends what accepts, and connections of HTTP.
    pub stop: CancellationToken,
    pub places: Option<Places>,
    pub listening: Option<Listening>,
    /// Where it listens.
    pub address: Option<SocketAddr>,
    /// Is said when it begins.
    opens: Option<Notice>,
    is_platform: bool,
    name: String,
}

impl Work {
    /// The section in the configuration, such as `platform.mitel`.
    pub fn section(&self) -> String {
        format!("{}.{}", if self.is_platform { "platform" } else { "application" }, self.name)
    }

    /// Takes out what is to run.
    pub fn split(&mut self) -> Work {
        Work {
            accepts: self.accepts.take(),
            carries: self.carries.take(),
            stop: self.stop.clone(),
            places: self.places.clone(),
            listening: self.listening.clone(),
            address: self.address,
            opens: self.opens.clone(),
            is_platform: self.is_platform,
            name: self.name.clone(),
        }
    }

    /// Begins. Hands back the task that ends when nothing is accepted any more.
    pub fn begin(&mut self, tasks: &TaskTracker) -> Option<tokio::task::JoinHandle<()>> {
        if let Some(notice) = &self.opens {
            let (platform, application) =
                if self.is_platform { (Some(&*self.name), None) } else { (None, Some(&*self.name)) };
            log::notices::write(platform, application, notice);
        }
        self.carries.take().map(|task| tasks.spawn(task));
        self.accepts.take().map(|task| tasks.spawn(task))
    }
}

/// A platform that is ready to be added.
pub struct NewPlatform {
    pub parts: PlatformParts,
    pub way: Way,
    /// What the file came to that its WSDL is in.
    pub described: Option<(Arc<str>, Fitted)>,
    pub work: Work,
}

/// An application that is ready to be added.
pub struct NewApplication {
    pub parts: ApplicationParts,
    /// None where its clients are not called back.
    pub callbacks: Option<Arc<Callbacks>>,
    pub work: Work,
}

/// What must be known of a platform by those that name it.
#[derive(Debug, Clone)]
pub struct Named {
    pub name: String,
    /// Its place in the bridge.
    pub place: usize,
    /// Of one that routes: how long it may take to answer.
    pub answer: Option<Duration>,
}

pub(super) fn rules(mappings: &Mappings, dialect: &str, site: &Site) -> Result<(Arc<Incoming>, Arc<Outgoing>), String> {
    let zone = Zone::new(jiff::tz::TimeZone::system());
    let rules = mappings.dialects.get(dialect).and_then(|dialect| dialect.at(site, &zone));
    rules.ok_or_else(|| format!("{dialect} has no rules"))
}

impl Workshop<'_> {
    /// A listener for a section: one that is there already for this address, or a new one.
    async fn listen(&mut self, section: String, name: &str, address: SocketAddr) -> Result<Listening, String> {
        let fits = |it: &Listening| it.wanted == address && (address.port() != 0 || it.section == section);
        if let Some(place) = self.free.iter().position(fits) {
            return Ok(Listening { section, ..self.free.swap_remove(place) });
        }
        let listener = Arc::new(listen(address, name).await?);
        Ok(Listening { section, wanted: address, listener })
    }

    fn work(&self, is_platform: bool, name: &str) -> Work {
        Work {
            accepts: None,
            carries: None,
            stop: self.shutdown.child_token(),
            places: None,
            listening: None,
            address: None,
            opens: None,
            is_platform,
            name: name.to_owned(),
        }
    }

    /// A platform for this place in the bridge. Statistics are subscribed to where an application may want them.
    pub async fn platform(
        &mut self,
        (place, era): (usize, u32),
        platform: Platform,
        statistics: bool,
    ) -> Result<NewPlatform, String> {
        let (incoming, outgoing) = rules(self.mappings, &platform.dialect, &platform.site)?;
        let vocabulary = incoming.vocabulary.clone();
        let Platform { name, dialect: _, settings, model, knobs, site: _ } = platform;
        let index = eras::of(place, era);
        let (mut way, mut described, mut called_at) = (Way::default(), None, None);
        let mut work = self.work(true, &name);
        match settings.transport {
            PlatformTransport::Dialled(dial) => {
                if settings.exposed {
                    unprotected(Some(&name), None, Some(dial.address.to_string()));
                }
                way.dialler = Some(Dialler::new(dial, self.ends.connector("platform", &name, "tls"))?);
            }
            PlatformTransport::Accepted { listen: Listen { address, strangers, .. }, connections, web } => {
                if settings.exposed {
                    unprotected(Some(&name), None, Some(address.to_string()));
                }
                let listening = self.listen(format!("platform.{name}"), &name, address).await?;
                let acceptor = self.ends.acceptor("platform", &name, "tls");
                let places = Places::new(format!("platform.{name}"), "connections", connections);
                let (owner, inputs) = (Owner::Platform(index), self.inputs.clone());
                let queue = Queue { messages: WRITES, bytes: usize::MAX };
                let (web, read) = (web.map(Endpoint::new).map(Arc::new), READ);
                let listener = listening.listener.clone();
                let streams =
                    Streams { owner, listener, acceptor, queue, places: places.clone(), strangers, read, web, inputs };
                work.serve(listening, places, |address| Notice::Awaiting { address })?;
                work.accepts = Some(Box::pin(streams.serve(work.stop.clone(), self.tasks.clone())));
            }
            PlatformTransport::Posted(service) => {
                let Posted { posts, callee, profile, wsdl } = *service;
                if settings.exposed {
                    unprotected(Some(&name), None, None);
                }
                let connector = || self.ends.connector("platform", &name, "tls").ok_or("its TLS is not set up");
                let (mut queue, carrier) = post::posts(index, connector()?, &posts, self.inputs.clone());
                match &wsdl.source {
                    WsdlSource::Service => {
                        let inputs = self.inputs.clone();
                        let describer = Describer::new(index, connector()?, &posts, &wsdl, vocabulary.clone(), inputs);
                        queue.describer = Some(Arc::new(describer));
                    }
                    WsdlSource::File(path) => {
                        let fitted =
                            describe::fit(path, &wsdl, &vocabulary).map_err(|reason| format!("{name}: {reason}"))?;
                        described = Some((path.display().to_string().into(), fitted));
                    }
                    WsdlSource::Profile => {}
                }
                way.posts = Some(queue);
                work.carries = Some(Box::pin(carrier.run()));
                if let Some(callee) = callee {
                    self.called(&mut work, index, &name, callee, &vocabulary, &profile).await?;
                    called_at = work.address;
                }
            }
        }
        let conversation = settings.conversation.make(PlatformStart {
            vocabulary,
            now: self.now,
            seed: seed(),
            called_at,
            statistics,
            new_path: Box::new(|| uuid::Uuid::new_v4().simple().to_string()),
        });
        let model = Model::new(model);
        let service_groups = settings.service_groups.into_iter().collect();
        let parts = PlatformParts { name, conversation, model, incoming, outgoing, knobs, service_groups };
        Ok(NewPlatform { parts, way, described, work })
    }

    /// The listener that a platform calls back.
    async fn called(
        &mut self,
        work: &mut Work,
        index: usize,
        name: &str,
        callee: settings::Callee,
        vocabulary: &Arc<Vocabulary>,
        profile: &Profile,
    ) -> Result<(), String> {
        let listening = self.listen(format!("platform.{name}"), name, callee.listen).await?;
        let acceptor = self.ends.acceptor("platform", name, "callback_tls");
        let owner = Owner::Platform(index);
        let service = CallbackService {
            to: ToBridge { owner, inputs: self.inputs.clone() },
            path: callee.path,
            vocabulary: vocabulary.clone(),
            profile: profile.clone(),
            secure: acceptor.is_some(),
            reads: Reads { limits: callee.limits, headers: &[] },
        };
        let section = format!("platform.{name}");
        let limits = Limits::of(&service.reads.limits, section, "callback_connections", callee.strangers);
        let peers = Some(Peers { inputs: self.inputs.clone(), about: Some(owner) });
        let (listener, service) = (listening.listener.clone(), Arc::new(service));
        work.serve(listening, limits.places.clone(), |address| Notice::Awaiting { address })?;
        let (stop, tasks) = (work.stop.clone(), self.tasks.clone());
        work.accepts = Some(Box::pin(http::serve(listener, acceptor, limits, service, peers, stop, tasks)));
        Ok(())
    }

    /// An application for this place in the bridge, of platforms that are there, or about to be.
    pub async fn application(
        &mut self,
        place: usize,
        mut application: Application,
        platforms: &[Named],
    ) -> Result<NewApplication, String> {
        let name = application.name;
        let Listen { address, exposed, strangers, .. } = application.listen;
        if exposed {
            unprotected(None, Some(&name), Some(address.to_string()));
        }
        let (from, to) = rules(self.mappings, &application.dialect, &application.site)?;
        let vocabulary = to.vocabulary.clone();
        let acceptor = self.ends.acceptor("application", &name, "tls");
        let settings = application.settings;
        let new_id = Box::new(|| uuid::Uuid::new_v4().to_string());
        let server = settings.conversation.make(ApplicationStart { vocabulary: vocabulary.clone(), new_id });
        let mut work = self.work(false, &name);
        let listening = self.listen(format!("application.{name}"), &name, address).await?;
        let (listener, owner) = (listening.listener.clone(), Owner::Application(place));
        let serving = |address| Notice::Serving { address };
        let mut own = None;
        match settings.transport {
            ApplicationTransport::Served(served) => {
                let Served { path, profile, limits, callback } = *served;
                let asked = ToBridge { owner, inputs: self.inputs.clone() };
                let secure = acceptor.is_some();
                let reads = Reads { limits: limits.clone(), headers: &[] };
                let service = Arc::new(Service { path, asked, vocabulary, profile, secure, reads });
                let connector = self.ends.connector("application", &name, "callback_tls");
                let callbacks =
                    callback.zip(connector).map(|(callback, connector)| Callbacks::new(callback, connector));
                own = callbacks.map(Arc::new);
                let limits = Limits::of(&limits, format!("application.{name}"), "connections", strangers);
                let peers = Some(Peers { inputs: self.inputs.clone(), about: Some(owner) });
                work.serve(listening, limits.places.clone(), serving)?;
                let (stop, tasks) = (work.stop.clone(), self.tasks.clone());
                work.accepts = Some(Box::pin(http::serve(listener, acceptor, limits, service, peers, stop, tasks)));
            }
            ApplicationTransport::Accepted { queue, connections, web } => {
                let web = web.map(Endpoint::new).map(Arc::new);
                // The conversation counts connections itself, so that it can refuse the ones that are too many.
                let places = Places::new(format!("application.{name}"), "listener", connections + REFUSALS);
                let (read, inputs) = (super::READ, self.inputs.clone());
                let streams =
                    Streams { owner, listener, acceptor, queue, places: places.clone(), strangers, read, web, inputs };
                work.serve(listening, places, serving)?;
                work.accepts = Some(Box::pin(streams.serve(work.stop.clone(), self.tasks.clone())));
            }
        }
        let named = |wanted: &String| platforms.iter().find(|known| known.name == *wanted);
        let media = application.routed_by.as_ref().and_then(named);
        if let Some(answer) = media.and_then(|media| media.answer) {
            application.routes.answer = answer;
        }
        let parts = ApplicationParts {
            name: name.clone(),
            server: Some(server),
            from,
            to,
            knobs: application.knobs,
            platforms: application.platforms.iter().filter_map(named).map(|known| known.place).collect(),
            id_step: application.id_step,
            routes: application.routes,
            media_platform: media.map(|media| media.place),
            media: application.media,
            read_only: settings.read_only.into_iter().collect(),
            labels: settings.labels,
        };
        Ok(NewApplication { parts, callbacks: own, work })
    }
}

impl Work {
    /// It accepts at this listener.
    fn serve(&mut self, listening: Listening, places: Places, opens: fn(String) -> Notice) -> Result<(), String> {
        let address = listening.listener.local_addr().map_err(|error| error.to_string())?;
        (self.address, self.opens) = (Some(address), Some(opens(address.to_string())));
        (self.listening, self.places) = (Some(listening), Some(places));
        Ok(())
    }
}

fn unprotected(platform: Option<&str>, application: Option<&str>, address: Option<String>) {
    log::notices::write(platform, application, &Notice::Unprotected { address });
}

pub async fn listen(address: SocketAddr, name: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("{name}: cannot listen on {address}: {error}"))
}

/// Something that differs from process to process, for the jitter of waits.
fn seed() -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    high ^ low
}
