//! What the provider costs before it does anything: Terraform starts it several times in a run, and again for every
//! provider block.
//!
//! Measured as Terraform sees it, in the release build: the time from launch to the handshake line, with the encryption
//! that Terraform asks for; the memory of the idle process, once Terraform has connected and read the schema, and the
//! processor's time until then, which is all that `terraform providers schema` takes; and the size of the binary. Nothing is asserted. The targets are printed beside what was measured.

#[cfg(unix)]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "it belongs to the tests, which do more with it"
)]
#[path = "../tests/it/support/client.rs"]
mod client;

use std::io;

/// How many runs count.
const RUNS: usize = 30;

fn main() -> io::Result<()> {
    #[cfg(unix)]
    unix::measure()?;
    #[cfg(not(unix))]
    eprintln!("This is measured on Unix only.");
    Ok(())
}

/// Waits for what must come.
#[cfg(unix)]
async fn awaited<T>(_what: &str, future: impl Future<Output = T>) -> T {
    future.await
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::time::Instant;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use terraform_provider_paperspace::wire::handshake::{COOKIE_NAME, COOKIE_VALUE};
    use terraform_provider_paperspace::wire::proto::tfplugin6::{get_provider_schema, provider_client::ProviderClient};

    use super::client::{Address, BINARY, HostCertificate, channel, client_config};
    use super::{RUNS, io};

    const MIB: f64 = 1024.0 * 1024.0;

    pub fn measure() -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let host = HostCertificate::new();
        // Sockets of killed providers go with it.
        let sockets = tempfile::tempdir()?;
        let mut times = Vec::new();
        let mut memory = Vec::new();
        let mut processor = Vec::new();
        // The first runs fill the page cache.
        for run in 0..RUNS + 3 {
            let began = Instant::now();
            let mut plugin = Plugin::launch(&host, sockets.path())?;
            let line = plugin.first_line()?;
            let time = began.elapsed().as_secs_f64() * 1000.0;
            runtime.block_on(read_schema(&line, &host));
            if run >= 3 {
                times.push(time);
                memory.extend(plugin.resident());
                processor.extend(plugin.processor_time());
            }
        }
        let size = fs::metadata(BINARY)?.len() as f64 / MIB;
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "Medians of {RUNS} runs                            measured      target  ratio"
        )?;
        let mut row = |name: &str, measured: f64, target: f64, unit: &str| {
            let ratio = measured / target;
            writeln!(
                out,
                "{name:<42} {measured:>9.2} {unit:<3} {target:>6.0} {unit:<3} {ratio:>6.2}"
            )
        };
        row("launch to handshake line, with TLS", median(&mut times), 4.0, "ms")?;
        if memory.is_empty() {
            eprintln!("Idle memory and the processor's time are measured on Linux only.");
        } else {
            row(
                "processor time until the schema is served",
                median(&mut processor),
                10.0,
                "ms",
            )?;
            row("resident memory, idle, schema served", median(&mut memory), 10.0, "MiB")?;
        }
        row("binary, stripped", size, 12.0, "MiB")
    }

    /// Connects as Terraform does, and reads the schema.
    async fn read_schema(line: &str, host: &HostCertificate) {
        let fields: Vec<_> = line.trim_end().split('|').collect();
        let certificate = STANDARD_NO_PAD.decode(fields[5]).expect("it is Base64").into();
        let tls = client_config(certificate, Some(host), &rustls::version::TLS13);
        let channel = channel(Address::new(fields[2], fields[3]), Some(tls))
            .await
            .expect("it connects");
        let schema = ProviderClient::new(channel.clone())
            .get_provider_schema(get_provider_schema::Request {})
            .await;
        schema.expect("the schema is served");
    }

    fn median(values: &mut [f64]) -> f64 {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        }
    }

    /// A provider that is killed when dropped.
    struct Plugin(Child);

    impl Plugin {
        fn launch(host: &HostCertificate, sockets: &Path) -> io::Result<Self> {
            let child = Command::new(BINARY)
                .env(COOKIE_NAME, COOKIE_VALUE)
                .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
                .env("PLUGIN_CLIENT_CERT", host.pem())
                .env("TMPDIR", sockets)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()?;
            Ok(Self(child))
        }

        fn first_line(&mut self) -> io::Result<String> {
            let mut line = String::new();
            if let Some(stdout) = self.0.stdout.take() {
                BufReader::new(stdout).read_line(&mut line)?;
            }
            Ok(line)
        }

        /// Resident memory in MiB, where the system tells it.
        fn resident(&self) -> Option<f64> {
            let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(kib / 1024.0)
        }

        /// What its threads have had of the processor, in milliseconds, where the system tells it.
        fn processor_time(&self) -> Option<f64> {
            let threads = fs::read_dir(format!("/proc/{}/task", self.0.id())).ok()?;
            let nanoseconds = |thread: fs::DirEntry| {
                let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
                text.split(' ').next()?.parse::<f64>().ok()
            };
            let spent: f64 = threads.flatten().filter_map(nanoseconds).sum();
            Some(spent / 1e6)
        }
    }

    impl Drop for Plugin {
        fn drop(&mut self) {
            _ = self.0.kill();
            _ = self.0.wait();
        }
    }
}
