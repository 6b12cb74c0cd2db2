//! Reading a service's own WSDL: its documents one after the other, from the address that was asked and from nowhere else, or
//! from files.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::timeout};

use super::{
    bring,
    exchange::{Access, Exchange},
    input::Input,
    tls::{self, Connector},
};
use crate::{
    settings::{ClientTls, Posts, Wsdl},
    vocabulary::{
        Profile, Vocabulary,
        wsdl::{Description, Documents, Fitted, Limits},
    },
};

/// How long somebody who waits for a WSDL does.
const PATIENCE: Duration = Duration::from_secs(30);

/// What finds out how the services of one platform are spoken with.
pub struct Describer {
    pub platform: usize,
    access: Arc<Access>,
    limits: Limits,
    timeout: Duration,
    vocabulary: Arc<Vocabulary>,
    base: Option<Profile>,
    inputs: mpsc::Sender<Input>,
}

impl Describer {
    /// WSDLs are read as requests are posted: with the same trust.
    pub fn new(
        platform: usize,
        connector: Connector,
        posts: &Posts,
        wsdl: &Wsdl,
        vocabulary: Arc<Vocabulary>,
        inputs: mpsc::Sender<Input>,
    ) -> Describer {
        let access = Access::new(connector, &posts.tls, None, posts.plaintext, wsdl.limits.bytes);
        let Wsdl { limits, timeout, base, .. } = wsdl.clone();
        Describer { platform, access: Arc::new(access), limits, timeout, vocabulary, base, inputs }
    }

    /// Reads the WSDL of the service at this address, and brings what it came to.
    pub async fn describe(self: Arc<Self>, url: Arc<str>) {
        let late = || format!("{url}: not read in {} s", self.timeout.as_secs_f64());
        let found = timeout(self.timeout, self.find(&url)).await.unwrap_or_else(|_| Err(late()));
        bring(&self.inputs, Input::Described { platform: self.platform, url, found: found.map(Box::new) }).await;
    }

    async fn find(self: &Arc<Self>, url: &str) -> Result<Fitted, String> {
        let documents = fetch(&self.access, url, self.limits).await?;
        let me = self.clone();
        // It is a matter of milliseconds, but whoever wrote the WSDL decides how many.
        let fit = move || documents.read().fit(&me.vocabulary, me.base.as_ref());
        let found = tokio::task::spawn_blocking(fit).await.map_err(|error| error.to_string())?;
        found.map_err(|reason| format!("{url}: {reason}"))
    }
}

/// The documents of the service at a URL.
async fn fetch(access: &Arc<Access>, url: &str, limits: Limits) -> Result<Documents, String> {
    let mut exchange = Exchange::new(access.clone(), url).map_err(|reason| format!("the address {reason}"))?;
    let mut documents = Documents::at(url, limits);
    while let Some(address) = documents.wanted() {
        let failed = |reason: String| format!("{address}: {reason}");
        let answer = exchange.get(path(&address)).await.map_err(failed)?;
        if !answer.status.is_success() {
            return Err(failed(format!("answered {}", answer.status)));
        }
        documents.take(&answer.body.map_err(failed)?, answer.charset.as_deref())?;
    }
    Ok(documents)
}

/// The description of the service at a URL, for whoever waits for it. `ca` has the certificates to trust, else the system's
/// do. Nothing secret is sent, so plain HTTP will do.
pub fn get(url: &str, ca: Option<&Path>, limits: Limits) -> Result<Description, String> {
    let tls = ClientTls { ca: ca.map(Path::to_owned), ..ClientTls::default() };
    let access = Arc::new(Access::new(tls::client(&tls)?, &tls, None, true, limits.bytes));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let late = |_| format!("{url}: not read in {} s", PATIENCE.as_secs());
        timeout(PATIENCE, fetch(&access, url, limits)).await.map_err(late)?.map(Documents::read)
    })
}

/// What follows the host of a URL.
fn path(url: &str) -> &str {
    let host = url.find("//").map_or(0, |at| at + 2);
    url[host..].find(['/', '?']).map_or("/", |at| &url[host + at..])
}

/// The description that a file holds, with those beside it that it imports.
pub fn read(path: &Path, limits: Limits) -> Result<Description, String> {
    let mut documents = Documents::at(&path.display().to_string(), limits);
    while let Some(address) = documents.wanted() {
        let failed = |error: std::io::Error| format!("{address}: {error}");
        let length = std::fs::metadata(&address).map_err(failed)?.len();
        if length > documents.room() as u64 {
            return Err(format!("{address}: more than {} bytes in all", limits.bytes));
        }
        documents.take(&std::fs::read(&address).map_err(failed)?, None)?;
    }
    Ok(documents.read())
}

/// What the file that was configured says, compared.
pub fn fit(path: &Path, wsdl: &Wsdl, vocabulary: &Vocabulary) -> Result<Fitted, String> {
    let description = read(path, wsdl.limits)?;
    description.fit(vocabulary, wsdl.base.as_ref()).map_err(|reason| format!("{}: {reason}", path.display()))
}
