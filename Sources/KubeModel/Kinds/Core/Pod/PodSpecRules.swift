import JSON

extension PodSpecRules {
    /// What a spec is checked for besides itself.
    package struct Options: Sendable {
        /// The spec of a pod; of a template otherwise.
        package var isPod = false
        /// The pod's name, which its ephemeral volumes' claims begin with; "" when it isn't known.
        package var podName = ""
        /// Values of selectors aren't judged: the old object had bad ones.
        package var allowsBadSelectorValues = false

        package init(isPod: Bool = false, podName: String = "") {
            self.isPod = isPod
            self.podName = podName
        }
    }

    /// All faults of a pod spec.
    package static func validate(_ spec: JSON, _ path: FieldPath, _ options: Options = Options()) -> [FieldError] {
        var faults = Faults()
        if !spec.has("terminationGracePeriodSeconds") { faults.required(path["terminationGracePeriodSeconds"]) }
        let claims = checkResourceClaims(spec.list("resourceClaims"), path["resourceClaims"], &faults)
        let volumes = VolumeRules.check(spec.list("volumes"), options, path["volumes"], &faults)
        let rules = ContainerRules(spec: spec, volumes: volumes, claims: claims, options: options)
        rules.checkRegular(path["containers"], &faults)
        rules.checkInitial(path["initContainers"], &faults)
        rules.checkEphemeral(path["ephemeralContainers"], &faults)
        PodResources.check(spec, claims: claims, path["resources"], &faults)
        checkHostPorts(spec, options, path["containers"], &faults)
        checkPolicies(spec, path, &faults)
        faults.checkLabels(spec["nodeSelector"], path["nodeSelector"])
        SecurityRules.checkPod(spec, path, &faults)
        AffinityRules.check(spec["affinity"], options, path["affinity"], &faults)
        checkResolver(spec, path["dnsConfig"], &faults)
        checkGates(spec, path, &faults)
        TopologySpreadRules.check(spec.list("topologySpreadConstraints"), path["topologySpreadConstraints"], &faults)
        WindowsRules.checkHostProcess(spec, path, &faults)
        checkUserNamespace(spec, path, &faults)
        checkNames(spec, path, &faults)
        TolerationRules.check(spec.list("tolerations"), path["tolerations"], &faults)
        checkHostAliases(spec.list("hostAliases"), path["hostAliases"], &faults)
        if spec.has("overhead") {
            ResourceRules.checkRequirements(["limits": spec["overhead"]], claims: [], path["overhead"], &faults)
        }
        WindowsRules.checkSystem(spec, path, &faults)
        return faults.all
    }

