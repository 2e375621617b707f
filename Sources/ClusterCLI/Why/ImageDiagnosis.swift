import JSON
import KubeModel

/// Why a container's image isn't there.
struct ImageDiagnosis {
    let container: ContainerDiagnosis

    init(of container: ContainerDiagnosis) { self.container = container }

    private var image: String { container.container.text("image") }

    func find(_ reason: String, _ message: String) -> Finding {
        let told = fullMessage(message)
        let start = "pod/\(container.podName) isn't Running: the image \(image) of its \(container.place)"
        if reason == "InvalidImageName" {
            return Finding(.image, "\(start) has no valid name.", fix: fix, command: command)
        }
        if reason == "ErrImageNeverPull" {
            return Finding(
                .image, "\(start) isn't on the node, and its pull policy is Never.",
                fix: "Let it be pulled when it is missing, or build or load it first.",
                command: "hako image load \(image)")
        }
        if let secret = missingSecret {
            let flag = Changeable.flag(container.pod["metadata"].text("namespace"))
            return Finding(
                .image,
                "\(start) can't be pulled (\(reason)), and the secret \(secret) that the pod names for its registry "
                    + "doesn't exist in namespace \(container.pod["metadata"].text("namespace")).",
                fix: nearSecret(secret) ?? "Create it.",
                command: "kubectl create secret docker-registry \(secret)\(flag) --docker-server=\(registry) "
                    + "--docker-username=USER --docker-password=PASSWORD")
        }
        let text = told.lowercased()
        if ["unauthorized", "denied", "authentication required", "forbidden"].contains(where: text.contains) {
            return Finding(
                .image, "\(start) can't be pulled: the registry knows no such image, or not for us (\(reason)).",
                fix: "Correct its name, or give the pod imagePullSecrets.", command: command)
        }
        if ["not found", "manifest unknown", "manifest invalid", "no such image", "not exist"].contains(
            where: text.contains)
        {
            return Finding(
                .image, "\(start) can't be pulled: the registry has no such image or tag (\(reason)).",
                fix: fix, command: command)
        }
        if ["no such host", "dial tcp", "timeout", "refused", "unreachable", "lookup"].contains(where: text.contains) {
            return Finding(
                .image,
                "\(start) can't be pulled: its registry can't be reached (\(reason): \(container.clean(told))).",
                fix: "Make the registry reachable, or load the image.", command: "hako image load \(image)")
        }
        return Finding(
            .image, "\(start) can't be pulled (\(reason): \(container.clean(told))).", fix: fix, command: command)
    }

    /// The first of the pod's secrets for registries that doesn't exist.
    private var missingSecret: String? {
        let known = container.situation.secrets.map { $0["metadata"].text("name") }
        return (container.pod["spec"]["imagePullSecrets"].array ?? []).map { $0.text("name") }
            .first { !$0.isEmpty && !known.contains($0) }
    }

    private func nearSecret(_ name: String) -> String? {
        NearName.of(name, among: container.situation.secrets.map { $0["metadata"].text("name") })
            .map { "The secret \($0) may be meant: correct the pod's imagePullSecrets, or create \(name)." }
    }

    private var registry: String {
        let first = image.split(separator: "/").first.map(String.init) ?? ""
        let isHost = image.contains("/") && (first.contains(".") || first.contains(":") || first == "localhost")
        return isHost ? first : "docker.io"
    }

    /// While it backs off the status alone may not say why; an event does.
    private func fullMessage(_ message: String) -> String {
        let failed = container.situation.lastEvent(about: container.pod, ["Failed"]) {
            $0.contains("Failed to pull image") && $0.contains(image)
        }
        // Each says the reason once more, behind what is known already.
        let event = failed?.text("message") ?? ""
        let told = message.contains("ErrImagePull: ") || event.isEmpty ? message : event
        return told.replacing(#/^(?:Back-off pulling image "[^"]*": )?(?:ErrImagePull: )?/#, with: "")
            .replacing(#/^Failed to pull image "[^"]*": /#, with: "")
    }

    // MARK: A better one

    private var fix: String {
        if let before = earlierImage {
            return "It was \(before) before this change: go back, or name a tag that exists."
        }
        if let near = nearImage { return "This node has \(near), which may be meant." }
        return "Name a tag that exists."
    }

    private var command: String {
        let owner = container.owner
        if earlierImage != nil { return "kubectl rollout undo \(owner.path)\(owner.flag)" }
        let wanted = nearImage ?? "\(repository(image)):TAG"
        return "kubectl set image \(owner.path) \(container.name)=\(wanted)\(owner.flag)"
    }

    /// What the container's deployment had in the revision before.
    private var earlierImage: String? {
        guard !container.owner.isPod, let own = Situation.controller(of: container.pod) else { return nil }
        let sets = container.situation.owned(by: container.owner.object, container.situation.replicaSets)
        let revision: (JSON) -> Int = {
            Int($0["metadata"]["annotations"].text("deployment.kubernetes.io/revision")) ?? 0
        }
        guard let current = sets.first(where: { $0["metadata"].text("uid") == own.text("uid") }) else { return nil }
        let earlier = sets.filter { revision($0) < revision(current) }.max { revision($0) < revision($1) }
        let containers = earlier?["spec"]["template"]["spec"]["containers"].array ?? []
        let before = containers.first { $0.text("name") == container.name }?.text("image")
        return before == image ? nil : before
    }

    /// An image of the same repository that a node has.
    private var nearImage: String? {
        let images = container.situation.nodes.flatMap { $0["status"]["images"].array ?? [] }
        let names: [String] = images.flatMap { $0["names"].strings }
        let known = names.filter { !$0.contains("@") }.map { familiar($0) }
        if let sameRepository = known.filter({ repository($0) == repository(familiar(image)) }).min(by: {
            NearName.distance($0, familiar(image)) < NearName.distance($1, familiar(image))
        }) {
            return sameRepository
        }
        return NearName.of(familiar(image), among: known)
    }

    /// Without the registry that is meant when none is said.
    private func familiar(_ image: String) -> String {
        for prefix in ["docker.io/library/", "docker.io/"] where image.hasPrefix(prefix) {
            return String(image.dropFirst(prefix.count))
        }
        return image
    }

    private func repository(_ image: String) -> String {
        let name = image.split(separator: "@").first.map(String.init) ?? image
        guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else { return name }
        return String(name[..<colon])
    }
}
