import CLinux

/// The kernel's announcements of changed nftables rules (linux/netfilter/nf_tables.h).
package enum NftablesEvents {
    /// NFNLGRP_NFTABLES of linux/netfilter/nfnetlink.h, as a mask.
    private static let group: UInt32 = 1 << (7 - 1)
    /// SOL_NETLINK and NETLINK_NO_ENOBUFS.
    private static let level: Int32 = 270, noOverrunErrors: Int32 = 5
    /// NFNL_SUBSYS_NFTABLES << 8, and with it NFT_MSG_NEWTABLE to NFT_MSG_DELRULE.
    private static let ruleMessages = 0xa00...0xa08

    /// A socket that gets them, of the calling thread's network namespace.
    package static func socket() throws(KernelError) -> OwnedDescriptor {
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let socket = OwnedDescriptor(
            taking: try kernel("socket", "AF_NETLINK") { CLinux.socket(AF_NETLINK, kind, NETLINK_NETFILTER) })
        var name = sockaddr_nl()
        name.nl_family = sa_family_t(AF_NETLINK)
        name.nl_groups = group
        try kernel("bind", "nftables events") {
            withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(
                        socket.raw, __CONST_SOCKADDR_ARG(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_nl>.size))
                }
            }
        }
        var yes: Int32 = 1
        // Losing some is no harm: any one of them makes the listener look.
        setsockopt(socket.raw, level, noOverrunErrors, &yes, 4)
        return socket
    }

    /// Whether one of the announcements is about a table, a chain or a rule.
    package static func touchRules(_ bytes: [UInt8]) -> Bool {
        NetlinkAnswer.split(bytes).contains { ruleMessages.contains($0.type) }
    }
}
