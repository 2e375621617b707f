import JSON

extension PodSpecRules {
    /// Sentences for `Warning` headers about a template; none when it is as it was.
    package static func warnings(template: JSON, old: JSON?, _ path: FieldPath) -> [String] {
        if let old, old.isAlike(template) { return [] }
        return PodWarnings.of(template["spec"], template["metadata"], path)
    }
}

/// What works but oughtn't be done.
enum PodWarnings {
    /// How many are gathered; a client is shown few anyway.
    private static let limit = 100

    static func of(_ spec: JSON, _ metadata: JSON, _ top: FieldPath) -> [String] {
        var warnings: [String] = []
        let path = top["spec"]
        addNodeLabels(spec, path, &warnings)
        addAnnotations(spec, metadata, top, &warnings)
        addVolumes(spec.list("volumes"), path["volumes"], &warnings)
        addDuplicates(spec, path, &warnings)
        for name in ["memory", "ephemeral-storage"] {
            addFraction(spec["overhead"][name], path["overhead"][key: name], &warnings)
        }
        let containers = WindowsRules.containers(spec, path)
        for (container, at) in containers where warnings.count < limit {
            addContainer(container, metadata, at, top, &warnings)
        }
        addPorts(containers, &warnings)
        if let seconds = spec["terminationGracePeriodSeconds"].int, seconds < 0 {
            warnings.append(
                "\(path["terminationGracePeriodSeconds"]): must be >= 0; negative values are invalid and will be treated as 1"
            )
        }
        addSelectors(spec["affinity"], path["affinity"], &warnings)
        return Array(warnings.prefix(limit))
    }

    private static func addNodeLabels(_ spec: JSON, _ path: FieldPath, _ warnings: inout [String]) {
        for (key, _) in spec.map("nodeSelector") {
            if let words = NodeLabelWarnings.words(key) {
                warnings.append("\(path["nodeSelector"][key: key]): \(words)")
            }
        }
        let (nodes, at) = (spec["affinity", "nodeAffinity"], path["affinity"]["nodeAffinity"])
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        for (index, term) in nodes[required].list("nodeSelectorTerms").enumerated() {
            warnings += NodeLabelWarnings.of(term: term, at[required]["nodeSelectorTerms"][index])
        }
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
        for (index, term) in nodes.list(preferred).enumerated() {
            warnings += NodeLabelWarnings.of(term: term["preference"], at[preferred][index]["preference"])
        }
        for (index, constraint) in spec.list("topologySpreadConstraints").enumerated() {
            let at = path["topologySpreadConstraints"][index]
            let key = constraint.text("topologyKey")
            if let words = NodeLabelWarnings.words(key) {
                warnings.append("\(at["topologyKey"]): \(key) is \(words)")
            }
            if !constraint.has("labelSelector") {
                warnings.append("\(at["labelSelector"]): a null labelSelector results in matching no pod")
            }
        }
    }

    private static let retiredAnnotations = [
        (
            "scheduler.alpha.kubernetes.io/critical-pod",
            "non-functional in v1.16+; use the \"priorityClassName\" field instead"
        ),
        ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ]
    private static let seccompWords = "non-functional in v1.27+; use the \"seccompProfile\" field instead"

    private static func addAnnotations(
        _ spec: JSON, _ metadata: JSON, _ top: FieldPath, _ warnings: inout [String]
    ) {
        let annotations = metadata.map("annotations")
        if annotations.isEmpty { return }
        let path = top["metadata"]["annotations"]
        for (key, words) in retiredAnnotations where annotations[key] != nil {
            warnings.append("\(path[key: key]): \(words)")
        }
        if annotations[PodAnnotations.podSeccomp] != nil, !spec["securityContext"].has("seccompProfile") {
            warnings.append("\(path[key: PodAnnotations.podSeccomp]): \(seccompWords)")
        }
        // A pod's own are told of when its fields are filled from them.
        if !top.description.isEmpty { warnings += AppArmorAnnotations.warnings(spec, annotations, path) }
    }

    private static func addVolumes(_ volumes: [JSON], _ path: FieldPath, _ warnings: inout [String]) {
        for (index, volume) in volumes.enumerated() where warnings.count < limit {
            for (name, words) in VolumeWarnings.retired where volume.has(name) {
                warnings.append("\(path[index][name == "storageos" ? "storageOS" : name]): \(words)")
            }
            if volume.has("gitRepo") { warnings.append("\(path[index]["gitRepo"]): deprecated in v1.11") }
            let claim = volume["ephemeral", "volumeClaimTemplate"]
            if !claim.isNull {
                warnings += PersistentVolumeClaimKind.specWarnings(
                    claim["spec"], path[index]["ephemeral"]["volumeClaimTemplate"]["spec"])
            }
        }
        VolumeWarnings.addTokenPaths(volumes, path, &warnings)
        VolumeWarnings.addOverlaps(volumes, &warnings)
    }

