fn main() -> std::process::ExitCode {
    cti_bridge::cli::main()
}
