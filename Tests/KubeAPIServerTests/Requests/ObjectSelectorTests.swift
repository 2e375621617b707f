import JSON
import KubeModel
import KubeStorage
import NIOCore
import Testing

@testable import KubeAPIServer

@Suite("selectors on stored objects")
struct ObjectSelectorTests {
    private static let objects: [JSON] = [
        [
            "kind": "Pod", "apiVersion": "v1",
            "metadata": ["name": "web", "namespace": "a", "labels": ["app": "web", "tier": "one"]],
            "spec": ["nodeName": "node-1", "hostNetwork": true, "containers": [["name": "node-2"]]],
            "status": ["phase": "Running", "podIP": "10.0.0.1", "conditions": [["type": "Ready"]]],
        ],
        [
            "kind": "Pod", "apiVersion": "v1",
            "metadata": ["name": "node-1", "namespace": "b", "labels": ["app": "db"]],
            "spec": ["nodeName": "node-2", "schedulerName": "default-scheduler"], "status": ["phase": "Pending"],
        ],
        ["kind": "Pod", "apiVersion": "v1", "metadata": ["name": "bare", "namespace": "a"], "spec": [:]],
    ]

    private static let selectors: [(labels: String, fields: String, names: [String])] = [
        ("app=web", "", ["web"]), ("app in (web,db)", "", ["web", "node-1"]), ("!app", "", ["bare"]),
        ("app=web,tier=one", "", ["web"]), ("app=web,tier=two", "", []), ("app==web,app!=db", "", ["web"]),
        ("app in (web)", "", ["web"]), ("app!=web", "", ["node-1", "bare"]), ("tier=", "", []),
        ("app,tier!=one", "", ["node-1"]), ("app=node-1", "", []),
        ("", "spec.nodeName=node-1", ["web"]), ("", "spec.nodeName=node-2", ["node-1"]),
        ("", "spec.nodeName=", ["bare"]), ("", "spec.nodeName!=node-1", ["node-1", "bare"]),
        ("", "metadata.name=node-1", ["node-1"]), ("", "metadata.namespace=a", ["web", "bare"]),
        ("", "spec.hostNetwork=true", ["web"]), ("", "spec.hostNetwork=false", ["node-1", "bare"]),
        ("", "status.phase!=Running,spec.schedulerName=default-scheduler", ["node-1"]),
        ("", "status.podIP=10.0.0.1", ["web"]), ("", "status.phase=Failed", []),
        ("app=db", "status.phase=Pending", ["node-1"]), ("app=web", "status.phase=Pending", []),
    ]

    @Test("stored bytes match as the object's tree does", arguments: selectors.indices)
    func same(index: Int) throws {
        let (labels, fields, names) = Self.selectors[index]
        let rules = AllKinds.rules(group: "", kind: "Pod")
        let selector = try ObjectSelector(QueryOptions([("labelSelector", labels), ("fieldSelector", fields)]), rules)
        let stored = try Self.objects.filter { object in
            try selector.matches(
                StoredValue(key: "/k", value: ObjectRecord.encode(object), createRevision: 2, modRevision: 2))
        }
        #expect(stored.map { $0["metadata"]["name"] } == names.map { .string($0) })
        #expect(Self.objects.filter { selector.matches($0) } == stored)
    }
}