    /// - Returns: the claims' names.
    private static func checkResourceClaims(_ claims: [JSON], _ path: FieldPath, _ faults: inout Faults) -> Set<String>
    {
        var names: Set<String> = []
        for (index, claim) in claims.enumerated() {
            let path = path[index]
            let name = claim.text("name")
            if name.isEmpty {
                faults.required(path["name"])
            } else if names.contains(name) {
                faults.duplicate(path["name"], .string(name))
            } else {
                faults.check(name, path["name"], Names.dnsLabel)
                names.insert(name)
            }
            let sources = ["resourceClaimName", "resourceClaimTemplateName"].filter { claim.has($0) }
            let shown: JSON = [
                "Name": .string(name), "ResourceClaimName": claim["resourceClaimName"],
                "ResourceClaimTemplateName": claim["resourceClaimTemplateName"],
            ]
            if sources.count == 2 {
                faults.invalid(
                    path, shown,
                    "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
            } else if sources.isEmpty {
                faults.invalid(
                    path, shown, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
            }
            for source in sources { faults.check(claim.text(source), path[source], Names.dnsSubdomain) }
        }
        return names
    }

    /// On the host's network a container's port is the host's.
    private static func checkHostPorts(
        _ spec: JSON, _ options: Options, _ path: FieldPath, _ faults: inout Faults
    ) {
        guard spec.flag("hostNetwork") else { return }
        for (index, container) in spec.list("containers").enumerated() {
            for (place, port) in container.list("ports").enumerated() {
                let (host, own) = (port["hostPort"].int ?? 0, port["containerPort"].int ?? 0)
                if host != own, options.isPod || host != 0 {
                    faults.invalid(
                        path[index]["ports"][place]["hostPort"], .init(host),
                        "must match `containerPort` when `hostNetwork` is true")
                }
            }
        }
    }

    private static func checkPolicies(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkChoice(spec, "restartPolicy", path, inOrder: ["Always", "OnFailure", "Never"])
        faults.checkChoice(
            spec, "dnsPolicy", path, inOrder: ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
        if spec.has("preemptionPolicy") {
            faults.checkChoice(spec, "preemptionPolicy", path, inOrder: ["PreemptLowerPriority", "Never"])
        }
        if let seconds = spec["activeDeadlineSeconds"].int {
            for detail in Names.inRange(seconds, 1, Int(Int32.max)) {
                faults.invalid(path["activeDeadlineSeconds"], .init(seconds), detail)
            }
        }
    }

    private static func checkNames(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        for name in ["serviceAccountName", "nodeName", "priorityClassName"] {
            let value = spec.text(name)
            if !value.isEmpty { faults.check(value, path[name], Names.dnsSubdomain) }
        }
        for name in ["hostname", "subdomain"] {
            let value = spec.text(name)
            if !value.isEmpty { faults.check(value, path[name], Names.dnsLabel) }
        }
        if spec.has("runtimeClassName") {
            faults.check(spec.text("runtimeClassName"), path["runtimeClassName"], Names.dnsSubdomain)
        }
        checkHostnameOverride(spec, path, &faults)
    }

    /// Longest hostname that the kernel takes, in bytes.
    private static let hostnameLimit = 64

    private static func checkHostnameOverride(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        guard spec.has("hostnameOverride") else { return }
        let (name, at) = (spec.text("hostnameOverride"), path["hostnameOverride"])
        if spec.flag("setHostnameAsFQDN") {
            faults.invalid(
                at, .string(name), "may not be specified when `setHostnameAsFQDN` is true")
        }
        if spec.flag("hostNetwork") {
            faults.invalid(at, .string(name), "may not be specified when `hostNetwork` is true")
        }
        faults.check(name, at, Names.dnsSubdomain)
        if name.utf8.count > hostnameLimit { faults.add(.tooLong(at, maxLength: hostnameLimit)) }
    }

    private static func checkGates(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        for (index, gate) in spec.list("readinessGates").enumerated() {
            faults.check(
                gate.text("conditionType"), path["readinessGates"][index]["conditionType"], Names.qualifiedName)
        }
        var seen: Set<String> = []
        for (index, gate) in spec.list("schedulingGates").enumerated() {
            let (name, path) = (gate.text("name"), path["schedulingGates"][index])
            faults.check(name, path, Names.qualifiedName)
            if !seen.insert(name).inserted { faults.duplicate(path, .string(name)) }
        }
    }

    /// A pod with users of its own shares nothing with the host that knows users.
    private static func checkUserNamespace(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        guard spec["hostUsers"] == false else { return }
        let why = "when `hostUsers` is false"
        if spec.flag("hostNetwork") { faults.forbidden(path["hostNetwork"], why) }
        if spec.flag("hostPID") { faults.forbidden(path["HostPID"], why) }
        if spec.flag("hostIPC") { faults.forbidden(path["HostIPC"], why) }
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for (index, container) in spec.list(list).enumerated() where !container.list("volumeDevices").isEmpty {
                faults.forbidden(path[list][index]["volumeDevices"], why)
            }
        }
    }

    private static func checkHostAliases(_ aliases: [JSON], _ path: FieldPath, _ faults: inout Faults) {
        for (index, alias) in aliases.enumerated() {
            faults.add(Names.legacyIP(path[index]["ip"], alias.text("ip")))
            for (place, name) in alias["hostnames"].strings.enumerated() {
                faults.check(name, path[index]["hostnames"][place], Names.dnsSubdomain)
            }
        }
    }

    // MARK: resolv.conf

    /// Limits of libc's resolver: servers, search domains, and bytes of these with spaces between.
    private static let (serverLimit, searchLimit, searchBytes) = (3, 32, 2048)

    private static func checkResolver(_ spec: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let config = spec["dnsConfig"]
        let servers = config["nameservers"].strings
        if spec.text("dnsPolicy") == "None" {
            if config.isNull {
                return faults.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            }
            if servers.isEmpty {
                return faults.required(
                    path["nameservers"], "must provide at least one DNS nameserver when `dnsPolicy` is None")
            }
        }
        guard case .object = config else { return }
        if servers.count > serverLimit {
            faults.invalid(
                path["nameservers"], JSON(servers), "must not have more than \(serverLimit) nameservers")
        }
        for (index, server) in servers.enumerated() {
            faults.add(Names.legacyIP(path["nameservers"][index], server))
        }
        let searches = config["searches"].strings
        if searches.count > searchLimit {
            faults.invalid(path["searches"], JSON(searches), "must not have more than \(searchLimit) search paths")
        }
        if searches.joined(separator: " ").utf8.count > searchBytes {
            faults.invalid(
                path["searches"], JSON(searches),
                "must not have more than \(searchBytes) characters (including spaces) in the search list")
        }
        for (index, search) in searches.enumerated() where search != "." {
            let name = search.hasSuffix(".") ? String(search.dropLast()) : search
            faults.check(name, path["searches"][index], Names.dnsSubdomainWithUnderscore)
        }
        for (index, option) in config.list("options").enumerated() where option.text("name").isEmpty {
            faults.required(path["options"][index], "must not be empty")
        }
    }
}
