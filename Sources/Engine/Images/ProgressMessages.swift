import CommandLine
import JSON

/// The messages of dockerd's progress stream (moby pkg/jsonmessage), members in its order.
enum ProgressMessage {
    /// A line that stands for itself: `Digest: sha256:…`.
    static func line(_ status: String) -> JSON { ["status": .string(status)] }

    /// A line that begins with `id: `.
    static func line(_ status: String, id: String) -> JSON { ["status": .string(status), "id": .string(id)] }

    /// The state of one item of several that are shown side by side.
    static func state(_ status: String, id: String) -> JSON {
        ["status": .string(status), "progressDetail": [:], "id": .string(id)]
    }

    /// The state of an item with how far it is, in bytes.
    static func state(_ status: String, id: String, current: Int64, total: Int64) -> JSON {
        guard current > 0 || total > 0 else { return state(status, id: id) }
        var detail: JSON = ["current": .int(current)]
        if total > 0 { detail["total"] = .int(total) }
        return [
            "status": .string(status), "progressDetail": detail,
            "progress": .string(progressText(current: current, total: total)), "id": .string(id),
        ]
    }

    /// A value for programs, not shown: `{"Tag":…,"Digest":…,"Size":…}`.
    static func aux(_ value: JSON) -> JSON { ["progressDetail": [:], "aux": value] }
}
