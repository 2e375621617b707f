import ImageStore
import JSON
import OCI

extension Image {
    /// Nanoseconds since the epoch; nil when the build left it out.
    var created: Int64? { config["created"].string.flatMap { nanoseconds(rfc3339: $0) } }
    var labels: [String: String] { config["config", "Labels"].stringMap }
    var tagReferences: [Reference] { tags.compactMap { try? Reference(parsing: $0) } }
    var digestReferences: [Reference] { repoDigests.compactMap { try? Reference(parsing: $0) } }
    var references: [Reference] { tagReferences + digestReferences }

    /// The ID was asked for, whole or in part, rather than a name (moby, `isImageIDPrefix`).
    func isNamed(byID ref: String) -> Bool { "\(id)".hasPrefix(ref) || id.hex.hasPrefix(ref) }
}
