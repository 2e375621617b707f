import Fault
import JSON

/// What a cluster is to be: declared by `hako start`, kept until `hako delete`.
package struct Profile: Sendable, Equatable {
    package struct Node: Sendable, Equatable {
        package var name: String
        package var address: String
        package var isControlPlane: Bool

        package init(name: String, address: String, isControlPlane: Bool) {
            self.name = name
            self.address = address
            self.isControlPlane = isControlPlane
        }
    }

    package static let standardName = "minikube"
    /// Where the API server listens on the control plane.
    package static let apiPort = 8_443

    package var name: String
    /// `192.168.49.0/24`: the network of its nodes.
    package var subnet: String
    package var nodes: [Node]
    /// Processors and bytes that each node may use; 0: all of the machine's.
    package var processors = 0
    package var memory: Int64 = 0
    /// Nodes that exist in the API only, beside the real ones.
    package var simulatedNodes = 0
    /// Settings of its parts: `kubelet.NAME=VALUE`.
    package var extraConfig: [String] = []

    package init(name: String, subnet: String, nodes: [Node]) {
        self.name = name
        self.subnet = subnet
        self.nodes = nodes
    }

    /// Throws `invalid` for a name that can't be a host name, as nodes are called after it.
    package static func check(name: String) throws(Fault) {
        let isPlain = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard isPlain, !name.isEmpty, name.utf8.count <= 40, !name.hasPrefix("-"), !name.hasSuffix("-") else {
            throw Fault(
                .invalid,
                "\"\(name)\" is no profile name: use at most 40 small letters, digits and hyphens, as in `my-cluster`")
        }
    }

    package var controlPlane: Node? { nodes.first { $0.isControlPlane } }

    /// `minikube` for the first, `minikube-m02` for the second.
    package static func nodeName(_ profile: String, _ number: Int) -> String {
        number == 1 ? profile : "\(profile)-m\(number < 10 ? "0" : "")\(number)"
    }

    /// The network's addresses without the last number: `192.168.49.`.
    package var prefix: String {
        String(subnet.prefix { $0 != "/" }.reversed().drop { $0 != "." }.reversed())
    }

    /// The same cluster on another network: its nodes keep their last numbers.
    package func moved(to subnet: String) -> Profile {
        var moved = self
        moved.subnet = subnet
        moved.nodes = nodes.map { node in
            var node = node
            node.address = moved.prefix + (node.address.split(separator: ".").last ?? "2")
            return node
        }
        return moved
    }

    /// A further node of the cluster, with the first free number.
    package func newNode(isControlPlane: Bool) throws(Fault) -> Node {
        for number in 1...Limit.nodes {
            let name = Self.nodeName(self.name, number)
            if nodes.contains(where: { $0.name == name }) { continue }
            return Node(name: name, address: "\(prefix)\(number + 1)", isControlPlane: isControlPlane)
        }
        throw Fault(.invalid, "cluster \(name) has \(Limit.nodes) nodes, and can have no more")
    }

    /// The range of the pods' addresses on a node, by its place in the cluster: `10.244.0.0/24`.
    package func podRange(of node: Node) -> String {
        let last = node.address.split(separator: ".").last.flatMap { Int($0) } ?? 2
        return "10.244.\(last - 2).0/24"
    }

    // MARK: Its file

    init(_ json: JSON) throws(Fault) {
        guard let name = json["Name"].string, let subnet = json["Subnet"].string, let nodes = json["Nodes"].array else {
            throw Fault(.invalid, "it names no cluster")
        }
        self.name = name
        self.subnet = subnet
        self.nodes = nodes.map {
            Node(
                name: $0["Name"].string ?? "", address: $0["IP"].string ?? "",
                isControlPlane: $0["ControlPlane"].bool ?? false)
        }
        processors = json["CPUs"].int ?? 0
        memory = Int64(json["Memory"].int ?? 0)
        simulatedNodes = json["SimulatedNodes"].int ?? 0
        extraConfig = json["ExtraConfig"].strings
    }

    package var json: JSON {
        [
            "Name": .string(name), "Subnet": .string(subnet),
            "Nodes": .array(
                nodes.map {
                    ["Name": .string($0.name), "IP": .string($0.address), "ControlPlane": .bool($0.isControlPlane)]
                }), "CPUs": .init(processors), "Memory": .init(memory), "SimulatedNodes": .init(simulatedNodes),
            "ExtraConfig": .array(extraConfig.map { .string($0) }),
        ]
    }
}
