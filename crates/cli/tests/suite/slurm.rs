//! `consilience sweep --launcher slurm` on a real Slurm: one node, this machine, started here and stopped at the end.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::program::text;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const CONFIG: &str = r#"
data = { source = "two_circles", train = 40, test = 20 }
model = { name = "mlp", widths = [4] }
train = { steps = 30, batch_size = 10 }
[sweep]
"train.learning_rate" = [0.1, 0.01]
seed = [0, 1, 2]
"#;

/// The daemons of Slurm, all files in one directory. Dropped, they are killed.
struct Cluster {
    directory: tempfile::TempDir,
    daemons: Vec<Child>,
}

impl Cluster {
    /// Starts a cluster, and waits until its node takes jobs; otherwise why not.
    fn start() -> Result<Self, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let key: Vec<u8> = (0..64).map(|index| (index * 37 + std::process::id() as usize) as u8).collect();
        fs::write(path("munge.key"), key).unwrap();
        fs::set_permissions(path("munge.key"), fs::Permissions::from_mode(0o400)).unwrap();
        for folder in ["state", "spool"] {
            fs::create_dir(path(folder)).unwrap();
        }
        fs::write(path("slurm.conf"), configuration(directory.path())).unwrap();
        let mut cluster = Self { daemons: Vec::new(), directory };
        let of = |name: &str| cluster.directory.path().join(name).display().to_string();
        let munge = [
            "key-file=munge.key",
            "socket=munge.socket",
            "pid-file=munge.pid",
            "log-file=munge.log",
            "seed-file=munge.seed",
        ];
        let munge = munge.map(|option| option.split_once('=').unwrap());
        let munge: Vec<String> = munge.into_iter().map(|(option, file)| format!("--{option}={}", of(file))).collect();
        let configuration = of("slurm.conf");
        cluster.daemon(
            "munged",
            &[&munge.iter().map(String::as_str).collect::<Vec<_>>()[..], &["--foreground"]].concat(),
        )?;
        cluster.wait_for("munged", |cluster| cluster.directory.path().join("munge.socket").exists())?;
        cluster.daemon("slurmctld", &["-D", "-f", &configuration])?;
        cluster.daemon("slurmd", &["-D", "-f", &configuration])?;
        cluster.wait_for("slurmd", |cluster| {
            let output = cluster.command("sinfo").args(["--noheader", "--format=%T"]).output();
            output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == "idle")
        })?;
        Ok(cluster)
    }

    fn daemon(&mut self, name: &str, arguments: &[&str]) -> Result<(), String> {
        let log = File::create(self.directory.path().join(format!("{name}.said"))).unwrap();
        let said = log.try_clone().unwrap();
        let child = Command::new(name).args(arguments).stdin(Stdio::null()).stdout(log).stderr(said).spawn();
        self.daemons.push(child.map_err(|error| format!("cannot start {name}: {error}"))?);
        Ok(())
    }

    /// Waits until `is_ready`; otherwise what `daemon` said.
    fn wait_for(&mut self, daemon: &str, is_ready: impl Fn(&Self) -> bool) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_ready(self) {
            let ended = self.daemons.iter_mut().any(|child| child.try_wait().unwrap().is_some());
            if ended || Instant::now() > deadline {
                let said = fs::read_to_string(self.directory.path().join(format!("{daemon}.said"))).unwrap_or_default();
                return Err(format!("{daemon} does not come up: {}", said.lines().last().unwrap_or("it says nothing")));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// A command that finds this cluster.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", self.directory.path().join("slurm.conf")).stdin(Stdio::null());
        command
    }

    /// Waits until no job is left.
    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let output = self.command("squeue").arg("--noheader").output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
            if text(&output.stdout).trim().is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "jobs do not end: {}", text(&output.stdout));
            sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in self.daemons.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// One node, of the processors that are here, and one partition.
