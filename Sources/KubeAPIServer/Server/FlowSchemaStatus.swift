import JSON
import KubeModel
import Logging

/// Tells at each FlowSchema whether its priority level is there (`Dangling`).
struct FlowSchemaStatus: Sendable {
    private static let group = "flowcontrol.apiserver.k8s.io"
    private static let manager = "api-priority-and-fairness-config-consumer-v1"
    static let watched = [
        GroupResource(group, "flowschemas"), GroupResource(group, "prioritylevelconfigurations"),
    ]

    let parts: ServerParts

    func reconcileAll() async {
        guard let served = parts.table.find(group: Self.group, version: "v1", resource: "flowschemas") else { return }
        func objects(_ resource: String) -> [JSON] {
            parts.reader.objects(group: Self.group, resource: resource, namespace: "")
        }
        let levels = Set(objects("prioritylevelconfigurations").compactMap { $0["metadata"]["name"].string })
        let schemas = objects("flowschemas")
        await withDiscardingTaskGroup { group in
            for schema in schemas {
                guard let status = Self.status(of: schema, levels: levels, now: parts.now()) else { continue }
                group.addTask { await write(status, schema["metadata"]["name"].string ?? "", served) }
            }
        }
    }

    private func write(_ status: JSON, _ name: String, _ served: ServedResource) async {
        do throws(APIStatus) {
            try await OwnStatus(parts: parts).apply(status, to: name, of: served, as: Self.manager)
        } catch {
            parts.log.warning(
                "could not write a FlowSchema's status", metadata: ["object": "\(name)", "error": "\(error)"])
        }
    }

    /// Nil when the schema says so already.
    static func status(of schema: JSON, levels: Set<String>, now: Double) -> JSON? {
        let level = schema["spec"]["priorityLevelConfiguration"]["name"].string ?? ""
        let isThere = levels.contains(level)
        let told = "This FlowSchema references the PriorityLevelConfiguration object named \(GoText.quoted(level)) "
        var wanted: JSON = [
            "type": "Dangling", "status": isThere ? "False" : "True",
            "lastTransitionTime": .string(Timestamp(seconds: Int(now)).text),
            "reason": isThere ? "Found" : "NotFound",
            "message": .string(told + (isThere ? "and it exists" : "but there is no such object")),
        ]
        let known = (schema["status"]["conditions"].array ?? []).first { $0["type"].string == "Dangling" }
        if let known, known["status"] == wanted["status"] {
            wanted["lastTransitionTime"] = known["lastTransitionTime"]
            if ["reason", "message"].allSatisfy({ known[$0] == wanted[$0] }) { return nil }
        }
        return ["conditions": [wanted]]
    }
}
