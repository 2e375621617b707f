import BuildProtocol
import CommandLine
import JSON

/// A build's progress for programs: a JSON document a line.
enum RawProgress {
    static func text(_ status: BuildStatus) -> String {
        var json: JSON = [:]
        if !status.vertexes.isEmpty { json["vertexes"] = .array(status.vertexes.map(vertex)) }
        if !status.statuses.isEmpty { json["statuses"] = .array(status.statuses.map(item)) }
        if !status.logs.isEmpty { json["logs"] = .array(status.logs.map(log)) }
        if !status.warnings.isEmpty { json["warnings"] = .array(status.warnings.map(warning)) }
        return json == [:] ? "" : json.text + "\n"
    }

    private static func time(_ nanoseconds: Int64) -> JSON {
        .string(Timestamp(unixNanoseconds: nanoseconds).rfc3339)
    }

    private static func vertex(_ vertex: Vertex) -> JSON {
        var json: JSON = ["digest": .string(vertex.digest)]
        if !vertex.inputs.isEmpty { json["inputs"] = JSON(vertex.inputs) }
        json["name"] = .string(vertex.name)
        if let started = vertex.started { json["started"] = time(started) }
        if let completed = vertex.completed { json["completed"] = time(completed) }
        if vertex.isCached { json["cached"] = true }
        if !vertex.error.isEmpty { json["error"] = .string(vertex.error) }
        return json
    }

    private static func item(_ item: VertexStatus) -> JSON {
        var json: JSON = ["id": .string(item.id), "vertex": .string(item.vertex), "name": .string(item.id)]
        if item.total > 0 { json["total"] = .int(item.total) }
        json["current"] = .int(item.current)
        if let started = item.started { json["started"] = time(started) }
        if let completed = item.completed { json["completed"] = time(completed) }
        return json
    }

    private static func log(_ log: BuildStatus.Log) -> JSON {
        [
            "vertex": .string(log.vertex), "stream": .int(Int64(log.stream)), "data": .string(encodeBase64(log.bytes)),
            "timestamp": time(log.time),
        ]
    }

    private static func warning(_ warning: BuildStatus.Warning) -> JSON {
        [
            "vertex": .string(warning.vertex), "short": .string(encodeBase64(Array(warning.text.utf8))),
            "detail": .array(warning.detail.map { .string(encodeBase64(Array($0.utf8))) }),
            "url": .string(warning.url),
        ]
    }
}
