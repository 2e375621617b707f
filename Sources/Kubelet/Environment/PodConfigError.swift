import KubeModel

/// Why something that a pod's configuration asks for can't be had; the original's sentence.
struct PodConfigError: Error, Equatable, CustomStringConvertible {
    let message: String

    init(_ message: String) { self.message = message }
    init(_ status: APIStatus) { message = status.message }

    /// Several at once, as apimachinery's `Aggregate` tells them; nil for none.
    init?(all errors: [PodConfigError]) {
        var unique: [String] = []
        for error in errors where !unique.contains(error.message) { unique.append(error.message) }
        guard let first = unique.first else { return nil }
        message = unique.count == 1 ? first : "[\(unique.joined(separator: ", "))]"
    }

    var description: String { message }
}
