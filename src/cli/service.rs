//! `cti-bridge service`, on Windows only: the bridge as a service. The service manager starts it, stops it, and has it load its
//! configuration again (`sc control cti-bridge paramchange`). A service has no stderr: its log goes to a file.

use std::{ffi::OsString, fs::File, io::Write, path::PathBuf, process::ExitCode, sync::OnceLock, time::Duration};

use clap::Args;
use tokio::sync::mpsc;
use windows_service::{
    define_windows_service,
    service::{ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType},
    service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle},
    service_dispatcher,
};

use super::{
    Failure, failed,
    run::{self, Around},
    signals::{Order, Signals},
};
use crate::net::supervisor::{State, Supervisor};

/// A service of a process of its own may have any name here.
const NAME: &str = "cti-bridge";
/// How long the service manager waits for the next state.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    run: run::Options,
    /// The file that the log is appended to
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
}

/// The options of the one service of this process: Windows calls its main function without them.
static OPTIONS: OnceLock<Options> = OnceLock::new();

define_windows_service!(entry, serve);

pub fn run(options: Options) -> ExitCode {
    let _ = OPTIONS.set(options);
    match service_dispatcher::start(NAME, entry) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            failed(format!("only the service manager starts a service; `cti-bridge run` does without: {error}"))
        }
    }
}

/// The service's main function.
fn serve(_: Vec<OsString>) {
    let Some(Options { run: options, log }) = OPTIONS.get() else { return };
    let Ok(mut file) = File::options().create(true).append(true).open(log) else { return };
    let (orders, ordered) = mpsc::unbounded_channel();
    let handled = move |control| {
        let order = match control {
            ServiceControl::Stop | ServiceControl::Shutdown => Order::Stop,
            ServiceControl::ParamChange => Order::Reload,
            ServiceControl::Interrogate => return ServiceControlHandlerResult::NoError,
            // Controls of Windows that this service does not accept.
            _ => return ServiceControlHandlerResult::NotImplemented,
        };
        let _ = orders.send(order);
        ServiceControlHandlerResult::NoError
    };
    let Ok(handle) = service_control_handler::register(NAME, handled) else { return };
    report(handle, ServiceState::StartPending, 0);
    let ended = match file.try_clone() {
        Ok(sink) => {
            let tell = move |state| {
                let state = match state {
                    State::Ready => ServiceState::Running,
                    State::Reloading => return,
                    State::Stopping => ServiceState::StopPending,
                };
                report(handle, state, 0);
            };
            let signals = Signals::Service(ordered);
            let supervisor = Ok(Supervisor::told_by(tell));
            run::bridge(options, || Ok(Around { signals, sink: Box::new(sink), supervisor }))
        }
        Err(error) => Err(error.into()),
    };
    let code = match ended {
        Ok(did_well) => u32::from(!did_well),
        Err(Failure { reason, reports }) => {
            let _ = writeln!(file, "cti-bridge: {reason}\n{reports}");
            1
        }
    };
    report(handle, ServiceState::Stopped, code);
}

/// Tells the service manager. One that does not listen is no concern of the bridge's.
fn report(handle: ServiceStatusHandle, current_state: ServiceState, code: u32) {
    let controls_accepted = match current_state {
        ServiceState::Running => {
            ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN | ServiceControlAccept::PARAM_CHANGE
        }
        _ => ServiceControlAccept::empty(),
    };
    let _ = handle.set_service_status(ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state,
        controls_accepted,
        exit_code: if code == 0 { ServiceExitCode::NO_ERROR } else { ServiceExitCode::ServiceSpecific(code) },
        checkpoint: 0,
        wait_hint: PATIENCE,
        process_id: None,
    });
}
