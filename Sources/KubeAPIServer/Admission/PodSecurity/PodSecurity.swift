import JSON
import KubeModel

/// Holds pods to their namespace's Pod Security Standard; pods' templates are warned about.
struct PodSecurity: AdmissionPlugin {
    let name = "PodSecurity"
    var defaults = PodSecurityPolicy()
    var exempt = Exemptions()

    struct Exemptions: Sendable {
        var namespaces: Set<String> = [], users: Set<String> = [], runtimeClasses: Set<String> = []
    }

    /// Pods of a namespace that are checked when its labels change.
    private static let maximumPods = 3_000
    private static let ignoredSubresources: Set<String> = [
        "exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status",
    ]

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create || request.operation == .update else { return }
        switch (request.resource.groupVersion.group, request.resource.plural) {
        case ("", "namespaces"):
            if request.subresource.isEmpty { try validateNamespace(&request, reader) }
        case ("", "pods"): try validatePod(&request, reader)
        default: validateTemplate(&request, reader)
        }
    }

    // MARK: pods

    private func validatePod(_ request: inout AdmissionRequest, _ reader: any ObjectReader) throws(APIStatus) {
        guard !Self.ignoredSubresources.contains(request.subresource), !isExempt(request) else { return }
        guard
            let namespace = reader.object(group: "", resource: "namespaces", namespace: "", name: request.namespace)
        else { throw APIStatus.internalError("failed to lookup namespace \(GoText.quoted(request.namespace))") }
        let found = PodSecurityPolicy.parse(namespace["metadata", "labels"].stringMap, defaults: defaults)
        if found.faults.isEmpty, found.policy.isPrivileged { return }
        if request.operation == .update, !Self.isSignificant(request.object["spec"], request.old["spec"]) { return }
        let spec = request.object["spec"]
        guard !isExempt(runtimeClass: spec) else { return }
        let findings = PodSecurityStandards.evaluate(found.policy.enforce, request.object["metadata"], spec)
        guard findings.isEmpty else {
            throw Forbidden.status(
                group: "", resource: "pods", name: request.shownName,
                "violates PodSecurity \(GoText.quoted("\(found.policy.enforce)")): \(PodSecurityStandards.text(findings))"
            )
        }
        warn(&request, found.policy.warn, request.object["metadata"], spec)
    }

    private func warn(
        _ request: inout AdmissionRequest, _ standard: PodSecurityStandard, _ metadata: JSON, _ spec: JSON
    ) {
        let findings = PodSecurityStandards.evaluate(standard, metadata, spec)
        guard !findings.isEmpty else { return }
        request.warnings.append(
            "would violate PodSecurity \(GoText.quoted("\(standard)")): \(PodSecurityStandards.text(findings))")
    }

    private func isExempt(_ request: AdmissionRequest) -> Bool {
        exempt.namespaces.contains(request.namespace) || exempt.users.contains(request.user.name)
    }

    private func isExempt(runtimeClass spec: JSON) -> Bool {
        spec["runtimeClassName"].string.map { exempt.runtimeClasses.contains($0) } ?? false
    }

    /// Whether a change is of what the standards look at: containers that came, or other images.
    private static func isSignificant(_ new: JSON, _ old: JSON) -> Bool {
        for list in ["containers", "initContainers"] {
            let new = new.list(list), old = old.list(list)
            guard new.count == old.count else { return true }
            if zip(new, old).contains(where: { $0["image"] != $1["image"] }) { return true }
        }
        let known = old.list("ephemeralContainers")
        return new.list("ephemeralContainers").contains { container in
            known.first { $0["name"] == container["name"] }.map { $0["image"] != container["image"] } ?? true
        }
    }

    // MARK: templates

    private func validateTemplate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) {
        guard request.subresource.isEmpty, let template = Self.template(request), !isExempt(request),
            let namespace = reader.object(group: "", resource: "namespaces", namespace: "", name: request.namespace)
        else { return }
        let policy = PodSecurityPolicy.parse(namespace["metadata", "labels"].stringMap, defaults: defaults).policy
        guard policy.warn.level != .privileged, !isExempt(runtimeClass: template["spec"]) else { return }
        warn(&request, policy.warn, template["metadata"], template["spec"])
    }

    private static func template(_ request: AdmissionRequest) -> JSON? {
        let object = request.object
        let found: JSON
        switch (request.resource.groupVersion.group, request.resource.plural) {
        case ("", "podtemplates"): found = object["template"]
        case ("", "replicationcontrollers"), ("apps", "replicasets"), ("apps", "deployments"),
            ("apps", "statefulsets"), ("apps", "daemonsets"), ("batch", "jobs"):
            found = object["spec", "template"]
        case ("batch", "cronjobs"): found = object["spec", "jobTemplate", "spec", "template"]
        default: return nil
        }
        if found.isNull { return nil }
        return found
    }

    // MARK: namespaces

    private func validateNamespace(_ request: inout AdmissionRequest, _ reader: any ObjectReader) throws(APIStatus) {
        let name = request.shownName
        let new = PodSecurityPolicy.parse(request.object["metadata", "labels"].stringMap, defaults: defaults)
        let old = PodSecurityPolicy.parse(request.old["metadata", "labels"].stringMap, defaults: defaults)
        let isCreate = request.operation == .create
        guard new.faults.isEmpty || !isCreate && new.faults == old.faults else {
            throw APIStatus.invalid(request.resource, name, new.faults)
        }
        if exempt.namespaces.contains(name) {
            if let warning = exemptionWarning(name, new.policy, request.object["metadata", "labels"].stringMap) {
                request.warnings.append(warning)
            }
            return
        }
        let wanted = new.policy.enforce, had = old.policy.enforce
        guard !isCreate, wanted != had, wanted.level != .privileged,
            wanted.minor != had.minor || wanted.level > had.level
        else { return }
        request.warnings += podWarnings(name, wanted, reader)
    }

    private func exemptionWarning(_ name: String, _ policy: PodSecurityPolicy, _ labels: [String: String]) -> String? {
        guard !policy.isPrivileged, policy != defaults else { return nil }
        let modes = [("enforce", policy.enforce), ("audit", policy.audit), ("warn", policy.warn)]
        let told = modes.filter { mode, standard in
            let label = "pod-security.kubernetes.io/\(mode)"
            return standard.level != .privileged && (labels[label] != nil || labels["\(label)-version"] != nil)
        }.map { "\($0)=\($1)" }
        return "namespace \(GoText.quoted(name)) is exempt from Pod Security, and the policy "
            + "(\(told.joined(separator: ", "))) will be ignored"
    }

    /// What the namespace's pods violate of a new standard; one pod of each controller is looked at first.
    private func podWarnings(_ namespace: String, _ standard: PodSecurityStandard, _ reader: any ObjectReader)
        -> [String]
    {
        let all = Self.prioritized(
            reader.objects(group: "", resource: "pods", namespace: namespace)
                .filter { !isExempt(runtimeClass: $0["spec"]) })
        let pods = all.prefix(Self.maximumPods)
        var counts: [String: (first: String, count: Int)] = [:]
        for pod in pods {
            let findings = PodSecurityStandards.evaluate(standard, pod["metadata"], pod["spec"])
            guard !findings.isEmpty else { continue }
            let reasons = findings.map(\.reason).joined(separator: ", ")
            let name = pod["metadata", "name"].string ?? ""
            let known = counts[reasons]
            counts[reasons] = (known.map { min($0.first, name) } ?? name, (known?.count ?? 0) + 1)
        }
        var warnings: [String] = []
        if pods.count < all.count {
            warnings.append(
                "new PodSecurity enforce level only checked against the first \(pods.count) of \(all.count) existing pods"
            )
        }
        guard !counts.isEmpty else { return warnings }
        warnings.append(
            "existing pods in namespace \(GoText.quoted(namespace)) violate the new PodSecurity enforce level "
                + GoText.quoted("\(standard)"))
        return warnings
            + counts.map { reasons, pods in
                switch pods.count {
                case 1: "\(pods.first): \(reasons)"
                case 2: "\(pods.first) (and 1 other pod): \(reasons)"
                default: "\(pods.first) (and \(pods.count - 1) other pods): \(reasons)"
                }
            }.sorted()
    }

    private static func prioritized(_ pods: [JSON]) -> [JSON] {
        var first: [JSON] = [], duplicates: [JSON] = [], seen: Set<String> = []
        for pod in pods {
            let owner = (pod["metadata", "ownerReferences"].array ?? []).first { $0["controller"] == true }
            if let uid = owner?["uid"].string, !seen.insert(uid).inserted {
                duplicates.append(pod)
            } else {
                first.append(pod)
            }
        }
        return first + duplicates
    }
}
