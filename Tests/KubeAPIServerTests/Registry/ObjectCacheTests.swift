import JSON
import KubeModel
import KubeStorage
import Testing

@testable import KubeAPIServer

@Suite("What the server keeps of the cluster")
struct ObjectCacheTests {
    private func pod(_ name: String, on node: String?, _ revision: Int64) -> StoredValue {
        var pod: JSON = [
            "kind": "Pod", "apiVersion": "v1", "metadata": ["namespace": "a", "name": .string(name)],
            "spec": ["containers": [["name": "c", "env": [["name": "nodeName", "value": "bait"]]]]],
        ]
        if let node { pod["spec", "nodeName"] = .string(node) }
        return StoredValue(
            key: "/registry/core/pods/a/\(name)", value: ObjectRecord.encode(pod), createRevision: 1,
            modRevision: revision)
    }

    @Test("a node's pods are known, before and after somebody asked")
    func podsOfNodes() {
        let cache = ObjectCache([GroupResource("", "pods"): "/registry/core/pods/"])
        func names(_ node: String, _ namespace: String = "") -> [String] {
            cache.pods(on: node, namespace: namespace).map { $0["metadata", "name"].string ?? "" }
        }
        cache.put(pod("one", on: "n1", 2))
        cache.put(pod("two", on: nil, 3))
        #expect(names("n1") == ["one"])
        cache.put(pod("two", on: "n1", 4))
        cache.put(pod("two", on: nil, 3))
        #expect(names("n1", "a") == ["one", "two"])
        #expect(names("n1", "b").isEmpty)
        cache.put(pod("one", on: "n2", 5))
        cache.remove("/registry/core/pods/a/two", 6)
        #expect(names("n1").isEmpty)
        #expect(names("n2") == ["one"])
    }
}