fn configuration(directory: &Path) -> String {
    let directory = directory.display();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let host = host.trim().split('.').next().unwrap();
    let user = Command::new("id").arg("-un").output().unwrap();
    let user = text(&user.stdout);
    let processors = std::thread::available_parallelism().unwrap();
    // both held until both are known, so that they differ
    let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [controller, node] = ports.map(|port| port.local_addr().unwrap().port());
    format!(
        "ClusterName=test\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser={user}SlurmdUser={user}\
         AuthType=auth/munge\nAuthInfo=socket={directory}/munge.socket\nMpiDefault=none\n\
         ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nJobAcctGatherType=jobacct_gather/none\n\
         SchedulerType=sched/builtin\nSelectType=select/cons_tres\nSelectTypeParameters=CR_Core\n\
         SlurmctldPort={controller}\nSlurmdPort={node}\n\
         SlurmctldPidFile={directory}/slurmctld.pid\nSlurmdPidFile={directory}/slurmd.pid\n\
         StateSaveLocation={directory}/state\nSlurmdSpoolDir={directory}/spool\n\
         NodeName={host} NodeAddr=127.0.0.1 CPUs={processors} State=UNKNOWN\n\
         PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
    )
}

/// What is said on standard output and standard error; it must succeed.
fn succeeded(output: &Output) -> (String, String) {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
#[ignore = "needs Slurm (Debian: slurm-wlm) and starts its daemons: run by the part `slurm` of .ci/run"]
fn a_slurm_array_carries_a_sweep() {
    let cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let place = tempfile::tempdir().unwrap();
    // a name that a careless script would trip over
    let home = place.path().join("it's 100 % mine");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("c.toml"), CONFIG).unwrap();
    let sweep = |arguments: &[&str]| {
        let mut command = cluster.command(env!("CARGO_BIN_EXE_consilience"));
        command.current_dir(&home).arg("sweep").arg("c.toml").args(arguments).env_remove("CONSILIENCE_DATA_DIR");
        succeeded(&command.output().unwrap())
    };
    let logs = |out: &str| -> Vec<(PathBuf, String)> {
        let found = fs::read_dir(home.join(out).join("slurm")).unwrap().map(|entry| entry.unwrap().path());
        let found = found.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
        found.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
    };
    let array = || {
        let script = fs::read_to_string(home.join("sweeps/c/slurm/job.sh")).unwrap();
        script.lines().find_map(|line| line.strip_prefix("#SBATCH --array=")).unwrap().to_owned()
    };

    // a task per run
    let (job, talk) = sweep(&["--launcher", "slurm", "--threads", "1", "--sbatch=--time=5"]);
    assert!(job.trim().parse::<u64>().is_ok(), "{job}");
    assert!(talk.starts_with(&format!("submitted 6 tasks as job {}; logs are in ", job.trim())), "{talk}");
    cluster.wait();
    let (table, talk) = sweep(&["--collect"]);
    assert!(table.starts_with("c: 6 of 6 runs\n"), "{table}{talk}{:?}", logs("sweeps/c"));
    let said = logs("sweeps/c");
    assert_eq!(said.iter().filter(|(_, log)| log.contains(": finished; ")).count(), 6, "{said:?}");

    // again: nothing is left; then one run is, which alone is submitted
    assert_eq!(sweep(&["--launcher", "slurm"]), (String::new(), "no run is left to be submitted\n".to_owned()));
    let (plan, _) = sweep(&["--plan"]);
    let lost = home.join(plan.lines().nth(4).unwrap().split('\t').nth(1).unwrap());
    fs::remove_dir_all(&lost).unwrap();
    sweep(&["--launcher", "slurm"]);
    assert_eq!(array(), "4");
    cluster.wait();
    assert!(lost.join("final.safetensors").exists(), "{:?}", logs("sweeps/c"));

    // fewer tasks than runs, which share them
    let (_, talk) = sweep(&["--launcher", "slurm", "--tasks", "2", "--out", "shared"]);
    assert!(talk.starts_with("submitted 2 tasks as job "), "{talk}");
    cluster.wait();
    let said = logs("shared");
    let finished: usize = said.iter().map(|(_, log)| log.matches(": finished; ").count()).sum();
    assert_eq!((said.len(), finished), (2, 6), "each run once: {said:?}");
    assert!(sweep(&["--collect", "--out", "shared"]).0.starts_with("c: 6 of 6 runs\n"));

    // what the cluster refuses is told
    let refused = cluster
        .command(env!("CARGO_BIN_EXE_consilience"))
        .current_dir(&home)
        .args(["sweep", "c.toml", "--launcher", "slurm", "--sbatch=--partition=none", "--out", "refused"])
        .output()
        .unwrap();
    let talk = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{talk}");
    assert!(
        talk.starts_with("error: `sbatch` refused the job: ") && talk.contains("invalid partition specified: none"),
        "{talk}"
    );
}
