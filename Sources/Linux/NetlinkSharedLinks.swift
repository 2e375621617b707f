import CLinux

/// A link that shares another one with more of its kind: a container's end on a macvlan or ipvlan network. It is born in
/// the namespace that `namespace` is a descriptor of.
package struct SharedLink: Sendable {
    package enum Kind: Sendable {
        /// Each has a hardware address of its own.
        case macvlan(MacvlanMode, mac: [UInt8])
        /// All have their parent's.
        case ipvlan(IPvlanMode, IPvlanFlag)
    }

    /// As in linux/if_link.h.
    package enum MacvlanMode: String, Sendable, CaseIterable {
        case `private`, vepa, bridge, passthru

        var number: UInt32 {
            switch self {
            case .private: 1
            case .vepa: 2
            case .bridge: 4
            case .passthru: 8
            }
        }
    }

    package enum IPvlanMode: String, Sendable, CaseIterable {
        case l2, l3, l3s

        var number: UInt16 {
            switch self {
            case .l2: 0
            case .l3: 1
            case .l3s: 2
            }
        }
    }

    package enum IPvlanFlag: String, Sendable, CaseIterable {
        case bridge, `private`, vepa

        var number: UInt16 {
            switch self {
            case .bridge: 0
            case .private: 1
            case .vepa: 2
            }
        }
    }

    package var kind: Kind
    package var parent: Int32
    package var name: String
    package var namespace: Int32
    package var mtu: UInt32

    package init(kind: Kind, parent: Int32, name: String, namespace: Int32, mtu: UInt32) {
        self.kind = kind
        self.parent = parent
        self.name = name
        self.namespace = namespace
        self.mtu = mtu
    }
}

extension RouteNetlink {
    package static func addShared(_ link: SharedLink) -> NetlinkMessage {
        var request = newLink("add shared link", link.name, parent: link.parent)
        request.attribute(Int(IFLA_NET_NS_FD), link.namespace)
        if link.mtu > 0 { request.attribute(Int(IFLA_MTU), link.mtu) }
        switch link.kind {
        case .macvlan(let mode, let mac):
            if !mac.isEmpty { request.attribute(Int(IFLA_ADDRESS), mac) }
            request.nest(Int(IFLA_LINKINFO)) { info in
                info.attribute(Int(IFLA_INFO_KIND), Array("macvlan".utf8))
                info.nest(Int(IFLA_INFO_DATA)) { $0.attribute(Int(IFLA_MACVLAN_MODE), mode.number) }
            }
        case .ipvlan(let mode, let flag):
            request.nest(Int(IFLA_LINKINFO)) { info in
                info.attribute(Int(IFLA_INFO_KIND), Array("ipvlan".utf8))
                info.nest(Int(IFLA_INFO_DATA)) { data in
                    data.attribute(Int(IFLA_IPVLAN_MODE), mode.number)
                    data.attribute(Int(IFLA_IPVLAN_FLAGS), flag.number)
                }
            }
        }
        return request
    }

    /// A tagged part of a parent's traffic (802.1Q).
    package static func addVLAN(_ name: String, parent: Int32, id: UInt16) -> NetlinkMessage {
        var request = newLink("add vlan", name, parent: parent)
        request.nest(Int(IFLA_LINKINFO)) { info in
            info.attribute(Int(IFLA_INFO_KIND), Array("vlan".utf8))
            info.nest(Int(IFLA_INFO_DATA)) { $0.attribute(Int(IFLA_VLAN_ID), id) }
        }
        return request
    }

    /// A link that leads nowhere.
    package static func addDummy(_ name: String) -> NetlinkMessage {
        var request = newLink("add dummy", name, parent: 0)
        request.nest(Int(IFLA_LINKINFO)) { $0.attribute(Int(IFLA_INFO_KIND), Array("dummy".utf8)) }
        return request
    }

    private static func newLink(_ call: String, _ name: String, parent: Int32) -> NetlinkMessage {
        var request = NetlinkMessage(Int(RTM_NEWLINK), flags: create, call: call, subject: name)
        request.linkHeader(index: 0)
        request.attribute(Int(IFLA_IFNAME), name)
        if parent != 0 { request.attribute(Int(IFLA_LINK), parent) }
        return request
    }
}
