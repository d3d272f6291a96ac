//! The command that gives the user of a switch its rights to a folder of the daemon.
//!
//! It is an access control list, and not a group: a switch that is started with a group of its own (`asterisk -G`,
//! `freeswitch -g`) has no other groups of its user. The list works without a restart of the switch.

use std::path::{Path, PathBuf};

use super::obstacle::{AccessObstacle, FileNeed, find_obstacles};
use super::{FileUser, PRIVATE_FOLDER};

/// The folders in which packages let the daemon and the switch share files. One command gives the rights to both.
const PACKAGE_FOLDERS: [&str; 2] = ["/var/cache/dialscript", "/var/spool/dialscript"];

/// The command that lets a user do something with a file or a folder of the daemon.
pub(super) fn access_fix(path: &Path, need: FileNeed, user: &FileUser) -> String {
    let folders = folders_to_share(&shared_folder(path, need));
    let is_shared = |part: &Path| folders.iter().any(|folder| part.starts_with(folder));
    let obstacles = find_obstacles(path, need, user).unwrap_or_default();
    let mut steps = Vec::new();
    for AccessObstacle { path: obstacle, .. } in &obstacles {
        if is_home(obstacle) {
            let path = obstacle.display();
            return format!("name a folder outside of {path} in [folders] of dialscript.toml");
        }
        if is_of_dynamic_user(obstacle) {
            return "set DynamicUser=no and User=dialscript in the unit, as the unit of the manual does"
                .to_owned();
        }
        // A folder above the shared one has other files too: the switch may pass it, and no more.
        if !is_shared(obstacle) {
            steps.push(format!("setfacl -m u:{}:x {}", user.name, shell_quoted(obstacle)));
        }
    }
    if obstacles.iter().any(|obstacle| is_shared(&obstacle.path)) {
        steps.push(share_command(&folders, need, &user.name));
    }
    steps.join(" && ")
}

/// Gives the rights to everything in the folders, and to what is created in them later.
fn share_command(folders: &[PathBuf], need: FileNeed, user: &str) -> String {
    let writes = need == FileNeed::Write || folders.iter().any(|folder| is_of_package(folder));
    let rights = if writes { "rwX" } else { "rX" };
    let folders: Vec<_> = folders.iter().map(|folder| shell_quoted(folder)).collect();
    format!("setfacl -R -m u:{user}:{rights},d:u:{user}:{rights} {}", folders.join(" "))
}

/// The shared folder itself, or all those of a package.
fn folders_to_share(folder: &Path) -> Vec<PathBuf> {
    match is_of_package(folder) {
        true => {
            PACKAGE_FOLDERS.map(PathBuf::from).into_iter().filter(|path| path.is_dir()).collect()
        }
        false => vec![folder.to_owned()],
    }
}

fn is_of_package(folder: &Path) -> bool {
    PACKAGE_FOLDERS.iter().any(|packaged| folder.starts_with(packaged))
}

/// The folder that the daemon and the switch share, of which this is a file or the folder itself.
fn shared_folder(path: &Path, need: FileNeed) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if need != FileNeed::Read {
        return path;
    }
    let folder = path.parent().unwrap_or(&path);
    let shared = if folder.ends_with(PRIVATE_FOLDER) { folder.parent() } else { None };
    shared.unwrap_or(folder).to_owned()
}

/// A path, or another word, as the shell needs it.
pub(crate) fn shell_quoted(path: &Path) -> String {
    let name = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) {
        name
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

/// What to do instead if a file or folder must not be opened to another user, although it keeps that user from the path
/// `named`: a home folder, or something outside of this path to which a symbolic link leads.
pub(crate) fn instead_of_opening(denying: &Path, named: &Path) -> Option<String> {
    let shown = denying.display();
    if is_home(denying) {
        return Some(format!("move {} out of the home folder {shown}", named.display()));
    }
    let is_part = std::path::absolute(named).is_ok_and(|named| named.starts_with(denying));
    let fix = || format!("replace the symbolic link that leads to {shown} by a copy of its own");
    (!is_part).then(fix)
}

/// Whether this is the home folder of a user, which the users of switches should not enter.
fn is_home(folder: &Path) -> bool {
    folder == Path::new("/root") || folder.parent() == Some(Path::new("/home"))
}

/// Whether systemd has made this folder for a unit with `DynamicUser=yes`. No other user may enter it.
fn is_of_dynamic_user(folder: &Path) -> bool {
    ["/var/cache/private", "/var/lib/private"].iter().any(|private| folder == Path::new(private))
}
