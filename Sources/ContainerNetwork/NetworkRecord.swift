import Fault
import JSON
import Linux

/// One network as it is recorded; kernel state follows from it.
struct NetworkRecord: Sendable, Equatable {
    enum Driver: String, Sendable {
        case bridge, macvlan, ipvlan, host, none = "null"

        /// Containers get addresses of the network's.
        var hasAddresses: Bool { self == .bridge || isShared }
        /// Containers share an interface of the host's.
        var isShared: Bool { self == .macvlan || self == .ipvlan }
    }

    struct Subnet: Sendable, Equatable {
        var prefix: IPPrefix
        var gateway: IPAddress
        /// Where containers' addresses are taken from; nil: the whole subnet.
        var range: IPPrefix?
        /// `AuxiliaryAddresses`: never given to containers.
        var reserved: [String: IPAddress] = [:]
        /// Taken from a pool, not asked for: containers can't choose addresses in it.
        var isFromPool = false
    }

    /// 64 hex digits.
    let id: String
    let name: String
    /// RFC 3339.
    let created: String
    let driver: Driver
    var isInternal = false
    var isAttachable = false
    var hasIPv6 = false
    var subnets: [Subnet] = []
    var options: [String: String] = [:]
    var ipamOptions: [String: String] = [:]
    var labels: [String: String] = [:]

    static let predefined: Set<String> = ["bridge", "host", "none"]

    var isPredefined: Bool { Self.predefined.contains(name) }

    private enum Option {
        static let bridgeName = "com.docker.network.bridge.name"
        static let masquerade = "com.docker.network.bridge.enable_ip_masquerade"
        static let containersTalk = "com.docker.network.bridge.enable_icc"
        static let mtu = "com.docker.network.driver.mtu"
        static let hostAddress = "com.docker.network.bridge.host_binding_ipv4"
        static let gatewayMode = "com.docker.network.bridge.gateway_mode_ipv4"
        static let parent = "parent"
        static let macvlanMode = "macvlan_mode"
        static let ipvlanMode = "ipvlan_mode"
        static let ipvlanFlag = "ipvlan_flag"
    }

    /// The bridge's interface; interface names hold at most 15 bytes (IFNAMSIZ).
    var interface: String { options[Option.bridgeName] ?? "br-" + id.prefix(12) }
    var masquerades: Bool { options[Option.masquerade] != "false" && gatewayMode != "routed" }
    /// Who routes to the containers' own addresses reaches all of their ports.
    var isOpen: Bool { ["nat-unprotected", "routed"].contains(gatewayMode) }
    /// `nat` unless it says otherwise.
    var gatewayMode: String { options[Option.gatewayMode] ?? "nat" }
    var containersTalk: Bool { options[Option.containersTalk] != "false" }
    /// Bytes; 0: the kernel's default.
    var mtu: UInt32 { options[Option.mtu].flatMap { UInt32($0) } ?? 0 }
    /// Where ports go whose host address isn't given; empty: every address.
    var hostAddress: String {
        let text = options[Option.hostAddress] ?? ""
        return text == "0.0.0.0" ? "" : text
    }

    /// The interface that containers share, of drivers that have one.
    var parent: String { options[Option.parent] ?? ownParent }
    private var ownParent: String { (driver == .macvlan ? "dm-" : "di-") + id.prefix(12) }
    /// Nobody named it, and it leads nowhere.
    var ownsParent: Bool { driver.isShared && parent == ownParent }
    var macvlanMode: SharedLink.MacvlanMode {
        options[Option.macvlanMode].flatMap { SharedLink.MacvlanMode(rawValue: $0) } ?? .bridge
    }
    var ipvlanMode: SharedLink.IPvlanMode {
        options[Option.ipvlanMode].flatMap { SharedLink.IPvlanMode(rawValue: $0) } ?? .l2
    }
    var ipvlanFlag: SharedLink.IPvlanFlag {
        options[Option.ipvlanFlag].flatMap { SharedLink.IPvlanFlag(rawValue: $0) } ?? .bridge
    }
    /// Packets find their way by the device alone, without a gateway.
    var isRoutedByDevice: Bool { driver == .ipvlan && ipvlanMode != .l2 }

    /// Throws `invalid` for modes that there aren't.
    func checkOptions() throws(Fault) {
        func check(_ name: String, _ known: [String]) throws(Fault) {
            guard let text = options[name], !known.contains(text) else { return }
            throw Fault(
                .invalid,
                "requested \(driver.rawValue) option \(name) '\(text)' is not valid: it is one of "
                    + known.joined(separator: ", "))
        }
        if driver == .macvlan { try check(Option.macvlanMode, SharedLink.MacvlanMode.allCases.map(\.rawValue)) }
        if driver == .ipvlan {
            try check(Option.ipvlanMode, SharedLink.IPvlanMode.allCases.map(\.rawValue))
            try check(Option.ipvlanFlag, SharedLink.IPvlanFlag.allCases.map(\.rawValue))
        }
    }

