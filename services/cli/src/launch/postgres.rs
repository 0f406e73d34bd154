//! PostgreSQL: a cluster of our own, never the distribution's.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::home::Home;
use crate::process::StopSignal;
use crate::secrets;

use super::child;
use super::component::{Component, Launch};
use super::probe::Probe;

const CONFIGURATION: &str = include_str!("../../../../infrastructure/postgres/postgresql.conf");
const ACCESS: &str = include_str!("../../../../infrastructure/postgres/pg_hba.conf");
const ROLES: &str = include_str!("../../../../infrastructure/postgres/roles.sql");

/// The superuser, used by the launcher and by tests only.
pub(super) const SUPERUSER: &str = "millrace";
/// The user that runs the server when the launcher is root, which PostgreSQL refuses.
const RUN_AS: &str = "postgres";
/// Where data lies when that user cannot pass through the state folder.
const ELSEWHERE: &str = "/var/lib/millrace";
/// A Unix socket's path may not be longer than this.
const LONGEST_SOCKET_FOLDER: usize = 80;

/// The folder of PostgreSQL's programs: the newest that is installed.
///
/// # Errors
/// When PostgreSQL is not installed.
pub(crate) fn program_folder() -> anyhow::Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .collect();
    versions.sort();
    if let Some((_, folder)) = versions.pop() {
        return Ok(folder);
    }
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&on_path)
        .find(|folder| folder.join("initdb").is_file())
        .context("PostgreSQL is not installed: run infrastructure/prerequisites.sh")
}

/// The connection URL of one role.
pub(super) fn url(role: &str, password: &str, port: u16) -> String {
    format!("postgres://{role}:{password}@127.0.0.1:{port}/millrace")
}

/// The name of the secret that holds a role's password.
pub(super) fn secret_name(role: &str) -> String {
    format!("postgres-{role}")
}

/// The server on that port.
///
/// # Errors
/// When PostgreSQL is not installed or the secrets cannot be written.
pub(super) fn component(home: &Home, port: u16) -> anyhow::Result<Component> {
    let programs = program_folder()?;
    let user = rustix::process::geteuid()
        .is_root()
        .then(|| RUN_AS.to_owned());
    let place = Place::choose(home, user.as_deref())?;
    let mut launch =
        Launch::new(programs.join("postgres")).arguments([Path::new("-D"), &place.data]);
    launch.user.clone_from(&user);
    let cluster = Cluster {
        home: home.clone(),
        programs,
        place,
        user,
        port,
        password: secrets::get_or_create(home, &secret_name(SUPERUSER))?,
    };
    let mut component = Component::new(
        "postgres",
        launch,
        Probe::Postgres(format!("127.0.0.1:{port}")),
    );
    component.prepare = Some(Box::new(move || cluster.prepare()));
    component.ports = vec![port];
    component.stop = StopSignal::Interrupt;
    component.stop_within = Duration::from_secs(30);
    Ok(component)
}

/// Where the cluster lies.
struct Place {
    /// Its data.
    data: PathBuf,
    /// Its socket, where there is room for one.
    sockets: Option<PathBuf>,
    /// The name under which the state folder knows the data, when it lies elsewhere.
    link: Option<PathBuf>,
}

impl Place {
    /// The state folder, unless the user who runs the server cannot get there
    /// (a checkout below root's own folder): then a link leads to where it lies.
    fn choose(home: &Home, user: Option<&str>) -> anyhow::Result<Self> {
        let inside = home.data().join("postgres");
        if user.is_none_or(|user| can_pass(user, &home.data())) {
            let sockets = home.run().join("postgres");
            let fits = sockets.as_os_str().len() <= LONGEST_SOCKET_FOLDER;
            return Ok(Self {
                data: inside,
                sockets: fits.then_some(sockets),
                link: None,
            });
        }
        let mut hasher = DefaultHasher::new();
        home.root().hash(&mut hasher);
        let data = PathBuf::from(ELSEWHERE).join(format!("{:016x}-postgres", hasher.finish()));
        fs::create_dir_all(ELSEWHERE).with_context(|| format!("creating {ELSEWHERE}"))?;
        Ok(Self {
            data,
            sockets: None,
            link: Some(inside),
        })
    }
}

/// Whether that user can go through a folder and all above it.
fn can_pass(user: &str, folder: &Path) -> bool {
    Command::new("setpriv")
        .args([
            "--reuid",
            user,
            "--regid",
            user,
            "--init-groups",
            "--",
            "test",
            "-x",
        ])
        .arg(folder)
        .status()
        .is_ok_and(|status| status.success())
}

struct Cluster {
    home: Home,
    programs: PathBuf,
    place: Place,
    user: Option<String>,
    port: u16,
    password: String,
}

impl Cluster {
    fn prepare(&self) -> anyhow::Result<()> {
        let sockets = self.place.sockets.as_deref();
        if let Some(sockets) = sockets {
            self.own_folder(sockets)?;
        }
        if self.is_new() {
            self.create()?;
        }
        self.check_version()?;
        let sockets = sockets
            .map(|folder| folder.display().to_string())
            .unwrap_or_default();
        let text = CONFIGURATION
            .replace("{port}", &self.port.to_string())
            .replace("{socket_dir}", &sockets);
        self.own_file("postgresql.conf", &text)?;
        self.own_file("pg_hba.conf", ACCESS)
    }

