import JSON
import KubeModel

/// The pods that `debug` makes: what the options make of the object that is debugged.
struct DebugPlan: Sendable {
    let options: DebugOptions
    let profile: DebugProfile
    /// Part of a container, laid over what the profile makes; nil: none.
    let custom: JSON?

    init(_ options: DebugOptions, custom: JSON?) throws {
        self.options = options
        self.custom = custom
        profile = try DebugProfile(options.profile, options.kept)
        if let custom {
            let fixed = ["name", "command", "image", "lifecycle", "volumeDevices"]
            if fixed.contains(where: { !custom[$0].isNull }) {
                throw Refusal(
                    "name, command, image, lifecycle and volume devices are not modifiable via custom profile")
            }
        }
    }

    /// The pod with one more ephemeral container.
    func withContainer(_ name: String, in pod: JSON) throws -> JSON {
        var changed = pod
        var container = base(name)
        if !options.target.isEmpty { container["targetContainerName"] = .string(options.target) }
        changed["spec", "ephemeralContainers"] = .array(
            (pod["spec"]["ephemeralContainers"].array ?? []) + [container])
        profile.apply(to: &changed, container: name, .ephemeral)
        try customize(name, in: &changed)
        return changed
    }

    /// A pod on a node.
    func pod(_ name: String, container: String, on node: String) throws -> JSON {
        var pod: JSON = [
            "kind": "Pod", "apiVersion": "v1",
            "metadata": ["name": .string(name), "labels": ["app.kubernetes.io/managed-by": "kubectl-debug"]],
            "spec": [
                "containers": [base(container)], "nodeName": .string(node), "restartPolicy": "Never",
                "tolerations": [["operator": "Exists"]],
            ],
        ]
        profile.apply(to: &pod, container: container, .node)
        try customize(container, in: &pod)
        return pod
    }

    /// A container that is made anew.
    private func base(_ name: String) -> JSON {
        .members([
            ("name", .string(name)), ("image", .some(options.image)),
            (options.argumentsOnly ? "args" : "command", .some(options.command)),
            ("env", variables), ("imagePullPolicy", .some(options.pullPolicy)),
            ("stdin", options.stdin ? true : nil), ("tty", options.tty ? true : nil),
            ("resources", [:]), ("terminationMessagePolicy", "File"),
        ])
    }

    private var variables: JSON? {
        options.variables.isEmpty
            ? nil : .array(options.variables.map { ["name": .string($0.0), "value": .string($0.1)] })
    }

    /// A copy of a pod, with one more container or a changed one.
    /// - Parameter newName: asked for a container's name when one is made and none is given.
    /// - Returns: the copy, and the container to attach to; "" when only images were changed.
    func copy(_ pod: JSON, newName: (JSON) -> String) throws -> (JSON, container: String) {
        let metadata = pod["metadata"]
        var copy: JSON = [
            "kind": "Pod", "apiVersion": "v1",
            "metadata": .members([
                ("name", .string(options.copyTo)), ("namespace", metadata["namespace"]),
                ("labels", metadata["labels"]), ("annotations", metadata["annotations"]),
            ]), "spec": pod["spec"],
        ]
        var spec = copy["spec"]
        spec.remove("ephemeralContainers")
        if !options.sameNode { spec.remove("nodeName") }
        if options.sharingGiven { spec["shareProcessNamespace"] = .bool(options.sharesProcesses) }
        spec["containers"] = .array((spec["containers"].array ?? []).map(withImage))
        copy["spec"] = spec
        var name = options.container
        if name.isEmpty || !PodChoice.has(copy, name) {
            guard !options.image.isEmpty else {
                if !options.images.isEmpty { return (copy, "") }
                throw Refusal("you must specify image when creating new container")
            }
            if name.isEmpty { name = newName(copy) }
            copy["spec", "containers"] = .array(
                (copy["spec"]["containers"].array ?? []) + [
                    ["name": .string(name), "resources": [:], "terminationMessagePolicy": "File"]
                ])
        }
        DebugProfile.edit(name, in: &copy, change)
        profile.apply(to: &copy, container: name, .copy)
        try customize(name, in: &copy)
        return (copy, name)
    }

    private func withImage(_ container: JSON) -> JSON {
        let named = options.images.first { $0.0 == container["name"].string }
        guard let image = (named ?? options.images.first { $0.0 == "*" })?.1, !image.isEmpty else { return container }
        var changed = container
        changed["image"] = .string(image)
        return changed
    }

    private func change(_ container: inout JSON) {
        if !options.command.isEmpty {
            if !options.argumentsOnly { container.remove("args") }
            container[options.argumentsOnly ? "args" : "command"] = JSON(options.command)
        }
        if let variables { container["env"] = variables }
        if !options.image.isEmpty { container["image"] = .string(options.image) }
        if !options.pullPolicy.isEmpty { container["imagePullPolicy"] = .string(options.pullPolicy) }
        for (member, isOn) in [("stdin", options.stdin), ("tty", options.tty)] {
            if isOn { container[member] = true } else { container.remove(member) }
        }
    }

    private func customize(_ name: String, in pod: inout JSON) throws {
        guard let custom else { return }
        let type = Schema.builtIn.type(GroupVersion("", "v1"), kind: "Pod")?.field("spec")?.type.field("containers")
            .flatMap { field -> SchemaType? in
                if case .list(let element, _) = field.type.shape { return element }
                return nil
            }
        do {
            try DebugProfile.edit(name, in: &pod) { container in
                container = try StrategicMergePatch.apply(custom, to: container, type: type)
            }
        } catch let status as APIStatus {
            throw Refusal("error creating three way patch to add debug container: \(status.message)")
        }
    }

    /// Whether the container's rights need a root user whom the pod doesn't have.
    static func lacksRoot(_ container: String, in pod: JSON) -> Bool {
        let user = pod["spec"]["securityContext"]["runAsUser"].int ?? 0
        var lacks = false
        var copy = pod
        DebugProfile.edit(container, in: &copy) {
            let context = $0["securityContext"]
            let isPowerful =
                context["privileged"].bool == true || context["capabilities"]["add"].array?.isEmpty == false
            lacks = user != 0 && isPowerful && context["runAsUser"].int != 0
        }
        return lacks
    }
}
