import DockerModel
import Fault
import JSON
import KubeClient
import KubeModel
import Logging

/// An image that is on the node.
struct NodeImage: Sendable {
    /// With its tag.
    let reference: String
    /// `USER` of its config.
    let user: String
}

extension PodWorker {
    /// Throws what the container's status tells: `ErrImagePull`, `ImagePullBackOff`, `ErrImageNeverPull`, ….
    func ensureImage(_ container: JSON) async throws(PodFault) -> NodeImage {
        let name = container.text("name"), asked = container.text("image")
        do throws(PodFault) { return try await bringImage(container) } catch {
            if Task.isCancelled { throw error }
            parts.tell(.warning, pod, container: name, "Failed", "Error: \(error.reason)")
            if let until = imageBackOff.end(asked, now: parts.now()), error.reason == "ImagePullBackOff" {
                holds[name] = (until, 0)
            } else if error.reason == "ErrImagePull" {
                // Then it is shown as waiting for the next try.
                holds[name] = (parts.now() + Limit.pullFailureShown, 0)
            } else {
                hold(name, first: Limit.firstBackOff)
            }
            throw error
        }
    }

    /// `docker-pullable://nginx@sha256:…`, or the ID of an image that came from no registry.
    func shownImage(_ id: String) async -> String {
        guard !id.isEmpty else { return "" }
        let image = try? await parts.engine.inspectImage(id, platform: nil)
        if let digest = image?["RepoDigests"].strings.first { return "\(NodeRuntime.scheme)-pullable://\(digest)" }
        return "\(NodeRuntime.scheme)://\(id)"
    }

    private func bringImage(_ container: JSON) async throws(PodFault) -> NodeImage {
        let name = container.text("name"), asked = container.text("image")
        let policy = container.text("imagePullPolicy")
        guard let reference = ImageName.tagged(asked) else {
            let why = "couldn't parse image name \(GoText.quoted(asked)): invalid reference format"
            let message = "Failed to apply default image tag \(GoText.quoted(asked)): \(why)"
            parts.tell(.warning, pod, container: name, "InspectFailed", message)
            throw PodFault(reason: "InvalidImageName", message: message)
        }
        if policy != "Always", let present = try? await parts.engine.inspectImage(reference, platform: nil) {
            parts.tell(
                .normal, pod, container: name, "Pulled",
                "Container image \(GoText.quoted(asked)) already present on machine and can be accessed by the pod")
            return NodeImage(reference: reference, user: present["Config"].text("User"))
        }
        if policy == "Never" {
            let message = "Container image \(GoText.quoted(asked)) is not present with pull policy of Never"
            parts.tell(.warning, pod, container: name, "ErrImageNeverPull", message)
            throw PodFault(reason: "ErrImageNeverPull", message: message)
        }
        if imageBackOff.end(asked, now: parts.now()) != nil {
            let message = "Back-off pulling image \(GoText.quoted(asked))"
            parts.tell(.normal, pod, container: name, "BackOff", message)
            let last = pullFaults[asked].map { ": \($0.reason): \($0.message)" } ?? ""
            throw PodFault(reason: "ImagePullBackOff", message: message + last)
        }
        pullFaults[asked] = nil
        return try await pull(reference, asked, name)
    }

    private func pull(_ reference: String, _ asked: String, _ name: String) async throws(PodFault) -> NodeImage {
        parts.tell(.normal, pod, container: name, "Pulling", "Pulling image \(GoText.quoted(asked))")
        let start = parts.now()
        do {
            let before = try? await parts.engine.inspectImage(reference, platform: nil).text("Id")
            try await pull(reference)
            let image = try await parts.engine.inspectImage(reference, platform: nil)
            if image.text("Id") != before { await parts.images.add(image.text("Id")) }
            let time = DurationText.text(Int((parts.now() - start) * 1_000) * 1_000_000)
            parts.tell(
                .normal, pod, container: name, "Pulled",
                "Successfully pulled image \(GoText.quoted(asked)) in \(time) (\(time) including waiting). "
                    + "Image size: \(image["Size"].int ?? 0) bytes.")
            return NodeImage(reference: reference, user: image["Config"].text("User"))
        } catch {
            let fault = PodFault(reason: "ErrImagePull", message: sentence(error))
            if Task.isCancelled { throw fault }
            parts.tell(
                .warning, pod, container: name, "Failed",
                "Failed to pull image \(GoText.quoted(asked)): \(fault.message)")
            imageBackOff.next(asked, after: parts.now(), now: parts.now())
            pullFaults[asked] = Wait(reason: fault.reason, message: fault.message)
            throw fault
        }
    }

    /// With each of the pod's credentials for that registry in turn, then with none.
    private func pull(_ reference: String) async throws {
        var failure: (any Error)?
        for credential in await credentials(for: reference) + [.null] {
            do {
                return try await parts.engine.pullImage(reference, platform: nil, auth: credential) { _ in }
            } catch {
                if Task.isCancelled { throw error }
                // What was said to credentials tells more than what is said to strangers.
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func credentials(for reference: String) async -> [JSON] {
        let names = pod.spec.list("imagePullSecrets").map { $0.text("name") }.filter { !$0.isEmpty }
        var found: [JSON] = [], missing: [String] = []
        for name in names {
            guard let secret = try? await parts.api.get(.secrets, pod.namespace, name) else {
                missing.append(name)
                continue
            }
            found += PullSecret.entries(of: secret, for: reference)
        }
        if !missing.isEmpty {
            parts.tell(
                .warning, pod, "FailedToRetrieveImagePullSecret",
                "Unable to retrieve some image pull secrets (\(missing.joined(separator: ", "))); attempting to pull "
                    + "the image may not succeed.")
        }
        return found
    }
}

/// Credentials for registries that a secret holds.
enum PullSecret {
    /// Entries of `auths` whose place the image's repository lies under, the longest place first.
    static func entries(of secret: JSON, for reference: String) -> [JSON] {
        func document(_ key: String) -> JSON? {
            guard let text = secret["data"][key].string, let bytes = decodeBase64(text) else { return nil }
            return try? JSON(parsing: bytes)
        }
        let auths = document(".dockerconfigjson")?.map("auths") ?? document(".dockercfg")?.object ?? JSONObject()
        let repository = ImageName.repository(reference)
        return auths.map { (place: place($0.key), entry: $0.value) }
            .filter { $0.place == repository || repository.hasPrefix($0.place + "/") }
            .sorted { $0.place.utf8.count > $1.place.utf8.count }.map(\.entry)
    }

    /// `https://index.docker.io/v1/` is `docker.io`.
    private static func place(_ key: String) -> String {
        var text = Substring(key)
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { text = text.dropFirst(scheme.count) }
        for version in ["/v1/", "/v2/", "/v1", "/v2", "/"] where text.hasSuffix(version) {
            text = text.dropLast(version.count)
        }
        if text == "index.docker.io" || text == "registry-1.docker.io" { return "docker.io" }
        return String(text)
    }
}
