//! Who can read or write a file of the daemon: users and groups, permissions, and the users of the switches that run on
//! this host.
//!
//! The daemon makes sounds that the switch plays, and reads what the switch records. Both are usually different users.
//! [`explain`] says which file one of them can't use, and which command fixes it.

mod access_fix;
mod accounts;
mod acl;
pub(crate) mod explain;
mod obstacle;
pub(crate) mod regular_file;
mod switch_user;

pub(crate) use access_fix::{instead_of_opening, shell_quoted};
pub(crate) use accounts::{FileUser, HostAccounts};
pub(crate) use explain::AccessExplanation;
pub(crate) use obstacle::{FileNeed, find_obstacle};
pub(crate) use switch_user::{SwitchUser, is_other_program, switch_users};

/// The folder, in the folder of the sounds that the daemon makes, of those that only one call uses.
pub(crate) const PRIVATE_FOLDER: &str = "private";
