//! Reading one section of the configuration: where its values come from (`source`, `section`), and the keys of each transport,
//! which every dialect that uses the transport reads in the same way. It names no dialect and opens no connection.

mod accepted;
mod allow;
mod called_back;
mod dialled;
pub mod hashes;
mod mask;
mod places;
mod posted;
mod quantity;
mod rules;
mod secrets;
mod section;
mod served;
mod site;
mod source;
mod strangers;
mod syntax;
mod tls;
mod unknown;
mod url;
mod users;
mod variables;
mod web;
mod wsdl;

pub use accepted::{Listen, Queue, address};
pub use allow::AllowList;
pub use called_back::{Callback, Callee};
pub use dialled::{Dial, reconnect};
pub use posted::Posts;
pub use rules::rules;
pub use section::{Form, Section};
pub use served::Limits;
pub use site::{Events, site};
pub use source::{PREFIX, Sources};
pub use strangers::Strangers;
pub use tls::{ClientTls, ServerTls};
pub use url::{Url, is_loopback, without_credentials};
pub use users::{Passwords, TryLimits, Users};
pub use web::{Web, WebFile};
pub use wsdl::{Wsdl, WsdlSource, profile};
