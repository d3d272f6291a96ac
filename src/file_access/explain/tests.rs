use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use tempfile::TempDir;

use super::*;

/// A host with a folder that has this mode and the group 4300, if the test may set it.
struct FolderOnHost {
    folder: TempDir,
    accounts: HostAccounts,
}

impl FolderOnHost {
    fn new(mode: u32, members: &str) -> Self {
        let folder = TempDir::new().unwrap();
        drop(chown(folder.path(), None, Some(4300)));
        fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
        let found = fs::metadata(folder.path()).unwrap();
        let host = TempDir::new().unwrap();
        fs::create_dir(host.path().join("etc")).unwrap();
        let passwd = format!("dialscript:x:{}:{}\n", found.uid(), found.gid());
        fs::write(host.path().join("etc/passwd"), passwd).unwrap();
        let group = format!("dialscript:x:{}:{members}\n", found.gid());
        fs::write(host.path().join("etc/group"), group).unwrap();
        Self { folder, accounts: HostAccounts::read(host.path()) }
    }

    fn explanation(&self) -> Option<AccessExplanation> {
        explain_for_others(self.folder.path(), FileNeed::Enter, &self.accounts)
    }
}

#[test]
fn a_folder_of_a_group_without_members_is_explained_with_the_command_for_any_user() {
    let host = FolderOnHost::new(0o2750, "");
    let explained = host.explanation().unwrap();
    let command = format!("setfacl -R -m u:USER:rX,d:u:USER:rX {}", host.folder.path().display());
    assert_eq!(explained.fix, format!("{command}, with the user of the switch as USER"));
    assert!(explained.reason.contains("(mode 2750, owner dialscript, group dialscript)"));
}

#[test]
fn members_of_the_group_do_not_help_if_only_the_owner_can_enter() {
    let explained = FolderOnHost::new(0o700, "asterisk").explanation().unwrap();
    assert!(explained.fix.starts_with("setfacl -R -m u:USER:rX"), "{}", explained.fix);
}

#[test]
fn a_folder_that_all_can_enter_or_whose_group_has_members_needs_nothing() {
    assert_eq!(FolderOnHost::new(0o755, "").explanation(), None);
    assert_eq!(FolderOnHost::new(0o2750, "asterisk").explanation(), None);
}
