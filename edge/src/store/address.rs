//! Which addresses are of the internet. What an event names as its origin is asked by a process
//! that stands inside a network, and must not be a way to what only that network can see.
//!
//! The blocks are those that are not globally reachable in IANA's "IPv4 Special-Purpose Address
//! Registry" and "IPv6 Special-Purpose Address Registry" (RFC 6890), and multicast. An IPv6
//! address that stands for one of IPv4 is as good as that one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are not of the internet: their first address, and the bits that count.
const IPV4: [([u8; 4], u32); 16] = [
    // "This network": on Linux, 0.0.0.0 is this machine (RFC 791).
    ([0, 0, 0, 0], 8),
    // Private (RFC 1918).
    ([10, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    // Shared, behind a carrier's translation (RFC 6598).
    ([100, 64, 0, 0], 10),
    // Loopback (RFC 1122).
    ([127, 0, 0, 0], 8),
    // Link-local (RFC 3927), with the instance metadata service, 169.254.169.254, and the
    // credentials of containers, 169.254.170.2.
    ([169, 254, 0, 0], 16),
    // Protocol assignments (RFC 6890).
    ([192, 0, 0, 0], 24),
    // Documentation (RFC 5737).
    ([192, 0, 2, 0], 24),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Relays from 6to4, given up (RFC 7526).
    ([192, 88, 99, 0], 24),
    // Benchmarks (RFC 2544).
    ([198, 18, 0, 0], 15),
    // Multicast (RFC 5771).
    ([224, 0, 0, 0], 4),
    // Reserved (RFC 1112), and the broadcast address.
    ([240, 0, 0, 0], 4),
    // The platform's own services on Azure.
    ([168, 63, 129, 16], 32),
];

/// Blocks of IPv6 that are not of the internet though they are inside `2000::/3`, which is what
/// is given out (RFC 4291; IANA, "IPv6 Global Unicast Address Assignments").
const IPV6: [([u16; 8], u32); 4] = [
    // Protocol assignments (RFC 2928), benchmarks among them.
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    // Documentation (RFC 3849, RFC 9637).
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    // 6bone, given back (RFC 3701).
    ([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16),
];

/// Whether an address is one of the internet's, so that whoever is there is there for all.
pub(super) fn is_of_the_internet(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_global_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inside) => inside.into_iter().flatten().all(is_global_v4),
            None => is_global_v6(address),
        },
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    let inside = |(block, bits): ([u8; 4], u32)| {
        let differs = address.to_bits() ^ u32::from_be_bytes(block);
        differs.leading_zeros() >= bits
    };
    !IPV4.into_iter().any(inside)
}

fn is_global_v6(address: Ipv6Addr) -> bool {
    let is_given_out = address.segments()[0] >> 13 == 1;
    let inside = |(block, bits): ([u16; 8], u32)| {
        let differs = address.to_bits() ^ Ipv6Addr::from(block).to_bits();
        differs.leading_zeros() >= bits
    };
    is_given_out && !IPV6.into_iter().any(inside)
}

/// The addresses of IPv4 that one of IPv6 stands for, if that is what it is for.
fn embedded(address: Ipv6Addr) -> Option<[Option<Ipv4Addr>; 2]> {
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    let one = |high, low| Some([Some(of(high, low)), None]);
    match address.segments() {
        // v4-mapped, v4-compatible (RFC 4291, 2.5.5), which has :: and ::1 too, and
        // v4-translated (RFC 2765).
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            one(high, low)
        }
        // NAT64 (RFC 6052). Its block for local use, 64:ff9b:1::/48 (RFC 8215), leads wherever
        // the network has it lead, and is not of the internet at all.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => one(high, low),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => one(high, low),
        // Teredo (RFC 4380): its server, and its client with every bit turned.
        [0x2001, 0, high, low, _, _, turned_high, turned_low] => {
            Some([Some(of(high, low)), Some(of(!turned_high, !turned_low))])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn judged(text: &str) -> bool {
        is_of_the_internet(text.parse().expect("an address"))
    }

    #[test]
    fn the_first_and_last_addresses_of_a_block_are_inside_it_and_their_neighbours_are_not() {
        for (before, first, last, after) in [
            (None, "0.0.0.0", "0.255.255.255", Some("1.0.0.0")),
            (
                Some("9.255.255.255"),
                "10.0.0.0",
                "10.255.255.255",
                Some("11.0.0.0"),
            ),
            (
                Some("100.63.255.255"),
                "100.64.0.0",
                "100.127.255.255",
                Some("100.128.0.0"),
            ),
            (
                Some("126.255.255.255"),
                "127.0.0.0",
                "127.255.255.255",
                Some("128.0.0.0"),
            ),
            (
                Some("169.253.255.255"),
                "169.254.0.0",
                "169.254.255.255",
                Some("169.255.0.0"),
            ),
            (
                Some("172.15.255.255"),
                "172.16.0.0",
                "172.31.255.255",
                Some("172.32.0.0"),
            ),
            (
                Some("191.255.255.255"),
                "192.0.0.0",
                "192.0.0.255",
                Some("192.0.1.0"),
            ),
            (
                Some("192.0.1.255"),
                "192.0.2.0",
                "192.0.2.255",
                Some("192.0.3.0"),
            ),
            (
                Some("192.88.98.255"),
                "192.88.99.0",
                "192.88.99.255",
                Some("192.88.100.0"),
            ),
            (
                Some("192.167.255.255"),
                "192.168.0.0",
                "192.168.255.255",
                Some("192.169.0.0"),
            ),
            (
                Some("198.17.255.255"),
                "198.18.0.0",
                "198.19.255.255",
                Some("198.20.0.0"),
            ),
            (
                Some("198.51.99.255"),
                "198.51.100.0",
                "198.51.100.255",
                Some("198.51.101.0"),
            ),
            (
                Some("203.0.112.255"),
                "203.0.113.0",
                "203.0.113.255",
                Some("203.0.114.0"),
            ),
            (
                Some("223.255.255.255"),
                "224.0.0.0",
                "255.255.255.255",
                None,
            ),
            (
                Some("168.63.129.15"),
                "168.63.129.16",
                "168.63.129.16",
                Some("168.63.129.17"),
            ),
            (
                Some("2001:200::"),
                "2001:db8::",
                "2001:db8:ffff:ffff::",
                Some("2001:db9::"),
            ),
            (
                Some("2001:200::"),
                "2001:1::",
                "2001:1ff:ffff::",
                Some("2001:200::1"),
            ),
            (
                Some("3ffd::"),
                "3ffe::",
                "3fff:fff:ffff::",
                Some("3fff:1000::"),
            ),
        ] {
            assert!(!judged(first), "{first}");
            assert!(!judged(last), "{last}");
            for outside in [before, after].into_iter().flatten() {
                assert!(judged(outside), "{outside}");
            }
        }
    }

    #[test]
    fn servers_of_the_internet_may_be_asked() {
        for address in [
            "8.8.8.8",
            "52.218.0.1",
            "2600:1f18::1",
            "2a00:1450:4001::200e",
        ] {
            assert!(judged(address), "{address}");
        }
    }

    #[test]
    fn what_only_a_network_or_a_machine_sees_may_not() {
        for address in [
            "127.0.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "255.255.255.255",
            "::",
            "::1",
            "100::1",
            "64:ff9b:1::808:808",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!judged(address), "{address}");
        }
    }

    #[test]
    fn an_address_that_stands_for_one_of_ipv4_is_as_good_as_that() {
        for (inside, expected) in [
            ("8.8.8.8", true),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("10.1.2.3", false),
        ] {
            let v4: Ipv4Addr = inside.parse().expect("an address");
            let [a, b, c, d] = v4.octets();
            let turned = Ipv4Addr::from_bits(!v4.to_bits());
            let [w, x, y, z] = turned.octets();
            for spelling in [
                format!("::ffff:{inside}"),
                format!("::{inside}"),
                format!("::ffff:0:{inside}"),
                format!("64:ff9b::{inside}"),
                format!("2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1"),
                format!("2001:0:808:808::{w:02x}{x:02x}:{y:02x}{z:02x}"),
                format!("2001:0:{a:02x}{b:02x}:{c:02x}{d:02x}::f7f7:f7f7"),
            ] {
                assert_eq!(judged(&spelling), expected, "{spelling}");
            }
        }
    }
}
