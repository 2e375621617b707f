import JSON
import KubeModel

/// The kinds of `authorization.k8s.io`: questions about permissions, answered in their own status and stored nowhere.
package struct AccessReviews: Sendable {
    private let authorizer: any Authorizer
    private let rbac: RBACAuthorizer

    package init(authorizer: any Authorizer, rbac: RBACAuthorizer) {
        self.authorizer = authorizer
        self.rbac = rbac
    }

    package func subjectAccessReview(_ review: JSON) async throws(APIStatus) -> JSON {
        try Self.refuse(faults(review, isSelf: false) + metadataFaults(review))
        return await answered(review, as: subject(review["spec"]))
    }

    package func selfSubjectAccessReview(_ review: JSON, user: UserInfo) async throws(APIStatus) -> JSON {
        try Self.refuse(faults(review, isSelf: true) + metadataFaults(review))
        return await answered(review, as: user)
    }

    /// - Parameter namespace: that of the request's path.
    package func localSubjectAccessReview(_ review: JSON, namespace: String) async throws(APIStatus) -> JSON {
        let own = review["metadata", "namespace"].string ?? ""
        var faults = faults(review, isSelf: false) + metadataFaults(review, exceptNamespace: true)
        let spec = FieldPath("spec")
        let asked = review["spec", "resourceAttributes"]
        if !asked.isNull, asked.text("namespace") != own {
            faults.append(
                .invalid(
                    spec["resourceAttributes"]["namespace"], .string(asked.text("namespace")),
                    "must match metadata.namespace"))
        }
        if !review["spec", "nonResourceAttributes"].isNull {
            faults.append(
                FieldError(
                    .invalid, spec["nonResourceAttributes"], value: pathText(review),
                    "disallowed on this kind of request"))
        }
        try Self.refuse(faults)
        guard !namespace.isEmpty else {
            throw APIStatus.badRequest("namespace is required on this type: \(namespace)")
        }
        guard namespace == own else {
            throw APIStatus.badRequest("spec.resourceAttributes.namespace must match namespace: \(namespace)")
        }
        return await answered(review, as: subject(review["spec"]))
    }

    /// What `kubectl auth can-i --list` shows.
    package func selfSubjectRulesReview(_ review: JSON, user: UserInfo) throws(APIStatus) -> JSON {
        let namespace = review["spec", "namespace"].string ?? ""
        guard !namespace.isEmpty else { throw APIStatus.badRequest("no namespace on request") }
        let found = rbac.index.rules(of: user, namespace: namespace)
        var resources: [JSON] = [], paths: [JSON] = []
        for rule in found.rules {
            if !rule.resources.isEmpty {
                var entry: JSON = [
                    "verbs": JSON(rule.verbs), "apiGroups": JSON(rule.groups), "resources": JSON(rule.resources),
                ]
                if !rule.names.isEmpty { entry["resourceNames"] = JSON(rule.names) }
                resources.append(entry)
            }
            if !rule.urls.isEmpty { paths.append(["verbs": JSON(rule.verbs), "nonResourceURLs": JSON(rule.urls)]) }
        }
        // The node authorizer decides by what pods use, which no list of rules tells.
        let isNode = NodeName.of(user) != nil
        var faults = found.faults
        if isNode { faults.append("node authorizer does not support user rule resolution") }
        var status: JSON = [
            "resourceRules": .array(resources), "nonResourceRules": .array(paths), "incomplete": .bool(isNode),
        ]
        if !faults.isEmpty { status["evaluationError"] = .string(GoText.aggregate(faults)) }
        return [
            "kind": "SelfSubjectRulesReview", "apiVersion": review["apiVersion"], "metadata": [:], "spec": [:],
            "status": status,
        ]
    }

    // MARK: the question

    private func subject(_ spec: JSON) -> UserInfo {
        UserInfo(
            name: spec.text("user"), uid: spec.text("uid"), groups: spec["groups"].strings,
            extra: Dictionary(
                spec.map("extra").map { ($0.key, $0.value.strings) }, uniquingKeysWith: { first, _ in first }))
    }

    private func answered(_ review: JSON, as user: UserInfo) async -> JSON {
        let asked = review["spec", "resourceAttributes"]
        var request: RequestAttributes
        var faults: [String] = []
        if asked.isNull {
            let path = review["spec", "nonResourceAttributes"]
            request = RequestAttributes(user: user, verb: path.text("verb"), isResource: false)
            request.path = path.text("path")
        } else {
            request = RequestAttributes(user: user, verb: asked.text("verb"), isResource: true)
            request.namespace = asked.text("namespace")
            request.group = asked.text("group")
            request.version = asked.text("version").isEmpty ? "*" : asked.text("version")
            request.resource = asked.text("resource")
            request.subresource = asked.text("subresource")
            request.name = asked.text("name")
            request.fieldSelector = Self.fieldSelector(asked["fieldSelector"], &faults)
            request.labelSelector = Self.labelSelector(asked["labelSelector"], &faults)
        }
        let decision = await authorizer.authorize(request)
        var status: JSON
        switch decision {
        case .allow(let reason): status = Self.status(allowed: true, reason)
        case .deny(let reason):
            status = Self.status(allowed: false, "")
            status["denied"] = true
            if !reason.isEmpty { status["reason"] = .string(reason) }
        case .noOpinion(let reason): status = Self.status(allowed: false, reason)
        }
        if !faults.isEmpty { status["evaluationError"] = .string(faults.joined(separator: "; ")) }
        var answer = review
        answer["status"] = status
        return answer
    }

    private static func status(allowed: Bool, _ reason: String) -> JSON {
        var status: JSON = ["allowed": .bool(allowed)]
        if !reason.isEmpty { status["reason"] = .string(reason) }
        return status
    }

    /// The selector as text. What doesn't parse is left out, which asks for more than was meant, and told of.
    private static func fieldSelector(_ json: JSON, _ faults: inout [String]) -> String {
        func tell(partly: Bool) {
            faults.append(
                "spec.resourceAttributes.fieldSelector \(partly ? "partially " : "")ignored due to parse error")
        }
        if let raw = json["rawSelector"].string, !raw.isEmpty {
            guard let selector = try? FieldSelector(parsing: raw) else {
                tell(partly: false)
                return ""
            }
            return selector.description
        }
        let requirements = json.list("requirements")
        let terms = requirements.compactMap { requirement -> FieldSelector.Term? in
            let values = requirement["values"].strings, name = requirement.text("operator")
            guard values.count == 1, name == "In" || name == "NotIn" else { return nil }
            return FieldSelector.Term(field: requirement.text("key"), isEqual: name == "In", value: values[0])
        }
        if terms.count < requirements.count { tell(partly: !terms.isEmpty) }
        return FieldSelector(terms).description
    }

    private static func labelSelector(_ json: JSON, _ faults: inout [String]) -> String {
        func tell(partly: Bool) {
            faults.append(
                "spec.resourceAttributes.labelSelector \(partly ? "partially " : "")ignored due to parse error")
        }
        if let raw = json["rawSelector"].string, !raw.isEmpty {
            guard let selector = try? LabelSelector(parsing: raw) else {
                tell(partly: false)
                return ""
            }
            return selector.description
        }
        let requirements = json.list("requirements")
        let texts = requirements.compactMap { try? LabelSelector(["matchExpressions": [$0]]).description }
        if texts.count < requirements.count { tell(partly: !texts.isEmpty) }
        return texts.joined(separator: ",")
    }

    // MARK: faults

    /// The original asks the object for its kind after it was decoded, when it has none any more: the sentence begins
    /// with a dot.
    private static func refuse(_ faults: [FieldError]) throws(APIStatus) {
        guard !faults.isEmpty else { return }
        var status = APIStatus.invalid(kind: "", group: "authorization.k8s.io", "", faults)
        status.details.remove("kind")
        throw status
    }

    private func pathText(_ review: JSON) -> String {
        let path = review["spec", "nonResourceAttributes"]
        let form: JSON = ["Path": .string(path.text("path")), "Verb": .string(path.text("verb"))]
        return form.text
    }

    private func faults(_ review: JSON, isSelf: Bool) -> [FieldError] {
        let path = FieldPath("spec"), spec = review["spec"]
        var faults: [FieldError] = []
        switch (spec["resourceAttributes"].isNull, spec["nonResourceAttributes"].isNull) {
        case (false, false):
            faults.append(
                FieldError(
                    .invalid, path["nonResourceAttributes"], value: pathText(review),
                    "cannot be specified in combination with resourceAttributes"))
        case (true, true):
            faults.append(
                .invalid(
                    path["resourceAttributes"], .null,
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
        default: break
        }
        if !isSelf, spec.text("user").isEmpty, spec.list("groups").isEmpty {
            faults.append(.invalid(path["user"], "", "at least one of user or group must be specified"))
        }
        faults += selectorFaults(spec["resourceAttributes"], path["resourceAttributes"])
        return faults
    }

    private func selectorFaults(_ attributes: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        for member in ["fieldSelector", "labelSelector"] {
            let selector = attributes[member], path = path[member]
            guard !selector.isNull else { continue }
            let raw = selector.text("rawSelector"), requirements = selector.list("requirements")
            if raw.isEmpty, requirements.isEmpty {
                faults.append(
                    .required(
                        path["requirements"], "when \(path) is specified, requirements or rawSelector is required"))
            }
            if !raw.isEmpty, !requirements.isEmpty {
                faults.append(
                    .invalid(path["rawSelector"], .string(raw), "may not specified at the same time as requirements"))
            }
            for (at, requirement) in requirements.enumerated() where requirement.text("key").isEmpty {
                faults.append(.required(path["requirements"][at]["key"], "must be specified"))
            }
        }
        return faults
    }

    private func metadataFaults(_ review: JSON, exceptNamespace: Bool = false) -> [FieldError] {
        let ignored = ["managedFields", "creationTimestamp"] + (exceptNamespace ? ["namespace"] : [])
        let given = review.map("metadata").filter { !ignored.contains($0.key) && !$0.value.isNull && $0.value != "" }
        guard !given.isEmpty else { return [] }
        return [
            .invalid(
                FieldPath("metadata"), review["metadata"],
                exceptNamespace ? "must be empty except for namespace" : "must be empty")
        ]
    }
}
