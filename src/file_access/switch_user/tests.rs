use tempfile::TempDir;

use super::*;

/// A host on which Asterisk runs as the user 4242, who is in the group 995 by `/etc/group`.
fn running_groups(status: &str) -> Vec<u32> {
    let host = TempDir::new().unwrap();
    let files = [
        ("etc/passwd", "asterisk:x:4242:4242::/:\n"),
        ("etc/group", "asterisk:x:4242:\ndialscript:x:995:asterisk\n"),
        ("proc/77/comm", "asterisk\n"),
        ("proc/77/status", status),
    ];
    for (name, content) in files {
        let path = host.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let users = switch_users(host.path(), &HostAccounts::read(host.path()), &["asterisk"]);
    let [user] = &users[..] else { panic!("{users:?}") };
    assert_eq!(user.user.groups, [4242, 995]);
    assert_eq!(user.as_running().uid, 4242);
    user.as_running().groups
}

#[test]
fn a_process_that_drops_its_groups_does_not_have_those_of_its_account() {
    let status = "Uid:\t4242\t4242\t4242\t4242\nGid:\t4242\t4242\t4242\t4242\nGroups:\t \n";
    assert_eq!(running_groups(status), [4242]);
}

#[test]
fn a_process_whose_user_has_no_number_in_our_namespace_is_the_account_of_the_switch() {
    let ids = "Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\n";
    assert_eq!(running_groups(&format!("{ids}Groups:\t \n")), [65534]);
    assert_eq!(running_groups(&format!("{ids}Groups:\t995 65534 \n")), [65534, 995, 65534]);
}