    /// Data that lies elsewhere belongs to this state folder only while the link is there.
    fn is_new(&self) -> bool {
        let is_linked = self
            .place
            .link
            .as_ref()
            .is_none_or(|link| link.is_symlink());
        !is_linked || !self.place.data.join("PG_VERSION").is_file()
    }

    /// The data folder appears when it is complete, so that a start that was
    /// interrupted leaves nothing that looks like a cluster.
    fn create(&self) -> anyhow::Result<()> {
        let (data, unfinished) = (&self.place.data, self.place.data.with_extension("new"));
        // Without its link, data that lies elsewhere is of a state folder that was deleted.
        let forgotten = self.place.link.as_ref().map(|_| data);
        for folder in [Some(&unfinished), forgotten]
            .into_iter()
            .flatten()
            .filter(|folder| folder.exists())
        {
            fs::remove_dir_all(folder).with_context(|| format!("clearing {}", folder.display()))?;
        }
        self.own_folder(&unfinished)?;
        self.initialise(&unfinished)?;
        fs::rename(&unfinished, data)
            .with_context(|| format!("moving {} into place", unfinished.display()))?;
        match self.place.link.as_ref().filter(|link| !link.is_symlink()) {
            Some(link) => {
                symlink(data, link).with_context(|| format!("linking {}", link.display()))
            }
            None => Ok(()),
        }
    }

    fn own_folder(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
            .with_context(|| format!("protecting {}", folder.display()))?;
        self.give(folder)
    }

    fn own_file(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.place.data.join(name);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        self.give(&path)
    }

    /// Makes the server's user the owner.
    fn give(&self, path: &Path) -> anyhow::Result<()> {
        let Some(user) = &self.user else {
            return Ok(());
        };
        let (uid, gid) = ids_of(user)?;
        let is_theirs = fs::metadata(path).is_ok_and(|metadata| metadata.uid() == uid);
        if is_theirs {
            return Ok(());
        }
        chown(path, Some(uid), Some(gid))
            .with_context(|| format!("giving {} to {user}", path.display()))
    }

    /// The superuser's password goes in through a file that only the server's
    /// user can read; it lies where that user can get.
    fn initialise(&self, data: &Path) -> anyhow::Result<()> {
        let name = format!("millrace-{}", uuid::Uuid::new_v4());
        let password = std::env::temp_dir().join(name);
        secrets::write_private(&password, &self.password)?;
        self.give(&password)?;
        let mut launch = Launch::new(self.programs.join("initdb"))
            .arguments([
                "-U",
                SUPERUSER,
                "--auth=scram-sha-256",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-D",
            ])
            .arguments([data])
            .arguments([format!("--pwfile={}", password.display())]);
        launch.user.clone_from(&self.user);
        let made =
            child::run(self.home.root(), &launch, None).context("creating the PostgreSQL cluster");
        fs::remove_file(&password).with_context(|| format!("removing {}", password.display()))?;
        made.map(drop)
    }

    /// A cluster of another major version cannot be opened; say so before the server does.
    fn check_version(&self) -> anyhow::Result<()> {
        let version =
            fs::read_to_string(self.place.data.join("PG_VERSION")).context("reading PG_VERSION")?;
        let installed = self
            .programs
            .parent()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str());
        match installed {
            Some(installed) if installed.parse::<u32>().is_ok() && installed != version.trim() => {
                bail!(
                    "{} was made by PostgreSQL {}, but {installed} is installed: run pg_upgrade, or start with an empty folder",
                    self.place.data.display(),
                    version.trim()
                )
            }
            _ => Ok(()),
        }
    }
}

fn ids_of(user: &str) -> anyhow::Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
    users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&user))
        .and_then(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))
        .with_context(|| format!("there is no user {user}: is PostgreSQL installed?"))
}

/// Creates database, schemas, roles; sets the roles' passwords. Repeats without harm.
///
/// # Errors
/// When the server refuses.
pub(super) fn ensure_roles(home: &Home, port: u16) -> anyhow::Result<()> {
    let mut script = String::new();
    for role in ["auth", "query", "capture", "consumer", "realtime"] {
        let password = secrets::get_or_create(home, &secret_name(&format!("millrace_{role}")))?;
        script.push_str(&format!("\\set {role}_password '{password}'\n"));
    }
    script.push_str(ROLES);
    let password = secrets::get_or_create(home, &secret_name(SUPERUSER))?;
    let launch = Launch::new(program_folder()?.join("psql"))
        .arguments([
            "-X",
            "-q",
            "-h",
            "127.0.0.1",
            "-U",
            SUPERUSER,
            "-d",
            "postgres",
            "-f",
            "-",
            "-p",
        ])
        .arguments([port.to_string()])
        .environment([
            ("PGPASSWORD".to_owned(), password),
            (
                "PGOPTIONS".to_owned(),
                "-c client_min_messages=warning".to_owned(),
            ),
        ]);
    child::run(home.root(), &launch, Some(&script)).context("creating roles and schemas")?;
    Ok(())
}
