import CLinux
import JSON

/// A file of a volume that is made from objects.
struct ProjectedFile: Equatable, Sendable {
    var content: [UInt8]
    var mode: mode_t
    /// Nil: root's.
    var owner: uid_t?
}

/// By the path in the volume.
typealias ProjectedFiles = [String: ProjectedFile]

extension ProjectedFile {
    /// What the API gives `defaultMode` when nobody does.
    static let defaultMode: mode_t = 0o644

    static func mode(_ json: JSON, _ other: mode_t) -> mode_t { json.int.map { mode_t(clamping: $0) } ?? other }

    /// Keys to files: all keys by their names, or `items` alone.
    /// - Parameter object: null for an optional one that isn't there.
    static func files(
        _ kind: ObjectReference.Kind, _ object: JSON, items: JSON, defaultMode: mode_t, optional: Bool
    ) throws(PodConfigError) -> ProjectedFiles {
        var files: ProjectedFiles = [:]
        guard let items = items.array, !items.isEmpty else {
            for member in ["data", "binaryData"] {
                for (key, _) in object[member].object ?? JSONObject() {
                    files[key] = content(kind, object, key).map { ProjectedFile(content: $0, mode: defaultMode) }
                }
            }
            return files
        }
        for item in items {
            let key = item["key"].string ?? ""
            guard let content = content(kind, object, key) else {
                if optional { continue }
                throw PodConfigError(
                    kind == .secret
                        ? "references non-existent secret key: \(key)"
                        : "configmap references non-existent config key: \(key)")
            }
            files[AtomicFolder.clean(item["path"].string ?? "")] = ProjectedFile(
                content: content, mode: mode(item["mode"], defaultMode))
        }
        return files
    }

    private static func content(_ kind: ObjectReference.Kind, _ object: JSON, _ key: String) -> [UInt8]? {
        guard let text = object["data"][key].string else {
            return kind == .secret ? nil : object["binaryData"][key].string.map { decodeBase64($0) ?? [] }
        }
        return kind == .secret ? decodeBase64(text) ?? [] : Array(text.utf8)
    }

    /// `downwardAPI` items.
    /// - Parameter allocatable: of the node.
    static func downward(
        _ items: JSON, pod: JSON, allocatable: JSON, defaultMode: mode_t
    ) throws(PodConfigError) -> ProjectedFiles {
        var files: ProjectedFiles = [:]
        var errors: [PodConfigError] = []
        for item in items.array ?? [] {
            do throws(PodConfigError) {
                var text = ""
                if let path = item["fieldRef"]["fieldPath"].string {
                    text = try PodField.value(pod, path)
                } else if item["resourceFieldRef"].object != nil {
                    text = try ResourceField.value(
                        item["resourceFieldRef"], pod: pod, own: .null, allocatable: allocatable)
                }
                files[AtomicFolder.clean(item["path"].string ?? "")] = ProjectedFile(
                    content: Array(text.utf8), mode: mode(item["mode"], defaultMode))
            } catch {
                errors.append(error)
            }
        }
        if let error = PodConfigError(all: errors) { throw error }
        return files
    }
}