    private static func addDuplicates(_ spec: JSON, _ path: FieldPath, _ warnings: inout [String]) {
        var seen: Set<String> = []
        for (index, alias) in spec.list("hostAliases").enumerated() where warnings.count < limit {
            let (ip, at) = (alias.text("ip"), path["hostAliases"][index]["ip"])
            if !seen.insert(ip).inserted { warnings.append("\(at): duplicate ip \(GoText.quoted(ip))") }
            warnings += Names.ipWarnings(at, ip)
        }
        for (index, server) in spec["dnsConfig"]["nameservers"].strings.enumerated() where warnings.count < limit {
            warnings += Names.ipWarnings(path["dnsConfig"]["nameservers"][index], server)
        }
        seen = []
        let secrets = spec.list("imagePullSecrets").map { $0.text("name") }
        for (index, name) in secrets.enumerated() where !seen.insert(name).inserted {
            warnings.append("\(path["imagePullSecrets"][index]["name"]): duplicate name \(GoText.quoted(name))")
        }
        for (index, name) in secrets.enumerated() where name.isEmpty {
            warnings.append("\(path["imagePullSecrets"][index]["name"]): invalid empty name \"\"")
        }
    }

    /// Bytes come whole.
    private static func addFraction(_ amount: JSON, _ path: @autoclosure () -> FieldPath, _ warnings: inout [String]) {
        guard let quantity = Quantity(amount), quantity.milliValue % 1000 != 0 else { return }
        warnings.append("\(path()): fractional byte value \"\(quantity)\" is invalid, must be an integer")
    }

    private static func addContainer(
        _ container: JSON, _ metadata: JSON, _ path: FieldPath, _ top: FieldPath, _ warnings: inout [String]
    ) {
        let annotations = metadata.map("annotations")
        let key = PodAnnotations.containerSeccomp + container.text("name")
        if annotations[key] != nil, !container["securityContext"].has("seccompProfile") {
            warnings.append("\(top["metadata"]["annotations"][key: key]): \(seccompWords)")
        }
        let resources = container["resources"]
        for name in ["memory", "ephemeral-storage"] {
            for part in ["limits", "requests"] where resources.has(part) {
                addFraction(resources[part][name], path["resources"][part][key: name], &warnings)
            }
        }
        addHiddenVariables(container.list("env"), path["env"], &warnings)
    }

    private static func addHiddenVariables(_ variables: [JSON], _ path: FieldPath, _ warnings: inout [String]) {
        guard variables.count > 1 else { return }
        var seen: Set<String> = []
        for (index, variable) in variables.enumerated() where warnings.count < limit {
            let name = variable.text("name")
            guard !seen.insert(name).inserted else { continue }
            // A value that builds on the one before is as it should be.
            let (value, reference) = (variable.text("value"), "$(\(name))")
            if variable.has("valueFrom") || value == reference || !value.contains(reference) {
                warnings.append(
                    "\(path[index]): hides previous definition of \(GoText.quoted(name)), which may be dropped when "
                        + "using apply")
            }
        }
    }

    private static func addPorts(_ containers: [(JSON, FieldPath)], _ warnings: inout [String]) {
        var seen: [String: [(path: FieldPath, ip: String, host: Int)]] = [:]
        for (container, at) in containers {
            for (index, port) in container.list("ports").enumerated() {
                guard warnings.count < limit else { return }
                let path = at["ports"][index]
                let (ip, host) = (port.text("hostIP"), port["hostPort"].int ?? 0)
                let (own, name) = (port["containerPort"].int ?? 0, port.text("protocol"))
                if !ip.isEmpty, host == 0 {
                    warnings.append(
                        "\(path): hostIP set without hostPort: {Name:\(port.text("name")) HostPort:0 "
                            + "ContainerPort:\(own) Protocol:\(name) HostIP:\(ip)}")
                }
                let key = "\(own)/\(name)"
                for other in seen[key] ?? [] {
                    if ip == other.ip, host == other.host {
                        warnings.append("\(path): duplicate port definition with \(other.path)")
                    } else if host == 0 || other.host == 0 {
                        warnings.append("\(path): overlapping port definition with \(other.path)")
                    } else if host == other.host, ip.isEmpty != other.ip.isEmpty {
                        warnings.append("\(path): dangerously ambiguous port definition with \(other.path)")
                    }
                }
                seen[key, default: []].append((path, ip, host))
            }
        }
    }

    private static func addSelectors(_ affinity: JSON, _ path: FieldPath, _ warnings: inout [String]) {
        let words = "a null labelSelector results in matching no pod"
        for kind in ["podAffinity", "podAntiAffinity"] where affinity.has(kind) {
            let required = "requiredDuringSchedulingIgnoredDuringExecution"
            for (index, term) in affinity[kind].list(required).enumerated() where !term.has("labelSelector") {
                warnings.append("\(path[kind][required][index]["labelSelector"]): \(words)")
            }
            let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
            for (index, term) in affinity[kind].list(preferred).enumerated()
            where !term["podAffinityTerm"].has("labelSelector") {
                warnings.append("\(path[kind][preferred][index]["podAffinityTerm"]["labelSelector"]): \(words)")
            }
        }
    }
}
