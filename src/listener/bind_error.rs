//! Why a listener could not be opened: which key names its address, who holds the port, and what to do.

#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

/// The maximum time to search for the process that holds a port.
const SEARCH_TIME: Duration = Duration::from_secs(1);
/// The state of a listening socket in `/proc/net/tcp` (`TCP_LISTEN` in `include/net/tcp_states.h`).
const LISTENING: &str = "0A";

/// The error with its explanation. `table` is the table of the configuration file whose `listen` is the address.
pub(super) fn explained(table: &str, address: SocketAddr, error: &io::Error) -> io::Error {
    let reason = match error.kind() {
        ErrorKind::AddrInUse => held_by(holder(address)),
        ErrorKind::PermissionDenied => forbidden(address),
        ErrorKind::AddrNotAvailable => {
            "this host does not have that address: write one that `ip address` shows, or `0.0.0.0` for all"
                .to_owned()
        }
        _ => error.to_string(),
    };
    io::Error::new(
        error.kind(),
        format!("`listen` of {table}: cannot listen on {address}: {reason}"),
    )
}

/// Who listens there already.
fn held_by(holder: Option<PortHolder>) -> String {
    let advice = "stop it, or write another port";
    let unnamed = "as root, `ss -ltnp` shows which one it is";
    match holder {
        Some(process @ PortHolder::Process { .. }) => format!("{process} listens there: {advice}"),
        Some(user @ PortHolder::User(_)) => format!("{user} listens there: {advice}; {unnamed}"),
        None => format!("another program listens there: {advice}; {unnamed}"),
    }
}

fn forbidden(address: SocketAddr) -> String {
    format!(
        "the port {} is reserved for programs with the capability CAP_NET_BIND_SERVICE: write a port from {}, \
         or let systemd listen there, with the unit `dialscript.socket`",
        address.port(),
        first_free_port()
    )
}

/// The first port that every user may listen on.
fn first_free_port() -> u16 {
    let start = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    start.ok().and_then(|start| start.trim().parse().ok()).unwrap_or(1024)
}

/// What is known about the process that listens on an address.
#[derive(Debug, PartialEq, Eq)]
enum PortHolder {
    Process {
        name: String,
        id: u32,
    },
    /// The descriptors of processes of other users cannot be read.
    User(u32),
}

impl std::fmt::Display for PortHolder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process { name, id } => write!(out, "the process {id} (`{name}`)"),
            Self::User(id) => write!(out, "a process of the user with ID {id}"),
        }
    }
}

fn holder(address: SocketAddr) -> Option<PortHolder> {
    let socket = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().find_map(|table| {
        let table = fs::read_to_string(table).ok()?;
        table.lines().filter_map(ListeningSocket::parse).find(|socket| socket.blocks(address))
    })?;
    let process = process_with(&format!("socket:[{}]", socket.inode));
    Some(process.unwrap_or(PortHolder::User(socket.user)))
}

/// A line of `/proc/net/tcp` or `/proc/net/tcp6` about a listening socket.
#[derive(Debug, PartialEq, Eq)]
struct ListeningSocket {
    address: SocketAddr,
    user: u32,
    inode: u64,
}

impl ListeningSocket {
    /// The fields of a line are in `get_tcp4_sock` (`net/ipv4/tcp_ipv4.c`).
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, local, _, LISTENING, _, _, _, user, _, inode, ..] = fields.as_slice() else {
            return None;
        };
        Some(Self {
            address: address(local)?,
            user: user.parse().ok()?,
            inode: inode.parse().ok()?,
        })
    }

    /// Whether no other socket can listen on `address` because of this one.
    fn blocks(&self, address: SocketAddr) -> bool {
        let (own, other) = (self.address.ip().to_canonical(), address.ip().to_canonical());
        let is_any = own.is_unspecified() || other.is_unspecified();
        self.address.port() == address.port() && (own == other || is_any)
    }
}

/// Parses `0100007F:11DD`: words of 32 bits in the byte order of this host, and the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let words = ip.as_bytes().chunks(8).map(|word| {
        let word = std::str::from_utf8(word).ok()?;
        u32::from_str_radix(word, 16).ok().map(u32::to_ne_bytes)
    });
    let words: Option<Vec<_>> = words.collect();
    let ip = match words?.as_slice() {
        [word] => IpAddr::V4(Ipv4Addr::from(*word)),
        words @ [_, _, _, _] => {
            let octets: [u8; 16] = words.concat().try_into().ok()?;
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

/// The process that has a descriptor with this target, such as `socket:[12345]`.
fn process_with(target: &str) -> Option<PortHolder> {
    let ends = Instant::now() + SEARCH_TIME;
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if Instant::now() > ends {
            return None;
        }
        if has_descriptor(&process.path(), target, ends) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            // A process chooses its name itself.
            let name = name.trim().chars().filter(|c| !c.is_control()).collect();
            return Some(PortHolder::Process { name, id });
        }
    }
    None
}

fn has_descriptor(process: &Path, target: &str, ends: Instant) -> bool {
    let descriptors = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let mut in_time = descriptors.take_while(|_| Instant::now() <= ends);
    in_time.any(|entry| fs::read_link(entry.path()).is_ok_and(|link| link.as_os_str() == target))
}
