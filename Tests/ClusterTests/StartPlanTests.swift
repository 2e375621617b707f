import Fault
import Linux
import Testing

@testable import Cluster

@Suite("what a start decides")
struct StartPlanTests {
    @Test(
        "a network is the wished one where it is free, else the first free of minikube's",
        arguments: [
            ("", [], "192.168.49.0/24"), ("", ["192.168.49.0/24"], "192.168.58.0/24"),
            ("", ["192.168.48.0/23", "192.168.58.7/32"], "192.168.67.0/24"),
            ("192.168.67.0/24", ["192.168.49.0/24"], "192.168.67.0/24"),
            ("192.168.67.0/24", ["192.168.67.128/25"], "192.168.49.0/24"), ("", ["10.0.0.0/8"], "192.168.49.0/24"),
        ] as [(String, [String], String)])
    func network(_ wish: String, _ taken: [String], _ wanted: String) throws {
        #expect(try ClusterEngine.freeSubnet(wish: wish, taken.compactMap { IPPrefix($0) }) == wanted)
    }

    @Test("where all is taken the error says what to do")
    func noNetwork() {
        #expect {
            try ClusterEngine.freeSubnet(wish: "", [IPPrefix("192.168.0.0/16")].compactMap { $0 })
        } throws: {
            "\($0)".contains("no range of 192.168.0.0/16 is free")
        }
    }

    @Test("a moved cluster's nodes keep their last numbers")
    func moving() {
        let profile = Profile(
            name: "a", subnet: "192.168.49.0/24",
            nodes: [
                .init(name: "a", address: "192.168.49.2", isControlPlane: true),
                .init(name: "a-m03", address: "192.168.49.4", isControlPlane: false),
            ])
        let moved = profile.moved(to: "192.168.76.0/24")
        #expect(moved.subnet == "192.168.76.0/24")
        #expect(moved.nodes.map(\.address) == ["192.168.76.2", "192.168.76.4"])
        #expect(profile.moved(to: profile.subnet) == profile)
    }

    @Test("--wait's words")
    func goals() {
        let all = Set(StartGoal.allCases)
        for words in [[], ["all"], ["true"]] { #expect(StartGoal.parse(words).goals == all) }
        for words in [["none"], ["false"]] { #expect(StartGoal.parse(words).goals.isEmpty) }
        let some = StartGoal.parse(["apiserver", "default_sa"])
        #expect(some.goals == [.server, .account] && some.unknown == nil)
        #expect(!some.goals.contains { $0.isOfNodes })
        let wrong = StartGoal.parse(["node_ready", "nonsense"])
        #expect(wrong.goals == [.node] && wrong.unknown == "nonsense")
        #expect(wrong.goals.contains { $0.isOfNodes })
    }

    @Test("a node that is ready serves, too")
    func words() {
        #expect(NodeWords.reaches(NodeWords.isReady, NodeWords.serves))
        #expect(NodeWords.reaches(NodeWords.serves, NodeWords.serves))
        #expect(!NodeWords.reaches(NodeWords.serves, NodeWords.isReady))
        #expect(!NodeWords.reaches("", NodeWords.serves))
    }
}
