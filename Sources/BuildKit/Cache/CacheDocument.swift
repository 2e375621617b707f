import Builder
import Engine
import Fault
import JSON
import OCI

/// Steps and what they made, as they travel: the config of an OCI manifest whose layers are the steps' layers, or a
/// member of an image's own config. Pure.
struct CacheDocument: Sendable, Equatable {
    static let configType = "application/vnd.hakobune.buildcache.v1+json"
    /// In an image's config.
    static let member = "hakobune.buildcache.v1"

    enum Limit {
        static let bytes = 32 << 20
        static let steps = 100_000
    }

    var steps: [MadeStep]

    init(_ steps: [MadeStep]) {
        var seen: Set<Digest> = []
        self.steps = steps.filter { seen.insert($0.key).inserted }
    }

    init(_ json: JSON) throws(Fault) {
        guard let entries = json.array, entries.count <= Limit.steps else {
            throw Fault(.invalid, "the cache has no list of steps, or one of more than \(Limit.steps)")
        }
        steps = []
        for entry in entries {
            steps.append(
                MadeStep(
                    key: try Digest(parsing: entry["key"].string ?? ""),
                    layer: try Digest(parsing: entry["layer"].string ?? ""),
                    created: nanoseconds(rfc3339: entry["created"].string ?? "") ?? 0,
                    description: entry["description"].string ?? ""))
        }
    }

    var json: JSON {
        .array(
            steps.map { step -> JSON in
                [
                    "key": .string("\(step.key)"), "layer": .string("\(step.layer)"),
                    "created": .string(rfc3339(step.created)), "description": .string(step.description),
                ]
            })
    }

    /// Their layers, each once.
    var layers: [Digest] {
        var seen: Set<Digest> = []
        return steps.map(\.layer).filter { seen.insert($0).inserted }
    }
}
