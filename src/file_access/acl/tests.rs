use super::*;

const FILE_OWNER: (u32, u32) = (100, 200);

fn attribute(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut bytes = VERSION.to_vec();
    for (tag, bits, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

fn may_read(list: &[(u16, u16, u32)], uid: u32, groups: &[u32]) -> bool {
    let entries = entries(&attribute(list)).unwrap_or_default();
    let user = FileUser { name: String::new(), uid, groups: groups.to_vec() };
    list_grants(&entries, FILE_OWNER, &user, 0o4)
}

#[test]
fn a_named_user_may_read_within_the_mask_although_others_may_not() {
    let list = |mask| [(OWNER, 7, 0), (NAMED_USER, 4, 300), (MASK, mask, 0), (OTHERS, 0, 0)];
    assert!(may_read(&list(4), 300, &[300]));
    assert!(!may_read(&list(0), 300, &[300]));
    assert!(!may_read(&list(4), 301, &[300]));
    assert!(may_read(&list(0), FILE_OWNER.0, &[]));
}

#[test]
fn one_of_several_groups_is_enough_and_a_group_without_rights_excludes_the_rights_of_others() {
    let list = [(OWNER, 7, 0), (OWNING_GROUP, 0, 0), (NAMED_GROUP, 4, 400), (OTHERS, 4, 0)];
    assert!(may_read(&list, 300, &[200, 400]));
    assert!(!may_read(&list, 300, &[200]));
    assert!(may_read(&list, 300, &[500]));
}

#[test]
fn an_entry_that_has_no_number_in_our_namespace_counts_as_the_one_for_the_user() {
    let list =
        |bits| [(OWNER, 7, 0), (NAMED_USER, bits, UNMAPPED_ID), (MASK, 7, 0), (OTHERS, 0, 0)];
    assert!(may_read(&list(4), 300, &[300]));
    assert!(!may_read(&list(1), 300, &[300]));
}
