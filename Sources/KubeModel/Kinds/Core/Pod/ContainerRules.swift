import JSON

/// Checks of a pod's containers, with what of the pod they depend on.
struct ContainerRules {
    let spec: JSON
    /// The volumes that are in order, by name.
    let volumes: [String: JSON]
    /// Names of the pod's resource claims.
    let claims: Set<String>
    let options: PodSpecRules.Options
    /// In seconds; nil when the spec has none.
    let gracePeriod: Int?
    let restartPolicy: String
    /// Whether users in the pod are the host's users.
    let hasHostUsers: Bool

    init(spec: JSON, volumes: [String: JSON], claims: Set<String>, options: PodSpecRules.Options) {
        self.spec = spec
        self.volumes = volumes
        self.claims = claims
        self.options = options
        gracePeriod = spec["terminationGracePeriodSeconds"].int
        restartPolicy = spec.text("restartPolicy")
        hasHostUsers = spec["hostUsers"] != false
    }

    // MARK: The three lists

    func checkRegular(_ path: FieldPath, _ faults: inout Faults) {
        let containers = spec.list("containers")
        if containers.isEmpty { return faults.required(path) }
        var names: Set<String> = []
        for (index, container) in containers.enumerated() {
            let path = path[index]
            checkAny(container, path, &faults)
            let name = container.text("name")
            if !names.insert(name).inserted { faults.duplicate(path["name"], .string(name)) }
            checkHandlers(container, path, &faults)
            checkRestart(container, path, &faults)
        }
        var ports: Set<String> = []
        for (index, container) in containers.enumerated() {
            checkHostPorts(container, path[index], &ports, &faults)
        }
    }

