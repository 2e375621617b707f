import JSON
import KubeClient
import Testing

@testable import Controllers

@Suite struct OwnerGraphTests {
    static func object(
        _ name: String, owners: [JSON] = [], finalizers: [String] = [], deleted: Bool = false
    ) -> JSON {
        var object: JSON = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": .string(name), "namespace": "default", "uid": .string(name)],
        ]
        if !owners.isEmpty { object["metadata", "ownerReferences"] = .array(owners) }
        if !finalizers.isEmpty { object["metadata", "finalizers"] = JSON(finalizers) }
        if deleted { object["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z" }
        return object
    }

    static func owner(_ name: String, blocks: Bool = true) -> JSON {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "name": .string(name), "uid": .string(name),
            "blockOwnerDeletion": .bool(blocks),
        ]
    }

    private func see(_ graph: inout OwnerGraph, _ object: JSON) -> Set<OwnerGraph.Work> {
        graph.see(object, .configMaps) { _ in
            CatalogEntry(resource: .configMaps, kind: "ConfigMap", isNamespaced: true, canWatch: true)
        }
    }

    @Test("dependents are looked at when their owner goes")
    func removal() {
        var graph = OwnerGraph()
        #expect(see(&graph, Self.object("a")).isEmpty)
        #expect(see(&graph, Self.object("b", owners: [Self.owner("a")])).isEmpty)
        #expect(graph.remove("a") == [.judge(uid: "b")])
        #expect(graph["a"]?.isVirtual == true)
        #expect(graph.remove("b").isEmpty && graph.nodes.isEmpty)
    }

    @Test("an owner that nobody has seen is looked for, until it is seen")
    func unseen() {
        var graph = OwnerGraph()
        #expect(see(&graph, Self.object("b", owners: [Self.owner("a")])) == [.judge(uid: "a")])
        #expect(graph.unseen == ["a"])
        #expect(see(&graph, Self.object("a")).isEmpty && graph.unseen.isEmpty)
    }

    @Test("an owner in foreground deletion waits for dependents that block it")
    func foreground() {
        var graph = OwnerGraph()
        _ = see(&graph, Self.object("a"))
        _ = see(&graph, Self.object("b", owners: [Self.owner("a")]))
        _ = see(&graph, Self.object("c", owners: [Self.owner("a", blocks: false)]))
        let waiting = Self.object("a", finalizers: ["foregroundDeletion"], deleted: true)
        #expect(see(&graph, waiting) == [.judge(uid: "a"), .judge(uid: "b"), .judge(uid: "c")])
        #expect(graph.blocking("a").map(\.identity.uid) == ["b"])
        #expect(graph.remove("b").contains(.judge(uid: "a")))
        #expect(graph.blocking("a").isEmpty)
    }

    @Test("an owner that orphans has its dependents let go, and one that unblocks is looked at")
    func orphans() {
        var graph = OwnerGraph()
        _ = see(&graph, Self.object("a"))
        _ = see(&graph, Self.object("b", owners: [Self.owner("a")]))
        #expect(see(&graph, Self.object("a", finalizers: ["orphan"], deleted: true)) == [.orphan(uid: "a")])
        #expect(see(&graph, Self.object("b")) == [.judge(uid: "a")])
        #expect(graph["a"]?.dependents == [])
    }

    static let verdicts: [([String: OwnerVerdict.Owner], [Bool], OwnerVerdict)] = [
        (["a": .solid], [], .stays),
        (["a": .solid, "b": .absent], [], .drops(owners: ["b"])),
        (["a": .absent], [true], .goes(policy: "Background")),
        (["a": .waiting], [], .goes(policy: "Background")),
        (["a": .waiting], [false], .goesInForeground(unblocking: false)),
        (["a": .waiting, "b": .absent], [true], .goesInForeground(unblocking: true)),
    ]

    @Test("an object stays while one owner does", arguments: verdicts.indices)
    func verdict(_ index: Int) {
        let (owners, dependents, wanted) = Self.verdicts[index]
        let object = Self.object("x", owners: owners.keys.map { Self.owner($0) })
        #expect(OwnerVerdict(object, owners: owners, dependents: dependents) == wanted)
    }
}
