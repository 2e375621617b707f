import JSON
import Linux
import Testing

@testable import Node

@Suite("routes to other nodes")
struct NodeRoutesTests {
    private func node(_ name: String, _ address: String?, _ range: String?) -> JSON {
        var node: JSON = ["metadata": ["name": .string(name)], "spec": [:], "status": [:]]
        if let address {
            node["status"]["addresses"] = [
                ["type": "Hostname", "address": .string(name)], ["type": "InternalIP", "address": .string(address)],
            ]
        }
        if let range { node["spec"]["podCIDR"] = .string(range) }
        return node
    }

    @Test("a simulated node has none: its address leads nowhere")
    func simulated() {
        let simulated = SimulatedNode.object("simulated-0", 0, time: "")
        #expect(NodeRoutes.wanted([simulated], except: "a").isEmpty)
    }

    @Test("each other node's pods are behind its address; who lacks one of the two has no route")
    func wanted() throws {
        let routes = NodeRoutes.wanted(
            [
                node("a", "192.168.49.2", "10.244.0.0/24"), node("b", "192.168.49.3", "10.244.1.0/24"),
                node("c", nil, "10.244.2.0/24"), node("d", "192.168.49.5", nil), node("e", "nonsense", "10.244.4.0/24"),
                node("f", "fd00::1", "10.244.5.0/24"),
            ], except: "a")
        #expect(routes == [try #require(IPPrefix("10.244.1.0/24")): try #require(IPAddress("192.168.49.3"))])
    }
}