    func checkInitial(_ path: FieldPath, _ faults: inout Faults) {
        let containers = spec.list("initContainers")
        if containers.isEmpty { return }
        var names = Set(spec.list("containers").map { $0.text("name") })
        for (index, container) in containers.enumerated() {
            let list = path
            let path = path[index]
            checkAny(container, path, &faults)
            let name = container.text("name")
            if names.contains(name) {
                faults.duplicate(path["name"], .string(name))
            } else if !name.isEmpty {
                names.insert(name)
            }
            // They run one by one: only their own ports can collide. The original counts each from 0.
            var ports: Set<String> = []
            checkHostPorts(container, list[0], &ports, &faults)
            checkRestart(container, path, &faults)
            if ContainerRules.isSidecar(container) {
                checkHandlers(container, path, &faults)
                continue
            }
            for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] where container.has(field) {
                faults.forbidden(
                    path[field], "may not be set for init containers without restartPolicy=Always")
            }
        }
    }

    /// What an ephemeral container may not have: it isn't part of what the pod does.
    private static let notEphemeral = [
        "ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resizePolicy", "restartPolicy",
        "restartPolicyRules",
    ]

    func checkEphemeral(_ path: FieldPath, _ faults: inout Faults) {
        let containers = spec.list("ephemeralContainers")
        if containers.isEmpty { return }
        let others = Set((spec.list("containers") + spec.list("initContainers")).map { $0.text("name") })
        var names = others
        for (index, container) in containers.enumerated() {
            let path = path[index]
            checkAny(container, path, &faults)
            ContainerRules.checkImageSpaces(container, path, &faults)
            let (name, target) = (container.text("name"), container.text("targetContainerName"))
            if !names.insert(name).inserted { faults.duplicate(path["name"], .string(name)) }
            if !target.isEmpty, !others.contains(target) {
                faults.notFound(path["targetContainerName"], .string(target))
            }
            let why = "cannot be set for an Ephemeral Container"
            for field in ContainerRules.notEphemeral where container.has(field) { faults.forbidden(path[field], why) }
            if container["resources"].object?.isEmpty == false { faults.forbidden(path["resources"], why) }
            for (place, mount) in container.list("volumeMounts").enumerated() {
                for field in ["subPath", "subPathExpr"] where !mount.text(field).isEmpty {
                    faults.forbidden(path["volumeMounts"][place][field], why)
                }
            }
        }
    }

    // MARK: Any container

    private func checkAny(_ container: JSON, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkRequired(container.text("name"), path["name"], Names.dnsLabel)
        if container.text("image").isEmpty { faults.required(path["image"]) }
        faults.checkChoice(container, "terminationMessagePolicy", path, inOrder: ["File", "FallbackToLogsOnError"])
        checkPorts(container.list("ports"), path["ports"], &faults)
        EnvironmentRules.checkVariables(container.list("env"), path["env"], &faults)
        EnvironmentRules.checkSources(container.list("envFrom"), path["envFrom"], &faults)
        MountRules.check(container, volumes, path, &faults)
        faults.checkChoice(container, "imagePullPolicy", path, ContainerRules.pullPolicies)
        ResourceRules.checkRequirements(container["resources"], claims: claims, path["resources"], &faults)
        checkResizing(container.list("resizePolicy"), path["resizePolicy"], &faults)
        SecurityRules.checkContainer(
            container["securityContext"], hasHostUsers: hasHostUsers, path["securityContext"], &faults)
    }

    static let pullPolicies = ["Always", "IfNotPresent", "Never"]

    /// A container that starts before the others and stays.
    static func isSidecar(_ container: JSON) -> Bool { container["restartPolicy"] == "Always" }

    /// Only pods are held to this; templates of old may have such images.
    static func checkImageSpaces(_ container: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let image = container.text("image")
        if image.first?.isWhitespace == true || image.last?.isWhitespace == true {
            faults.invalid(path["image"], .string(image), "must not have leading or trailing whitespace")
        }
    }

    private func checkPorts(_ ports: [JSON], _ path: FieldPath, _ faults: inout Faults) {
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let path = path[index]
            let name = port.text("name")
            if !name.isEmpty {
                let details = Names.portName(name)
                for detail in details { faults.invalid(path["name"], .string(name), detail) }
                if details.isEmpty, !names.insert(name).inserted { faults.duplicate(path["name"], .string(name)) }
            }
            let (own, host) = (port["containerPort"].int ?? 0, port["hostPort"].int ?? 0)
            if own == 0 {
                faults.required(path["containerPort"])
            } else {
                for detail in Names.portNumber(own) { faults.invalid(path["containerPort"], .init(own), detail) }
            }
            if host != 0 {
                for detail in Names.portNumber(host) { faults.invalid(path["hostPort"], .init(host), detail) }
            }
            faults.checkChoice(port, "protocol", path, PortRules.protocols)
        }
    }

    private func checkHostPorts(
        _ container: JSON, _ path: FieldPath, _ seen: inout Set<String>, _ faults: inout Faults
    ) {
        for (index, port) in container.list("ports").enumerated() {
            guard let host = port["hostPort"].int, host != 0 else { continue }
            let key = "\(port.text("protocol"))/\(port.text("hostIP"))/\(host)"
            if !seen.insert(key).inserted {
                faults.duplicate(path["ports"][index]["hostPort"], .string(key))
            }
        }
    }

    private func checkHandlers(_ container: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let probes = ProbeRules(gracePeriod: gracePeriod, system: spec["os"].text("name"))
        probes.checkLifecycle(container["lifecycle"], path["lifecycle"], &faults)
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] where container.has(name) {
            probes.check(container[name], name, path[name], &faults)
        }
    }

    // MARK: Restart and resize

    /// How many rules a container may have, and how many exit codes one of these.
    private static let (ruleLimit, codeLimit) = (20, 255)

    private func checkRestart(_ container: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let rules = container.list("restartPolicyRules")
        if container.has("restartPolicy") {
            faults.checkOptionalChoice(container, "restartPolicy", path, ["Always", "OnFailure", "Never"])
        } else if !rules.isEmpty {
            faults.required(path["restartPolicy"], "must specify restartPolicy when restart rules are used")
        }
        let list = path["restartPolicyRules"]
        if rules.count > ContainerRules.ruleLimit {
            faults.add(.tooMany(list, rules.count, max: ContainerRules.ruleLimit))
        }
        for (index, rule) in rules.enumerated() {
            let path = list[index]
            let action = rule.text("action")
            if !["Restart", "RestartAllContainers"].contains(action) {
                faults.notSupported(path["action"], .string(action), ["Restart", "RestartAllContainers"])
            }
            guard rule.has("exitCodes") else {
                faults.required(path["exitCodes"], "must be specified")
                continue
            }
            let (codes, at) = (rule["exitCodes"], path["exitCodes"])
            let comparison = codes.text("operator")
            if !["In", "NotIn"].contains(comparison) {
                faults.notSupported(at["operator"], .string(comparison), ["In", "NotIn"])
            }
            if codes.list("values").count > ContainerRules.codeLimit {
                faults.add(.tooMany(at["values"], codes.list("values").count, max: ContainerRules.codeLimit))
            }
        }
    }

    private func checkResizing(_ policies: [JSON], _ path: FieldPath, _ faults: inout Faults) {
        let (resources, ways) = (["cpu", "memory"], ["NotRequired", "RestartContainer"])
        var seen: Set<String> = []
        for (index, policy) in policies.enumerated() {
            let (name, way) = (policy.text("resourceName"), policy.text("restartPolicy"))
            if !seen.insert(name).inserted { faults.duplicate(path[index], .string(name)) }
            for (value, known) in [(name, resources), (way, ways)] {
                if value.isEmpty {
                    faults.required(path)
                } else if !known.contains(value) {
                    faults.notSupported(path, .string(value), known)
                }
            }
            if restartPolicy == "Never", way != "NotRequired" {
                faults.invalid(
                    path, .string(way), "must be 'NotRequired' when `restartPolicy` is 'Never'")
            }
        }
    }
}