    static func bridgeOptions(name: String, _ options: BridgeOptions) -> [String: String] {
        var all = [
            "com.docker.network.bridge.default_bridge": "true", Option.containersTalk: "\(options.containersTalk)",
            Option.masquerade: "true", Option.bridgeName: name,
            Option.hostAddress: options.hostAddress.isEmpty ? "0.0.0.0" : options.hostAddress,
            Option.mtu: options.mtu == 0 ? "1500" : "\(options.mtu)",
        ]
        if options.isRouted {
            all[Option.masquerade] = "false"
            all[Option.gatewayMode] = "nat-unprotected"
        }
        return all
    }

    var rules: BridgeRules {
        BridgeRules(
            interface: interface, subnets: subnets.map(\.prefix.network), isInternal: isInternal,
            masquerade: masquerades, isOpen: isOpen)
    }
}

extension NetworkRecord {
    var stored: JSON {
        var json = document
        json["IPAM"]["Config"] = .array(subnets.map(\.stored))
        return json
    }

    /// Engine API, Network, without its containers.
    var document: JSON {
        [
            "Name": .string(name), "Id": .string(id), "Created": .string(created), "Scope": "local",
            "Driver": .string(driver.rawValue), "EnableIPv4": true, "EnableIPv6": .bool(hasIPv6),
            "IPAM": [
                "Driver": "default", "Options": ipamOptions.isEmpty ? .null : JSON(ipamOptions),
                "Config": .array(subnets.map(\.document)),
            ],
            "Internal": .bool(isInternal), "Attachable": .bool(isAttachable), "Ingress": false,
            "ConfigFrom": ["Network": ""], "ConfigOnly": false, "Containers": [:], "Options": JSON(options),
            "Labels": JSON(labels),
        ]
    }

    /// Nil when the document isn't one of ours.
    init?(stored json: JSON) {
        guard let name = json["Name"].string, let id = json["Id"].string, let created = json["Created"].string,
            let driver = Driver(rawValue: json["Driver"].string ?? "")
        else { return nil }
        self.init(id: id, name: name, created: created, driver: driver)
        isInternal = json["Internal"].bool ?? false
        isAttachable = json["Attachable"].bool ?? false
        hasIPv6 = json["EnableIPv6"].bool ?? false
        options = json["Options"].stringMap
        labels = json["Labels"].stringMap
        ipamOptions = json["IPAM"]["Options"].stringMap
        for config in json["IPAM"]["Config"].array ?? [] {
            guard let subnet = Subnet(document: config) else { return nil }
            subnets.append(subnet)
        }
    }

    init(id: String, name: String, created: String, driver: Driver) {
        self.id = id
        self.name = name
        self.created = created
        self.driver = driver
    }
}

extension NetworkRecord.Subnet {
    /// With the first address as its gateway.
    init(first prefix: IPPrefix, isFromPool: Bool = false) throws(Fault) {
        guard let gateway = prefix.first.advanced(by: 1) else { throw Fault(.invalid, "invalid subnet \(prefix)") }
        self.init(prefix: prefix.network, gateway: gateway, isFromPool: isFromPool)
    }

    /// The document and what only the file has.
    var stored: JSON {
        var json = document
        if isFromPool { json["FromPool"] = true }
        return json
    }

    var document: JSON {
        var json: JSON = ["Subnet": .string(prefix.network.description)]
        if let range { json["IPRange"] = .string(range.description) }
        json["Gateway"] = .string(gateway.description)
        if !reserved.isEmpty { json["AuxiliaryAddresses"] = JSON(reserved.mapValues(\.description)) }
        return json
    }

    init?(document: JSON) {
        guard let prefix = document["Subnet"].string.flatMap({ IPPrefix($0) }),
            let gateway = document["Gateway"].string.flatMap({ IPAddress($0) })
        else { return nil }
        self.init(prefix: prefix.network, gateway: gateway)
        range = document["IPRange"].string.flatMap { IPPrefix($0) }
        reserved = document["AuxiliaryAddresses"].stringMap.compactMapValues { IPAddress($0) }
        isFromPool = document["FromPool"].bool ?? false
    }

    /// Never given to containers.
    var kept: [IPAddress] { [gateway] + reserved.values }
}
