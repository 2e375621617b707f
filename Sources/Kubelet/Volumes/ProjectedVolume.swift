import CLinux
import JSON
import KubeClient
import KubeModel

/// The files of volumes that are made from objects: configMap, secret, downwardAPI, projected.
struct ProjectedVolume {
    let objects: PodObjects
    let tokens: ServiceAccountTokens
    /// The node's `status.allocatable`.
    let allocatable: JSON

    struct Content {
        var files: ProjectedFiles = [:]
        /// When a token in it is to be renewed, in seconds since 1970.
        var renewal: Double?
    }

    /// The volume types, with the original's names of their folders.
    static let types = [
        ("configMap", "configmap"), ("secret", "secret"), ("downwardAPI", "downward-api"), ("projected", "projected"),
    ]

    func content(_ volume: JSON, _ pod: JSON) async throws(PodConfigError) -> Content {
        if volume["projected"].object != nil { return try await all(volume["projected"], pod) }
        if volume["downwardAPI"].object != nil {
            return Content(files: try downward(volume["downwardAPI"], pod, mode(volume["downwardAPI"])))
        }
        let isSecret = volume["secret"].object != nil
        let source = volume[isSecret ? "secret" : "configMap"]
        return Content(
            files: try await object(
                isSecret ? .secret : .configMap, source[isSecret ? "secretName" : "name"], source, pod, mode(source)))
    }

    private func mode(_ source: JSON) -> mode_t {
        ProjectedFile.mode(source["defaultMode"], ProjectedFile.defaultMode)
    }

    private func object(
        _ kind: ObjectReference.Kind, _ name: JSON, _ source: JSON, _ pod: JSON, _ mode: mode_t
    ) async throws(PodConfigError) -> ProjectedFiles {
        let optional = source["optional"].bool == true
        var found = JSON.null
        do throws(APIStatus) {
            found = try await objects.object(
                ObjectReference(kind, pod["metadata"]["namespace"].string ?? "", name.string ?? ""))
        } catch {
            guard optional, error.code == 404 else { throw PodConfigError(error) }
        }
        return try ProjectedFile.files(kind, found, items: source["items"], defaultMode: mode, optional: optional)
    }

    private func downward(_ source: JSON, _ pod: JSON, _ mode: mode_t) throws(PodConfigError) -> ProjectedFiles {
        try ProjectedFile.downward(source["items"], pod: pod, allocatable: allocatable, defaultMode: mode)
    }

    /// Later sources win; all faults are told at once.
    private func all(_ volume: JSON, _ pod: JSON) async throws(PodConfigError) -> Content {
        let mode = mode(volume)
        var content = Content()
        var errors: [PodConfigError] = []
        for source in volume["sources"].array ?? [] {
            do throws(PodConfigError) {
                if source["secret"].object != nil {
                    let secret = source["secret"]
                    content.add(try await object(.secret, secret["name"], secret, pod, mode))
                } else if source["configMap"].object != nil {
                    let map = source["configMap"]
                    content.add(try await object(.configMap, map["name"], map, pod, mode))
                } else if source["downwardAPI"].object != nil {
                    content.add(try downward(source["downwardAPI"], pod, mode))
                } else if source["serviceAccountToken"].object != nil {
                    try await token(source["serviceAccountToken"], pod, mode, &content)
                } else {
                    let type = source.object?.names.first ?? ""
                    throw PodConfigError("projected volume source \(type) is not supported on this node")
                }
            } catch {
                errors.append(error)
            }
        }
        if let error = PodConfigError(all: errors) { throw error }
        return content
    }

    /// Only its owner may read a token, once it is known who that is; `fsGroup` lets the group read it too.
    private func token(
        _ source: JSON, _ pod: JSON, _ mode: mode_t, _ content: inout Content
    ) async throws(PodConfigError) {
        let token = try await tokens.token(source, for: pod)
        let owner = PodOwner(pod)
        let isOwned = owner.user != nil || owner.group != nil
        content.files[AtomicFolder.clean(source["path"].string ?? "")] = ProjectedFile(
            content: Array(token.text.utf8), mode: isOwned ? 0o600 : mode, owner: owner.user)
        content.renewal = min(content.renewal ?? .infinity, token.renewal)
    }
}

extension ProjectedVolume.Content {
    mutating func add(_ more: ProjectedFiles) { files.merge(more) { $1 } }
}
