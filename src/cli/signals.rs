//! Signals to the process, and what each of them asks for. On Windows, those of a console, or the orders of the service manager.

/// What a signal asks for.
#[derive(Debug, Clone, Copy)]
pub enum Order {
    Stop,
    Reload,
    /// Nothing, from the signal of this name.
    #[cfg_attr(windows, expect(dead_code, reason = "a console has no signal that is ignored"))]
    Nothing(&'static str),
}

#[cfg(unix)]
pub use of_unix::Signals;
#[cfg(windows)]
pub use of_windows::Signals;

#[cfg(unix)]
mod of_unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::Order;

    /// The signals that the bridge handles. It ignores SIGPIPE; SIGQUIT and all others keep their default action.
    pub struct Signals {
        terminate: Signal,
        interrupt: Signal,
        /// SIGHUP: the configuration and the mappings are loaded again.
        hang_up: Signal,
        user: [Signal; 2],
    }

    impl Signals {
        pub fn new() -> std::io::Result<Signals> {
            Ok(Signals {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hang_up: signal(SignalKind::hangup())?,
                user: [signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?],
            })
        }

        /// The next order.
        pub async fn next(&mut self) -> Order {
            let [first, second] = &mut self.user;
            tokio::select! {
                _ = self.terminate.recv() => Order::Stop,
                _ = self.interrupt.recv() => Order::Stop,
                _ = self.hang_up.recv() => Order::Reload,
                _ = first.recv() => Order::Nothing("SIGUSR1"),
                _ = second.recv() => Order::Nothing("SIGUSR2"),
            }
        }
    }
}

#[cfg(windows)]
mod of_windows {
    use tokio::{
        signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown},
        sync::mpsc::UnboundedReceiver,
    };

    use super::Order;

    /// The signals of a console, or the orders of the service manager.
    pub enum Signals {
        Console { c: CtrlC, break_key: CtrlBreak, close: CtrlClose, shutdown: CtrlShutdown },
        Service(UnboundedReceiver<Order>),
    }

    impl Signals {
        pub fn new() -> std::io::Result<Signals> {
            let (c, break_key) = (ctrl_c()?, ctrl_break()?);
            Ok(Signals::Console { c, break_key, close: ctrl_close()?, shutdown: ctrl_shutdown()? })
        }

        /// The next order.
        pub async fn next(&mut self) -> Order {
            match self {
                Signals::Console { c, break_key, close, shutdown } => {
                    tokio::select! {
                        _ = c.recv() => {}
                        _ = break_key.recv() => {}
                        _ = close.recv() => {}
                        _ = shutdown.recv() => {}
                    }
                    Order::Stop
                }
                // A service manager that is gone cannot ask for anything else.
                Signals::Service(orders) => orders.recv().await.unwrap_or(Order::Stop),
            }
        }
    }
}
